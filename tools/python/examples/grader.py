"""Grades a thousand submissions. Each is run in a state that no other one has touched: the tests are loaded once, and
the sandbox is rolled back to there after every submission, whatever it did.

    python grader.py [HOW_MANY]
"""

import collections
import sys
from typing import Iterator

from pybox import Limits, Outcome, Sandbox

TESTS = """
cases = [([3, 1, 2], [1, 2, 3]), ([], []), ([1, 1], [1, 1]), ([2, -1], [-1, 2])]

def grade(solve):
    passed = 0
    for given, expected in cases:
        try:
            passed += solve(list(given)) == expected
        except Exception:
            pass
    return passed
"""

# What students hand in.
KINDS = {
    "right": "def solve(items):\n    return sorted(items)",
    "half": "def solve(items):\n    return items if len(items) != 3 else sorted(items)",
    "crashes": "def solve(items):\n    return items[0]",
    "endless": "def solve(items):\n    while True: pass",
    "does not compile": "def solve(items) return items",
    "cheats": "cases.clear()\nimport builtins\nbuiltins.sorted = None\ndef solve(items):\n    return []",
    "greedy": "hoard = [bytearray(10**6) for _ in range(10**6)]",
}


def submissions(count: int) -> Iterator[str]:
    kinds = list(KINDS.values())
    for number in range(count):
        yield f"student = {number}\n" + kinds[number % len(kinds)]


def grade(sandbox: Sandbox, code: str) -> str:
    """The grade of one submission; the sandbox is afterwards as it was before."""
    try:
        result = sandbox.run(code, filename="submission.py")
        if result.ok:
            result = sandbox.run("grade(solve)")
        if result.ok:
            return f"{result.value} of 4"
        return result.error.type if result.outcome is Outcome.EXCEPTION and result.error else result.outcome.value
    finally:
        sandbox.rollback()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    limits = Limits(fuel="10M", memory="40M", output_limit="64k")
    with Sandbox(limits=limits, rollback="never", seed=1) as sandbox:
        sandbox.run(TESTS).check()
        sandbox.checkpoint()
        grades = collections.Counter(grade(sandbox, code) for code in submissions(count))
    for name, number in sorted(grades.items()):
        print(f"{number:5} {name}")


if __name__ == "__main__":
    main()
