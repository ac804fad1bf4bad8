"""Word and letter statistics of standard input."""
import re
import string
import sys
from collections import Counter
from itertools import pairwise

text = sys.stdin.read()
lines = text.splitlines()
words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text.lower())

print(f"{len(lines)} lines, {len(words)} words, {len(text)} characters, {len(text.encode())} bytes")
print("longest line:", max(range(len(lines)), key=lambda n: len(lines[n])) + 1)

counts = Counter(words)
print("\nmost common words")
for word, count in counts.most_common(8):
    print(f"{word:>8} {count:3} {'#' * count}")

print("\npairs")
for (first, second), count in sorted(Counter(pairwise(words)).items(), key=lambda i: (-i[1], i[0]))[:5]:
    print(f"{first + ' ' + second:>12} {count}")

letters = Counter(filter(string.ascii_lowercase.__contains__, text.lower()))
print("\nletters:", " ".join(f"{letter}{letters[letter]}" for letter in string.ascii_lowercase))
print("missing:", "".join(sorted(set(string.ascii_lowercase) - set(letters))) or "none")
print("longest words:", sorted({word for word in words if len(word) >= 10}, key=lambda w: (-len(w), w)))
print("once:", sum(1 for count in counts.values() if count == 1))

table = str.maketrans(string.ascii_letters, string.ascii_lowercase[13:] + string.ascii_lowercase[:13] +
                      string.ascii_uppercase[13:] + string.ascii_uppercase[:13])
print(lines[0].translate(table))
print(lines[0].title().swapcase()[:40].partition(","))
print(" ".join(word.capitalize() for word in words[:6]).center(60, "*"))
