"""Code that awaits outside of any function: natively only `python -m asyncio` takes it."""
# Box only.
import asyncio
import contextvars
import time

user = contextvars.ContextVar("user", default="nobody")
user.set("ann")


async def fetch(name, delay):
    await asyncio.sleep(delay)
    return f"{name} for {user.get()}"


started = time.monotonic()
print(await fetch("news", 0.01))
print(await asyncio.gather(fetch("slow", 0.02), fetch("fast", 0.001)))
print("one after the other would take longer:", time.monotonic() - started < 10)
print([name async for name in (await fetch(f"page {i}", 0) for i in range(3))])

async with asyncio.TaskGroup() as group:
    tasks = [group.create_task(fetch(name, 0)) for name in "abc"]
print([task.result() for task in tasks])

try:
    async with asyncio.timeout(0.01):
        await asyncio.Event().wait()
except TimeoutError as error:
    print("too late:", type(error).__name__)


class Countdown:
    def __init__(self, start):
        self.left = start

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        await asyncio.sleep(0)
        return self.left


async for left in Countdown(3):
    print(left)

loop = asyncio.get_running_loop()
loop.call_later(0.001, print, "a callback")
await asyncio.sleep(0.005)

nested = fetch("nested", 0)
try:
    asyncio.run(nested)
except RuntimeError as error:
    print(error)
nested.close()

user.set("bob")
print(await asyncio.create_task(fetch("mail", 0)))
code = compile("await fetch('x', 0)", "<text>", "eval", flags=0x2000)
print(await eval(code))
try:
    exec("await fetch('x', 0)")
except SyntaxError as error:
    print("in exec:", error.msg)
