"""profile_text.py COUNTS: what a counting guest wrote down becomes a profile as text, as llvm-profdata reads it.

A line `n` has names of functions, `f` a function (its name's digest, its shape's, its place in the table, how many places
with values of three kinds, its counters), `v` a value that one of its places had (kind, place, value, how often).
"""
import hashlib
import sys

LEAST = 50  # functions of which nothing was done more often are left out: they are compiled as if there were no profile
MOST_VALUES = 4  # of one place; clang looks at three


def read(lines):
    names, functions = {}, []
    for line in lines:
        kind, _, rest = line.rstrip("\n").partition(" ")
        if kind == "n":
            for name in rest.split("\x01"):
                names[int.from_bytes(hashlib.md5(name.encode()).digest()[:8], "little")] = name
        elif kind == "f":
            digest, shape, at, *numbers = rest.split(" ")
            numbers = list(map(int, numbers))
            functions.append({"digest": int(digest, 16), "shape": shape, "at": int(at), "sites": numbers[:3],
                              "counters": numbers[3:], "values": {}})
        elif kind == "v":
            kind, site, value, count = map(int, rest.split(" "))
            if count:
                functions[-1]["values"].setdefault((kind, site), []).append((count, value))
    for function in functions:
        function["name"] = names[function["digest"]]
    return functions


def values_of(function, kind, site, places):
    """Called functions by name, sizes as numbers; the most frequent first."""
    found = sorted(function["values"].get((kind, site), ()), reverse=True)
    if kind == 0:
        found = [(count, places[value]) for count, value in found if value in places]
    return found[:MOST_VALUES]


def write(functions):
    places = {function["at"]: function["name"] for function in functions if function["at"]}
    print(":ir")
    print("# all:", sum(sum(function["counters"]) for function in functions))
    for function in sorted(functions, key=lambda function: (function["name"], function["shape"])):
        if max(function["counters"]) < LEAST:
            continue
        print(function["name"], function["shape"], len(function["counters"]), *function["counters"], sep="\n")
        kinds = [kind for kind in (0, 1) if function["sites"][kind]]
        if kinds:
            print(len(kinds))
        for kind in kinds:
            print(kind, function["sites"][kind], sep="\n")
            for site in range(function["sites"][kind]):
                values = values_of(function, kind, site, places)
                print(len(values), *(f"{value}:{count}" for count, value in values), sep="\n")
        print()


with open(sys.argv[1], encoding="utf-8") as counts:
    write(read(counts))
