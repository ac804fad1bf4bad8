"""Sandboxes: what code leaves, gives and is refused."""

import asyncio
import gc
import time
import weakref

import pytest

import pybox
from pybox import Limits, Mount, Outcome, Sandbox
from pybox.box import PyBox


@pytest.fixture
def sandbox():
    with Sandbox() as made:
        yield made


def test_state_stays_and_the_last_expression_is_the_value(sandbox):
    assert sandbox.run("x = 6").value is None
    result = sandbox.run("print('hello')\nx * 7")
    assert result.ok and bool(result) and result.value == 42 and result.value_repr == "42"
    assert result.output == "hello\n" and result.errors == "" and result.error is None and result.exit_code == 0
    assert sandbox.eval("x + 1") == 7


def test_run_of_the_module_is_fresh():
    assert pybox.run("data.append(3); sum(data)", inputs={"data": [1, 2]}).value == 6
    assert pybox.run("data").outcome is Outcome.EXCEPTION


def test_exceptions_are_results_and_check_raises_them(sandbox):
    result = sandbox.run("def f():\n    return 1 / 0\nf()")
    assert not result and result.outcome is Outcome.EXCEPTION and result.exit_code == 1
    assert result.error.type == "ZeroDivisionError" and result.error.line == 2
    assert "return 1 / 0" in result.error.traceback
    assert result.error.object["frames"][-1]["function"] == "f"
    with pytest.raises(pybox.GuestException) as raised:
        result.check()
    assert raised.value.result is result and raised.value.type == "ZeroDivisionError"
    assert "in f" in raised.value.traceback
    shown = "".join(__import__("traceback").format_exception(type(raised.value), raised.value, None))
    assert "return 1 / 0" in shown and "in the guest" in shown


def test_eval_call_get_raise(sandbox):
    with pytest.raises(pybox.GuestException, match="NameError"):
        sandbox.eval("nothing")
    with pytest.raises(pybox.GuestException, match="NameError"):
        sandbox.get("nothing")
    with pytest.raises(pybox.GuestException, match="NameError"):
        sandbox.call("nothing")
    assert sandbox.get("nothing", None) is None


def test_hints_come_with_exceptions(sandbox):
    with pytest.raises(pybox.GuestException) as raised:
        sandbox.eval("import numpy")
    assert raised.value.hint


def test_exit(sandbox):
    result = sandbox.run("import sys; sys.exit(3)")
    assert result.outcome is Outcome.EXIT and result.exit_code == 3
    with pytest.raises(pybox.GuestExit) as raised:
        result.check()
    assert raised.value.code == 3
    assert sandbox.eval("1") == 1


def test_variables_and_calls(sandbox):
    sandbox.set("rows", [{"price": 1.5}, {"price": 2}])
    sandbox.run("def total(key, *, times=1):\n    return times * sum(row[key] for row in rows)")
    assert sandbox.call("total", "price") == 3.5
    assert sandbox.call("total", "price", times=2) == 7.0
    assert sandbox.call("total", key="price") == 3.5
    assert sandbox.get("rows") == [{"price": 1.5}, {"price": 2}]
    sandbox.delete("rows")
    with pytest.raises(pybox.Error):
        sandbox.delete("rows")
    result = sandbox.invoke("total", ["price"], limits={"fuel": "100M"})
    assert result.outcome is Outcome.EXCEPTION and result.error.type == "NameError"


def test_frozen_values_cannot_be_changed(sandbox):
    sandbox.set("config", {"a": [1]}, frozen=True)
    assert sandbox.run("config['a'] = 2").error.type == "TypeError"


def test_stopped_runs_are_undone(sandbox):
    sandbox.run("x = 1")
    result = sandbox.run("x = 2\nwhile True: pass", limits={"fuel": "3M"})
    assert result.outcome is Outcome.OUT_OF_FUEL and result.outcome.is_stopped and result.limit == "fuel"
    assert result.error.message.endswith("raise limits.fuel")
    with pytest.raises(pybox.OutOfFuel):
        result.check()
    assert sandbox.get("x") == 1
    late = sandbox.run("x = 3\nwhile True: pass", limits={"timeout": "50ms"})
    assert late.outcome is Outcome.DEADLINE and late.limit == "timeout"
    assert late.error.message.endswith("raise limits.timeout")
    with pytest.raises(TimeoutError):
        late.check()
    assert sandbox.get("x") == 1


