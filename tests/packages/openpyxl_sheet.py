# packages: openpyxl et_xmlfile
import io

import openpyxl
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

book = openpyxl.Workbook()
sheet = book.active
sheet.title = "Sales"
sheet.append(["month", "sum"])
for month, total in enumerate([120.5, 80, 99.25], 1):
    sheet.append([f"2024-{month:02}", total])
sheet["B5"] = "=SUM(B2:B4)"
sheet["A1"].font = Font(bold=True)
chart = BarChart()
chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=4), titles_from_data=True)
sheet.add_chart(chart, "D2")
sheet.merge_cells("A6:B6")
file = io.BytesIO()
book.save(file)
again = openpyxl.load_workbook(io.BytesIO(file.getvalue()))
for row in again["Sales"].iter_rows(values_only=True):
    print(row)
print(again.sheetnames, again["Sales"]["A1"].font.b, again["Sales"].merged_cells.ranges, get_column_letter(703))
book.save("/tmp/pybox-packages-book.xlsx")
print(openpyxl.load_workbook("/tmp/pybox-packages-book.xlsx", read_only=True)["Sales"]["B5"].value)
