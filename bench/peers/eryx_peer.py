"""pyeryx: CPython 3.14 as a WebAssembly component in wasmtime, with Python bindings.

A fresh run is Sandbox.execute(), which has a new instance for each call (the library keeps one ready in the background, and
that thread's CPU time counts). Snapshots hold what pickle can hold of the session's variables. Functions of the host are
coroutines in the guest; it is given data as a text of JSON in its code, which is quicker than as a literal or as a function's answer.
"""
import sys

from embedding import CALLS, EmbeddedSession
from peer_adapter import Worker, main

GATHER = f"import asyncio\nresult = sum(await asyncio.gather(*[later(i=i) for i in range({CALLS})]))"


class Session:
    def __init__(self, eryx):
        self.session = eryx.Session()

    def run(self, code):
        self.session.execute(code)

    def value(self, expression):
        return self.session.execute(f"result = repr({expression})").result

    def save(self):
        return self.session.snapshot_state()

    def close(self):
        self.session = None


class Embedded(Session, EmbeddedSession):
    awaits = names_them = True

    def __init__(self, eryx, functions):
        callbacks = [{"name": name, "fn": function, "description": ""} for name, function in functions.items()]
        self.session = eryx.Session(callbacks=callbacks)

    def set(self, rows, text):
        self.session.execute(f"import json\ndata = json.loads({text!r})")

    def get(self):
        return self.session.execute("result = data").result_json

    def gather(self):
        return self.session.execute(GATHER).result


async def later(i):
    """The library runs such calls at the same time, and each is answered when it has ended."""
    return i


class Eryx(Worker):
    context_note = "a session"

    @classmethod
    def prepare(cls, folder, build):
        import eryx
        cls.eryx, cls.guest_error = eryx, eryx.ExecutionError
        return f"pyeryx {eryx.__version__}, CPython 3.14"

    @classmethod
    def start(cls):
        sys.stdout.write(cls.eryx.Sandbox().execute("print(1)").stdout_text)

    def __init__(self):
        self.sandbox = self.eryx.Sandbox()

    def fresh(self, code, expression=None):
        if expression is not None:
            return self.sandbox.execute(f"{code}\nresult = repr({expression})").result
        self.sandbox.execute(code)

    def create(self, code):
        self.eryx.Sandbox().execute(code)

    def open(self):
        return Session(self.eryx)

    def embed(self, functions):
        return Embedded(self.eryx, functions | {"later": later})

    def context(self, code):
        self.eryx.Session().execute(code)

    def load(self, state):
        session = Session(self.eryx)
        session.session.restore_state(state)
        return session


if __name__ == "__main__":
    main(Eryx)
