"""A native CPython that has imported everything already and forks for each run, as a prefork server does.

There is no sandbox: the code has the process's user, files and network. What a fork gives is a fresh state and a crash
that hurts nobody else. The session of statements is a forked child at the end of two pipes.
"""
import gc
import importlib
import os
import platform
import sys
from pathlib import Path

from peer_adapter import Cannot, Worker, main

PRELOADED = Path(__file__).resolve().parents[2] / "aot/guest/python/preload.list"


def serve(source, sink):
    """The child's half of a session: a line of repr() each way."""
    names = {"__name__": "__main__"}
    for line in source:
        kind, code = eval(line)
        if kind == "end":
            return
        try:
            if kind == "run":
                exec(compile(code, "<run>", "exec"), names)
                answer = ("done", None)
            else:
                answer = ("done", repr(eval(code, names)))
        except BaseException as error:
            answer = ("raised", repr(error))
        sink.write(repr(answer) + "\n")
        sink.flush()


class GuestError(Exception):
    pass


class Session:
    def __init__(self, pid, source, sink):
        self.pid, self.source, self.sink = pid, source, sink

    def ask(self, kind, code):
        self.sink.write(repr((kind, code)) + "\n")
        self.sink.flush()
        outcome, value = eval(self.source.readline())
        if outcome != "done":
            raise GuestError(value)
        return value

    def run(self, code):
        self.ask("run", code)

    def value(self, expression):
        return self.ask("value", expression)

    def save(self):
        raise Cannot("a process cannot be saved")

    def close(self):
        self.sink.write(repr(("end", "")) + "\n")
        self.sink.close()
        self.source.close()
        _, status = os.waitpid(self.pid, 0)
        if status:
            raise RuntimeError(f"the session ended with status {status}")


class Fork(Worker):
    guest_error = GuestError
    cannot_embed = "functions of the host would need a protocol over its pipes"
    processes = True

    @classmethod
    def prepare(cls, folder, build):
        for line in PRELOADED.read_text().splitlines():
            name = line.partition("#")[0].strip()
            if name and not name.startswith("_pybox"):
                importlib.import_module(name)
        gc.freeze()  # so that collections do not write to what is shared
        return f"Python {platform.python_version()}"

    @classmethod
    def start(cls):
        if os.fork() == 0:
            exec("print(1)")
            sys.stdout.flush()
            os._exit(0)
        os.wait()

    def fresh(self, code, expression=None):
        if expression is not None:
            session = self.open()
            session.run(code)
            value = session.value(expression)
            session.close()
            return value
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                exec(compile(code, "<run>", "exec"), {"__name__": "__main__"})
                status = 0
            finally:
                os._exit(status)
        _, status = os.waitpid(pid, 0)
        if status:
            raise GuestError(f"status {status}")

    def create(self, code):
        self.fresh(code)

    def open(self):
        to_child, to_parent = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(to_child[1])
            os.close(to_parent[0])
            try:
                with open(to_child[0]) as source, open(to_parent[1], "w") as sink:
                    serve(source, sink)
            finally:
                os._exit(0)
        os.close(to_child[0])
        os.close(to_parent[1])
        return Session(pid, open(to_parent[0]), open(to_child[1], "w"))


if __name__ == "__main__":
    main(Fork)
