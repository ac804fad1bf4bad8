"""Coroutines: nothing blocks the loop, cancelling interrupts, tools run side by side."""

import asyncio
import contextvars
import threading

import pytest

from pybox import Outcome, Pool, RunPending, Sandbox, tool


def test_the_twins():
    async def main():
        async with Sandbox() as sandbox:
            assert (await sandbox.arun("x = 5; x")).value == 5
            assert await sandbox.aeval("x + 1") == 6
            await sandbox.aset("x", 7)
            assert await sandbox.aget("x") == 7
            await sandbox.arun("def f(a, b=1): return a + b")
            assert await sandbox.acall("f", 1, b=2) == 3
            assert (await sandbox.ainvoke("f", [1])).value == 2
            context = sandbox.context("c")
            assert await context.aeval("1 + 1") == 2
    asyncio.run(main())


def test_the_loop_goes_on_meanwhile():
    async def main():
        ready, ticks = threading.Event(), []

        def wait() -> None:
            ready.wait()

        async def tick():
            for _ in range(10):
                await asyncio.sleep(0)
                ticks.append(1)
            ready.set()
        with Sandbox(tools=[wait]) as sandbox:
            result, _ = await asyncio.gather(sandbox.arun("from tools import wait; wait()"), tick())
            assert result.ok and len(ticks) == 10
    asyncio.run(main())


def test_many_sandboxes_at_the_same_time():
    async def one(number):
        with Sandbox() as sandbox:
            return await sandbox.aeval(f"sum(range({number}))")

    async def main():
        assert await asyncio.gather(*map(one, range(50))) == [sum(range(n)) for n in range(50)]
    asyncio.run(main())


GATHER = """
import asyncio
from tools import fetch
await asyncio.gather(*(fetch(n) for n in range(100)))
"""


def test_coroutine_tools_run_side_by_side():
    async def main():
        waiting, everybody = [], asyncio.Event()

        @tool
        async def fetch(n: int) -> int:
            waiting.append(n)
            if len(waiting) == 100:
                everybody.set()
            await everybody.wait()
            return n * n
        with Sandbox(tools=[fetch]) as sandbox:
            assert await sandbox.aeval(GATHER) == [n * n for n in range(100)]
    asyncio.run(main())


def test_coroutine_tools_in_plain_code():
    @tool
    async def fetch(n: int) -> int:
        await asyncio.sleep(0)
        return n + 1
    with Sandbox(tools=[fetch]) as sandbox:
        assert sandbox.eval(GATHER) == list(range(1, 101))

        async def main():  # also where a loop runs
            return sandbox.eval("await fetch(1)")
        assert asyncio.run(main()) == 2


def test_blocking_tools_are_called_without_await():
    @tool(blocking=True)
    async def fetch(n: int) -> int:
        await asyncio.sleep(0)
        return n + 1
    with Sandbox(tools=[fetch]) as sandbox:
        assert sandbox.eval("from tools import fetch; [fetch(n) for n in range(3)]") == [1, 2, 3]

        async def main():
            return await sandbox.aeval("[fetch(n) for n in range(3)]")
        assert asyncio.run(main()) == [1, 2, 3]


def test_exceptions_of_coroutine_tools():
    class Own(Exception):
        pass

    @tool
    async def fetch(n: int) -> int:
        raise {0: ValueError("bad"), 1: Own("special")}[n]
    code = """
from tools import fetch
caught = []
for n in range(2):
    try:
        await fetch(n)
    except Exception as error:
        caught.append(f"{type(error).__name__}: {error}")
try:
    await fetch("x")
except TypeError as error:
    caught.append(str(error))
caught
"""
    with Sandbox(tools=[fetch]) as sandbox:
        expected = ["ValueError: bad", "HostError: Own: special", "n: expected int, not str"]
        assert sandbox.eval(code) == expected
        assert asyncio.run(sandbox.aeval(code)) == expected


def test_what_the_guest_gives_up_is_cancelled():
    async def main():
        ended = []

        @tool
        async def forever() -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.append(1)
                raise

        @tool
        async def soon() -> int:
            return 1
        code = """
import asyncio
from tools import forever, soon
try:
    await asyncio.wait_for(forever(), 0.01)
except TimeoutError:
    pass
await soon()
"""
        with Sandbox(tools=[forever, soon]) as sandbox:
            assert await sandbox.aeval(code) == 1
            await asyncio.sleep(0)
            assert ended == [1]
    asyncio.run(main())


