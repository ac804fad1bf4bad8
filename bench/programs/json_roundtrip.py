"""JSON: a document of nested records, written and read."""
import json

RECORDS = [{"id": n, "name": f"user {n}", "email": f"user{n}@example.org", "score": n * 1.25, "tags": ["a", "b\u00fc", None],
            "active": n % 3 == 0, "address": {"street": f"{n} Main Street", "zip": f"{n:05}"}} for n in range(1000)]


def run():
    length = 0
    for _ in range(15):
        text = json.dumps(RECORDS)
        again = json.loads(text)
        length += len(text) + len(json.dumps(again, indent=1, sort_keys=True))
    return length
