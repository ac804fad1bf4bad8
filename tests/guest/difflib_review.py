"""Compares two versions of a text in every format difflib has."""
import difflib

BEFORE = """\
def greet(name):
    print("Hello " + name)

def add(a, b):
    return a+b

# the end
""".splitlines(keepends=True)
AFTER = """\
def greet(name, greeting="Hello"):
    print(f"{greeting} {name}")

def add(a, b):
    # adds
    return a + b

""".splitlines(keepends=True)

print("".join(difflib.unified_diff(BEFORE, AFTER, "before.py", "after.py", n=1)), end="")
print("".join(difflib.context_diff(BEFORE, AFTER, "before.py", "after.py", n=0)), end="")
delta = list(difflib.ndiff(BEFORE, AFTER))
print("".join(delta), end="")
print(list(difflib.restore(delta, 1)) == BEFORE, list(difflib.restore(delta, 2)) == AFTER)

matcher = difflib.SequenceMatcher(None, "private Thread currentThread;", "private volatile Thread currentThread;")
print(round(matcher.ratio(), 4), round(matcher.quick_ratio(), 4), round(matcher.real_quick_ratio(), 4))
for tag, i1, i2, j1, j2 in matcher.get_opcodes():
    print(f"{tag:8} [{i1}:{i2}] {matcher.a[i1:i2]!r} -> [{j1}:{j2}] {matcher.b[j1:j2]!r}")
print(matcher.find_longest_match())
COMMANDS = ["commit", "checkout", "cherry-pick", "clone", "clean", "config"]
for typo in ("comit", "chekout", "clon", "xyz"):
    print(typo, "->", difflib.get_close_matches(typo, COMMANDS))


def inline(old, new):
    parts = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append(old[i1:i2])
        else:
            parts += (["[-" + old[i1:i2] + "-]"] if i1 < i2 else []) + (["{+" + new[j1:j2] + "+}"] if j1 < j2 else [])
    return "".join(parts)


print(inline("The quick brown fox", "The quicker brown box!"))
table = difflib.HtmlDiff(tabsize=4, wrapcolumn=40).make_table(BEFORE, AFTER, "a", "b", context=True, numlines=1)
print(table.count("diff_add"), table.count("diff_chg"), table.count("diff_sub"), table.count("<tr>"))


def merge(base, ours, theirs):
    """A very small three-way merge by lines."""
    changes = []
    for side in (ours, theirs):
        changes.append({i1: (i2, side[j1:j2]) for tag, i1, i2, j1, j2 in
                        difflib.SequenceMatcher(None, base, side).get_opcodes() if tag != "equal"})
    line, result = 0, []
    while line <= len(base):
        for change in changes:
            if line in change:
                line, new = change.pop(line)
                result += new
                break
        else:
            result += base[line:line + 1]
            line += 1
    return result


print(merge(list("abcdef"), list("aXcdef"), list("abcdYZ")))
