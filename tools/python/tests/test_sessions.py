"""Sessions: state with a name, kept on disk."""

import asyncio

import pytest

import pybox
from pybox import Outcome, Policy, SessionStore, tool


@pytest.fixture
def store(tmp_path):
    with SessionStore(tmp_path / "sessions") as made:
        yield made


def test_a_session_goes_on(store):
    with store.open("ann") as session:
        assert session.is_new
        session.run("x = 1\ndef f(): return x + 1")
        session.run("open('notes.txt', 'w').write('kept')").check()
    with store.open("ann") as session:
        assert not session.is_new and session.call("f") == 2
        assert session.eval("open('notes.txt').read()") == "kept"
    assert [info.id for info in store.list()] == ["ann"] and "ann" in store and "bob" not in store
    with pytest.raises(KeyError, match="did you mean 'ann'"):
        store.open("an", create=False)


def test_another_store_of_the_same_folder(store):
    with store.open("ann") as session:
        session.run("x = 1")
    with SessionStore(store.folder) as other, other.open("ann") as session:
        assert session.get("x") == 1


def test_a_store_takes_the_keywords_of_sandboxes(tmp_path):
    with SessionStore(tmp_path / "s", Policy(seed=1), limits={"fuel": "10M"}, environment={"A": "b"}) as store:
        assert store.policy.seed == 1
        with store.open("ann") as session:
            assert session.eval("import os; os.environ['A']") == "b"
            assert session.run("while True: pass").limit == "fuel"
    with pytest.raises(TypeError, match="'timeout' is a limit; expected limits="):
        SessionStore(tmp_path / "t", timeout="1s")
    assert not (tmp_path / "t").exists()


def test_a_name_is_made_up(store):
    with store.open() as one, store.open() as two:
        assert one.id != two.id
        one.run("1")
    assert [info.id for info in store.list()] == [one.id]


def test_parked_after_each_run_or_when_closed(store):
    session = store.open("ann")
    session.run("x = 1")
    session.discard()  # as if the process had been killed
    with store.open("ann", auto_persist=False) as session:
        assert session.get("x") == 1
        session.run("x = 2")
        session.park()
        session.run("x = 3")
        session.discard()
    with store.open("ann", auto_persist=False) as session:
        assert session.get("x") == 2
        session.run("x = 4")
    with store.open("ann") as session:
        assert session.get("x") == 4


def test_stopped_runs_leave_no_trace(store):
    with store.open("ann") as session:
        session.run("x = 1")
        assert session.run("x = 2\nwhile True: pass", limits={"fuel": "3M"}).outcome is Outcome.OUT_OF_FUEL
    with store.open("ann") as session:
        assert session.get("x") == 1


def test_a_program_that_ends_itself(store):
    with store.open("ann") as session:
        session.run("x = 1")
        assert session.run("x = 2\nimport os; os._exit(3)").exit_code == 3
        assert session.get("x") == 1


def test_two_that_go_on_with_one_session(store):
    one, two = store.open("ann"), store.open("ann")
    one.run("x = 1")
    with pytest.raises(pybox.BusyError):
        two.run("x = 2")
    two.discard()
    one.close()
    with store.open("ann") as session:
        assert session.get("x") == 1


def test_coroutines(store):
    async def main():
        async with store.open("ann") as session:
            await session.arun("x = 5")
    asyncio.run(main())
    with store.open("ann") as session:
        assert session.get("x") == 5


def test_history(store):
    with store.open("ann") as session:
        session.run("print('hello')")
        session.context("c").run("1/0")
    with store.open("ann") as session:
        first, second = session.history()
        assert (first.number, first.code, first.outcome, first.output, first.context) == (
            1, "print('hello')", "done", "hello\n", "main")
        assert second.outcome == "exception" and "ZeroDivisionError" in second.error and second.context == "c"
        assert [entry.number for entry in session.history(1)] == [2]
        session.run("x" * 100_000)
        assert len(session.history(1)[0].code) < 70_000


