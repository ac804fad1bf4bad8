"""A chat agent's code tool: the model writes Python, which runs in the conversation's sandbox; what it printed, its
value, or what went wrong goes back to the model.

The model here is a script (REPLIES), so that the example runs anywhere. Put the client of a real one in its place.
"""

from typing import List, TypedDict

from pybox import Limits, Result, Sandbox, tool


class Invoice(TypedDict):
    number: str
    amount: float


INVOICES: List[Invoice] = [
    {"number": "2024-1", "amount": 12.5}, {"number": "2024-2", "amount": 30.25}, {"number": "2025-1", "amount": 4.0}]


@tool
def invoices(year: int) -> List[Invoice]:
    """The invoices of a year."""
    return [each for each in INVOICES if each["number"].startswith(f"{year}-")]


# What a model might write, mistakes included.
REPLIES = [
    "import pandas as pd",
    "from tools import invoices\nfound = invoices('2024')",
    "from tools import invoices\nfound = invoices(2024)\nprint(len(found), 'invoices')\n"
    "sum(row['amount'] for row in found)",
    "while True:\n    pass",
    "f'The invoices of 2024 come to {sum(row[\"amount\"] for row in found):.2f}.'",
]


def for_the_model(result: Result) -> str:
    """What the model is told of a run."""
    parts = [result.output.rstrip()]
    if result.ok:
        parts.append(f"value: {result.value_repr}" if result.value_repr else "")
    elif result.error is not None:
        parts.append(str(result.error).rstrip().splitlines()[-1])
        parts.append(f"hint: {result.error.hint}" if result.error.hint else "")
    return "\n".join(filter(None, parts)) or "done"


def main() -> None:
    limits = Limits(fuel="200M", timeout="20s", memory="128M", output_limit="64k")
    with Sandbox(tools=[invoices], limits=limits) as sandbox:
        print("The model's instructions have:")
        print(sandbox.tools.stub())
        for code in REPLIES:
            print(f"--- {code.splitlines()[-1]}")
            print(for_the_model(sandbox.run(code, filename="step.py")))


if __name__ == "__main__":
    main()
