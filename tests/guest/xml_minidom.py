"""The same small document through minidom, SAX and pulldom."""
import io
import xml.sax
from xml.dom import Node, minidom, pulldom
from xml.sax.saxutils import XMLGenerator, escape, quoteattr, unescape

TEXT = """<?xml version="1.0"?><menu day="mon"><dish price="5.5">Soup<hot/></dish>
<dish price="9">Fish &amp; chips</dish><?printer fast?><!-- closed on tuesday --></menu>"""

document = minidom.parseString(TEXT)
menu = document.documentElement
for node in menu.childNodes:
    kind = {Node.ELEMENT_NODE: "element", Node.TEXT_NODE: "text", Node.COMMENT_NODE: "comment",
            Node.PROCESSING_INSTRUCTION_NODE: "instruction"}[node.nodeType]
    print(f"{kind:12}{node.nodeName:10}{node.nodeValue!r}")
dishes = menu.getElementsByTagName("dish")
print([(dish.getAttribute("price"), dish.firstChild.data) for dish in dishes], menu.hasAttribute("day"))
pie = document.createElement("dish")
pie.setAttribute("price", "<3")
pie.appendChild(document.createTextNode('"Pie" & cream'))
menu.replaceChild(pie, dishes[0])
menu.normalize()
copy = menu.cloneNode(deep=True)
copy.removeAttribute("day")
print(copy.toxml())
print(minidom.parseString("<a><b>1</b><c><d/></c></a>").toprettyxml(indent="  "), end="")


class Prices(xml.sax.ContentHandler):
    def __init__(self):
        super().__init__()
        self.total, self.stack, self.text = 0, [], []

    def startElement(self, name, attributes):
        self.stack.append(name)
        self.total += float(attributes.get("price", 0))

    def characters(self, content):
        self.text.append((self.stack[-1], content))

    def endElement(self, name):
        self.stack.pop()


handler = Prices()
xml.sax.parseString(TEXT, handler)
print(handler.total, "".join(text for name, text in handler.text if name == "dish"), handler.stack)
for event, node in pulldom.parseString(TEXT):
    if event == pulldom.START_ELEMENT and node.tagName == "dish":
        print("pulled", node.getAttribute("price"), end=" ")
print()
out = io.StringIO()
generator = XMLGenerator(out, encoding="utf-8", short_empty_elements=True)
generator.startDocument()
generator.startElement("x", {"q": 'say "hi" & <go>'})
generator.characters("a < b")
generator.startElement("y", {})
generator.endElement("y")
generator.endElement("x")
print(out.getvalue())
print(escape("<&>"), unescape("&lt;&amp;&#33;"), quoteattr("it's \"x\""))
try:
    xml.sax.parseString("<a>\n <b>\n</a>", xml.sax.ContentHandler())
except xml.sax.SAXParseException as error:
    print(error.getLineNumber(), error.getColumnNumber(), error.getMessage())
