"""Tables in Markdown from results. A cell is the median of the turns' medians, with the middle half in brackets: of
the single times where a turn has several of them, else of the turns."""

import statistics
from collections import namedtuple

from harness.turns import quartiles

NONE = "–"  # not measured: the row has a note that says why
FEW = 4  # samples in a turn of which quartiles say nothing
Line = namedtuple("Line", "category measurement threads title column unit shape", defaults=("spread",))

# What each line of a table about systems says: times are microseconds in the file, `unit` of them make one of the line's.
ISOLATION = [
    Line("start", "start", 1, "whole process, `print(1)`, ms", "wall", 1000),
    Line("start", "start", 1, "– CPU", "cpu", 1000),
    Line("sessions", "fresh", 1, "fresh run of `x = 1 + 1`, µs", "wall", 1),
    Line("sessions", "fresh", 1, "– CPU", "cpu", 1),
    Line("sessions", "fresh", 1, "– 99th percentile", "wall", 1, "p99"),
    Line("sessions", "fresh", 2, "– 2 threads", "wall", 1),
    Line("sessions", "fresh", 8, "– 8 threads", "wall", 1),
    Line("sessions", "pool", None, "– runs in a second of a core's time", "cpu", None),
    Line("sessions", "create", 1, "new sandbox, run, and its end, µs", "wall", 1),
    Line("sessions", "create", 1, "– CPU", "cpu", 1),
    Line("sessions", "session", 1, "session of five statements, µs", "wall", 1),
    Line("sessions", "session", 1, "– CPU", "cpu", 1),
    Line("snapshots", "restore", 1, "saved session to its next result, µs", "wall", 1),
    Line("snapshots", "restore", 1, "– CPU", "cpu", 1),
    Line("snapshots", "save", 1, "saving a session, ms", "wall", 1000),
    Line("snapshots", "save", 1, "– CPU", "cpu", 1000),
    Line("snapshots", "save-whole", 1, "– with all of the image, ms", "wall", 1000),
    Line("density", "memory", 1, "memory of an idle session, KiB", "value", 1, "value"),
    Line("density", "memory", 1, "– idle sessions in a GiB", "value", 1 << 20, "inverse"),
    Line("density", "memory-trimmed", 1, "– trimmed, KiB", "value", 1, "value"),
]
EMBEDDING = [
    Line("calls", "call", 1, "call of a host function, µs", "wall", 1),
    Line("calls", "call", 1, "– CPU", "cpu", 1),
    Line("calls", "call-dict", 1, "one with a dict of five, and one back, µs", "wall", 1),
    Line("calls", "call-dict", 1, "– CPU", "cpu", 1),
    Line("calls", "data-in", 1, "1 MB of rows into a variable, ms", "wall", 1000),
    Line("calls", "data-in", 1, "– CPU", "cpu", 1000),
    Line("calls", "data-out", 1, "the same back, ms", "wall", 1000),
    Line("calls", "data-out", 1, "– CPU", "cpu", 1000),
    Line("calls", "fan-out", 1, "1,000 host calls awaited together, ms", "wall", 1000),
    Line("calls", "fan-out", 1, "– CPU", "cpu", 1000),
    Line("sessions", "eval", 1, "small expression in a session, µs", "wall", 1),
    Line("sessions", "eval", 1, "– CPU", "cpu", 1),
    Line("sessions", "context", 1, "new context or what comes next to it, a run, its end, µs", "wall", 1),
    Line("sessions", "context", 1, "– CPU", "cpu", 1),
]
OPERATIONS = {
    "open": "open and close",
    "read": "open, read 1 KiB, close",
    "read_text": "the same as text",
    "write": "open, write 1 KiB over it, close",
    "create": "create, close, unlink",
    "stat": "stat",
    "listdir": "list a folder of 100",
    "write_large": "write 1 MiB to a large file",
    "read_large": "read 1 MiB of it",
}
PLACES = {
    "native": "native, tmpfs",
    "pybox-work": "box, /work",
    "pybox-host": "box, host",
    "pybox-overlay": "box, overlay",
}


