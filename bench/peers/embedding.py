"""The work of programs that embed a sandbox, for adapters written in Python: functions of the host that the guest calls, values in
and out, many calls that wait together, small expressions over state, namespaces. pybox_embedding.c does the same.
"""
import json
from functools import cache
from itertools import count

CALLS = 1000
RECORD = {"name": "Ann", "age": 41, "score": 2.5, "tags": ["a", "b"], "ok": True}
ROW_COUNT = 12500
LATER_SUM = CALLS * (CALLS - 1) // 2

# {AWAIT} is "await " where functions of the host are always coroutines, {VALUE} the name of the argument where it has to be given.
CALL_CODE = f"for _ in range({CALLS}):\n    {{AWAIT}}nothing()"
CALL_DICT_CODE = f"for _ in range({CALLS}):\n    answer = {{AWAIT}}record({{VALUE}}record_value)"


@cache
def rows():
    """Not before they are needed: how long adapters take to start is measured, too."""
    return [{"id": i, "name": f"user {i}", "score": i * 0.5, "tags": ["a", "b"], "active": i % 2 == 0} for i in range(ROW_COUNT)]


@cache
def rows_text():
    """1 MB of JSON."""
    return json.dumps(rows())


class EmbeddedSession:
    """A session whose code can call functions of the host: nothing(), record(value), later(i). Besides these an adapter's class has
    run(code), value(expression) and close()."""

    awaits = False      # those functions are coroutines
    names_them = False  # their arguments have to be named

    def set(self, rows, text):
        """Binds `data` to the rows, from objects of the host or their JSON, whichever the system is quicker with."""
        raise NotImplementedError

    def get(self):
        """What `data` is, as the host gets it: objects, or JSON text."""
        raise NotImplementedError

    def gather(self):
        """sum(await asyncio.gather(...)) over CALLS calls of later(i), which the host answers with i; if it can, when all of them wait."""
        raise NotImplementedError

    def source(self, code):
        return code.format(AWAIT="await " if self.awaits else "", VALUE="value=" if self.names_them else "")


class Host:
    """The functions. `calls` counts those of nothing() if it is asked to."""

    def __init__(self):
        self.counter = count()

    def functions(self, counting=False):
        return {"nothing": self.count if counting else self.nothing, "record": self.record}

    def count(self):
        next(self.counter)

    @staticmethod
    def nothing():
        return None

    @staticmethod
    def record(value):
        return RECORD


def expect(what, found, value):
    if found != value:
        raise ValueError(f"{what} is {found!r}, not {value!r}")


def open_session(worker, counting=False):
    host = Host()
    session = worker.embed(host.functions(counting))
    session.run(f"record_value = {RECORD!r}")
    return session, host


def rows_of(data):
    return json.loads(data) if isinstance(data, str) else data


def check(worker):
    """That the guest's calls reach the host, and values arrive as they were."""
    session, host = open_session(worker, counting=True)
    session.run(session.source(CALL_CODE))
    expect("the number of calls", next(host.counter), CALLS)
    session.run(session.source(CALL_DICT_CODE))
    expect("answer == record_value", session.value("answer == record_value"), "True")
    session.set(rows(), rows_text())
    expect("what is in data", session.value("(data[-1]['id'], data[-1]['score'], data[1]['tags'], data[0]['active'])"),
           f"({ROW_COUNT - 1}, {rows()[-1]['score']}, ['a', 'b'], True)")
    if rows_of(session.get()) != rows():
        raise ValueError("the rows do not come back as they were")
    expect("the sum of the answers", session.gather(), LATER_SUM)
    session.close()


# ------------------------------------------------------------------------------------------
# The tasks: each makes what is timed, and what is to be done afterwards


def prepare_call(worker, code):
    session, _ = open_session(worker)
    code = session.source(code)
    return lambda: session.run(code), session.close


def prepare_eval(worker):
    """An expression over what a run has left."""
    session = worker.open()
    session.run("x = 1")

    def once():
        expect("x + 1", session.value("x + 1"), "2")
    return once, session.close


def prepare_set(worker):
    session, _ = open_session(worker)
    objects, text = rows(), rows_text()

    def once():
        session.set(objects, text)
        expect("len(data)", session.value("len(data)"), str(ROW_COUNT))
    return once, session.close


def prepare_get(worker):
    session, _ = open_session(worker)
    session.set(rows(), rows_text())
    length = len(session.get())

    def once():
        expect("the length of what comes back", len(session.get()), length)
    return once, session.close


def prepare_gather(worker):
    session, _ = open_session(worker)

    def once():
        expect("the sum of the answers", session.gather(), LATER_SUM)
    return once, session.close


def prepare_context(worker):
    worker.context("x = 1 + 1")
    return lambda: worker.context("x = 1 + 1"), lambda: None


TASKS = {
    "call": lambda worker: prepare_call(worker, CALL_CODE),
    "call-dict": lambda worker: prepare_call(worker, CALL_DICT_CODE),
    "eval": prepare_eval,
    "data-in": prepare_set,
    "data-out": prepare_get,
    "fan-out": prepare_gather,
    "context": prepare_context,
}
NEEDED = {"eval": "open", "context": "context"}  # methods of the adapter's class; the other tasks need:
NEEDED_BY_OTHERS = "embed"
