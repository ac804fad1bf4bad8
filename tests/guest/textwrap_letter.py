"""Lays out a letter: wrapping, indenting, columns, tables."""
import textwrap

BODY = """\
    Dear reader, this is the first paragraph of a letter that was typed without any care for the length of its
    lines,     with   odd   spaces, and a-very-long-hyphenated-word-in-it.

    The second one is short.

        - a point that needs more than one line when the column is narrow
        - another
"""


def columns(texts, width, gap="  "):
    wrapped = [textwrap.wrap(text, width) for text in texts]
    height = max(map(len, wrapped))
    for lines in wrapped:
        lines += [""] * (height - len(lines))
    return "\n".join(gap.join(line.ljust(width) for line in row).rstrip() for row in zip(*wrapped))


def justify(line, width):
    words = line.split()
    if len(words) < 2:
        return line
    spaces, extra = divmod(width - sum(map(len, words)), len(words) - 1)
    return "".join(word + " " * (spaces + (n < extra)) for n, word in enumerate(words[:-1])) + words[-1]


def table(rows):
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows)]
    rule = "+".join("-" * (width + 2) for width in widths)
    yield rule
    for number, row in enumerate(rows):
        yield "|".join(f" {cell:{'>' if isinstance(cell, (int, float)) else '<'}{width}} " for cell, width in zip(row, widths))
        if number == 0:
            yield rule
    yield rule


text = textwrap.dedent(BODY)
paragraphs = text.split("\n\n")
for paragraph in paragraphs[:2]:
    print(textwrap.fill(paragraph, 50, initial_indent="    ", fix_sentence_endings=True), end="\n\n")
for point in paragraphs[2].splitlines():
    print(textwrap.fill(point.strip(" -"), 30, initial_indent=" * ", subsequent_indent="   "))
print()
for line in textwrap.wrap(paragraphs[0], 40)[:-1]:
    print(justify(line, 40) + "|")
print(columns(["left column with some words", "the right one has got considerably more of them", "x"], 14))
print(textwrap.indent("one\n\ntwo\n", "> "), textwrap.indent("a\n\nb", "+ ", lambda line: True), sep="")
print(textwrap.shorten("  The   quick brown fox jumps over the lazy dog ", 24, placeholder=" [...]"))
print(textwrap.wrap("Pneumonoultramicroscopicsilicovolcanoconiosis is long", 12),
      textwrap.wrap("hyphen-ated words", 8, break_on_hyphens=False), textwrap.wrap("a\tb  c", 3, expand_tabs=False),
      textwrap.fill("many words in a row to cut off", 10, max_lines=2))
print("\n".join(table([("name", "n", "share"), ("first", 1, 0.5), ("second one", 12345, 12.25)])))
print(repr(textwrap.dedent("\n  a\n   b\n \t\n  c")))
