"""Reads a sales export, skips what cannot be used, and prints totals by region, month and product."""
import csv
import sys
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal, ROUND_HALF_UP


def read_sales(path):
    rejected = []
    rows = []
    with open(path, newline="", encoding="utf-8") as stream:
        for number, row in enumerate(csv.DictReader(stream), start=2):
            try:
                rows.append((date.fromisoformat(row["date"]), row["region"], row["product"],
                             int(row["units"]), Decimal(row["price"])))
            except ValueError as error:
                rejected.append((number, str(error)))
    return rows, rejected


def money(amount):
    return f"{amount.quantize(Decimal('0.01'), ROUND_HALF_UP):>10,}"


def main():
    rows, rejected = read_sales("sales.csv")
    by_region = defaultdict(Decimal)
    by_month = defaultdict(Decimal)
    units = Counter()
    for day, region, product, count, price in rows:
        by_region[region] += count * price
        by_month[day.strftime("%Y-%m")] += count * price
        units[product] += count

    print(f"{len(rows)} rows used, {len(rejected)} rejected")
    for number, reason in rejected:
        print(f"  line {number}: {reason}")
    print("\nRevenue by region")
    for region, total in sorted(by_region.items(), key=lambda item: -item[1]):
        print(f"  {region:<8}{money(total)}")
    print("\nRevenue by month")
    for month in sorted(by_month):
        print(f"  {month:<8}{money(by_month[month])}")
    print("\nUnits")
    for product, count in units.most_common():
        print(f"  {product:<15}{count:>6}")

    with open("summary.csv", "w", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(["product", "units"])
        writer.writerows(sorted(units.items()))
    with open("summary.csv") as stream:
        sys.stdout.write(stream.read())


if __name__ == "__main__":
    main()
