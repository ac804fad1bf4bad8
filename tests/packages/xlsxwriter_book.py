# packages: xlsxwriter
import io
import zipfile

import xlsxwriter

file = io.BytesIO()
book = xlsxwriter.Workbook(file, {"in_memory": True})
sheet = book.add_worksheet("Data")
bold = book.add_format({"bold": True, "num_format": "#,##0.00"})
sheet.write_row("A1", ["a", "b", "c"], bold)
for row in range(1, 50):
    sheet.write(row, 0, row)
    sheet.write_number(row, 1, row / 7, bold)
    sheet.write_formula(row, 2, f"=A{row + 1}*2", None, row * 2)
chart = book.add_chart({"type": "line"})
chart.add_series({"values": "=Data!$A$2:$A$50"})
sheet.insert_chart("E2", chart)
sheet.conditional_format("A2:A50", {"type": "data_bar"})
book.close()
with zipfile.ZipFile(file) as archive:
    for name in archive.namelist():
        if name != "docProps/core.xml":
            print(name, archive.getinfo(name).file_size)
    print(archive.read("xl/worksheets/sheet1.xml")[:600].decode())