def test_storage(store):
    with store.open("ann") as session:
        assert session.run("""
import storage
storage.put("seen", {"a", (1, 2)})
storage.put("other", None)
""").ok
        assert session.storage["seen"] == {"a", (1, 2)} and dict(session.storage)["other"] is None
        session.storage["from the host"] = [1, b"x"]
        assert session.eval("storage.get('from the host')") == [1, b"x"]
        assert session.eval("storage.get('nothing', 5)") == 5
        assert session.eval("storage.keys()") == ["from the host", "other", "seen"]
        assert session.eval("storage.keys('se')") == ["seen"]
        assert session.eval("[storage.delete('other'), storage.delete('other')]") == [True, False]
        assert len(session.storage) == 2 and session.storage.used_bytes > 0
        session.discard()
    with store.open("ann") as session, store.open("bob") as other:  # rolled back or not, it is there
        assert session.eval("import storage; storage.get('seen')") == {"a", (1, 2)}
        assert other.eval("import storage; storage.get('seen')") is None
        with pytest.raises(KeyError):
            session.storage["nothing"]
        with pytest.raises(KeyError):
            del session.storage["nothing"]
        with pytest.raises(ValueError):
            session.storage[""] = 1


def test_storage_has_a_quota(tmp_path):
    with SessionStore(tmp_path, storage_limit="1k") as store, store.open("ann") as session:
        session.run("import storage; storage.put('a', 'x' * 500)").check()
        refused = session.run("storage.put('b', 'x' * 600)")
        assert refused.error.type == "OSError" and "1K is all" in refused.error.message
        assert session.run("storage.put('a', 'x' * 900)").ok  # in the place of the other


def test_remove_and_prune(store):
    for name in ("a", "b", "c", "d"):
        with store.open(name) as session:
            session.run("import storage; storage.put('k', 1); data = bytes(50_000)")
    assert store.prune(max_age="1h") == []
    assert store.prune(max_sessions=3) == ["a"]
    store.remove("b")
    with pytest.raises(KeyError):
        store.remove("b")
    with store.open("b") as session:
        assert session.is_new and len(session.storage) == 0 and session.history() == []
    each = max(info.bytes for info in store.list())
    assert store.prune(max_bytes=each) == ["c"]
    with pytest.raises(ValueError, match="max_bytes cannot be -1"):
        store.prune(max_bytes=-1)
    with store.open("d") as session:
        session.remove()
    assert store.list() == []
    for name in ("e", "f"):
        with store.open(name) as session:
            session.run("x = 1")
    assert store.prune(max_bytes=0) == ["e", "f"]
    assert store.list() == []


def test_policy_and_tools(tmp_path):
    @tool
    def greet() -> str:
        return "hello"

    @tool(module="storage")
    def get() -> None: ...
    with SessionStore(tmp_path / "s", Policy(tools=("greet",)), tools=[greet]) as store:
        with store.open("ann") as session:
            assert session.eval("from tools import greet; greet()") == "hello"
        with store.open("ann") as session:
            assert session.eval("greet()") == "hello"
    with pytest.raises(ValueError, match="storage"):
        SessionStore(tmp_path / "t", tools=[get])


def test_a_session_that_waits_for_an_answer(store):
    @tool(deferred=True)
    def approve(amount: int) -> bool: ...
    with SessionStore(store.folder, tools=[approve]) as first, first.open("ann") as session:
        result = session.run("from tools import approve\npaid = await approve(5)\npaid")
        assert result.outcome is Outcome.PENDING
    with SessionStore(store.folder, tools=[approve]) as second, second.open("ann") as session:
        request, = session.requests()
        session.answer(request.id, True)
        assert session.resume().value is True
    with SessionStore(store.folder, tools=[approve]) as third, third.open("ann") as session:
        assert session.get("paid") is True


def test_names(store):
    with pytest.raises(ValueError):
        with store.open("../evil") as session:
            session.run("1")


def test_names_are_checked_before_anything_runs(tmp_path):
    with SessionStore(tmp_path) as store:
        for name in ("../x", "", "a b", ".a", "a" * 101, "a\n", 5):
            with pytest.raises(ValueError, match="a session cannot be named .*; expected 1 to 100 letters"):
                store.open(name)


def test_a_session_that_was_never_parked_can_be_removed(tmp_path):
    with SessionStore(tmp_path) as store:
        session = store.open("new")
        session.storage["key"] = 1
        session.remove()
        assert session.closed and store.list() == [] and dict(store.open("new").storage) == {}


def test_the_second_of_two_is_closed_all_the_same(tmp_path):
    with SessionStore(tmp_path) as store, store.open("ann") as first:
        with pytest.raises(pybox.BusyError):
            with store.open("ann") as second:
                first.run("x = 1")
                second.run("x = 2")
        assert second.closed
        third = store.open("ann", auto_persist=False)
        third.run("x = 3")
        first.run("x = 4")
        with pytest.raises(pybox.BusyError):
            third.close()
        assert third.closed and store.open("ann").get("x") == 4
