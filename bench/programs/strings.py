"""Building text: joining, formatting, slicing, splitting, replacing, encoding."""


def run():
    parts = []
    for n in range(60_000):
        parts.append(f"{n:06d}|{n * 0.5:.2f}|" + str(n)[::-1] + ("x" if n % 2 else "yy"))
    text = "\n".join(parts)
    length = 0
    for line in text.split("\n"):
        number, half, rest = line.split("|")
        length += len(number.strip("0") + half.upper() + rest.replace("x", "zz"))
    built = ""
    for n in range(60_000):
        built += chr(97 + n % 26)
    return length, len(text.encode()), built.count("abc"), built.find("zab", 1000), text.title()[:20]
