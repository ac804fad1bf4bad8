"""The one file of a benchmark's results: CSV with a row for each turn, after lines `# KIND NAME: TEXT` that say what
was measured on what (kinds: `machine`, `side` with its version or why it is missing, `category` with when it was
measured and how busy the machine was).
"""

import csv
import datetime
import json
import os
import platform
import subprocess
from pathlib import Path

COLUMNS = [
    "category",
    "measurement",
    "threads",
    "side",
    "turn",
    "samples",
    "wall_us",
    "wall_q1",
    "wall_q3",
    "wall_p99",
    "cpu_us",
    "cpu_q1",
    "cpu_q3",
    "value",
    "note",
]
NUMBERS = ["wall_us", "wall_q1", "wall_q3", "wall_p99", "cpu_us", "cpu_q1", "cpu_q3", "value"]


class Results:
    def __init__(self):
        self.facts = {"machine": {}, "side": {}, "category": {}}
        self.rows = []

    @classmethod
    def read(cls, path):
        results = cls()
        with open(path, newline="") as stream:
            lines = stream.read().splitlines(keepends=True)
        for line in lines:
            if line.startswith("# "):
                kind, _, rest = line[2:].strip().partition(" ")
                name, _, text = rest.partition(": ")
                results.facts[kind][name] = text
        for row in csv.DictReader(line for line in lines if not line.startswith("# ")):
            results.rows.append({name: value for name, value in row.items() if value != ""})
        for row in results.rows:
            row["threads"] = int(row["threads"])
            for name in NUMBERS:
                if name in row:
                    row[name] = float(row[name])
        return results

    def write(self, path):
        made = Path(f"{path}.new")
        with open(made, "w", newline="") as stream:
            for kind, facts in self.facts.items():
                for name, text in facts.items():
                    stream.write(f"# {kind} {name}: {text}\n")
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            for row in self.rows:
                writer.writerow([written(row.get(name, "")) for name in COLUMNS])
        made.replace(path)

    def replace(self, category, rows):
        """What was measured of a category, in place of what was there."""
        self.rows = [row for row in self.rows if row["category"] != category] + rows

    def select(self, category=None, measurement=None, threads=None, side=None):
        return [
            row
            for row in self.rows
            if category in (None, row["category"])
            and measurement in (None, row["measurement"])
            and threads in (None, row["threads"])
            and side in (None, row["side"])
        ]


def is_current(path):
    """Whether it is a file of this form."""
    with open(path) as stream:
        return stream.readline().startswith("# machine ")


def written(value):
    return f"{value:.7g}" if isinstance(value, float) else value


def load():
    return "%.1f" % os.getloadavg()[0]


def now():
    return datetime.datetime.now().strftime("%Y-%m-%d %H:%M")


def machine(python=None, pybox=None):
    """What somebody else needs to know to judge the numbers."""
    with open("/proc/cpuinfo") as stream:
        model = next((line.split(":")[1].strip() for line in stream if line.startswith("model name")), "unknown")
    facts = {
        "cpu": model,
        "cpus": str(os.cpu_count()),
        "kernel": platform.release().partition("-")[0],
        "date": datetime.date.today().isoformat(),
    }
    if python is not None:
        facts |= native_facts(python)
    if pybox is not None:
        facts["pybox"] = subprocess.check_output([pybox, "--version"], text=True).strip()
        facts["guest"] = one_line(subprocess.check_output([pybox, "-c", "import sys; print(sys.version)"], text=True))
    return facts


def one_line(text):
    return " ".join(text.split())


def native_facts(python):
    ask = (
        "import sys, sysconfig, json; print(json.dumps([sys.version, sysconfig.get_config_var('CONFIG_ARGS'), "
        "sysconfig.get_config_var('PY_CORE_LDFLAGS'), sysconfig.get_config_var('PY_CFLAGS')]))"
    )
    version, configure, link, flags = json.loads(subprocess.check_output([*python, "-I", "-c", ask]))
    facts = {"native": version, "native_configure": configure, "native_cflags": flags, "native_ldflags": link}
    packages = Path(python[-1]).parents[2] / "packages.txt"
    if packages.exists():
        facts["native_package"] = next(
            line for line in packages.read_text().split("\n") if line.startswith("python3.13-minimal ")
        )
    return {name: one_line(text or "") for name, text in facts.items()}
