"""How everything is measured: all sides are there at the same time and take turns, in an order that alternates, so
that a change of the machine's mood hits all of them. A turn is a block of runs of one side; its medians are what
statistics are made of.
"""

import math
import os
import statistics
import time
from dataclasses import dataclass

from harness.sides import Failed, say

FEWEST_TURNS = 3
MOST_RUNS = {"eval": 100}  # in a turn, which has a session of its own: in some systems they get slower with every run


@dataclass
class Plan:
    turns: int  # of pybox, of what it is compared with by statistics, and of all who are as quick
    slice_ms: float = 30  # how long a turn is
    enough_s: float = 3  # after so much work a side has no turns but FEWEST_TURNS
    most_runs: int = 1000
    renew: bool = True  # quick starters begin each turn with a new process,
    checks: bool = False  # which has a saved session
    may_fail: bool = False  # sides other than these may give up: their row says why
    always: tuple = ("pybox", "before", "native", "yardstick")  # sides that take every turn however long it takes


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, max(0, math.ceil(share * len(values)) - 1))]


def quartiles(values):
    """(first quarter, median, third quarter)"""
    values = sorted(values)
    if len(values) == 1:
        return values * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def run_count(answer, task, threads, plan):
    """How many times a thread does it in a turn."""
    each_ms = statistics.median(answer["wall_each_ns"]) / 1e6
    most = MOST_RUNS.get(task, plan.most_runs)
    return max(1, min(most, int(plan.slice_ms / each_ms / max(1, threads / (os.cpu_count() or 1)))))


def ask(side, plan, task, threads, count):
    """The answer, or the reason why there is none."""
    try:
        return side.ask(task, threads, count)
    except Failed as failure:
        if not plan.may_fail or side.name in plan.always:
            raise
        return str(failure)


def take_turns(sides, task, threads, plan, tasks=None):
    """{name of side: [answer of each turn] or the reason why it cannot}. `tasks` has other tasks for some sides."""
    tasks = tasks or {}
    counts, answers, spent = {}, {}, {}
    for side in sides:
        if plan.checks:
            side.renew(checks=True)
        first = ask(side, plan, tasks.get(side.name, task), threads, 1)
        answers[side.name] = first if isinstance(first, str) else []
        if not isinstance(first, str):
            counts[side.name], spent[side.name] = run_count(first, task, threads, plan), 0.0
    for number in range(plan.turns):
        for side in sides if number % 2 == 0 else reversed(sides):
            name = side.name
            if name not in counts:
                continue
            if name not in plan.always and number >= FEWEST_TURNS and spent[name] >= plan.enough_s:
                continue
            if plan.renew:
                side.renew(plan.checks)
            begin = time.perf_counter()
            answer = ask(side, plan, tasks.get(name, task), threads, counts[name])
            spent[name] += time.perf_counter() - begin
            if isinstance(answer, str):  # it could before
                answers[name] = answer
                del counts[name]
            else:
                answers[name].append(answer)
    return answers


def turn_row(answer, threads, times=1):
    """The columns of one turn, in microseconds: of single runs, or of the `times` things that each of them does. With
    several threads CPU time is only known of the whole turn."""
    unit = 1e3 * times
    walls = [wall / unit for wall in answer["wall_each_ns"]]
    cpus = [cpu / unit for cpu in answer["cpu_each_ns"]] if threads == 1 else [answer["cpu_ns"] / len(walls) / unit]
    row = {"samples": len(walls), "wall_p99": percentile(walls, 0.99)}
    for name, values in (("wall", walls), ("cpu", cpus)):
        row[f"{name}_q1"], row[f"{name}_us"], row[f"{name}_q3"] = quartiles(values)
    return row


def rows_of(answers, category, measurement, threads=1, times=1):
    """A row for each turn, or one with the reason for a side that cannot."""
    rows = []
    for name, turns in answers.items():
        common = {"category": category, "measurement": measurement, "threads": threads, "side": name}
        if isinstance(turns, str):
            rows.append(common | {"note": turns})
            continue
        for number, answer in enumerate(turns):
            row = common | turn_row(answer, threads, times) | {"turn": number}
            rows.append(row | ({"note": answer["note"]} if "note" in answer else {}))
    return rows


def measure(sides, category, measurement, plan, task=None, threads=1, times=1, tasks=None):
    say(f"{category}: {measurement}" + (f", {threads} threads" if threads > 1 else ""))
    return rows_of(take_turns(sides, task or measurement, threads, plan, tasks), category, measurement, threads, times)
