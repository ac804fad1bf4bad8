"""pydantic-monty as it is today: an interpreter of its own for a part of Python, written in Rust, in worker processes.

A fresh run is a session checked out of the pool; the worker process stays. A new sandbox is a pool with a new process.
Functions of the host that wait are futures, of which the host is told when nothing else can go on.
"""
import sys

from embedding import CALLS, EmbeddedSession
from peer_adapter import Worker, main

SESSIONS = 64
NO_LIMIT = 10**9
GATHER = f"import asyncio\nsum(await asyncio.gather(*[later(i) for i in range({CALLS})]))"


def drive_gather(snapshot, kinds):
    """Answers a run of GATHER by futures."""
    waiting = {}
    while not isinstance(snapshot, kinds.MontyComplete):
        if isinstance(snapshot, kinds.FunctionSnapshot):
            waiting[snapshot.call_id] = snapshot.args[0]
            snapshot = snapshot.resume({"future": ...})
        elif isinstance(snapshot, kinds.FutureSnapshot):
            if len(waiting) != CALLS:
                raise RuntimeError(f"{len(waiting)} calls wait, not {CALLS}")
            snapshot = snapshot.resume({call: {"return_value": waiting[call]} for call in snapshot.pending_call_ids})
        else:  # the name of the function
            snapshot = snapshot.resume(value=later)
    return snapshot.output


def later(i):
    raise RuntimeError("to be answered by a future")


class Session:
    def __init__(self, pool, **options):
        self.checkout = pool.checkout(**options)
        self.session = self.checkout.__enter__()

    def run(self, code):
        self.session.feed_run(code)

    def value(self, expression):
        return self.session.feed_run(f"repr({expression})")

    def save(self):
        return self.session.dump()

    def close(self):
        self.checkout.__exit__(None, None, None)


class Embedded(Session, EmbeddedSession):
    def __init__(self, monty, pool, functions):
        super().__init__(pool, limits={"max_suspensions": NO_LIMIT})
        self.monty, self.functions = monty, functions

    def run(self, code):
        self.session.feed_run(code, external_lookup=self.functions)

    def set(self, rows, text):
        self.session.feed_run("None", inputs={"data": rows})

    def get(self):
        return self.session.feed_run("data")

    def gather(self):
        return drive_gather(self.session.feed_start(GATHER), self.monty)


class Monty(Worker):
    context_note = "a session of a worker process that is there"

    @classmethod
    def prepare(cls, folder, build):
        import pydantic_monty
        cls.monty, cls.guest_error = pydantic_monty, pydantic_monty.MontyError
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

    def embed(self, functions):
        return Embedded(self.monty, self.workers, functions)

    def context(self, code):
        with self.workers.checkout() as session:
            session.feed_run(code)

    def load(self, state):
        session = Session(self.workers)
        session.session.load_session(state)
        return session


if __name__ == "__main__":
    main(Monty)
