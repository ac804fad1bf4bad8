"""The measuring half of bench/fuel: the same programs in several builds of the module, in turn."""
import argparse
import statistics
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from harness import compute_pair, machine, write_csv  # noqa: E402


def measure(commands, programs, rounds, repeats):
    """{program: {variant: [seconds of each round]}}; all must give the same result."""
    times = {}
    for program in programs:
        source = program.read_bytes()
        columns = {name: [] for name in commands}
        for number in range(rounds):
            results = set()
            names = list(commands)
            for name in names if number % 2 == 0 else reversed(names):
                seconds, result = compute_pair(commands[name], source, repeats)
                columns[name].append(seconds)
                results.add(result)
            if len(results) > 1:
                sys.exit(f"bench: {program.stem}: the results differ: {results}")
        times[program.stem] = columns
        print(f"  {program.stem}", file=sys.stderr, flush=True)
    return times


def table(times, names):
    base = names[0]
    lines = [f"| CPU time | {base}, ms | " + " | ".join(f"{name} / {base}" for name in names[1:]) + " |",
             "|---" * (len(names) + 1) + "|"]
    ratios = {name: [] for name in names[1:]}
    for program, columns in times.items():
        cells = []
        for name in names[1:]:
            # Pair by pair: what both had in common in a round, such as a busy machine, goes out.
            ratio = statistics.median(a / b for a, b in zip(columns[name], columns[base]))
            ratios[name].append(ratio)
            cells.append(f"{ratio:.3f}")
        lines.append(f"| {program} | {statistics.median(columns[base]) * 1e3:.1f} | " + " | ".join(cells) + " |")
    means = [f"**{statistics.geometric_mean(ratios[name]):.3f}**" for name in names[1:]]
    lines.append("| **geometric mean** | | " + " | ".join(means) + " |")
    return lines


def main():
    parser = argparse.ArgumentParser(prog="bench/fuel")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--programs", default="")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--results", default=str(HERE / "results"))
    parser.add_argument("--pybox", required=True)
    parser.add_argument("homes", nargs="+")
    options = parser.parse_args()
    script = str(HERE / "compute.py")
    commands = {}
    for home in options.homes:
        name, _, folder = home.partition("=")
        commands[name] = ["/usr/bin/env", f"PYBOX_HOME={folder}", options.pybox, "run", script]
    chosen = options.programs.split(",") if options.programs else None
    programs = [path for path in sorted((HERE / "programs").glob("*.py")) if chosen is None or path.stem in chosen]
    rounds = options.rounds or (2 if options.quick else 7)
    times = measure(commands, programs, rounds, 2 if options.quick else 5)
    facts = machine()
    text = "\n".join([*table(times, list(commands)), "", *(f"- {name}: `{value}`" for name, value in facts.items())]) + "\n"
    folder = Path(options.results)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{facts['date']}-fuel{'-quick' if options.quick else ''}"
    write_csv(folder / f"{name}.csv", [(program, variant, n, "", f"{seconds * 1e3:.3f}") for program, columns in times.items()
                                       for variant, values in columns.items() for n, seconds in enumerate(values)])
    (folder / f"{name}.md").write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
