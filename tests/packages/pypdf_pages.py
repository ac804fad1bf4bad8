# packages: pypdf
import io

from pypdf import PdfReader, PdfWriter, Transformation
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

writer = PdfWriter()
for number in range(3):
    page = writer.add_blank_page(width=200, height=100 + number)
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf 20 50 Td (Page {number}) Tj ET".encode())
    page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())
    font = DictionaryObject({NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
                             NameObject("/BaseFont"): NameObject("/Helvetica")})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})})
writer.add_metadata({"/Title": "A test", "/Author": "nobody"})
writer.add_outline_item(title="second", page_number=1)
file = io.BytesIO()
writer.write(file)
reader = PdfReader(file)
print(len(reader.pages), reader.metadata.title, [page.extract_text() for page in reader.pages])
print([item.title for item in reader.outline], reader.pages[2].mediabox)
merged = PdfWriter()
for page in reversed(reader.pages):
    added = merged.add_page(page)
    added.rotate(90)
    added.add_transformation(Transformation().scale(2))
out = io.BytesIO()
merged.write(out)
print([page.extract_text() for page in PdfReader(out).pages], PdfReader(out).pages[0].rotation)