def test_cancelling_interrupts_the_guest():
    async def main():
        started = asyncio.Event()
        loop = asyncio.get_running_loop()

        def begin() -> None:
            loop.call_soon_threadsafe(started.set)
        with Sandbox(tools=[begin]) as sandbox:
            await sandbox.arun("x = 1")
            for code in ("while True: pass", "import time; time.sleep(1000)",
                         "while True:\n    try:\n        while True: pass\n    except BaseException: pass"):
                started.clear()
                task = asyncio.ensure_future(sandbox.arun(f"x = 2\nfrom tools import begin; begin()\n{code}"))
                await started.wait()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert not sandbox.running
                assert await sandbox.aeval("x") == 1  # usable, and the run was undone
    asyncio.run(main())


def test_cancelling_while_a_tool_is_awaited():
    async def main():
        started, ended = asyncio.Event(), []

        @tool
        async def forever() -> None:
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(1)

        @tool(blocking=True)
        async def stuck() -> None:
            await forever.function()
        with Sandbox(tools=[forever, stuck]) as sandbox:
            await sandbox.arun("x = 1")
            swallows = "try:\n    await forever()\nexcept BaseException:\n    await forever()"
            for code in ("await forever()", "stuck()", swallows):
                started.clear()
                ended.clear()
                task = asyncio.ensure_future(sandbox.arun(f"from tools import *\nx = 2\n{code}"))
                await started.wait()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await asyncio.sleep(0)
                assert ended
                assert await sandbox.aeval("x") == 1
    asyncio.run(main())


def test_timeouts_of_asyncio():
    async def main():
        with Sandbox() as sandbox:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(sandbox.arun("while True: pass"), 0.05)
            assert await sandbox.aeval("1") == 1
    asyncio.run(main())


def test_tools_see_the_callers_context_variables():
    user = contextvars.ContextVar("user", default="nobody")

    @tool
    def who() -> str:
        return user.get()

    async def main():
        user.set("ann")
        with Sandbox(tools=[who]) as sandbox:
            return await sandbox.aeval("from tools import who; who()")
    assert asyncio.run(main()) == "ann"


def test_deferred_tools_wait_for_the_caller(tmp_path):
    @tool(deferred=True)
    def approve(amount: int) -> bool:
        """Asks a person."""

    @tool
    async def rate() -> int:
        return 3
    code = """
import asyncio
from tools import approve, rate
ok, r = await asyncio.gather(approve(5), rate())
(ok, r)
"""
    with Sandbox(tools=[approve, rate]) as sandbox:
        result = sandbox.run(code)
        assert result.outcome is Outcome.PENDING and not result.ok and result.error is None
        request, = result.requests
        assert request.tool == "tools.approve" and request.arguments == {"amount": 5}
        with pytest.raises(RunPending, match="waits for tools.approve"):
            result.check()
        sandbox.save(tmp_path / "waiting.snap")
        sandbox.answer(request.id, True)
        assert sandbox.resume().value == (True, 3)
    with Sandbox.load(tmp_path / "waiting.snap", tools=[approve, rate]) as loaded:
        request, = loaded.requests()
        loaded.answer_error(request.id, PermissionError("no"))
        failed = loaded.resume()
        assert failed.error.type == "PermissionError" and failed.error.message == "no"
    with Sandbox.load(tmp_path / "waiting.snap", tools=[approve, rate]) as loaded:
        request, = loaded.requests()
        loaded.answer(request.id, False)
        assert asyncio.run(loaded.aresume()).value == (False, 3)


def test_a_tool_that_is_gone():
    @tool
    async def fetch() -> int:
        return 1
    with Sandbox(tools=[fetch]) as sandbox:
        sandbox.run("from tools import fetch")
        snapshot = sandbox.snapshot()
    with Sandbox(snapshot=snapshot) as other:
        assert other.run("await fetch()").error.type == "pybox.HostError"


def test_pools():
    async def main():
        with Pool(maximum=2) as pool:
            code = "x = globals().get('x', 0) + n; x"
            results = await asyncio.gather(*(pool.arun(code, inputs={"n": n}) for n in range(20)))
            assert [result.value for result in results] == list(range(20))
            assert pool.statistics["taken"] == 0 and pool.statistics["created"] <= 3
    asyncio.run(main())


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_coroutine_tools_that_end_the_program(kind):
    async def end() -> None:
        raise kind

    async def five() -> int:
        return 5
    with Sandbox(tools=[end, five]) as sandbox:
        sandbox.run("x = 1")
        with pytest.raises(kind):
            sandbox.run("from tools import end\nx = 2\nawait end()")
        assert sandbox.get("x") == 1
        assert sandbox.eval("from tools import five\nawait five()") == 5  # the loop goes on
