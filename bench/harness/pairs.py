"""`bench/pairs`: programs of bench/programs in builds of the module, and in native Python, in short turns. See
../SPEED.md."""

import argparse
import statistics
import sys
from dataclasses import replace
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(BENCH))
from harness import compare, results, sides, work  # noqa: E402
from harness.turns import Plan, quartiles, take_turns  # noqa: E402


def make_side(text, options):
    name, _, folder = text.partition("=")
    if folder:
        return sides.pybox_side(name, folder, options.build / "bin/bench-pybox-peer")
    if name != "native":
        raise sides.Failed(f"{name} is neither native nor NAME=FOLDER")
    return sides.native_program_side(options.python)


def measure(program, compared, plan, starts):
    """{name: [CPU milliseconds of a turn]}: new processes for each of the starts, which lie elsewhere in memory."""
    times = {side.name: [] for side in compared}
    for _ in range(starts):
        for side in compared:
            side.close()
            side.start(checks=False)
        answers = work.drop_wrong(take_turns(compared, f"compute:{program}", 1, plan), program.stem)
        for name, turns in answers.items():
            if isinstance(turns, str):
                raise sides.Failed(f"{program.stem}: {name}: {turns}")
            times[name] += [answer["cpu_ns"] / len(answer["cpu_each_ns"]) / 1e6 for answer in turns]
    return times


def quotients(columns, name, base):
    return [a / b for a, b in zip(columns[name], columns[base])]


def mean_of(times, name, base, choose=lambda values: values):
    return statistics.geometric_mean(
        statistics.median(choose(quotients(columns, name, base))) for columns in times.values()
    )


def table(times, names):
    base = names[0]
    yield f"| CPU time | {base}, ms | " + " | ".join(f"{name} / {base}" for name in names[1:]) + " |"
    yield "|---" * (len(names) + 1) + "|"
    for program, columns in times.items():
        cells = []
        for name in names[1:]:
            first, middle, third = quartiles(quotients(columns, name, base))
            cells.append(f"{middle:.3f} ({first:.2f}-{third:.2f})")
        yield f"| {program} | {statistics.median(columns[base]):.2f} | " + " | ".join(cells) + " |"
    yield "| **geometric mean** | | " + " | ".join(f"**{mean_of(times, name, base):.3f}**" for name in names[1:]) + " |"
    cells = []
    for name in names[1:]:
        low, high = compare.interval(
            lambda source, name=name: mean_of(times, name, base, lambda values: source.choices(values, k=len(values))),
            name,
        )
        cells.append(f"{low:.3f}-{high:.3f}")
    yield "| its 95 % | | " + " | ".join(cells) + " |"


def main(argv):
    parser = argparse.ArgumentParser(
        prog="bench/pairs",
        description="Ratios are to the first side, turn by turn; in brackets the middle half of them.",
    )
    parser.add_argument("--programs", help="names, separated by commas; default: all")
    parser.add_argument("--rounds", type=int, default=8, help="turns; default: %(default)s")
    parser.add_argument("--starts", type=int, default=3, help="times that all begin anew; default: %(default)s")
    parser.add_argument("--slice", type=float, default=0.03, help="seconds of one turn; default: %(default)s")
    parser.add_argument("--text", type=Path, help="write the table to this file, too, with what it was measured on")
    parser.add_argument("--build", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--python", action="append", required=True, help=argparse.SUPPRESS)
    parser.add_argument(
        "sides", nargs="+", help="native, or NAME=FOLDER: a build, or python.so, python.image and python313.zip"
    )
    options = parser.parse_args(argv)
    facts = results.machine() | {"load_before": results.load()}
    try:
        compared = [make_side(text, options) for text in options.sides]
        names = [side.name for side in compared]
        plan = replace(Plan(options.rounds, options.slice * 1e3), renew=False, always=tuple(names))
        times = {}
        for program in work.own_programs(options.programs and options.programs.split(",")):
            times[program.stem] = measure(program, compared, plan, options.starts)
            sides.say(program.stem)
        for side in compared:
            side.close()
    except sides.Failed as failure:
        sys.exit(f"bench/pairs: {failure}")
    if not times:
        sys.exit("bench/pairs: no such programs")
    lines = list(table(times, names))
    print("\n".join(lines))
    if options.text is not None:
        facts["load_after"] = results.load()
        options.text.write_text(
            "\n".join([*lines, "", *(f"- {name}: `{value}`" for name, value in facts.items())]) + "\n"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
