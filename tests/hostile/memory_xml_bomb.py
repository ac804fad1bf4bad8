# A billion laughs.
# options: --fuel 2G --memory 96M
# expect: exception - 1
# stderr: ParseError: limit on input amplification factor
import xml.etree.ElementTree

entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
xml.etree.ElementTree.fromstring(f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><x>&a9;</x>')
