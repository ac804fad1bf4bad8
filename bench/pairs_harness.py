"""The measuring half of bench/pairs."""
import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Side:
    """A process that runs one program whenever it is told to."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.result = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"bench/pairs: {' '.join(map(str, self.process.args))} ended with {self.process.wait()}")
        return line.strip()

    def time(self, count):
        self.process.stdin.write(f"{count}\n")
        return int(self.answer()) / count

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def measure(commands, program, options):
    """{name: [seconds of a round]}: all sides at once, in turns of about `slice` seconds."""
    times = {name: [] for name in commands}
    for _ in range(options.starts):
        sides = {name: Side([*command, str(program)]) for name, command in commands.items()}
        if len({side.result for side in sides.values()}) > 1:
            found = {name: side.result for name, side in sides.items()}
            sys.exit(f"bench/pairs: {program.stem}: the results differ: {found}")
        counts = {name: max(1, round(options.slice * 1e9 / side.time(1))) for name, side in sides.items()}
        for number in range(options.rounds):
            names = list(sides)
            for name in names if number % 2 == 0 else reversed(names):
                times[name].append(sides[name].time(counts[name]) / 1e9)
        for side in sides.values():
            side.close()
    return times


def table(times, names):
    base = names[0]
    yield f"| CPU time | {base}, ms | " + " | ".join(f"{name} / {base}" for name in names[1:]) + " |"
    yield "|---" * (len(names) + 1) + "|"
    ratios = {name: [] for name in names[1:]}
    for program, columns in times.items():
        cells = []
        for name in names[1:]:
            pairs = sorted(a / b for a, b in zip(columns[name], columns[base]))
            ratios[name].append(statistics.median(pairs))
            cells.append(f"{ratios[name][-1]:.3f} ({pairs[len(pairs) // 4]:.2f}-{pairs[len(pairs) * 3 // 4]:.2f})")
        yield f"| {program} | {statistics.median(columns[base]) * 1e3:.2f} | " + " | ".join(cells) + " |"
    means = [f"**{statistics.geometric_mean(ratios[name]):.3f}**" for name in names[1:]]
    yield "| **geometric mean** | | " + " | ".join(means) + " |"


def main():
    parser = argparse.ArgumentParser(prog="bench/pairs")
    parser.add_argument("--programs", default="", help="names, separated by commas; default: all")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--starts", type=int, default=3,
                        help="new processes for each side, which lie elsewhere in memory")
    parser.add_argument("--slice", type=float, default=0.03, help="seconds of one turn")
    parser.add_argument("--box", required=True, help=argparse.SUPPRESS)
    parser.add_argument("sides", nargs="+", help="native, or NAME=FOLDER with a python.so and its image")
    options = parser.parse_args()
    commands = {}
    for side in options.sides:
        name, _, folder = side.partition("=")
        commands[name] = ([sys.executable, "-I", str(HERE / "pairs_native.py")] if not folder
                          else [options.box, os.path.abspath(folder)])
    if "native" in commands:
        commands["native"] = [*os.environ["BENCH_NATIVE"].split("\n"), "-I", str(HERE / "pairs_native.py")]
    chosen = options.programs.split(",") if options.programs else None
    times = {}
    for program in sorted((HERE / "programs").glob("*.py")):
        if chosen is None or program.stem in chosen:
            times[program.stem] = measure(commands, program, options)
            print(f"  {program.stem}", file=sys.stderr, flush=True)
    print("\n".join(table(times, list(commands))))


if __name__ == "__main__":
    main()
