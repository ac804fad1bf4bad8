"""Regular expressions: searching, splitting and replacing in a log of 8,000 lines."""
import re

TEXT = "\n".join(f"2024-02-{n % 28 + 1:02} 12:{n % 60:02}:00 host{n % 7} app[{n}]: user=name{n % 50} path=/a/b{n}/c?x={n} "
                 f"status={200 + n % 5} \"agent {n % 3}\"" for n in range(8000))
LINE = re.compile(r"^(\d{4})-(\d\d)-(\d\d) (\S+) (\w+) \w+\[(\d+)\]: user=(?P<user>\w+) path=(?P<path>\S+)", re.MULTILINE)


def run():
    found = sum(int(match[6]) for match in LINE.finditer(TEXT))
    words = len(re.split(r"\W+", TEXT))
    hidden = len(re.sub(r"\b(\w+)=(\w+)\b", r"\2:\1", TEXT))
    slow = len(re.findall(r"(?:[a-z]+\d*/)+c\?x=\d*7\b", TEXT))
    return found, words, hidden, slow