def test_a_limit_of_a_run_leaves_the_sandboxes_other_limits():
    with Sandbox(limits={"fuel": "5M"}) as sandbox:
        assert sandbox.run("while True: pass", limits={"timeout": "1h"}).outcome is Outcome.OUT_OF_FUEL


def test_limits_have_outcomes_of_their_own():
    with Sandbox(limits=Limits(memory="64M", output_limit="10k")) as sandbox:
        assert sandbox.run("x = bytearray(10**9)").outcome is Outcome.OUT_OF_MEMORY
        assert sandbox.run("print('x' * 100_000)").outcome is Outcome.OUTPUT_FULL
        assert sandbox.eval("1") == 1


def test_output_goes_to_callbacks(sandbox):
    pieces = []
    result = sandbox.run("import sys\nprint('one')\nprint('two', file=sys.stderr)",
                         on_output=lambda stream, text: pieces.append((stream, text)))
    assert result.output == ""
    assert "".join(text for stream, text in pieces if stream == "stdout") == "one\n"
    assert "".join(text for stream, text in pieces if stream == "stderr") == "two\n"


def test_an_exception_of_a_callback_comes_out():
    def stop(stream, text):
        raise LookupError("enough")
    with Sandbox(on_output=stop) as sandbox, pytest.raises(LookupError, match="enough"):
        sandbox.run("print(1)")


def test_contexts_inherit_and_protect(sandbox):
    library = sandbox.context("lib")
    library.run("rate = 0.2\ndef tax(x): return x * rate")
    library.protect("rate", "tax")
    ann = sandbox.context("ann", parent="lib")
    assert ann.parent == "lib" and ann.name == "ann" and sandbox.contexts() == ["main", "lib", "ann"]
    assert ann.eval("tax(100)") == 20.0
    refused = ann.run("rate = 0")
    assert refused.error.type == "pybox.ProtectedError"
    library.unprotect("rate")
    assert ann.run("rate = 0").ok
    assert library.get("rate") == 0.2
    bob = ann.copy("bob")
    assert bob.get("rate") == 0
    ann.reset()
    assert ann.eval("rate") == 0.2
    with library.child("short") as child:
        assert child.eval("rate") == 0.2
    assert "short" not in sandbox.contexts()
    assert sandbox.context("lib").eval("rate") == 0.2
    with pytest.raises(ValueError, match="does not inherit"):
        sandbox.context("bob", parent="main")


def test_checkpoints(sandbox):
    sandbox.run("x = 1")
    with sandbox.checkpoint():
        sandbox.run("x = 2")
    assert sandbox.get("x") == 2 and sandbox.checkpoints == 0
    with pytest.raises(pybox.GuestException), sandbox.checkpoint():
        sandbox.run("x = 3").check()
        sandbox.run("raise ValueError").check()
    assert sandbox.get("x") == 2 and sandbox.checkpoints == 0
    sandbox.checkpoint()
    sandbox.run("x = 4")
    sandbox.rollback()
    assert sandbox.get("x") == 2
    sandbox.drop()
    sandbox.rollback()
    assert sandbox.get("x", None) is None


def test_clones_go_their_own_way(sandbox):
    sandbox.run("x = [1]")
    with sandbox.clone() as clone:
        clone.run("x.append(2)")
        assert clone.get("x") == [1, 2]
    assert sandbox.get("x") == [1]