def number(value):
    """Three digits that count."""
    if value >= 100 or value == 0:
        return f"{value:,.0f}"
    if value < 0:
        return "-" + number(-value)
    digits = 1 if value >= 10 else 2 if value >= 1 else 3 if value >= 0.1 else 4
    return f"{value:.{digits}f}"


def spread(rows, column):
    """(first quarter, median, third quarter) in the file's unit."""
    medians = quartiles([row[f"{column}_us"] for row in rows])
    if int(rows[0]["samples"]) < FEW:
        return medians
    return (
        statistics.median(row[f"{column}_q1"] for row in rows),
        medians[1],
        statistics.median(row[f"{column}_q3"] for row in rows),
    )


def with_brackets(first, middle, third):
    return f"{number(middle)} ({number(first)}–{number(third)})"


def cell(rows, line):
    if line.shape in ("value", "inverse"):
        values = [row["value"] for row in rows if "value" in row]
        if not values:
            return NONE
        middle = statistics.median(values)
        if line.shape == "inverse":
            return number(line.unit / middle) if middle > 0 else NONE
        return number(middle / line.unit)
    rows = [row for row in rows if "wall_us" in row]
    if not rows:
        return NONE
    if line.shape == "p99":
        return number(statistics.median(row["wall_p99"] for row in rows) / line.unit)
    if line.unit is None:
        return number(1e6 / spread(rows, line.column)[1])
    return with_brackets(*(value / line.unit for value in spread(rows, line.column)))


def systems_table(results, lines, systems, names):
    """Without the systems that can do nothing of it, and without lines that nobody can; nothing if that is all."""
    cells = {
        name: [cell(results.select(line.category, line.measurement, line.threads, name), line) for line in lines]
        for name in systems
    }
    shown = [name for name in systems if any(text != NONE for text in cells[name])]
    if not shown:
        return []
    table = [
        "| median (middle half) | " + " | ".join(names.get(name, name) for name in shown) + " |",
        "|---" * (len(shown) + 1) + "|",
    ]
    for place, line in enumerate(lines):
        if any(cells[name][place] != NONE for name in shown):
            table.append(f"| {line.title} | " + " | ".join(cells[name][place] for name in shown) + " |")
    return table


def ratios(rows, side, base="native", column="cpu"):
    """Of one measurement, turn by turn where both have it: (first quarter, median, third quarter), or None."""
    own, others = (
        {row["turn"]: row[f"{column}_us"] for row in rows if row["side"] == name and "cpu_us" in row}
        for name in (side, base)
    )
    both = [own[turn] / others[turn] for turn in own if turn in others]
    return quartiles(both) if both else None


def compute_table(results, category, systems):
    """Programs: CPU time over native's."""
    rows = results.select(category)
    programs = list(dict.fromkeys(row["measurement"] for row in rows if "cpu_us" in row))
    by_program = {program: [row for row in rows if row["measurement"] == program] for program in programs}
    sides = [name for name in dict.fromkeys(row["side"] for row in rows) if name in systems and name != "native"]
    sides = [name for name in sides if any(ratios(by_program[program], name) for program in programs)]
    if not sides:
        return []
    table = [
        "| CPU time | native, ms | " + " | ".join(f"{name} / native" for name in sides) + " |",
        "|---" * (len(sides) + 2) + "|",
    ]
    found = {name: [] for name in sides}
    for program in programs:
        native = [row for row in by_program[program] if row["side"] == "native" and "cpu_us" in row]
        cells = [with_brackets(*(value / 1000 for value in spread(native, "cpu"))) if native else NONE]
        for name in sides:
            ratio = ratios(by_program[program], name)
            found[name] += [ratio[1]] if ratio else []
            brackets = f" ({ratio[0]:.2f}–{ratio[2]:.2f})" if ratio and name.startswith(("pybox", "before")) else ""
            cells.append(f"{ratio[1]:.2f}{brackets}" if ratio else NONE)
        table.append(f"| {program} | " + " | ".join(cells) + " |")
    means = [
        f"**{statistics.geometric_mean(found[name]):.2f}**"
        + (f" of {len(found[name])}" if len(found[name]) < len(programs) else "")
        for name in sides
    ]
    return [*table, "| **geometric mean** | | " + " | ".join(means) + " |"]


