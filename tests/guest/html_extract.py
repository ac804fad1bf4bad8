"""Takes links, headings, lists and tables out of untidy HTML."""
import html
import sys
from html.parser import HTMLParser
from urllib.parse import parse_qs, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

BASE = "https://example.org/news/today.html"


class Extractor(HTMLParser):
    SILENT = {"script", "style"}

    def __init__(self):
        super().__init__()
        self.open, self.links, self.items, self.rows, self.words, self.comments = [], [], [], [], [], []
        self.title = ""

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "a":
            self.links.append((urljoin(BASE, attributes["href"]), attributes.get("title")))
        elif tag == "li":
            self.items.append([self.open.count("ul"), ""])
        elif tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append("")
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_startendtag(self, tag, attributes):
        self.words.append("|")

    def handle_data(self, data):
        current = self.open[-1] if self.open else None
        if current in self.SILENT:
            return
        if current == "title":
            self.title += data
        elif current == "li":
            self.items[-1][1] += data.strip()
        elif current == "td":
            self.rows[-1][-1] += data.strip()
        else:
            self.words += data.split()

    def handle_comment(self, data):
        self.comments.append(data.strip())

    def handle_decl(self, declaration):
        print("declaration:", declaration)


extractor = Extractor()
for line in sys.stdin:
    extractor.feed(line)
extractor.close()
print(extractor.title)
for link in extractor.links:
    print(link)
for depth, text in extractor.items:
    print("  " * depth + "-", text)
print(extractor.rows, extractor.comments)
print(" ".join(extractor.words))
print(html.escape("<a href='x'>\"&\"</a>"), html.unescape("&lt;&amp;lt;&#39;&hearts;&NotEqualTilde;"))
parts = urlsplit(extractor.links[0][0] + "&y=3&empty=#top")
print(parts.netloc, parts.path, parse_qs(parts.query, keep_blank_values=True), parts.fragment)
print(urlencode({"q": "naïve & co", "n": [1, 2]}, doseq=True), quote("/a b/ü"), unquote("%F0%9F%A6%8A+x"))
print(urlunsplit(parts._replace(scheme="http", query="", fragment="")), urljoin(BASE, "../up?x#y"), urljoin(BASE, "//cdn.example/x"))
