"""What the benchmarks of pyperformance need of the package pyperf: they are collected instead of measured, and run()
does all of a file's once. `PROGRAM` has been bound by harness/pyperformance.py: name, source, arguments, loops, and
files by their last name.
"""

import builtins
import io
import platform
import random
import sys
import time
import types


class Runner:
    collected = []

    def __init__(self, **_):
        import argparse

        self.metadata = {}
        self.argparser = argparse.ArgumentParser()

    def parse_args(self):
        return self.argparser.parse_args(PROGRAM["arguments"])

    def add(self, name, once):
        self.collected.append((name, once))

    def bench_func(self, name, function, *arguments, inner_loops=None):
        def once():
            for _ in range(PROGRAM["loops"]):
                function(*arguments)

        self.add(name, once)

    def bench_time_func(self, name, function, *arguments, inner_loops=None):
        self.add(name, lambda: function(PROGRAM["loops"], *arguments))

    def bench_async_func(self, name, function, *arguments, loop_factory=None, inner_loops=None):
        async def everything():
            for _ in range(PROGRAM["loops"]):
                await function(*arguments)

        def once():
            import asyncio

            if loop_factory is None:
                return asyncio.run(everything())
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                return runner.run(everything())

        self.add(name, once)


def open_file(path, mode="r", **options):
    """The files of a benchmark are with its source: not every sandbox has a file tree."""
    name = str(path).rpartition("/")[2]
    if name not in PROGRAM["files"]:
        return builtins.open(path, mode, **options)
    data = io.BytesIO(PROGRAM["files"][name])
    return data if "b" in mode else io.TextIOWrapper(data, encoding=options.get("encoding") or "utf-8")


def collect():
    pyperf = types.ModuleType("pyperf")
    pyperf.Runner, pyperf.perf_counter = Runner, time.perf_counter
    pyperf.python_implementation = lambda: platform.python_implementation().lower()
    sys.modules["pyperf"] = pyperf
    for name, source in PROGRAM["modules"].items():
        sys.modules[name] = module = types.ModuleType(name)
        exec(compile(source, name, "exec"), module.__dict__)
    space = globals()
    space |= {"__file__": f"/{PROGRAM['name']}/run_benchmark.py", "open": open_file}
    if sys.argv[:1] == []:
        sys.argv = [PROGRAM["name"]]
    sys.modules.pop("pickle", None)  # one of them wants it without its C half: it may be in an image already
    random.seed(1)
    exec(compile(PROGRAM["source"], PROGRAM["name"], "exec"), space)


def run():
    """Which benchmarks have been done: they check their own results."""
    for _, once in PROGRAM_COLLECTED:
        random.seed(1)
        once()
    return [name for name, _ in PROGRAM_COLLECTED]


PROGRAM_RUN, PROGRAM_COLLECTED = run, Runner.collected
collect()
run = PROGRAM_RUN  # benchmarks have names of their own
