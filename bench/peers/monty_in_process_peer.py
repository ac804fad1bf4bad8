"""pydantic-monty 0.0.18, the last one that interprets in the calling process: nothing but the interpreter's own
correctness is between the code and the host's memory, which is why its makers have given that up since.
"""
import sys

from embedding import EmbeddedSession
from monty_peer import GATHER, drive_gather
from peer_adapter import Worker, main


class Session:
    def __init__(self, repl):
        self.repl = repl

    def run(self, code):
        self.repl.feed_run(code)

    def value(self, expression):
        return self.repl.feed_run(f"repr({expression})")

    def save(self):
        return self.repl.dump()

    def close(self):
        self.repl = None


class Embedded(Session, EmbeddedSession):
    def __init__(self, monty, functions):
        super().__init__(monty.MontyRepl())
        self.monty, self.functions = monty, functions

    def run(self, code):
        self.repl.feed_run(code, external_functions=self.functions)

    def set(self, rows, text):
        self.repl.feed_run("None", inputs={"data": rows})

    def get(self):
        return self.repl.feed_run("data")

    def gather(self):
        return drive_gather(self.repl.feed_start(GATHER), self.monty)


class MontyInProcess(Worker):
    context_note = "a REPL"

    @classmethod
    def prepare(cls, folder, build):
        import pydantic_monty
        cls.monty, cls.guest_error = pydantic_monty, pydantic_monty.MontyError
        return f"pydantic-monty {pydantic_monty.__version__}, in the calling process"

    @classmethod
    def start(cls):
        output = cls.monty.CollectString()
        cls.monty.Monty("print(1)").run(print_callback=output)
        sys.stdout.write(output.output)

    def fresh(self, code, expression=None):
        return self.monty.Monty(code if expression is None else f"{code}\nrepr({expression})").run()

    def create(self, code):
        self.fresh(code)

    def open(self):
        return Session(self.monty.MontyRepl())

    def embed(self, functions):
        return Embedded(self.monty, functions)

    def context(self, code):
        self.monty.MontyRepl().feed_run(code)

    def load(self, state):
        return Session(self.monty.MontyRepl.load(state))


if __name__ == "__main__":
    main(MontyInProcess)
