"""Regular expressions of every kind: alternatives, repetition greedy and lazy, groups and references to them, looking
ahead and behind, sets, bytes, patterns that fail late, a scanner; and pickles."""
import fnmatch
import pickle
import re

CODE = re.compile(r"""
      (?P<comment> \#[^\n]* | /\*.*?\*/ )
    | (?P<text>    "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' )
    | (?P<number>  0x[0-9a-fA-F]+ | \d+(?:\.\d*)?(?:[eE][+-]?\d+)? )
    | (?P<word>    (?:if|else|while|return|let|fn)\b )
    | (?P<name>    [^\W\d]\w* )
    | (?P<sign>    ->|[-+*/=<>!]=?|[][(){};,] )
    | (?P<space>   \s+ )
""", re.X | re.S)
program = """
fn area(width, height) { /* of a
   rectangle */ return width * height; } # "not a text"
let names = ["first \\"quoted\\"", 'second', "umlaut \u00e4\u00f6"];
while (total <= 0xFF) { total = total + area(3.5e2, .25) - 17; if (done) return names -> total; else total += 1; }
""" * 12
kinds = {}
for match in CODE.finditer(program):
    kinds[match.lastgroup] = kinds.get(match.lastgroup, 0) + 1

page = "".join(f"<div class='row{n % 3}'><a href=\"/item/{n}\">Item <b>{n}</b></a><br/><i>{n * 3} pieces</i></div>\n"
               for n in range(60))
links = re.findall(r"<a\s+href=([\"'])(.*?)\1>(.*?)</a>", page)
bare = re.sub(r"<[^>]*>", "", page)
twice = re.findall(r"\b(\w)(\w*)\1\b", bare + " noon level stats other area")
nested = [bool(re.fullmatch(r"(?:\w+(?:-\w+)*)(?:,\s*\w+(?:-\w+)*)*", text)) for text in
          ("one", "well-known, long-term, x", "a,, b", "trailing-, dash", "many-" * 30 + "!")]

prose = ("The committee met on Tuesday; nobody, least of all the chair, expected the motion to carry. "
         "Apples were served, then pears and plums, and somebody's umbrella was left behind. ") * 10
fruit = re.findall(r"apple|pear|plum|peach", prose, re.IGNORECASE)
either = len(re.findall(r"(?:some|no|any)(?:body|one|thing)", prose))
ends = re.findall(r"(?<=the )\w+(?= (?:was|were|met))|\w+(?!\w)(?=;)", prose)
lazy = re.search(r"^(.*?)umbrella(.*)left (.*)$", prose, re.M).span(2)
absent = [re.search(pattern, prose) is None for pattern in
          (r"zebra", r"z.*bra", r"plums?\s+\d", r"(?:chair|table)s", r"[xq]{2}", r".*umbrellas", r"(a|b|c)+z")]
cut = re.split(r"([;.,])\s*", prose[:900])
cells = [re.sub(r"(?:\s*\|\s*)+", "; ", f"| cell {n} || next |" * n) for n in range(0, 60, 7)]
late = [re.search(r"(?:x+y?)+done", "x" * n + "yxy" * 3) for n in range(1, 9)]
camel = [re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
         for name in ("readHttpHeader", "toJSON", "simple")] * 20
filled = re.sub(r"\{\{\s*(\w+)(?:\|(\w+))?\s*\}\}", lambda m: str(vars(str).get(m[2], len)(m[1])),
                "Dear {{ name|title }}, {{count}} of {{ things|upper }} " * 40)
files = fnmatch.filter([f"src/module{n}.{kind}" for n in range(40) for kind in ("py", "c", "txt")],
                       "*/module[1-3]*.[pc]*")

raw = b"".join(b"Header-%d: value %d; q=0.%d\r\n" % (n, n * n, n % 10) for n in range(80))
headers = dict(re.findall(rb"^([\w-]+):\s*([^\r\n;]+)", raw, re.M))
pieces = re.compile(rb"\d+|[a-z]+").findall(raw)
grey = re.sub("[\u0430-\u044f]+", "*",
              "\u043f\u0440\u0438\u043c\u0435\u0440 \u0442\u0435\u043a\u0441\u0442\u0430 with latin " * 30)
wide = len(re.findall(r"[\U0001f300-\U0001f6ff]|\w+", "smile \U0001f600 and \U0001f680 go " * 30))

records = [{"id": n, "tags": [f"t{n % 5}", "all"], "size": n * 1.5, "point": (n, -n), "none": None} for n in range(150)]
kept = [len(pickle.dumps(records, protocol)) for protocol in (2, 4, 5)]
back = [pickle.loads(pickle.dumps(whole)) == whole for whole in (records, list(range(2000)))]
print(sorted(kinds.items()), len(links), len(bare), len(twice), nested, len(fruit), either, len(ends), lazy, absent,
      len(cut), sum(map(len, cells)), late, camel[:3], filled[:40], len(files), len(headers), len(pieces), len(grey),
      wide, kept, back)
