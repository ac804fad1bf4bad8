"""Reads, queries, changes and writes XML with ElementTree."""
import io
import xml.etree.ElementTree as ET

SPACES = {"c": "urn:example:catalogue", "i": "urn:example:item"}
tree = ET.parse("catalogue.xml")
root = tree.getroot()
print(root.tag, root.attrib, len(root))
for item in root.findall("i:item", SPACES):
    prices = {price.get("currency"): float(price.text) for price in item.iterfind("i:price", SPACES)}
    print(item.get("id"), item.get("stock", "?"), item.findtext("i:name", namespaces=SPACES), prices)
print(repr(root.find("c:note", SPACES).text), root[3][1].tail)
print([item.get("id") for item in root.findall(".//i:item[@stock]", SPACES)],
      root.find("i:item[2]/i:price[@currency='USD']", SPACES).text,
      root.find("i:item[i:name='Lamp']", SPACES).get("id"),
      [element.get("{http://www.w3.org/XML/1998/namespace}lang") for element in root.iter("{urn:example:item}name")])

for price in root.iter("{urn:example:item}price"):
    price.text = f"{float(price.text) * 1.1:.2f}"
    price.set("updated", "yes")
root.remove(root.find("c:note", SPACES))
extra = ET.SubElement(root, "{urn:example:item}item", id="p4")
ET.SubElement(extra, "{urn:example:item}name").text = 'Shelf "<big>" & ü'
ET.register_namespace("c", SPACES["c"])
ET.register_namespace("", SPACES["i"])
ET.indent(tree, "  ")
out = io.BytesIO()
tree.write(out, encoding="us-ascii", xml_declaration=True)
print(out.getvalue().decode())
print(ET.canonicalize("<b z='1' a=\"2\"><x/><!-- gone --></b>"))

depth = 0
for event, element in ET.iterparse(io.BytesIO(out.getvalue()), events=("start", "end", "start-ns")):
    if event == "start-ns":
        print("namespace", element)
    elif event == "start":
        depth += 1
    else:
        depth -= 1
        if element.tag.endswith("item"):
            element.clear()
print("depth", depth)

builder = ET.TreeBuilder(insert_comments=True)
parser = ET.XMLParser(target=builder)
parser.feed("<log><!--note--><line n='1'>fir")
parser.feed("st</line></log>")
print(ET.tostring(parser.close(), encoding="unicode"))
pull = ET.XMLPullParser(["end"])
pull.feed("<a><b>1</b><b>2</b>")
print([(event, element.text) for event, element in pull.read_events()])
for bad in ("<a><b></a>", "<a", "", "<a>&undefined;</a>", "<a/><b/>", "<a x='1' x='2'/>"):
    try:
        ET.fromstring(bad)
    except ET.ParseError as error:
        print(f"{bad!r}: {error} {error.position}")
bomb = "<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]><x>&b;</x>"
print(ET.fromstring(bomb).text)
