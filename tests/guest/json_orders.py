"""Takes a JSON document from standard input, checks it, and writes other JSON."""
import json
import sys
from datetime import date
from decimal import Decimal

document = json.load(sys.stdin, parse_float=Decimal)
print(type(document["rate"]).__name__, document["rate"], document["big"] + 1)
print(document["note"])


def total(order):
    return sum((line["qty"] * Decimal(line["price"]) for line in order["lines"]), Decimal(0))


class Encoder(json.JSONEncoder):
    def default(self, value):
        if isinstance(value, Decimal):
            return str(value)
        if isinstance(value, date):
            return {"$date": value.isoformat()}
        if isinstance(value, (set, frozenset)):
            return sorted(value)
        return super().default(value)


report = {
    "when": date(2024, 2, 29),
    "totals": {order["id"]: total(order) for order in document["orders"]},
    "tiers": {order["customer"]["tier"] for order in document["orders"]} - {None},
    "names": [order["customer"]["name"] for order in document["orders"]],
}
text = json.dumps(report, cls=Encoder, indent=2, sort_keys=True)
print(text)
print(json.dumps(report["names"], ensure_ascii=False), json.dumps(report["names"][0]))


def dates(pairs):
    if "$date" in pairs:
        return date.fromisoformat(pairs["$date"])
    return pairs


again = json.loads(text, object_hook=dates)
print(again["when"] == report["when"], again["totals"]["1003"])
print(json.dumps({"b": 1, "a": [1.5, float("inf"), None, True]}, separators=(",", ":")))

for bad in ['{"a": 1,}', "[1, 2", "'x'", '{"a" 1}', "", "nul", '"\x01"', "[1] 2"]:
    try:
        json.loads(bad)
    except json.JSONDecodeError as error:
        print(f"{bad!r:14} {error}")
try:
    json.dumps({1, 2})
except TypeError as error:
    print("TypeError:", error)
loop = []
loop.append(loop)
try:
    json.dumps(loop)
except ValueError as error:
    print("ValueError:", error)
