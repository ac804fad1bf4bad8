"""Strings, bytes, formatting, regular expressions, JSON, CSV, splitting and joining, Unicode."""
import base64
import csv
import hashlib
import io
import json
import re
import string
import textwrap
import unicodedata

lines = [f"{n:05d};{chr(97 + n % 26) * (n % 9)};{n / 7:.3f};{'yes' if n % 3 else 'no'};Zoë-{n!r}" for n in range(600)]
rows = list(csv.reader(lines, delimiter=";"))
document = json.dumps({"rows": rows[:200], "nested": [{"id": n, "tags": ["a", "b"], "ok": n % 2 == 0, "x": None, "f": n * 0.5}
                                                      for n in range(150)]}, indent=1)
back = json.loads(document)
found = re.findall(r"(?P<key>\d{3,})[;,]\s*(\w+)", "\n".join(lines))
replaced = re.sub(r"[aeiou]+", lambda match: match.group().upper(), " ".join(row[1] for row in rows))
split = [part.strip() for line in lines for part in line.split(";") if part and not part.isdigit()]
upper = "".join(map(str.upper, split)).translate(str.maketrans(string.ascii_uppercase, string.ascii_uppercase[::-1]))
buffer = io.StringIO()
for number, part in enumerate(split):
    print(part.ljust(12), part.find("e"), part.startswith("Zo"), "%s|%5.1f|%x" % (part[:3], number, number), file=buffer)
raw = buffer.getvalue().encode("utf-8")
wrapped = textwrap.wrap(replaced[:3000], 60)
codes = base64.b64encode(raw[:5000]).decode("ascii")
digest = hashlib.sha256(raw).hexdigest()
letters = {}
for letter in buffer.getvalue():
    letters[letter] = letters.get(letter, 0) + 1
normal = unicodedata.normalize("NFD", "Zoë Ångström " * 50)
numbers = [int(digits) for digits in re.split(r"\D+", document) if digits]
print(len(document), len(found), len(upper), len(wrapped), digest[:8], len(letters), len(normal), sum(numbers), len(codes),
      back["nested"][3]["f"], sum(map(float, (row[2] for row in rows))))
