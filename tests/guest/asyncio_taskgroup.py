"""Task groups: what happens to the others when one fails; context variables in tasks; async context managers."""
import asyncio
import contextvars
from contextlib import AsyncExitStack, asynccontextmanager

request = contextvars.ContextVar("request", default="-")
log = []


@asynccontextmanager
async def resource(name):
    log.append(f"open {name}")
    try:
        yield name.upper()
    finally:
        await asyncio.sleep(0)
        log.append(f"close {name}")


async def handle(number, fail=False):
    request.set(f"#{number}")
    async with resource(f"db{number}"):
        await asyncio.sleep(0.002 * number)
        if fail:
            raise LookupError(f"request {request.get()} failed")
        return request.get()


async def all_well():
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(handle(n)) for n in (3, 1, 2)]
    print([task.result() for task in tasks], request.get())


async def one_fails():
    try:
        async with asyncio.TaskGroup() as group:
            good = group.create_task(handle(1))
            group.create_task(handle(2, fail=True))
            late = group.create_task(handle(1000))
    except* LookupError as failures:
        print("LookupError:", [str(error) for error in failures.exceptions])
    print(good.result(), late.cancelled())


async def two_fail():
    async def fail(error):
        raise error

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail(ValueError("one")))
            group.create_task(fail(KeyError("two")))
    except* ValueError as failures:
        print("value:", failures.exceptions)
    except* KeyError as failures:
        print("key:", failures.exceptions)


async def stacked():
    async with AsyncExitStack() as stack:
        names = [await stack.enter_async_context(resource(name)) for name in ("x", "y")]
        stack.push_async_callback(asyncio.sleep, 0)
        print(names)


async def main():
    for step in (all_well, one_fails, two_fail, stacked):
        log.clear()
        await step()
        print("  ", ", ".join(log))
    print("tasks left:", len(asyncio.all_tasks()), asyncio.current_task().get_coro().__name__)


with asyncio.Runner() as runner:
    runner.run(main())
    print(runner.run(asyncio.sleep(0, result="same loop")))
