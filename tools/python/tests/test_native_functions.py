"""pybox._native: host functions, nested runs, and runs that wait for the host."""

import json

import pytest

from pybox import _native as n


def with_function(function, **options):
    functions = n.Functions()
    options.setdefault("signature", "(x: object = None) -> object")
    functions.add("f", function, **options)
    return n.Box(functions=functions)


def run(box, code, **options):
    return box.run("from tools import f\n" + code, mode=n.MODE_EVAL, **options)


def test_a_call_tells_all():
    calls = []
    box = with_function(calls.append, signature="(x, y)")
    assert run(box, "f([1], b'ab')").outcome == n.DONE
    (call,) = calls
    assert call.box is box and call.function == "tools.f" and call.context == "main" and call.id > 0
    assert json.loads(call.arguments) == {"x": [1], "y": {"$blob": 0}}
    assert call.blobs == (b"ab",)


@pytest.mark.parametrize("given, wanted", [('{"a": 1}', '{"a":1}'), (b"\x00b", b"\x00b"), (None, None),
                                           (bytearray(b"x"), b"x")])
def test_what_a_function_returns(given, wanted):
    assert run(with_function(lambda call: given), "f()").value == wanted


def test_what_is_no_value_is_told_to_the_guest():
    assert run(with_function(lambda call: "{bad"), "f()").error_type == "pybox.HostError"
    assert run(with_function(lambda call: 42), "f()").error_type == "TypeError"


def test_exceptions_go_to_the_guest():
    class Own(Exception):
        pass

    for raised, kind, message in (
        (ValueError("v"), "ValueError", "v"),
        (FileNotFoundError(2, "not there"), "FileNotFoundError", "[Errno 2] not there"),
        (Own("mine"), "pybox.HostError", "Own: mine"),
        (Own(), "pybox.HostError", "Own"),
        (ValueError("a\0b"), "ValueError", None),
        (ValueError("\ud800"), "ValueError", "?"),
        (ValueError("x" * (2 << 20)), None, None),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "why"), None, None),
    ):
        def fail(call, raised=raised):
            raise raised

        result = run(with_function(fail), "f()")
        assert result.outcome == n.EXCEPTION
        assert kind in (None, result.error_type)
        assert message in (None, result.error_message)


def test_an_exception_whose_str_raises():
    class Bad(Exception):
        def __str__(self):
            raise RuntimeError

    def fail(call):
        raise Bad

    assert run(with_function(fail), "f()").error_type == "pybox.HostError"


@pytest.mark.parametrize("raised", [KeyboardInterrupt("k"), SystemExit(3), GeneratorExit()])
def test_what_is_no_exception_stops_the_guest(raised):
    def fail(call):
        raise raised

    box = with_function(fail)
    with pytest.raises(type(raised)) as caught:
        run(box, "while True:\n    try: f()\n    except BaseException: pass")
    assert caught.value is raised
    box.rollback()
    assert box.run("1").outcome == n.DONE


def test_nested_runs():
    def f(call):
        box = call.box
        assert box.running
        box.variable_set("given", "20")
        value = box.run("print('inner'); given + 1", mode=n.MODE_EVAL).value
        assert box.call("double", [value]).value == "42"
        for refused in (box.checkpoint, box.rollback, box.close, box.finish, box.clone, box.image):
            with pytest.raises(n.BusyError):
                refused()
        return value

    box = with_function(f)
    result = run(box, "def double(x): return 2 * x\nprint('outer')\nf()")
    assert (result.value, result.output) == ("21", b"outer\ninner\n")
    assert not box.running


def test_what_stops_a_nested_run_stops_the_run_around_it():
    def fail(*piece):
        raise ZeroDivisionError

    inner = []

    def f(call):
        try:
            call.box.run("while True: print('x')")
        except ZeroDivisionError as error:
            inner.append(error)
            raise

    functions = n.Functions()
    functions.add("f", f, signature="()")
    box = n.Box(functions=functions, output=fail)
    with pytest.raises(ZeroDivisionError) as caught:
        run(box, "while True:\n    try: f()\n    except Exception: pass")
    assert inner == [caught.value]


