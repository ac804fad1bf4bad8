# Elements a hundred thousand deep.
# options: --fuel 10G
# expect: done - 0
# stdout: gone\n
import xml.etree.ElementTree

tree = xml.etree.ElementTree.fromstring("<a>" * 10**5 + "</a>" * 10**5)
del tree
print("gone")
