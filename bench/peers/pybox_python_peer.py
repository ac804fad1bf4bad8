"""pybox as Python programs use it: the package of tools/python, of the build's own folder. The interpreter's time is in
all figures: that of C programs is the row "pybox".

A fresh run is Sandbox.run() in a sandbox that is rolled back after each run; a pool is pybox.Pool. Functions of the
host are tools, with schemas and checks made of their annotations; `later` is a coroutine, and the calls of it run side
by side on an event loop. """
import asyncio
import itertools
import os
import shutil
import sys
import tempfile
from pathlib import Path

from embedding import CALLS, EmbeddedSession
from peer_adapter import Worker, main

GATHER = f"sum(await asyncio.gather(*[later(i) for i in range({CALLS})]))"


class Session:
    def __init__(self, sandbox, folder):
        self.sandbox, self.folder = sandbox, folder

    def run(self, code):
        self.sandbox.run(code).check()

    def value(self, expression):
        return self.sandbox.run(expression).check().value_repr

    def save(self):
        path = self.folder / f"{next(Session.numbers)}.snap"
        self.sandbox.save(path, form="mapped")
        return path

    def save_again(self):
        """What differs from the image: the quickest way."""
        self.sandbox.save(self.folder / "again.snap", delta=True)

    def close(self):
        self.sandbox.close()

    numbers = itertools.count()


class Embedded(Session, EmbeddedSession):
    def __init__(self, sandbox, folder, functions):
        super().__init__(sandbox, folder)
        self.run(f"import asyncio\nfrom tools import {', '.join(functions)}")

    def set(self, rows, text):
        self.sandbox.set("data", rows)

    def get(self):
        return self.sandbox.get("data")

    def gather(self):
        return asyncio.run(self.sandbox.aeval(GATHER))


async def later(i):
    """Each answers when the loop comes to it: all of them wait by then."""
    return i


class PyboxPython(Worker):
    folder = None  # for snapshots

    @classmethod
    def prepare(cls, folder, build):
        sys.path.insert(0, str(build / "python"))
        import pybox
        cls.pybox, cls.guest_error = pybox, pybox.GuestException
        cls.folder = Path(tempfile.mkdtemp(prefix="pybox-peer-"))
        cls.shared = None
        return f"{pybox.__version__}, from Python {sys.version.split()[0]}"

    @classmethod
    def start(cls):
        sys.stdout.write(cls.pybox.run("print(1)").output)
        cls.clean()

    @classmethod
    def clean(cls):
        if cls.folder is not None:
            shutil.rmtree(cls.folder, ignore_errors=True)

    def __init__(self):
        self.sandbox = self.pybox.Sandbox(rollback="always")
        self.contexts = None

    def fresh(self, code, expression=None):
        result = self.sandbox.run(code if expression is None else f"{code}\n{expression}").check()
        return None if expression is None else result.value_repr

    def create(self, code):
        self.pybox.run(code).check()

    def pool(self, code):
        if PyboxPython.shared is None:
            PyboxPython.shared = self.pybox.Pool(maximum=2 * (os.cpu_count() or 1))
        self.shared.run(code).check()

    def open(self):
        return Session(self.pybox.Sandbox(), self.folder)

    def load(self, state):
        snapshot = self.pybox.Snapshot.open(state, trusted=True)
        return Session(self.pybox.Sandbox(snapshot=snapshot, rollback="never"), self.folder)

    def embed(self, functions):
        offered = [self.pybox.tool(name=name)(function) for name, function in (functions | {"later": later}).items()]
        return Embedded(self.pybox.Sandbox(tools=offered), self.folder, [tool.name for tool in offered])

    def context(self, code):
        if self.contexts is None:
            self.contexts = self.pybox.Sandbox()
        with self.contexts.context("one", parent="main") as context:
            context.run(code).check()


if __name__ == "__main__":
    try:
        main(PyboxPython)
    finally:
        PyboxPython.clean()
