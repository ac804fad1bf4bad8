"""pybox._native: runs, values, callbacks of runs, contexts and variables."""

import errno
import json

import pytest

from pybox import _native as n


def test_a_run_has_all_its_result_fields():
    box = n.Box()
    result = box.run("import sys\nprint('out')\nprint('err', file=sys.stderr)\n6 * 7", mode=n.MODE_EVAL)
    assert result.outcome == n.DONE
    assert n.OUTCOMES[result.outcome] == "done"
    assert (result.value, result.value_repr, result.value_error) == ("42", "42", "")
    assert (result.output, result.errors, result.output_bytes) == (b"out\n", b"err\n", 8)
    assert result.error_type == result.error_message == result.error_traceback == result.error_object == ""
    assert (result.exit_code, result.error_line, result.limit, result.cut) == (0, 0, "", False)
    assert result.fuel_used > 0 and result.fuel_left == n.UNLIMITED
    assert result.host_calls >= 2 and result.wall_ns > 0 and result.memory_bytes > 0
    assert result.displays == result.requests == ()
    assert result.wait == n.WAIT_NONE and result.wake_ns == 0 and result.profile == ""


def test_an_exception_is_an_outcome():
    result = n.Box().run("def f():\n    raise ValueError('bad')\nf()", filename="<mine>")
    assert result.outcome == n.EXCEPTION
    assert (result.error_type, result.error_message, result.error_line) == ("ValueError", "bad", 2)
    assert 'File "<mine>", line 2, in f' in result.error_traceback
    assert json.loads(result.error_object)["type"] == "ValueError"
    assert n.Box().run("raise SystemExit(7)").exit_code == 7


def test_code_is_text_or_bytes_and_may_have_any_character():
    box = n.Box()
    assert box.run("'\U0001f600é'", mode=n.MODE_EVAL).value == '"\U0001f600é"'
    assert box.run(b"# -*- coding: latin-1 -*-\n'\xe9'", mode=n.MODE_EVAL).value == '"é"'
    assert box.run(bytearray(b"1 + 1"), mode=n.MODE_EVAL).value == "2"
    assert box.run("").outcome == n.DONE
    with pytest.raises(UnicodeEncodeError):
        box.run("'\ud800'")
    with pytest.raises(TypeError):
        box.run(42)


def test_values_are_json_text_or_bytes():
    box = n.Box()
    assert box.run("b'\\0\\xff'", mode=n.MODE_EVAL).value == b"\x00\xff"
    assert box.run("None", mode=n.MODE_EVAL).value is None
    assert box.run("(1, 2)", mode=n.MODE_EVAL, form=n.VALUES_TAGGED).value == '{"$tuple":[1,2]}'
    refused = box.run("{1}", mode=n.MODE_EVAL)
    assert refused.value is None and "set" in refused.value_error
    box.variable_set("x", '{"a": [1, null, "é"]}')
    assert json.loads(box.variable_get("x").value) == {"a": [1, None, "é"]}
    for raw in (b"\x00\x01", bytearray(b"ab"), memoryview(b"cd"), b""):
        box.variable_set("x", raw)
        assert box.variable_get("x").value == bytes(raw)
    box.variable_set("x", None)
    assert box.run("x is None", mode=n.MODE_EVAL).value == "true"
    with pytest.raises(n.ArgumentError) as caught:
        box.variable_set("x", "{bad")
    assert isinstance(caught.value, ValueError) and caught.value.status_name == "argument"
    box.variable_delete("x")
    assert box.variable_get("x").error_type == "NameError"


def test_calls_with_arguments_and_keywords():
    box = n.Box()
    box.run("def f(*args, **kw): return [list(args), kw]")
    assert json.loads(box.call("f", ["1", '"a"', None], '{"k": [2]}').value) == [[1, "a", None], {"k": [2]}]
    box.run("def size(b): return len(b)")
    assert box.call("size", [b"abc"]).value == "3"
    assert box.call("nothing_here").error_type == "NameError"
    with pytest.raises(TypeError):
        box.call("f", "12")
    with pytest.raises(TypeError):
        box.call("f", [3])
    with pytest.raises(n.ArgumentError):
        box.call("f", [], "[]")


