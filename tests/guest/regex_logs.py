"""Parses a web server's log with named groups, and uses the rest of the re module on it."""
import re
import sys
from collections import Counter

LINE = re.compile(r"""
    (?P<host>\S+)\ \S+\ (?P<user>\S+)\ \[(?P<when>[^\]]+)\]\s
    "(?P<method>[A-Z]+)\ (?P<path>[^ "]+)\ HTTP/(?P<version>[\d.]+)"\s
    (?P<status>\d{3})\ (?P<size>\d+)\ "(?P<referer>[^"]*)"\ "(?P<agent>[^"]*)"
    """, re.VERBOSE)

entries = []
for number, line in enumerate(sys.stdin, 1):
    match = LINE.fullmatch(line.rstrip("\n"))
    if match is None:
        print(f"line {number} not understood: {line!r}")
        continue
    entries.append(match.groupdict())

print(Counter(entry["status"][0] + "xx" for entry in entries).most_common())
for entry in entries:
    path, _, query = entry["path"].partition("?")
    hour = re.search(r":(\d\d):", entry["when"])[1]
    print(f"{entry['host']:>14} {hour}h {entry['method']:<6} {path:<16} {query}")

print(re.sub(r"\b(\d{1,3})\.(\d{1,3})\.\d{1,3}\.\d{1,3}\b", r"\1.\2.x.x", "from 10.0.0.7 to 192.168.0.12"))
print(re.sub(r"(?P<word>\w+) (?P=word)", lambda m: m["word"].upper(), "the the cat sat on on the mat"))
print(re.split(r"\s*([,;])\s*", "a , b;c ;  d"), re.split(r"(?<=[a-z])(?=[A-Z])", "camelCaseWordsHere"))
print(re.findall(r"(?i)\bcolou?r\b", "Color, colour, COLOUR, colouring"))
print(re.findall(r"(?m)^(\w+)\s*=\s*(.*?)\s*(?:#.*)?$", "a = 1\nb=two # note\n\n  c = 3\nd ="))
print([m.span() for m in re.finditer(r"(?=(aba))", "ababa")], re.search(r"(?<!\d)\d{2}(?!\d)", "123 45 6")[0])
print(re.match(r"(?:(\()|\[)x(?(1)\)|\])", "(x)").group(), re.match(r"(?:(\()|\[)x(?(1)\)|\])", "(x]"))
print(re.match(r"(\w+?)(\d*)$", "abc123").groups(), re.fullmatch(r"[^\W\d]+", "naïveté") is not None)
print(re.escape("1+1=2? [yes]"), re.compile("a", re.I | re.S).flags & re.I == re.I)
print(re.search(r"a++b", "aaab"), re.search(r"(?>a+)ab", "aaab"), re.subn("[aeiou]", "", "education"))
print(re.findall(rb"[\x80-\xff]+", "x–y".encode()), re.search(r"\N{SNOWMAN}", "\u2603").start())
for bad in ("(", "[z-a]", "*a", r"(?P<1a>x)", "(?<=a+)b", r"\g"):
    try:
        re.compile(bad)
    except re.PatternError as error:
        print(f"{bad!r}: {error}")
scanner = re.Scanner([(r"\d+", lambda s, t: int(t)), (r"[-+*/()]", lambda s, t: t), (r"\s+", None)])
print(scanner.scan("12 + (3*45) ?"))
