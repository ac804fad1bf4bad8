# packages: tomlkit
import tomllib

import tomlkit

text = """# heading
title = "x"   # kept

[tool.a]
list = [
    1, # one
    2,
]
when = 2024-02-29T10:00:00Z

[[items]]
name = "first"
"""
document = tomlkit.parse(text)
document["title"] = "new"
document["tool"]["a"]["list"].append(3)
item = tomlkit.table()
item.add("name", "second")
document["items"].append(item)
print(tomlkit.dumps(document))
print(tomllib.loads(tomlkit.dumps(document)))
try:
    tomlkit.parse("a = [1,, 2]")
except tomlkit.exceptions.ParseError as error:
    print(type(error).__name__, error)
