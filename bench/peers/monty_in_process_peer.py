"""pydantic-monty 0.0.18, the last one that interprets in the calling process: nothing but the interpreter's own
correctness is between the code and the host's memory, which is why its makers have given that up since.
"""
import sys

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


class MontyInProcess(Worker):
    @classmethod
    def prepare(cls, folder, build):
        import pydantic_monty
        cls.monty, cls.guest_error = pydantic_monty, pydantic_monty.MontyRuntimeError
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

    def load(self, state):
        return Session(self.monty.MontyRepl.load(state))


if __name__ == "__main__":
    main(MontyInProcess)
