"""The yardstick of the work of embedding: the same in Debian's python3.13 itself, in one process and without any sandbox. Functions of
the host are functions, values go in and out as JSON text by its own json module, and a context is a dictionary.
"""
import asyncio
import json
import platform

from embedding import CALLS, EmbeddedSession
from peer_adapter import Cannot, Worker, main


class Session(EmbeddedSession):
    def __init__(self, functions=None):
        self.names = {"__name__": "__main__"} | (functions or {})

    def run(self, code):
        exec(compile(code, "<run>", "exec"), self.names)

    def value(self, expression):
        return repr(eval(expression, self.names))

    def set(self, rows, text):
        self.names["data"] = json.loads(text)

    def get(self):
        return json.dumps(self.names["data"])

    def gather(self):
        return asyncio.run(gather())

    def save(self):
        raise Cannot("no snapshots of a session")

    def close(self):
        self.names = None


async def gather():
    """Each call waits until the loop has seen all of them."""
    loop = asyncio.get_running_loop()

    async def later(i):
        answer = loop.create_future()
        loop.call_soon(answer.set_result, i)
        return await answer

    return sum(await asyncio.gather(*[later(i) for i in range(CALLS)]))


class Native(Worker):
    isolates = False
    context_note = "a dictionary"

    @classmethod
    def prepare(cls, folder, build):
        return f"Python {platform.python_version()}, without a sandbox"

    def fresh(self, code, expression=None):
        session = self.open()
        session.run(code)
        return None if expression is None else session.value(expression)

    def create(self, code):
        self.fresh(code)

    def open(self):
        return Session()

    def embed(self, functions):
        return Session(functions)

    def context(self, code):
        exec(compile(code, "<run>", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    main(Native)
