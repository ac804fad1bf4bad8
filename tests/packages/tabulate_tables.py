# packages: tabulate
from tabulate import tabulate, tabulate_formats

rows = [["Sun", 696000, 1989100000.0], ["Earth", 6371, 5973.6], ["Moon", 1737, None]]
for form in ["plain", "simple", "grid", "pipe", "html", "latex", "rounded_outline", "tsv"]:
    print(form, tabulate(rows, headers=["body", "R (km)", "mass"], tablefmt=form, floatfmt=".1f", missingval="?"), sep="\n")
print(tabulate({"a": [1, 2], "b": ["x", "y"]}, headers="keys", showindex=True))
print(len(tabulate_formats) > 20)
