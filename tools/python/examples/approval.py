"""A flow that waits for a person: the code calls a tool that somebody has to approve. The session is parked while it
waits, in the middle of an expression, and another process goes on with it when the answer is there.

    python approval.py request FOLDER
    python approval.py answer FOLDER yes|no
    python approval.py                      # both, one after the other
"""

import subprocess
import sys
import tempfile

from pybox import Outcome, Policy, SessionStore, tool

CODE = """
from tools import approve, pay

async def settle(invoices):
    paid = 0
    for name, amount in invoices:
        if amount < 100 or await approve(f"pay {amount} to {name}?"):
            pay(name, amount)
            paid += amount
    return paid

f"{await settle([('ann', 50), ('bob', 500), ('eve', 20)])} paid"
"""


@tool(deferred=True)
def approve(question: str) -> bool:
    """Asks a person. The answer may take days."""
    raise NotImplementedError


@tool
def pay(name: str, amount: int) -> None:
    """Transfers money."""
    print(f"host: {amount} to {name}")


def request(folder: str) -> None:
    with SessionStore(folder, Policy(), tools=[approve, pay]) as store, store.open("payments") as session:
        result = session.run(CODE)
        assert result.outcome is Outcome.PENDING
        for waiting in result.requests:
            print("waits for a person:", waiting.arguments["question"])


def answer(folder: str, is_approved: bool) -> None:
    with SessionStore(folder, Policy(), tools=[approve, pay]) as store, store.open("payments", create=False) as session:
        for waiting in session.requests():
            session.answer(waiting.id, is_approved)
        print(session.resume().check().value)


def main() -> None:
    if len(sys.argv) > 2 and sys.argv[1] == "request":
        request(sys.argv[2])
    elif len(sys.argv) > 3 and sys.argv[1] == "answer":
        answer(sys.argv[2], sys.argv[3] == "yes")
    else:
        with tempfile.TemporaryDirectory() as folder:
            for arguments in (["request", folder], ["answer", folder, "yes"]):
                subprocess.run([sys.executable, __file__, *arguments], check=True)


if __name__ == "__main__":
    main()
