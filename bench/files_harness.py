"""`bench/run files`: file operations and imports, in a box and in native CPython. Writes results/DATE-files.*."""
import argparse
import csv
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from harness import machine, versions  # noqa: E402

# Operation, how often, what the table calls it, what one of the count is in the table's unit.
OPERATIONS = [
    ("open", 20000, "open and close", 1e-3, "1,000/s"),
    ("read", 20000, "open, read 1 KiB, close", 1e-3, "1,000/s"),
    ("read_text", 20000, "the same as text", 1e-3, "1,000/s"),
    ("write", 10000, "open, write 1 KiB over it, close", 1e-3, "1,000/s"),
    ("create", 10000, "create, close, unlink", 1e-3, "1,000/s"),
    ("stat", 40000, "stat", 1e-3, "1,000/s"),
    ("listdir", 3000, "list a folder of 100", 1e-3, "1,000/s"),
    ("write_large", 100, "write 100 MiB in pieces of 1 MiB", 1, "MiB/s"),
    ("read_large", 100, "read them", 1, "MiB/s"),
]
# None of them is in the image (aot/guest/python/preload.list).
MODULES = ["configparser", "doctest", "email.message", "html.parser", "plistlib", "sqlite3", "tarfile", "tomllib",
           "unittest", "xml.etree.ElementTree"]


def process_cpu(command):
    """CPU seconds of a whole process."""
    actions = [(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
    process = os.posix_spawn(command[0], command, {}, file_actions=actions)
    _, status, usage = os.wait4(process, 0)
    if status:
        sys.exit(f"bench: {' '.join(command)} ended with status {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def places(options, shared):
    """{name: command to which operation, folder and count are added, with the folder}."""
    script = str(HERE / "file_operations.py")
    pybox = [options.pybox, "--files-limit", "256M"]
    found = {
        "native": ([*options.python, "-I", script], shared),
        "/work": ([*pybox, "run", script], "/work"),
        "host": ([*pybox, "--mount", f"{shared}:/data", "run", script], "/data"),
    }
    overlay = [*pybox, "--mount", f"{shared}:/data:overlay", "run", script]
    if os.spawnv(os.P_WAIT, "/bin/sh", ["sh", "-c", '"$@" >/dev/null 2>&1', "sh", *overlay, "stat", "/data", "0"]) == 0:
        found["overlay"] = (overlay, "/data")
    return found


def measure_operations(options, commands, rounds):
    """{operation: {place: [per second...]}}, by CPU time; what a count of 0 takes is taken off."""
    rates = {}
    for operation, count, *_ in OPERATIONS:
        if options.quick:
            count = max(count // 4, 25)
        rates[operation] = {name: [] for name in commands}
        for number in range(rounds):
            for name in sorted(commands, reverse=number % 2 == 1):
                command, folder = commands[name]
                for left in Path(options.shared).iterdir():
                    left.unlink()
                base = process_cpu([*command, operation, folder, "0"])
                seconds = process_cpu([*command, operation, folder, str(count)]) - base
                rates[operation][name].append(count / max(seconds, 1e-6))
        print(f"  {operation}", file=sys.stderr, flush=True)
    return rates


def measure_imports(options, rounds):
    """{module: {interpreter: [seconds...]}}: what the import adds to a process that does nothing."""
    interpreters = {"native": [*options.python, "-I", "-c"], "pybox": [options.pybox, "-c"]}
    times = {}
    for module in MODULES:
        times[module] = {name: [] for name in interpreters}
        for number in range(rounds):
            for name in sorted(interpreters, reverse=number % 2 == 1):
                base = process_cpu([*interpreters[name], "pass"])
                times[module][name].append(process_cpu([*interpreters[name], f"import {module}"]) - base)
        print(f"  import {module}", file=sys.stderr, flush=True)
    return times


def show(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def operations_table(rates, commands):
    boxes = [name for name in commands if name != "native"]
    titles = " | ".join(f"box, {name}" for name in boxes)
    lines = [f"| file operations, by CPU time | | native, tmpfs | {titles} |", "|---|---|" + "---|" * len(commands)]
    for operation, _, title, scale, unit in OPERATIONS:
        medians = {name: statistics.median(values) * scale for name, values in rates[operation].items()}
        cells = [f"{show(medians[name])} ({medians[name] / medians['native']:.2f})" for name in boxes]
        lines.append(f"| {title} | {unit} | {show(medians['native'])} | " + " | ".join(cells) + " |")
    return lines


def imports_table(times):
    lines = ["| import in a new process, CPU ms | native | box | box / native |", "|---|---|---|---|"]
    sums = {"native": 0, "pybox": 0}
    for module, columns in times.items():
        native, pybox = (statistics.median(columns[name]) * 1e3 for name in ("native", "pybox"))
        sums["native"] += native
        sums["pybox"] += pybox
        lines.append(f"| {module} | {native:.2f} | {pybox:.2f} | {pybox / native:.2f} |")
    ratio = sums["pybox"] / sums["native"]
    lines.append(f"| **all ten** | **{sums['native']:.1f}** | **{sums['pybox']:.1f}** | **{ratio:.2f}** |")
    return lines


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run files", description="Measures file operations and imports.")
    parser.add_argument("--quick", action="store_true", help="a few rounds: a look, not a result")
    parser.add_argument("--pybox", default=str(HERE.parent / "build/bin/pybox"))
    parser.add_argument("--results", default=str(HERE / "results"), help="folder to write to")
    parser.add_argument("--tmpfs", default="/dev/shm", help="a folder on tmpfs")
    parser.add_argument("python", nargs="+", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = arguments()
    if not os.access(options.pybox, os.X_OK):
        sys.exit(f"bench: no program {options.pybox}; build first (tools/run), or name one with --pybox")
    facts = machine() | versions(options.python, options.pybox)
    options.shared = tempfile.mkdtemp(prefix="pybox-bench-", dir=options.tmpfs)
    try:
        commands = places(options, options.shared)
        rates = measure_operations(options, commands, 3 if options.quick else 7)
        times = measure_imports(options, 5 if options.quick else 25)
    finally:
        shutil.rmtree(options.shared)
    facts["load_after"] = "%.1f" % os.getloadavg()[0]
    tables = [*operations_table(rates, commands), "", *imports_table(times), ""]
    text = "\n".join([*tables, *(f"- {name}: `{value}`" for name, value in facts.items())]) + "\n"
    folder = Path(options.results)
    folder.mkdir(parents=True, exist_ok=True)
    name = folder / f"{facts['date']}-files{'-quick' if options.quick else ''}"
    with open(f"{name}.csv", "w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["measurement", "place", "run", "per_second", "cpu_ms"])
        writer.writerows((operation, place, n, f"{rate:.1f}", "") for operation, columns in rates.items()
                         for place, values in columns.items() for n, rate in enumerate(values))
        writer.writerows((f"import {module}", place, n, "", f"{seconds * 1e3:.3f}") for module, columns in times.items()
                         for place, values in columns.items() for n, seconds in enumerate(values))
    Path(f"{name}.md").write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