def test_contexts():
    box = n.Box()
    box.run("base = 1")
    box.context_create("child", "main")
    box.run("own = base + 1", context="child")
    assert box.run("own", mode=n.MODE_EVAL, context="child").value == "2"
    assert box.variable_get("own").error_type == "NameError"
    box.context_copy("copy", "child")
    assert box.context_list() == [("main", None), ("child", "main"), ("copy", "main")]
    box.context_protect("main", ["base"])
    assert box.run("base = 2").error_type == "pybox.ProtectedError"
    box.context_unprotect("main")
    assert box.run("base = 2").outcome == n.DONE
    box.context_reset("copy")
    assert box.variable_get("own", context="copy").error_type == "NameError"
    box.context_destroy("copy")
    with pytest.raises(n.ArgumentError):
        box.context_destroy("copy")


def test_limits():
    limits = n.Limits(fuel=2_000_000, files=10)
    assert limits.fuel == 2_000_000 and limits.wall_ns == 0 and limits.as_dict()["files"] == 10
    assert tuple(limits.as_dict()) == n.LIMIT_FIELDS
    assert repr(limits) == "Limits(fuel=2000000, files=10)"
    assert limits == n.Limits(files=10, fuel=2_000_000) and hash(limits) == hash(n.Limits(files=10, fuel=2_000_000))
    assert limits != n.Limits()
    result = n.Box(limits=limits).run("while True: pass")
    assert (result.outcome, result.limit) == (n.OUT_OF_FUEL, "fuel")
    assert n.Box().run("while True: pass", limits=limits).outcome == n.OUT_OF_FUEL
    with pytest.raises(TypeError, match="there is no limit 'fule'"):
        n.Limits(fule=1)
    with pytest.raises(OverflowError):
        n.Limits(fuel=-1)
    with pytest.raises(n.ArgumentError):
        n.Limits(files=1 << 32)
    with pytest.raises(TypeError):
        n.Box(limits={"fuel": 1})


def test_output_goes_to_the_callback_of_the_box_or_of_the_run():
    of_box, of_run = [], []
    box = n.Box(output=lambda stream, piece: of_box.append((stream, piece)))
    assert box.run("print('a')").output == b""
    box.run("print('b')", output=lambda stream, piece: of_run.append((stream, piece)))
    box.run("import sys; print('c', file=sys.stderr)")
    assert of_box == [(n.STDOUT, b"a\n"), (n.STDERR, b"c\n")]
    assert of_run == [(n.STDOUT, b"b\n")]
    box = n.Box()
    assert box.run("print('d')", output=lambda stream, piece: of_run.append(piece)).output == b""
    assert box.run("print('e')").output == b"e\n"
    assert of_run[1:] == [b"d\n"]


def test_displays():
    box = n.Box()
    shown = box.run("import pybox; pybox.display('x')").displays
    assert [(number, mime) for number, mime, _ in shown] == [(shown[0][0], "text/plain")]
    seen = []
    assert box.run("pybox.display('x')", display=lambda *form: seen.append(form)).displays == ()
    assert [form[1] for form in seen] == ["text/plain"]


def test_input_is_bytes_or_a_callback():
    assert n.Box(input=b"ab\ncd").run("[input(), input()]", mode=n.MODE_EVAL).value == '["ab","cd"]'
    lines = [b"one\n", b"two\n", b""]
    box = n.Box(input=lambda capacity: lines.pop(0))
    assert box.run("import sys; sys.stdin.read()", mode=n.MODE_EVAL).value == '"one\\ntwo\\n"'
    box = n.Box(input=lambda capacity: b"x" * (capacity + 1))
    with pytest.raises(ValueError, match="at most"):
        box.run("input()")


def test_a_callback_says_how_a_write_fails():
    result = n.Box().run("import os\ntry: os.write(1, b'x')\nexcept OSError as e: r = e.errno\nr", mode=n.MODE_EVAL,
                         output=lambda stream, piece: errno.EPIPE)
    assert result.outcome == n.DONE and result.value is not None


@pytest.mark.parametrize("raised", [ValueError("v"), KeyboardInterrupt("k"), SystemExit(3)])
def test_what_a_callback_raises_stops_the_guest_and_comes_out(raised):
    def fail(*arguments):
        raise raised

    endless = "while True: print('x'); input()"
    for options, call in (
        ({}, {"output": fail}),
        ({"output": fail}, {}),
        ({"input": fail}, {}),
        ({}, {"trace": fail}),
        ({}, {"refill": fail, "limits": n.Limits(fuel=1_000_000)}),
    ):
        code = "while True: pass" if "refill" in call else endless if "input" in options else "while True: print('x')"
        box = n.Box(**options)
        with pytest.raises(type(raised)) as caught:
            box.run(code, **call)
        assert caught.value is raised
        box.rollback()
        assert box.run("1 + 1", mode=n.MODE_EVAL, output=lambda *piece: None).value == "2"


