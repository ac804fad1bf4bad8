"""Output while it is written, displays, and results in notebooks."""

import asyncio
import base64
import subprocess
import sys
import threading

import pytest

from pybox import Output, Outcome, Sandbox
from pybox.errors import ClosedError

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")


def test_pieces_come_as_they_are_written():
    gate = threading.Event()

    def wait() -> None:
        gate.wait()
    with Sandbox(tools=[wait]) as sandbox:
        stream = sandbox.stream("from tools import wait\nprint('first', flush=True)\nwait()\nprint('second')\n5")
        assert next(stream) == Output("stdout", "first\n")  # the run waits in its tool
        gate.set()
        assert "".join(piece.text for piece in stream) == "second\n"
        assert stream.result.value == 5 and stream.result.output == ""


def test_leaving_a_stream_interrupts_the_run():
    with Sandbox() as sandbox:
        sandbox.run("x = 1")
        with sandbox.stream("x = 2\nwhile True: print('more')") as stream:
            for piece in stream:
                break
        assert not sandbox.running and sandbox.get("x") == 1
        stream = sandbox.stream("x = 2\nwhile True: pass")
        stream.close()
        assert sandbox.get("x") == 1


def test_a_stream_that_nobody_has_any_more():
    with Sandbox() as sandbox:
        sandbox.run("x = 1")
        next(sandbox.stream("x = 2\nprint('begun', flush=True)\nwhile True: pass"))
        assert not sandbox.running and sandbox.get("x") == 1


def test_the_result_of_a_stream_that_nobody_reads():
    with Sandbox() as sandbox:
        assert sandbox.stream("for i in range(5000): print(i, flush=True)").result.ok
        assert sandbox.stream("1/0").result.outcome is Outcome.EXCEPTION
        assert list(sandbox.context("c").stream("pass")) == []


def test_coroutines():
    async def main():
        with Sandbox() as sandbox:
            pieces = [piece async for piece in sandbox.astream("for i in range(3): print(i, flush=True)")]
            assert "".join(piece.text for piece in pieces) == "0\n1\n2\n"
            stream = sandbox.astream("import sys; print('x', file=sys.stderr); 7")
            assert (await stream.result()).value == 7
            sandbox.run("x = 1")
            async with sandbox.astream("x = 2\nwhile True: print('more')") as stream:
                async for _ in stream:
                    break
            assert not sandbox.running and sandbox.get("x") == 1

            async def read():
                async for _ in sandbox.astream("x = 2\nwhile True: pass"):
                    pass
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(read(), 0.05)
            assert sandbox.get("x") == 1
    asyncio.run(main())


DISPLAY = """
import pybox
class Table:
    def _repr_html_(self):
        return "<b onclick='evil()'>bold</b>"
class Picture:
    def _repr_png_(self):
        return %r
print("<text>")
pybox.display(Table())
pybox.display(Picture())
Table()
""" % PNG


def test_displays_and_mime_bundles():
    with Sandbox() as sandbox:
        result = sandbox.run(DISPLAY)
        mimes = [display.mime for display in result.displays]
        assert mimes.count("text/html") == 2 and "image/png" in mimes
        assert [display.data for display in result.displays if display.mime == "image/png"] == [PNG]
        bundle = result._repr_mimebundle_()
        page = bundle["text/html"]
        assert "<text>" in bundle["text/plain"] and "&lt;text&gt;" in page
        assert page.count('<iframe sandbox=""') == 2 and "onclick='evil()'" not in page  # nothing of a guest's runs
        assert "data:image/png;base64," in page
        assert sandbox.run("2 + 2")._repr_mimebundle_() == {"text/plain": "4"}
        assert "ZeroDivisionError" in sandbox.run("1/0")._repr_mimebundle_()["text/plain"]
        seen = []
        assert sandbox.run("import pybox; pybox.display(Table())", on_display=seen.append).displays == []
        assert [display.text for display in seen if display.mime == "text/html"] == ["<b onclick='evil()'>bold</b>"]


def test_repr():
    with Sandbox() as sandbox:
        assert repr(sandbox) == "<Sandbox idle>"
        assert repr(sandbox.run("1 + 1")) == "<Result done; value=2>"
        assert repr(sandbox.run("print('x')")) == "<Result done; output='x\\n'>"
        assert repr(sandbox.run("1/0")) == "<Result exception; ZeroDivisionError: division by zero>"
        assert repr(sandbox.run("import sys; sys.exit(2)")) == "<Result exit; 2>"
        assert repr(sandbox.run("'x' * 1000")).startswith("<Result done; value='xxx")
        assert len(repr(sandbox.run("'x' * 1000"))) < 300
        sandbox.run("def f(): return [1]")
        assert repr(sandbox.invoke("f")) == "<Result done; value=[1]>"
        result = sandbox.run("1")
        assert result.fuel > 0 and result.seconds > 0 and result.memory > 0 and result.fuel_left is None
        assert sandbox.run("1", limits={"fuel": "100M"}).fuel_left > 0


def test_streams_raise_what_the_call_raises():
    sandbox = Sandbox()
    sandbox.close()
    with pytest.raises(ClosedError):
        list(sandbox.stream("1"))

    async def main():
        async for _ in sandbox.astream("1"):
            pass
    with pytest.raises(ClosedError):
        asyncio.run(main())


def test_a_stream_that_is_left_while_a_tool_runs():
    begun, cancelled = threading.Event(), threading.Event()

    async def wait() -> None:
        try:
            begun.set()
            await asyncio.sleep(1000)
        finally:
            cancelled.set()
    with Sandbox(tools=[wait]) as sandbox:
        sandbox.run("x = 1")
        with sandbox.stream("from tools import wait\nx = 2\nawait wait()") as stream:
            begun.wait()
        assert stream.result.outcome is Outcome.INTERRUPTED and sandbox.get("x") == 1
        assert cancelled.wait(60)


def test_a_coroutines_stream_that_nobody_has_any_more():
    async def main(code):
        with Sandbox() as sandbox:
            sandbox.run("x = 1")
            async for _ in sandbox.astream(f"x = 2\n{code}"):
                break
            while sandbox.running:
                await asyncio.sleep(0.01)
            return await sandbox.aget("x")
    assert asyncio.run(main("while True: print('more', flush=True)")) == 1
    assert asyncio.run(main("print('one', flush=True)\nwhile True: pass")) == 1


@pytest.mark.parametrize("code", ["while True: pass", "while True: print('more')"])
def test_the_interpreter_does_not_wait_for_streams(code):
    program = f"import pybox\ns = pybox.Sandbox()\nstream = s.stream({code!r})\nprint('end')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert done.stdout == "end\n"
