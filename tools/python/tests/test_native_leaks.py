"""pybox._native: nothing is left behind. A hundred thousand boxes, all else by the thousand, and memory is watched."""

import gc
import os

import pytest

from pybox import _native as n

LEAST_BYTES = 4 << 20  # a leak of one small object a time would be more


def usage():
    """Bytes of resident memory, descriptors, mappings."""
    gc.collect()
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[1])
    with open("/proc/self/maps") as maps:
        return pages * 4096, len(os.listdir("/proc/self/fd")), sum(1 for _ in maps)


def watch(what, times):
    for _ in range(times // 10):
        what()
    memory, descriptors, mappings = usage()
    for _ in range(times):
        what()
    after = usage()
    assert after[0] - memory < LEAST_BYTES
    assert after[1] <= descriptors
    assert after[2] <= mappings + 20


def test_a_hundred_thousand_boxes():
    functions = n.Functions()
    functions.add("f", lambda call: call.arguments, signature="(x)")

    def one():
        box = n.Box(functions=functions)
        assert box.run("1 + 1", mode=n.MODE_EVAL).value == "2"

    watch(one, 100_000)


def use_callbacks():
    functions = n.Functions()
    functions.add("f", lambda call: call.arguments, signature="(x)")
    box = n.Box(functions=functions, input=lambda capacity: b"line\n", arguments=["a"], environment=["A=b"],
                mounts=[("/m", n.MOUNT_BYTES, b"bytes", True)])
    result = box.run("from tools import f\nprint(input())\nf(b'x')", mode=n.MODE_EVAL,
                     output=lambda stream, piece: None, trace=lambda *event: None)
    assert result.outcome == n.DONE, result


def use_exceptions():
    def fail(*arguments):
        raise KeyError("x" * 1000)

    functions = n.Functions()
    functions.add("f", fail, signature="()")
    box = n.Box(functions=functions, limits=n.Limits(fuel=10**8))
    assert box.run("from tools import f\nf()").error_type == "KeyError"
    for call in (lambda: box.run("print('x')", output=fail), lambda: box.run("1", nonsense=1),
                 lambda: box.run("\ud800"), lambda: box.call("f", [3]),
                 lambda: n.Box(mounts=[("/m", n.MOUNT_HOST, "/nothing", True)])):
        try:
            call()
        except (KeyError, TypeError, UnicodeEncodeError, n.Error):
            pass
        else:
            raise AssertionError("it did not fail")
    box.rollback()


def use_state():
    box = n.Box()
    box.context_create("c", "main")
    box.variable_set("x", '{"a": [1, 2, 3]}', context="c")
    box.checkpoint()
    box.call("len", [b"abc"], context="c")
    box.file_write("a/b", b"content")
    assert len(box.file_list("**")) > 0 and box.file_read("a/b") == b"content"
    clone = box.clone()
    box.rollback()
    box.context_list()
    assert clone.variable_get("x", context="c").value


def use_requests():
    functions = n.Functions()
    functions.add("f", lambda call: n.LATER, signature="(x)", is_async=True)
    box = n.Box(functions=functions)
    result = box.run("from tools import f\nawait f(1)", mode=n.MODE_EVAL)
    box.answer(result.requests[0].id, "1")
    assert box.resume().outcome == n.DONE
    result = box.run("await f(1)", output=lambda *piece: None)
    assert result.outcome == n.PENDING


def use_cycles():
    boxes = []
    functions = n.Functions()
    functions.add("f", lambda call: boxes, signature="()")
    boxes.append(n.Box(functions=functions, output=lambda *piece: boxes))
    pool = n.Pool(functions=functions, output=lambda *piece: boxes)
    boxes.append(pool.take())


@pytest.mark.parametrize("what, times", [(use_callbacks, 3000), (use_exceptions, 3000), (use_state, 2000),
                                         (use_requests, 3000), (use_cycles, 2000)])
def test_what_is_used(what, times):
    watch(what, times)
