"""What each category of `bench/run` measures, by whom, and how many turns it gets. Each function returns the rows of
its category."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from harness import pyperformance
from harness.sides import BENCH, START_CODE, SYSTEMS, Command, Failed, install, native_program_side, say
from harness.turns import Plan, measure, rows_of, take_turns

NO_COMPUTE = {"pybox-python", "fork", "spawn"}  # the same interpreter as pybox and native
# Of each run, how many times it does what the row is about (peers/embedding.py).
CALL_TASKS = {"call": 1000, "call-dict": 1000, "data-in": 1, "data-out": 1, "fan-out": 1}
MANY_SESSIONS, FEW_SESSIONS = 50, {"pyodide": 3}
# Operation of file_operations.py, and how often a process does it.
OPERATIONS = {
    "open": 20000,
    "read": 20000,
    "read_text": 20000,
    "write": 10000,
    "create": 10000,
    "stat": 40000,
    "listdir": 3000,
    "write_large": 100,
    "read_large": 100,
}
# None of them is in the image (aot/guest/python/preload.list).
MODULES = [
    "configparser",
    "doctest",
    "email.message",
    "html.parser",
    "plistlib",
    "sqlite3",
    "tarfile",
    "tomllib",
    "unittest",
    "xml.etree.ElementTree",
]


class Bench:
    """What is being measured: options, the sides that are there, and the plan of a turn."""

    def __init__(self, options, sides):
        self.options, self.sides = options, sides
        self.plan = Plan(
            turns=options.turns, slice_ms=30 if options.quick else 100, enough_s=0.5 if options.quick else 3
        )

    def only(self, names):
        return [side for side in self.sides if side.name in names]

    def close(self):
        """Every process ends, and well."""
        for side in self.sides:
            side.close()

    def befores(self):
        """(name, command that starts the other build's pybox) if there is one."""
        if self.options.before is None:
            return []
        own = self.options.before / "bin/pybox"
        command = (
            [str(own)] if own.exists() else ["/usr/bin/env", f"PYBOX_HOME={self.options.before}", self.options.pybox]
        )
        return [("before", command)]


# ------------------------------------------------------------------------------------------
# Programs that compute


def own_programs(chosen=None):
    return [path for path in sorted((BENCH / "programs").glob("*.py")) if chosen is None or path.stem in chosen]


def drop_wrong(answers, program):
    """Native's result is right. Another one of pybox ends the benchmark; a system that is something else may have it."""
    results = {name: turns[0]["result"] for name, turns in answers.items() if not isinstance(turns, str)}
    for name in [name for name in ("native", "pybox", "before") if name in answers]:
        if name not in results:
            raise Failed(f"{program}: {name}: {answers[name]}")
    right = results.get("native", next(iter(results.values())))
    for name, result in results.items():
        if result != right:
            if name in ("pybox", "before") or name not in SYSTEMS:
                raise Failed(f"{program}: the results differ: {right} and {name}'s {result}")
            answers[name] = "its result is another one"
    return answers


def measure_programs(sides, category, programs, plan):
    rows = []
    for program in programs:
        say(f"{category}: {program.stem}")
        answers = take_turns(sides, f"compute:{program.resolve()}", 1, plan)
        rows += rows_of(drop_wrong(answers, program.stem), category, program.stem)
    return rows


def compute_plan(bench):
    return replace(bench.plan, may_fail=True, enough_s=0 if bench.options.quick else 2)


@contextlib.contextmanager
def compute_sides(bench, names=None):
    """Those that compute, or of them those with these names. Native has a process for it."""
    native = native_program_side(bench.options.python)
    sides = [native if side.name == "native" else side for side in bench.sides if side.name not in NO_COMPUTE]
    yield [side for side in sides if names is None or side.name in names]
    native.close()


def measure_compute(bench):
    with compute_sides(bench) as sides:
        return measure_programs(sides, "compute", own_programs(bench.options.programs), compute_plan(bench))


def measure_pyperformance(bench):
    folder, missing = install("pyperformance")
    if missing:
        return [{"category": "pyperformance", "measurement": "none", "threads": 1, "side": "pybox", "note": missing}]
    quick = bench.options.quick
    names = ("pybox", "before", "native") if quick else None
    with tempfile.TemporaryDirectory(prefix="pybox-bench-") as made, compute_sides(bench, names) as sides:
        programs = [
            path
            for path in pyperformance.write_programs(Path(folder), Path(made))
            if not (quick and path.stem in pyperformance.LONG)
            and (bench.options.programs is None or path.stem in bench.options.programs)
        ]
        rows = measure_programs(sides, "pyperformance", programs, compute_plan(bench))
    common = {"category": "pyperformance", "threads": 1, "side": "pybox"}
    return rows + [common | {"measurement": name, "note": f"left out: {why}"} for name, why in pyperformance.left_out()]


# ------------------------------------------------------------------------------------------
# Work of sandboxes: sessions, snapshots, calls, density


def with_yardstick(bench):
    """The sides, and native once more for what it cannot do: something to compare the machine of two days with."""
    native = bench.only(("native",))
    if not native:
        return bench.sides, {}
    return [*bench.sides, Yardstick(native[0])], {"yardstick": "eval"}


class Yardstick:
    name = "yardstick"

    def __init__(self, native):
        self.native = native

    def renew(self, checks=False):
        """Native has been."""

    def ask(self, task, _threads, count):
        return self.native.ask(task, 1, count)


def measure_tasks(bench, category, tasks, yardstick=False, times=None, checks=False):
    plan = replace(bench.plan, checks=checks)
    sides, other_tasks = with_yardstick(bench) if yardstick else (bench.sides, {})
    rows = []
    for task, threads in tasks:
        rows += measure(
            sides, category, task, plan, threads=threads, times=(times or {}).get(task, 1), tasks=other_tasks
        )
    return rows


def measure_sessions(bench):
    cores = os.cpu_count() or 1
    isolated = [("fresh", 1), ("fresh", 2), ("fresh", 8), ("pool", cores), ("create", 1), ("session", 1)]
    rows = measure_tasks(bench, "sessions", isolated, yardstick=True)
    return rows + measure_tasks(bench, "sessions", [("eval", 1), ("context", 1)])


def measure_snapshots(bench):
    return measure_tasks(
        bench, "snapshots", [("restore", 1), ("save", 1), ("save-whole", 1)], yardstick=True, checks=True
    )


def measure_calls(bench):
    return measure_tasks(bench, "calls", [(task, 1) for task in CALL_TASKS], times=CALL_TASKS)


def measure_density(bench):
    """Memory that a session adds, of many."""
    rows = []
    for task in ("memory", "memory-trimmed"):
        say(f"density: {task}")
        for side in bench.sides:
            turns = bench.plan.turns if side.name in bench.plan.always else 1
            for number in range(turns):
                side.renew()
                answer = side.ask(task, 1, FEW_SESSIONS.get(side.name, MANY_SESSIONS))
                row = {"category": "density", "measurement": task, "threads": 1, "side": side.name}
                if isinstance(answer, str):
                    rows.append(row | {"note": answer})
                    break
                rows.append(
                    row
                    | {"turn": number, "samples": FEW_SESSIONS.get(side.name, MANY_SESSIONS), "value": answer["kib"]}
                )
    return rows


# ------------------------------------------------------------------------------------------
# Whole processes: start-up, files, imports


def measure_start(bench):
    """Whole processes to print(1), the output of which has been looked at."""
    options = bench.options
    commands = {"native": [*options.python, "-I", "-c", START_CODE], "pybox": [options.pybox, "-c", START_CODE]}
    commands |= {name: [*command, "-c", START_CODE] for name, command in bench.befores()}
    for side in bench.sides:
        if side.name not in (*commands, "spawn") and "serve" in side.command:
            commands[side.name] = [*side.command[: side.command.index("serve")], "start"]
    for name, command in commands.items():
        output = subprocess.check_output(command, env={})
        if output != b"1\n":
            raise Failed(f"{name}: {START_CODE} printed {output!r}")
    sides = [Command(name, command) for name, command in commands.items()]
    return measure(sides, "start", "start", replace(bench.plan, slice_ms=100, enough_s=2))


def places(options, name, pybox, shared):
    """{side: command to which operation, folder and count are added, with the folder} of a box."""
    script = str(BENCH / "file_operations.py")
    box = [*pybox, "--files-limit", "256M"]
    overlay = [*box, "--mount", f"{shared}:/data:overlay", "run", script]
    return {
        f"{name}-work": ([*box, "run", script], "/work"),
        f"{name}-host": ([*box, "--mount", f"{shared}:/data", "run", script], "/data"),
        f"{name}-overlay": (overlay, "/data"),
    }


def measure_operations(bench, shared):
    options = bench.options
    found = {"native": ([*options.python, "-I", str(BENCH / "file_operations.py")], shared)}
    for name, command in [("pybox", [options.pybox]), *bench.befores()]:
        found |= places(options, name, command, shared)

    def empty():
        for left in Path(shared).iterdir():
            left.unlink()

    rows = []
    for operation, count in OPERATIONS.items():
        count = count // 4 if options.quick and count > 1000 else count
        sides = [
            Command(name, [*command, operation, folder, str(count)], [*command, operation, folder, "0"], count, empty)
            for name, (command, folder) in found.items()
        ]
        plan = replace(bench.plan, slice_ms=0, always=tuple(found))
        rows += measure(sides, "files", operation, plan)
    return rows


def measure_imports(bench):
    """What the import adds to a process that does nothing."""
    options = bench.options
    commands = {"native": [*options.python, "-I"], "pybox": [options.pybox]} | dict(bench.befores())
    rows = []
    for module in MODULES:
        sides = [
            Command(name, [*command, "-c", f"import {module}"], [*command, "-c", "pass"])
            for name, command in commands.items()
        ]
        rows += measure(sides, "files", f"import {module}", replace(bench.plan, slice_ms=0, always=tuple(commands)))
    return rows


def measure_files(bench):
    shared = tempfile.mkdtemp(prefix="pybox-bench-", dir=bench.options.tmpfs)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, shared)
        return measure_operations(bench, shared) + measure_imports(bench)


CATEGORIES = {
    "compute": measure_compute,
    "pyperformance": measure_pyperformance,
    "start": measure_start,
    "density": measure_density,  # before what leaves large values behind
    "sessions": measure_sessions,
    "snapshots": measure_snapshots,
    "calls": measure_calls,
    "files": measure_files,
}
NEED_SYSTEMS = set(CATEGORIES) - {"files"}