def test_wrong_answers_of_callbacks_come_out():
    with pytest.raises(TypeError):
        n.Box().run("print('x')", output=lambda *piece: "nonsense")
    with pytest.raises(TypeError):
        n.Box(input=lambda capacity: "text").run("input()")
    with pytest.raises(TypeError):
        n.Box().run("while True: pass", limits=n.Limits(fuel=1_000_000), refill=lambda used: None)
    with pytest.raises(TypeError):
        n.Box().run("1", output=42)


def test_refill_gives_more_or_yields():
    asked = []

    def refill(used):
        asked.append(used)
        return 1_000_000 if len(asked) < 3 else 0

    limits = n.Limits(fuel=1_000_000)
    assert n.Box().run("while True: pass", limits=limits, refill=refill).outcome == n.OUT_OF_FUEL
    assert len(asked) == 3 and asked == sorted(asked)
    box = n.Box()
    result = box.run("for i in range(100_000): pass\ni", mode=n.MODE_EVAL, limits=limits,
                     refill=lambda used: n.REFILL_YIELD)
    slices = 0
    while result.outcome == n.PENDING:
        assert result.wait == n.WAIT_FUEL
        with pytest.raises(n.BusyError):
            box.run("1")
        result = box.resume(1_000_000)
        slices += 1
    assert result.value == "99999" and slices > 1


def test_trace():
    events = []
    n.Box().run("def f():\n    return 1\nf()", filename="<t>", trace=lambda *event: events.append(event))
    assert (n.TRACE_CALL, "<t>", 1, "f") in events and (n.TRACE_LINE, "<t>", 2, "f") in events
    result = n.Box().run("while True:\n    x = 1", trace=lambda *event: True, trace_events=n.TRACE_LINE)
    assert result.outcome == n.INTERRUPTED


def test_profile():
    assert "f" in n.Box().run("def f():\n    for i in range(1000): pass\nf()", profile=True).profile


def test_state():
    box = n.Box()
    box.run("x = 1")
    box.checkpoint()
    assert box.checkpoints == 1
    box.run("x = 2")
    clone = box.clone()
    box.rollback()
    assert box.variable_get("x").value == "1" and clone.variable_get("x").value == "2"
    box.drop()
    assert box.checkpoints == 0
    box.rollback()
    assert box.variable_get("x").error_type == "NameError"
    box.trim()
    assert n.Box(image=clone.image()).variable_get("x").value == "2"
    assert box.lost_files() == []
    assert clone.module is box.module


def test_finish_ends_the_program():
    box = n.Box()
    box.run("import atexit; atexit.register(print, 'bye')")
    assert box.finish().output == b"bye\n"
    with pytest.raises(n.DirtyError):
        box.run("1")
    box.rollback()
    assert box.run("1").outcome == n.DONE


def test_what_fixes_a_box():
    options = {"seed": 7, "clock_ns": 10**18, "arguments": ["prog", "a"], "environment": ["A=b"], "directory": "/tmp"}
    code = "import sys, os, random, time\n[sys.argv, os.environ['A'], os.getcwd(), random.random(), time.time_ns()]"
    first, second = (n.Box(**options).run(code, mode=n.MODE_EVAL).value for _ in range(2))
    assert first == second
    assert json.loads(first)[:3] == [["prog", "a"], "b", "/tmp"]
    assert n.Box(terminal=True).run("import sys; sys.stdout.isatty()", mode=n.MODE_EVAL).value == "true"


def test_closed_boxes():
    box = n.Box()
    assert not box.closed and not box.running
    box.close()
    box.close()
    assert box.closed
    box.interrupt()
    with pytest.raises(n.ClosedError):
        box.run("1")
    with pytest.raises(n.ClosedError):
        box.checkpoints


def test_rollback_option():
    box = n.Box(rollback=n.ROLLBACK_ALWAYS)
    box.run("x = 1")
    assert box.variable_get("x").error_type == "NameError"


def test_arguments_are_checked():
    for wrong in ({"module": 3}, {"image": "x"}, {"functions": {}}, {"output": 3}, {"seed": "x"}, {"seed": -1},
                  {"environment": "A=b"}, {"mounts": [3]}, {"input": 3}):
        with pytest.raises((TypeError, OverflowError)):
            n.Box(**wrong)
    with pytest.raises(n.ArgumentError):
        n.Box(rollback=99)
    with pytest.raises(ValueError):
        n.Box(from_nothing=True)
    with pytest.raises(n.PathError):
        n.Box(mounts=[("/m", n.MOUNT_HOST, "/does/not/exist", True)])
    with pytest.raises(TypeError):
        n.Box().run("1", nonsense=1)
