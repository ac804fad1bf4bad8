"""pydantic-monty as it is today: an interpreter of its own for a part of Python, written in Rust, in worker processes.

A fresh run is a session checked out of the pool; the worker process stays. A new sandbox is a pool with a new process.
"""
import sys

from peer_adapter import Worker, main

SESSIONS = 64


class Session:
    def __init__(self, pool):
        self.checkout = pool.checkout()
        self.session = self.checkout.__enter__()

    def run(self, code):
        self.session.feed_run(code)

    def value(self, expression):
        return self.session.feed_run(f"repr({expression})")

    def save(self):
        return self.session.dump()

    def close(self):
        self.checkout.__exit__(None, None, None)


class Monty(Worker):
    @classmethod
    def prepare(cls, folder, build):
        import pydantic_monty
        cls.monty, cls.guest_error = pydantic_monty, pydantic_monty.MontyRuntimeError
        cls.binary = folder / "bin/monty"
        cls.workers = cls.make_pool(max_processes=SESSIONS)
        cls.workers.__enter__()
        return f"pydantic-monty {pydantic_monty.__version__}, worker processes"

    @classmethod
    def make_pool(cls, **options):
        return cls.monty.Monty(binary_path=cls.binary, **options)

    @classmethod
    def start(cls):
        output = cls.monty.CollectString()
        with cls.workers.checkout() as session:
            session.feed_run("print(1)", print_callback=output)
        sys.stdout.write(output.output)

    def fresh(self, code, expression=None):
        with self.workers.checkout() as session:
            value = session.feed_run(code)
            return value if expression is None else session.feed_run(f"repr({expression})")

    def create(self, code):
        with self.make_pool(max_processes=1) as pool, pool.checkout() as session:
            session.feed_run(code)

    def open(self):
        return Session(self.workers)

    def load(self, state):
        session = Session(self.workers)
        session.session.load_session(state)
        return session


if __name__ == "__main__":
    main(Monty)
