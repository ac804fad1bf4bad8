"""What is given wrongly is refused, and the message says what was wrong and what is expected; what is
pickled, copied or sent to another process arrives."""

import copy
import functools
import pickle
import re

import pytest

import pybox
from pybox import Limits, Mount, Policy, Sandbox


def echo(value: int) -> int:
    return value


@pytest.mark.parametrize("make, message", [
    (lambda: Sandbox(tools=[5]), "a tool cannot be 5; expected a function"),
    (lambda: Sandbox(tools=echo), "expected a list of functions"),
    (lambda: Sandbox(tools=[lambda: 1]), "has no name that code can use; give it one"),
    (lambda: Sandbox(tools=[functools.partial(echo, 1)]), "has no name that code can use; give it one"),
    (lambda: Mount.content(5, "/x"), "the content of a file cannot be 5; expected a text or bytes"),
    (lambda: Sandbox().files.write("x", 5), "the content of a file cannot be 5; expected a text or bytes"),
    (lambda: Sandbox().run("1", limits={"memory": "64M"}),
     "the limit 'memory' is a sandbox's, and a run has none of its own; expected in Sandbox(limits=...)"),
    (lambda: Sandbox().run("1", inputs={"rows": [object()]}), "at rows[0]: an object of type builtins.object"),
    (lambda: Sandbox().set("rows", object()), "at rows: an object"),
    (lambda: Sandbox().call("print", 1, object()), "at argument 2: an object"),
    (lambda: pybox.run(None), "code is of type NoneType; expected str or bytes"),
    (lambda: Sandbox().eval(5), "code is of type int; expected str or bytes"),
    (lambda: pickle.dumps(Sandbox()), "a sandbox cannot be pickled; save() writes its state"),
    (lambda: pickle.dumps(Sandbox().snapshot()), "a snapshot cannot be pickled; save() writes it"),
])
def test_the_message(make, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        make()


@pytest.mark.parametrize("mount, message", [
    ({"guest": "/x", "content": 5}, 'the mount of /x needs content = "...", not 5'),
    ({"guest": "/x", "host": "a", "read_only": "false"}, "cannot be 'false'; expected true or false"),
    ({"guest": "/x", "host": "a", "kind": "bytes"}, "is of the kind 'bytes', which has no 'host'"),
    ({"guest": "/x", "host": "a", "content": "b"}, "is of the kind 'bytes', which has no 'host'"),
    ({"guest": "/x", "host": "a", "kind": "memory"}, "is of the kind 'memory', which has no 'host'"),
    ({"guest": "/x", "host": "a", "kind": "ovrlay"}, "unknown kind of mount 'ovrlay'; did you mean 'overlay'?"),
    ({"guest": "/x"}, 'the mount of /x needs host = "...", not None'),
])
def test_mounts_of_policies(mount, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Policy.of_table({"mounts": [mount]})


def test_places_of_messages_stay_short():
    deep = []
    for _ in range(1000):
        deep = [deep]
    with pytest.raises(pybox.ValueNotPortable) as raised:
        Sandbox().set("deep", deep)
    assert len(str(raised.value)) < 200


def test_tools_that_return_what_cannot_cross():
    def make():
        return object()

    async def amake():
        return object()
    with Sandbox(tools=[make, amake]) as sandbox:
        for code, name in (("tools.make()", "make"), ("await tools.amake()", "amake")):
            error = sandbox.run(f"import tools\n{code}").error
            assert f"at the result of {name}(): an object of type builtins.object cannot cross" in error.message


def failure(code, **options):
    with pytest.raises(pybox.RunFailed) as raised:
        pybox.run(code, **options).check()
    return raised.value


def again(value):
    return [pickle.loads(pickle.dumps(value)), copy.deepcopy(value)]


def test_what_is_pickled():
    limits = Limits(fuel="1M", timeout=2)
    policy = Policy(limits=limits, mounts=(Mount.memory("/scratch"),), environment={"A": "b"})
    Sandbox(policy).close()  # what it keeps for itself is no part of it
    for value in (limits, policy):
        for arrived in again(value):
            assert arrived == value and Sandbox(limits=limits).eval("6 * 7") == 42
    for arrived in again(failure("1 / 0")):
        assert type(arrived) is pybox.GuestException and arrived.type == "ZeroDivisionError"
        assert "1 / 0" in arrived.traceback and arrived.result.error.line == 1
    for arrived in again(failure("while True: pass", limits={"fuel": "1M"})):
        assert type(arrived) is pybox.OutOfFuel


def test_exceptions_are_named_as_they_are_found():
    from pybox.box import PyboxException
    for name in pybox.errors.__all__ + ["PolicyError"]:
        found = getattr(pybox, name)
        assert f"{found.__module__}.{found.__qualname__}" == f"pybox.{name}"
        assert name in pybox.__all__ and pickle.loads(pickle.dumps(found)) is found
    assert PyboxException.__module__ == "pybox.box" and pickle.loads(pickle.dumps(PyboxException)) is PyboxException


def test_nested_tools_tell_the_inmost_message():
    class Gone(Exception):
        pass

    def fetch() -> int:
        raise Gone("no such page")
    with Sandbox(tools=[fetch]) as inmost, Sandbox() as middle, Sandbox() as outer:
        @middle.tool
        def inner(code: str) -> int:
            return inmost.eval(code)

        @outer.tool
        def around(code: str) -> int:
            return middle.eval(f"import tools; tools.inner({code!r})")

        @outer.tool
        async def aaround(code: str) -> int:
            return await middle.aeval(f"import tools; tools.inner({code!r})")
        for call in ("tools.around(code)", "await tools.aaround(code)"):
            for code, message in (("import tools; tools.fetch()", "Gone: no such page"),
                                  ("1 / 0", "GuestException: ZeroDivisionError: division by zero")):
                error = outer.run(f"import tools; {call}", inputs={"code": code}).error
                assert (error.type, error.message) == ("pybox.HostError", message)


def test_guest_objects_are_pickled():
    with Sandbox() as sandbox:
        point = sandbox.eval("import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: object\nP([P(5)])")
        for arrived in again(point):
            assert arrived == point and arrived.x[0].x == 5
            assert sandbox.eval("p.x[0].x", inputs={"p": arrived}) == 5
        for arrived in again(sandbox.eval("p = P(1); p.x = p; p")):
            assert arrived.x is arrived


def test_policies_take_what_sandboxes_take():
    policy = Policy(limits={"timeout": "2s"}, mounts={"/data": "data"}, packages=["a.whl"], arguments=["x"])
    assert policy == Policy(limits=Limits(timeout="2s"), mounts=(Mount.host("data", "/data"),), packages=("a.whl",),
                            arguments=("x",))
    with pytest.raises(ValueError, match="unknown limit 'tmeout'; did you mean 'timeout'"):
        Policy(limits={"tmeout": 1})
    with pytest.raises(pybox.PolicyError, match="a policy has names of tools"):
        Policy(tools=[echo])
    with pytest.raises(pybox.PolicyError, match="packages cannot be 'a.whl'; expected a list"):
        Policy(packages="a.whl")