def test_snapshots(sandbox, tmp_path):
    sandbox.run("table = {n: n * n for n in range(100)}")
    path = tmp_path / "warm.snap"
    sandbox.save(path, metadata={"made": "by a test"})
    info = pybox.Snapshot.describe(path)
    assert info.metadata["made"] == "by a test" and info.form == "compressed" and info.parent == ""
    pybox.Snapshot.verify(path)
    with Sandbox.load(path) as loaded:
        assert loaded.eval("table[12]") == 144
        loaded.run("table[12] = 0")
        loaded.save(tmp_path / "next.snap", delta=True)
    assert pybox.Snapshot.describe(tmp_path / "next.snap").parent == info.digest
    pybox.Snapshot.merge(tmp_path / "next.snap", tmp_path / "alone.snap")
    with Sandbox.load(tmp_path / "alone.snap") as merged:
        assert merged.eval("table[12]") == 0
    shared = sandbox.snapshot()
    with Sandbox(snapshot=shared) as one, Sandbox(snapshot=shared) as two:
        one.run("table.clear()")
        assert two.eval("len(table)") == 100
    shared.save(tmp_path / "shared.snap", form="mapped")
    assert pybox.Snapshot.describe(tmp_path / "shared.snap").form == "mapped"
    sandbox.run("table = None")
    sandbox.restore(shared)
    assert sandbox.eval("len(table)") == 100
    with pytest.raises(ValueError, match="did you mean 'mapped'"):
        sandbox.save(path, form="maped")
    (tmp_path / "bad.snap").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(pybox.SnapshotError):
        Sandbox.load(tmp_path / "bad.snap")


def test_mounts_arguments_environment_input(tmp_path):
    (tmp_path / "a.txt").write_text("from the host")
    with Sandbox(mounts={"/data": tmp_path}, environment={"NAME": "ann"}, arguments=["prog", "-x"], input=b"typed\n",
                 directory="/tmp") as sandbox:
        assert sandbox.eval("open('/data/a.txt').read()") == "from the host"
        assert sandbox.run("open('/data/b.txt', 'w')").error.type in ("OSError", "PermissionError")
        assert sandbox.eval("import os, sys; (os.environ['NAME'], sys.argv[1], os.getcwd(), input())") == (
            "ann", "-x", "/tmp", "typed")
    with Sandbox(mounts=[Mount.host(tmp_path, "/data", read_only=False)]) as sandbox:
        sandbox.run("open('/data/b.txt', 'w').write('from the guest')").check()
    assert (tmp_path / "b.txt").read_text() == "from the guest"


def test_same_seed_same_numbers():
    code = "import random; random.random()"
    assert pybox.run(code, seed=7).value == pybox.run(code, seed=7).value != pybox.run(code, seed=8).value


def test_other_threads_are_told_that_it_runs(sandbox):
    seen = []

    @sandbox.tool
    def look() -> None:
        try:
            thread = __import__("threading").Thread(target=lambda: seen.append(attempt()))
            thread.start()
            thread.join()
        except BaseException as error:
            seen.append(error)

    def attempt():
        try:
            sandbox.run("1")
        except pybox.BusyError as error:
            return error
        return None
    sandbox.run("from tools import look; look()").check()
    assert isinstance(seen[0], pybox.BusyError)


def test_a_closed_sandbox(sandbox):
    sandbox.close()
    assert sandbox.closed and "closed" in repr(sandbox)
    with pytest.raises(pybox.Error):
        sandbox.run("1")


def test_profile(sandbox):
    assert sandbox.run("sum(range(1000))", profile=True).profile is not None
    assert sandbox.run("1").profile is None


def test_what_nobody_has_goes_at_once(tmp_path):
    """Without the collector of garbage: a box is too large to wait for that."""
    def use(made):
        made.run("x = 1", on_output=lambda stream, text: None)
        made.files.exists("x")
        made.context("c").run("1")
        made.stream("print(1)").result
        asyncio.run(made.arun("1"))
        return weakref.ref(made.native), weakref.ref(made)
    gc.disable()
    try:
        with pybox.SessionStore(tmp_path) as store:
            refs = [*use(Sandbox(tools=[len])), *use(Sandbox().clone()), *use(store.open("ann")), *use(PyBox().sandbox)]
        end = time.monotonic() + 60                 # a thread that has done its work may hold one until it has ended
        while any(ref() is not None for ref in refs) and time.monotonic() < end:
            time.sleep(0.01)
        assert [ref() for ref in refs] == [None] * len(refs)
    finally:
        gc.enable()
