"""The measuring half of bench/run: starts both interpreters in turn, and writes results/."""
import argparse
import csv
import datetime
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
START_CODE = "print(1)"


def machine():
    """What somebody else needs to know to judge the numbers."""
    with open("/proc/cpuinfo") as stream:
        model = next((line.split(":")[1].strip() for line in stream if line.startswith("model name")), "unknown")
    return {"cpu": model, "cpus": os.cpu_count(), "kernel": platform.release().partition("-")[0],
            "load_before": "%.1f" % os.getloadavg()[0], "date": datetime.date.today().isoformat()}


def versions(python, pybox):
    ask = ("import sys, sysconfig, json; print(json.dumps([sys.version, sysconfig.get_config_var('CONFIG_ARGS'), "
           "sysconfig.get_config_var('PY_CORE_LDFLAGS'), sysconfig.get_config_var('PY_CFLAGS')]))")
    version, configure, link, flags = json.loads(subprocess.check_output([*python, "-I", "-c", ask]))
    packages = (Path(python[-1]).parents[2] / "packages.txt").read_text().split("\n")
    guest = subprocess.check_output([pybox, "-c", "import sys; print(sys.version)"], text=True)
    return {"native": version.replace("\n", " "),
            "native_package": next(line for line in packages if line.startswith("python3.13-minimal ")),
            "native_configure": configure, "native_cflags": flags, "native_ldflags": link,
            "pybox": subprocess.check_output([pybox, "--version"], text=True).strip(), "guest": guest.strip().replace("\n", " ")}


def whole_process(command):
    """Wall and CPU time of one process from before it is made until it is reaped, in milliseconds."""
    start = time.perf_counter_ns()
    process = os.posix_spawn(command[0], command, {}, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    _, status, usage = os.wait4(process, 0)
    wall = (time.perf_counter_ns() - start) / 1e6
    if status:
        sys.exit(f"bench: {' '.join(command)} ended with status {os.waitstatus_to_exitcode(status)}")
    return wall, (usage.ru_utime + usage.ru_stime) * 1e3


def measure_start(commands, runs):
    """{name: [(wall, cpu)...]}, in interleaved pairs whose order alternates."""
    times = {name: [] for name in commands}
    for command in commands.values():
        whole_process(command)
    for number in range(runs):
        for name in sorted(commands, reverse=number % 2 == 1):
            times[name].append(whole_process(commands[name]))
    return times


def compute_once(command, source, repeats):
    """CPU seconds of the whole process, and what the program returned."""
    process = subprocess.Popen([*command, str(repeats)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={})
    process.stdin.write(source)
    process.stdin.close()
    result = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        sys.exit(f"bench: {' '.join(command)} ended with status {process.returncode}")
    return usage.ru_utime + usage.ru_stime, result


def compute_pair(command, source, repeats):
    """CPU seconds of one run of the program: start-up, compiling and the warm-up run are taken off."""
    base, _ = compute_once(command, source, 0)
    whole, result = compute_once(command, source, repeats)
    return (whole - base) / repeats, result


def measure_compute(commands, rounds, repeats):
    """{program: {name: [seconds...]}}; both must give the same result."""
    times = {}
    for program in sorted((HERE / "programs").glob("*.py")):
        source = program.read_bytes()
        times[program.stem] = {name: [] for name in commands}
        for number in range(rounds):
            results = set()
            for name in sorted(commands, reverse=number % 2 == 1):
                seconds, result = compute_pair(commands[name], source, repeats)
                times[program.stem][name].append(seconds)
                results.add(result)
            if len(results) > 1:
                sys.exit(f"bench: {program.stem}: the results differ: {results}")
        print(f"  {program.stem}", file=sys.stderr, flush=True)
    return times


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, math.ceil(share * len(values)) - 1)]


def start_table(times):
    lines = ["| whole process, `print(1)` | wall ms: median | p90 | CPU ms: median |", "|---|---|---|---|"]
    medians = {}
    for name, pairs in times.items():
        walls = [wall for wall, _ in pairs]
        medians[name] = statistics.median(walls)
        lines.append(f"| {name} | {medians[name]:.2f} | {percentile(walls, 0.9):.2f} | "
                     f"{statistics.median(cpu for _, cpu in pairs):.2f} |")
    lines.append(f"| pybox / native | {medians['pybox'] / medians['native']:.2f} | | |")
    return lines


def compute_table(times):
    lines = ["| compute, CPU time | native ms | pybox ms | pybox / native |", "|---|---|---|---|"]
    ratios = []
    for program, columns in times.items():
        native, pybox = (statistics.median(columns[name]) * 1e3 for name in ("native", "pybox"))
        ratios.append(pybox / native)
        lines.append(f"| {program} | {native:.1f} | {pybox:.1f} | {ratios[-1]:.2f} |")
    lines.append(f"| **geometric mean** | | | **{statistics.geometric_mean(ratios):.2f}** |")
    return lines


def write_csv(path, rows):
    with open(path, "w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["measurement", "interpreter", "run", "wall_ms", "cpu_ms"])
        writer.writerows(rows)


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run", description="Measures pybox against native CPython.")
    parser.add_argument("--quick", action="store_true", help="a few runs of each: a look, not a result")
    parser.add_argument("--only", choices=["start", "compute"])
    parser.add_argument("--pybox", default=str(HERE.parent / "build/bin/pybox"))
    parser.add_argument("--results", default=str(HERE / "results"), help="folder to write to")
    parser.add_argument("python", nargs="+", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = arguments()
    if not os.access(options.pybox, os.X_OK):
        sys.exit(f"bench: no program {options.pybox}; build first (tools/run), or name one with --pybox")
    facts = machine() | versions(options.python, options.pybox)
    rows, tables = [], []
    if options.only != "compute":
        print("start-up", file=sys.stderr, flush=True)
        times = measure_start({"native": [*options.python, "-I", "-c", START_CODE], "pybox": [options.pybox, "-c", START_CODE]},
                              10 if options.quick else 100)
        rows += [("start", name, n, f"{wall:.3f}", f"{cpu:.3f}") for name, pairs in times.items()
                 for n, (wall, cpu) in enumerate(pairs)]
        tables += start_table(times) + [""]
    if options.only != "start":
        print("compute", file=sys.stderr, flush=True)
        script = str(HERE / "compute.py")
        times = measure_compute({"native": [*options.python, "-I", script], "pybox": [options.pybox, "run", script]},
                                1 if options.quick else 5, 2 if options.quick else 5)
        rows += [(program, name, n, "", f"{seconds * 1e3:.3f}") for program, columns in times.items()
                 for name, values in columns.items() for n, seconds in enumerate(values)]
        tables += compute_table(times) + [""]
    text = "\n".join([*tables, *(f"- {name}: `{value}`" for name, value in facts.items())]) + "\n"
    folder = Path(options.results)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{facts['date']}{'-quick' if options.quick else ''}{'-' + options.only if options.only else ''}"
    write_csv(folder / f"{name}.csv", rows)
    (folder / f"{name}.md").write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
