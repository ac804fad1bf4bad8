"""Text by character and by line: scanners, templates, reports, searching, encodings, bytes, JSON of every shape."""
import binascii
import codecs
import collections
import difflib
import html
import io
import json
import re
import struct
import textwrap
import urllib.parse
import zlib

story = ("It was late in the year, and the river (grey, slow; wide) carried leaves to the mill. \"Who is there?\" asked 3 men. "
         "Nobody answered 12.5 times -- not even once!\n") * 30
entries = [f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}T{n % 24:02}:00 host{n % 5} {'WARN' if n % 7 == 0 else 'INFO'} took={n * 13 % 997}ms path=/a/{n % 17}/b?q={n}"
           for n in range(500)]


def scan(text):
    position, end, found = 0, len(text), []
    while position < end:
        letter = text[position]
        if letter.isspace():
            position += 1
        elif letter.isalpha() or letter == "_":
            start = position
            while position < end and (text[position].isalnum() or text[position] == "_"):
                position += 1
            found.append(("name", text[start:position]))
        elif letter in "0123456789":
            start = position
            while position < end and text[position] in "0123456789.":
                position += 1
            found.append(("number", float(text[start:position])))
        else:
            position += 1
            found.append(("mark", letter))
    return found


def shifted(text, by):
    result = []
    for letter in text:
        code = ord(letter)
        if 97 <= code <= 122:
            result.append(chr((code - 97 + by) % 26 + 97))
        elif "A" <= letter <= "Z":
            result.append(chr((code - 65 + by) % 26 + 65))
        else:
            result.append(letter)
    return "".join(result)


def lengths(text):
    packed, i = "", 0
    while i < len(text):
        j = i
        while j < len(text) and text[j] == text[i]:
            j += 1
        packed += f"{j - i}{text[i]}" if j - i > 1 else text[i]
        i = j
    return packed


def palindrome(text):
    clean = [letter.lower() for letter in text if letter.isalnum()]
    return clean == clean[::-1]


def report(rows):
    out = io.StringIO()
    out.write("%-10s|%8s|%6s\n" % ("name", "sum", "mean"))
    for name, values in sorted(rows.items()):
        out.write("{:<10}|{:>8,}|{:6.2f}\n".format(name, sum(values), sum(values) / len(values)))
    out.write("=" * 26 + "\n" + "total".center(26).rstrip())
    return out.getvalue()


def unpacked(blob):
    size, position, total = struct.calcsize("<HBf"), 0, 0
    while position + size <= len(blob):
        number, small, real = struct.unpack_from("<HBf", blob, position)
        total += number + small + int(real)
        position += size
    return total


def steps_of(numbers):
    """The differences of neighbours, two bytes each, or a mark and eight."""
    out, before = bytearray(), 0
    for number in numbers:
        step = number - before
        if not -32768 < step < 32768:
            out += b"\0\x80" + step.to_bytes(8, "little", signed=True)
        else:
            out += step.to_bytes(2, "little", signed=True)
        before = number
    return out


def numbers_of(data):
    at, number, result = 0, 0, []
    while at < len(data):
        size = 2
        if data[at:at + 2] == b"\0\x80":
            at, size = at + 2, 8
        number += int.from_bytes(data[at:at + size], "little", signed=True)
        result.append(number)
        at += size
    return result


marks = collections.Counter(kind for kind, _ in scan(story[:4000]))
secret = shifted(story[:3000], 5)
times = collections.defaultdict(list)
pattern = re.compile(r"^(\d{4})-(\d\d)-(\d\d)T(?P<hour>\d+):\d+ (?P<host>\w+) (INFO|WARN) took=(\d+)ms path=(?P<path>[^?\s]+)(?:\?(.*))?$")
for entry in entries:
    match = pattern.match(entry)
    times[match["host"]].append(int(match.group(7)))
    if "WARN" in entry and entry.endswith("7"):
        date, _, rest = entry.partition(" ")
        times[date[:7]].append(len(rest.split()))
words = re.findall(r"\b[a-z]{3,}\b", story)
swapped = re.sub(r"(\w+), (\w+)", r"\2, \1", story)
upper = re.compile("[aeiou](?=[^aeiou ])").sub(lambda m: m[0].upper(), story[:2500])
fields = [dict(urllib.parse.parse_qsl(entry.split("?")[1])) for entry in entries[:120]]
lines = [line.strip().capitalize() for line in story.replace("!", ".").split(".") if line.strip()]
counted = {}
for word in story.lower().split():
    word = word.strip(",.;:!?\"()-")
    if word:
        counted[word] = counted.get(word, 0) + 1
longest = max(counted, key=lambda w: (len(w), w))
blob = b"".join(struct.pack("<HBf", n, n % 256, n * 0.5) for n in range(700))
coded = steps_of(n * n * 31 for n in range(900))
view = memoryview(coded)[10:500:3]
mixed = "".join(chr(n) for n in (*range(65, 91), *range(0x3b1, 0x3c9), *range(0x4e00, 0x4e20), 0x1f600)) * 10
encoded = [mixed.encode(name, "replace") for name in ("utf-8", "utf-16", "latin-1", "ascii")]
decoded = encoded[0].decode() == mixed and codecs.decode(encoded[1], "utf-16") == mixed
data = {"users": [{"id": n, "name": f"user \"{n}\"", "tags": ["x", "é", None, True], "score": n / 3,
    "deep": {"a": {"b": [n]}}} for n in range(120)],
        "text": story[:500], "empty": [], "numbers": list(range(200))}
dense, sparse = json.dumps(data), json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False)
same = json.loads(dense) == json.loads(sparse)
squeezed = zlib.compress(story.encode())
hexed = binascii.hexlify(squeezed[:200]).decode()
changes = sum(1 for line in difflib.unified_diff(lines[:20], lines[1:21]) if line.startswith("+"))
joined = ", ".join(f"{word}={count:>3d}" for word, count in sorted(counted.items()))
filled = textwrap.fill(story[:1500], 50)
safe = html.escape(story[:1000])
built = ""
for n in range(600):
    built += str(n) + ("," if n % 2 else ";")
table = str.maketrans("aeiou", "12345", "xyz")
print(marks["name"], palindrome(secret), len(report(times)), len(words), len(swapped), upper.count("E"), len(fields),
    len(lines), longest,
      unpacked(blob), sum(numbers_of(coded)), sum(view), decoded, list(map(len,
      encoded)), same, len(dense), len(squeezed) > 10, len(hexed),
      changes, len(joined), filled.count("\n"), len(safe), len(lengths("aaabbbbcdddd" * 60)), built.rfind("5,"), len(story.translate(table)),
      story.title().swapcase()[:9], "mill" in story, story.index("men"), zlib.crc32(story.encode()), story[::-7].zfill(5)[:3])
