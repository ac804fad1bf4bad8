"""A data-analysis session over files: the user's files are put into the session's workspace, code works on them over
several requests (and processes), and what it made is taken out.

    python data_session.py [FOLDER]        # where sessions are kept; default: a folder that goes
"""

import sys
import tempfile

from pybox import Limits, Policy, SessionStore

SALES = "month,shop,amount\n2024-01,north,120\n2024-01,south,80\n2024-02,north,90\n2024-02,south,140\n"

LOAD = """
import csv
rows = list(csv.DictReader(open("sales.csv")))
print(f"{len(rows)} rows: {', '.join(rows[0])}")
"""
ANALYSE = """
from collections import defaultdict
totals = defaultdict(int)
for row in rows:                       # of the request before
    totals[row["shop"]] += int(row["amount"])
with open("report/totals.csv", "w") as file:
    csv.writer(file).writerows(sorted(totals.items()))
max(totals, key=totals.get)
"""


def first_request(folder: str) -> None:
    policy = Policy(limits=Limits(timeout="30s", memory="256M", files_limit="16M"))
    with SessionStore(folder, policy) as store, store.open("ann") as session:
        session.files.write("sales.csv", SALES)
        session.files.make_folder("report")
        print(session.run(LOAD).check().output, end="")


def later_request(folder: str) -> None:
    """It might be another process, days later."""
    with SessionStore(folder) as store, store.open("ann", create=False) as session:
        print("best shop:", session.eval(ANALYSE))
        for file in session.files.glob("report/*"):
            print(f"{file.path}: {session.files.read_text(file.path).split()}")
        print("so far:", [entry.outcome for entry in session.history()])


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = sys.argv[1] if len(sys.argv) > 1 else temporary
        first_request(folder)
        later_request(folder)


if __name__ == "__main__":
    main()
