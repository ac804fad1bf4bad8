# packages: pyyaml
import datetime

import yaml

text = """
name: test
list: [1, 2.5, yes, ~, 0x1f, "quoted"]
base: &base {a: 1, b: 2}
derived:
  <<: *base
  b: 3
day: 2024-02-29
block: |
  two
  lines
folded: >
  one
  line
---
!!set {x, y}
"""
for document in yaml.safe_load_all(text):
    print(document)
print(yaml.safe_dump({"z": [1, {"y": None}], "a": "é: #", "d": datetime.date(2024, 2, 29)}, allow_unicode=True))
try:
    yaml.safe_load("a: [1,\nb: }")
except yaml.YAMLError as error:
    print(error)
try:
    yaml.safe_load("!!python/object/apply:os.system ['true']")
except yaml.YAMLError as error:
    print(type(error).__name__)
print(yaml.__with_libyaml__)
