"""Compares, sorts and displays names from many scripts."""
import unicodedata
from collections import Counter

NAMES = ["Zoë", "Zoe\u0308", "Ångström", "A\u030angstro\u0308m", "ﬁnch", "STRASSE", "Straße", "İstanbul", "ısı",
         "Σίσυφος", "ΣΊΣΥΦΟΣ", "李雷", "عمر", "नमस्ते", "한국어", "🦊 fox", "🇩🇪", "👩‍👩‍👧"]


def fold(text):
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def plain(text):
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def width(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


for name in NAMES:
    forms = [len(unicodedata.normalize(form, name)) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    print(f"{name}{' ' * (14 - width(name))}{len(name):3} {len(name.encode()):3} {len(name.encode('utf-16-le')):3}",
          forms, ascii(fold(name))[:40], plain(name))

groups = {}
for name in NAMES:
    groups.setdefault(fold(name), []).append(name)
print([group for group in groups.values() if len(group) > 1])
print(sorted(NAMES[:8], key=lambda name: (plain(name).casefold(), name)))
print("ß".upper(), "ŉ".upper(), "ǆ".title(), "İ".lower().encode(), "ΑΣ".lower(), "ﬀ".casefold())
for char in "é½Ⅷ٣²€\u200b\U0001F98A":
    print(f"U+{ord(char):04X} {unicodedata.name(char):40} {unicodedata.category(char)} {unicodedata.bidirectional(char):3}",
          unicodedata.numeric(char, None), unicodedata.digit(char, None), char.isalnum(), char.isprintable())
print(unicodedata.lookup("GREEK SMALL LETTER ALPHA"), "\N{BLACK SPADE SUIT}", unicodedata.decomposition("é"))
print(int("٣٤"), "٣".isdecimal(), "²".isdigit(), "²".isdecimal(), "Ⅷ".isnumeric(), "a_ö1".isidentifier(), "1a".isidentifier())
text = "naïve café \udcff"
for errors in ("replace", "ignore", "backslashreplace", "xmlcharrefreplace", "namereplace"):
    print(errors, text[:10].encode("ascii", errors), text.encode("utf-8", errors)[-6:] if errors[0] in "rib" else "")
for raw, encoding in ((b"caf\xe9", "utf-8"), (b"\xff\xfeh\x00i\x00", "utf-16"), (b"\x93quoted\x94", "cp1252"),
                      ("привет".encode("koi8-r"), "koi8-r"), ("日本".encode("shift_jis"), "shift_jis"), (b"+AGE-", "utf-7")):
    try:
        print(encoding, raw.decode(encoding))
    except UnicodeDecodeError as error:
        print(error, raw.decode(encoding, "surrogateescape").encode(encoding, "surrogateescape") == raw)
print("bücher.example".encode("idna"), b"xn--bcher-kva".decode("idna"), "\ud83e\udd8a".encode("utf-16", "surrogatepass").decode("utf-16"))
print(Counter(unicodedata.category(c)[0] for c in "".join(NAMES)).most_common(), unicodedata.is_normalized("NFC", NAMES[1]))
print("a\u2028b\x85c\x1cd\ve".splitlines(), "\u3000x\xa0".strip(), "tab\tx".expandtabs(4), "ab".translate({97: "ü", 98: None}))
