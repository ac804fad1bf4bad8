"""`bench/run`: measures everything, writes one CSV, prints its tables, and says what has become slower. See
../README.md."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(BENCH))
from harness import compare, results, sides, work  # noqa: E402


def names_of(text, known, what, parser):
    names = text.split(",")
    unknown = [name for name in names if name not in known]
    if unknown:
        parser.error(f"no {what} {', '.join(unknown)}; there are {', '.join(known)}")
    return [name for name in known if name in names]


def arguments(argv):
    parser = argparse.ArgumentParser(
        prog="bench/run",
        description="Measures pybox beside native CPython and beside other systems.",
        epilog="Exit codes: 0; "
        "1: --against, and something has become slower; 2: wrong options; 3: a side did not do its work.",
    )
    parser.add_argument("--quick", action="store_true", help="shorter turns and fewer of them: about ten minutes")
    parser.add_argument("--only", metavar="CATEGORY,...", default=",".join(work.CATEGORIES), help="of: %(default)s")
    parser.add_argument("--resume", action="store_true", help="not the categories that the file has already")
    parser.add_argument("--systems", metavar="SYSTEM,...", default=",".join(sides.SYSTEMS), help="of: %(default)s")
    parser.add_argument("--programs", metavar="PROGRAM,...", help="of compute and pyperformance; default: all")
    parser.add_argument("--turns", type=int, help="of each measurement; default: 12; quick: 8; with another build: 16")
    parser.add_argument(
        "--against",
        metavar="BEFORE",
        type=Path,
        help="say what has become slower: since the results in a file "
        "BEFORE.csv, or than another build, which is then measured, too (a build's folder, or one with python.so, "
        "python.image and python313.zip)",
    )
    parser.add_argument(
        "--by", choices=["cpu", "wall"], default="cpu", help="the time that --against compares; default: %(default)s"
    )
    parser.add_argument(
        "--tolerance", type=float, default=3, metavar="PERCENT", help="what --against takes for equal; default: 3"
    )
    parser.add_argument("--build", type=Path, default=BENCH.parent / "build", help="pybox's build folder")
    parser.add_argument(
        "--output", type=Path, help="the file to write, or to add to; default: bench/results/DATE.csv, DATE-quick.csv"
    )
    parser.add_argument("--tmpfs", default="/dev/shm", help="a folder on tmpfs, for files")
    parser.add_argument("python", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    options.only = names_of(options.only, list(work.CATEGORIES), "category", parser)
    options.systems = names_of(options.systems, list(sides.SYSTEMS), "system", parser)
    options.programs = options.programs.split(",") if options.programs else None
    options.pybox = str(options.build / "bin/pybox")
    options.before = options.against.resolve() if options.against is not None and options.against.is_dir() else None
    options.turns = options.turns or (16 if options.before else 8 if options.quick else 12)
    if options.against is not None and not options.against.exists():
        parser.error(f"there is no {options.against}")
    for program in (options.pybox, str(options.build / "bin/bench-pybox-peer")):
        if not os.access(program, os.X_OK):
            parser.error(f"no program {program}; build first (tools/run), or name the folder with --build")
    return options


def start_sides(options, found):
    """All systems that are wanted and can be had; versions and reasons go to the results."""
    started = []
    for name in options.systems:
        sides.say(f"starting {name}")
        command, missing = sides.adapter_command(name, options)
        if missing is None:
            side = sides.adapter_side(name, command)
            try:
                found.facts["side"][name] = side.start()
                started.append(side)
                continue
            except (sides.Failed, OSError) as failure:
                if name in sides.QUICK_STARTERS:
                    raise
                missing = f"did not start: {failure}"
        sides.say(f"{name}: {missing}")
        found.facts["side"][name] = missing
    if options.before is not None:
        side = sides.pybox_side("before", options.before, options.build / "bin/bench-pybox-peer")
        found.facts["side"]["before"] = f"{side.start()}, {options.before.name}"
        started.insert(1, side)
    return started


def measure(options, found, path):
    done = set(found.facts["category"]) if options.resume else set()
    wanted = [category for category in options.only if category not in done]
    if not wanted:
        return
    bench = work.Bench(options, start_sides(options, found) if set(wanted) & work.NEED_SYSTEMS else [])
    for category in wanted:
        before, load = results.now(), results.load()
        rows = work.CATEGORIES[category](bench)
        found.replace(category, rows)
        found.facts["category"][category] = (
            f"{before} to {results.now()[11:]}, load {load} before and {results.load()} after"
        )
        found.write(path)  # so that the next one can fail
    bench.close()


def result_path(options, facts):
    name = f"{facts['date']}{'-quick' if options.quick else ''}{'-builds' if options.before else ''}.csv"
    path = options.output or BENCH / "results" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def compare_with(options, last, found):
    """The exit code. `last`: what is compared with, None: the other build, which is in the same results."""
    if options.against is None:
        return 0
    verdicts = compare.compare(
        last or found,
        found,
        by=options.by,
        tolerance=options.tolerance / 100,
        side=None if last else "before",
        only=options.only,
    )
    print("\n".join(compare.report(verdicts)))
    return 1 if any(verdict.is_slower for verdict in verdicts) else 0


def main(argv):
    options = arguments(argv)
    facts = results.machine(options.python, options.pybox)
    path = result_path(options, facts)
    last = None
    if options.against is not None and options.before is None:
        if not results.is_current(options.against):
            print(f"bench: {options.against} is no file of results of bench/run", file=sys.stderr)
            return 2
        last = results.Results.read(options.against)  # it may be the file that is written
    found = results.Results.read(path) if path.exists() and results.is_current(path) else results.Results()
    found.facts["machine"] = facts
    try:
        measure(options, found, path)
    except sides.Failed as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 3
    print(f"bench: written to {path}", file=sys.stderr)
    for program in ("table", "plot"):
        subprocess.run([*options.python, "-I", "-B", BENCH / program, path], check=True)
    return compare_with(options, last, found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