def start_table(results):
    table = ["| whole process, `print(1)` | wall, ms | CPU, ms |", "|---|---|---|"]
    medians = {}
    for name in ("native", "pybox"):
        rows = [row for row in results.select("start", "start", 1, name) if "wall_us" in row]
        if not rows:
            return []
        medians[name] = spread(rows, "wall")[1]
        table.append(
            f"| {name} | "
            + " | ".join(with_brackets(*(value / 1000 for value in spread(rows, column))) for column in ("wall", "cpu"))
            + " |"
        )
    return [*table, f"| pybox / native | {medians['pybox'] / medians['native']:.2f} | |"]


def files_table(results):
    shown = [name for name in PLACES if results.select("files", "open", 1, name)]
    if len(shown) < 2:
        return []
    table = [
        "| file operations, µs of CPU | " + " | ".join(PLACES[name] for name in shown) + " |",
        "|---" * (len(shown) + 1) + "|",
    ]
    for operation, title in OPERATIONS.items():
        rows = results.select("files", operation)
        if not rows:
            continue
        cells = [with_brackets(*spread([row for row in rows if row["side"] == "native"], "cpu"))]
        for name in shown[1:]:
            own = [row for row in rows if row["side"] == name]
            cells.append(f"{number(spread(own, 'cpu')[1])}, {number(ratios(rows, name)[1])} of native")
        table.append(f"| {title} | " + " | ".join(cells) + " |")
    return table


def imports_table(results):
    modules = [
        name
        for name in dict.fromkeys(row["measurement"] for row in results.select("files"))
        if name.startswith("import ")
    ]
    if not modules:
        return []
    table = ["| import in a new process, CPU ms | native | box | box / native |", "|---|---|---|---|"]
    sums = {"native": 0, "pybox": 0}
    for module in modules:
        rows = results.select("files", module)
        found = {
            name: [value / 1000 for value in spread([row for row in rows if row["side"] == name], "cpu")]
            for name in sums
        }
        for name in sums:
            sums[name] += found[name][1]
        table.append(
            f"| {module.removeprefix('import ')} | "
            + " | ".join(with_brackets(*found[name]) for name in sums)
            + f" | {found['pybox'][1] / found['native'][1]:.2f} |"
        )
    return [
        *table,
        f"| **all of them** | **{sums['native']:.1f}** | **{sums['pybox']:.1f}** | **{sums['pybox'] / sums['native']:.2f}** |",
    ]


def systems_of(results):
    """Those that are there or should be, as the file has them."""
    return [name for name in results.facts["side"]]


TABLES = {
    "compute": lambda results, systems: compute_table(results, "compute", systems),
    "pyperformance": lambda results, systems: compute_table(results, "pyperformance", systems),
    "start": lambda results, systems: start_table(results),
    "isolation": lambda results, systems: systems_table(results, ISOLATION, systems, {}),
    "embedding": lambda results, systems: systems_table(results, EMBEDDING, systems, {}),
    "files": lambda results, systems: files_table(results),
    "imports": lambda results, systems: imports_table(results),
}


def facts_text(results, systems):
    machine = results.facts["machine"]
    categories = "; ".join(f"{name} {text.partition(' ')[2]}" for name, text in results.facts["category"].items())
    versions = "; ".join(f"{name}: {text}" for name, text in results.facts["side"].items() if name in systems)
    return [
        f"{machine['date']}, {machine['cpu']}, {machine['cpus']} cores, Linux {machine['kernel']}. {versions}. When, and how busy "
        f"the machine was: {categories}."
    ]


def text(results, names, systems=None):
    """`systems`: which, and in which order; default: all of the file."""
    systems = systems or systems_of(results)
    parts = [facts_text(results, systems) if name == "facts" else TABLES[name](results, systems) for name in names]
    return "\n".join("\n".join(part) + "\n" for part in parts if part)