def test_other_callbacks_may_use_other_boxes_only():
    seen = []

    def output(stream, piece):
        with pytest.raises(n.BusyError):
            box.run("1")
        with pytest.raises(n.BusyError):
            box.close()
        seen.append(n.Box().run("2 + 3", mode=n.MODE_EVAL).value)

    box = n.Box(output=output)
    assert box.run("print('x')").outcome == n.DONE
    assert seen == ["5"]


def test_boxes_within_boxes():
    def f(call):
        depth = int(json.loads(call.arguments)["x"])
        if depth == 0:
            return '"deep"'
        return run(with_function(f), f"f({depth - 1})").value

    assert run(with_function(f), "f(5)").value == '"deep"'


def test_requests_are_answered_later():
    box = with_function(lambda call: n.LATER, is_async=True)
    result = run(box, "import asyncio\nawait asyncio.gather(f(1), f(2), f(3))")
    assert (result.outcome, result.wait) == (n.PENDING, n.WAIT_HOST)
    assert [json.loads(request.arguments) for request in result.requests] == [{"x": 1}, {"x": 2}, {"x": 3}]
    assert {request.function for request in result.requests} == {"tools.f"}
    assert box.requests() == result.requests
    first, second, third = (request.id for request in result.requests)
    box.answer(second, '"b"')
    box.answer(first, b"a")
    with pytest.raises(n.ArgumentError):
        box.answer(first)
    result = box.resume()
    assert result.outcome == n.PENDING and [request.id for request in result.requests] == [third]
    box.answer(third)
    result = box.resume()
    assert result.outcome == n.DONE and "'b'" in result.value_repr and "None" in result.value_repr
    assert box.requests() == ()


def test_a_request_is_answered_with_an_exception():
    box = with_function(lambda call: n.LATER)
    for kind, wanted in (("KeyError", "KeyError"), (None, "pybox.HostError")):
        result = run(box, "f()")
        assert result.wait == n.WAIT_STACK
        box.answer_error(result.requests[0].id, kind, "why")
        result = box.resume()
        assert result.error_type == wanted and "why" in result.error_message


def test_a_run_that_waits_is_saved_and_goes_on_elsewhere(tmp_path):
    box = with_function(lambda call: n.LATER, is_async=True)
    assert run(box, "x = await f(1)\nx * 2").outcome == n.PENDING
    box.save(tmp_path / "waits.snap")
    functions = n.Functions()
    functions.add("f", lambda call: n.LATER, signature="(x: object = None) -> object", is_async=True)
    other = n.Box(image=n.Image(n.default_module(), tmp_path / "waits.snap"), functions=functions)
    (request,) = other.requests()
    other.answer(request.id, "21")
    assert other.resume().value == "42"


def test_output_of_a_run_that_waits_goes_on():
    pieces = []
    box = with_function(lambda call: n.LATER, is_async=True)
    result = run(box, "print('a'); await f(); print('b')", output=lambda stream, piece: pieces.append(piece))
    box.answer(result.requests[0].id)
    box.resume()
    assert pieces == [b"a\n", b"b\n"]


def test_the_set_is_listed_searched_and_written_down():
    functions = n.Functions()
    functions.add("fetch_page", lambda call: None, module="web", signature="(url: str) -> str",
                  documentation="Fetches a page.")
    functions.add("add", lambda call: None, schema='{"type": "object", "properties": {"a": {"type": "integer"}}}')
    first, second = functions.list()
    assert (first.name, first.module, first.documentation) == ("fetch_page", "web", "Fetches a page.")
    assert not first.is_async
    assert json.loads(first.schema)["name"] and second.name == "add"
    assert [info.name for info in functions.search("page")] == ["fetch_page"]
    assert len(functions.search("page add", 1)) == 1
    assert "def fetch_page(url: str) -> str" in functions.stub("web") and "def add" in functions.stub()
    with pytest.raises(n.ArgumentError):
        functions.stub("nowhere")
    with pytest.raises(n.ArgumentError):
        functions.add("add", lambda call: None, signature="()")
    with pytest.raises(TypeError):
        functions.add("g", 42)
    box = n.Box(functions=functions)
    with pytest.raises(n.ArgumentError):
        functions.add("later", lambda call: None, signature="()")
    assert box.run("from web import fetch_page\nfetch_page('u')").outcome == n.DONE


def test_types_that_only_the_extension_makes():
    for kind in (type(n.LATER),):
        with pytest.raises(TypeError):
            kind()
    assert repr(n.LATER) == "LATER"
