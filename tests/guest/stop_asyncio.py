"""A stop ends the event loop: tasks are cancelled, and their `finally` blocks run."""
# Box only.
import asyncio
import pybox

ended = []


async def child(name):
    try:
        await asyncio.sleep(0 if name == "b" else 1000)
        while True: pass
    finally:
        ended.append(name)


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            for name in "abc":
                group.create_task(child(name))
    finally:
        ended.append("main")


try:
    asyncio.run(main())
except pybox.Stopped as stopped:
    print(sorted(ended))
    raise stopped.with_traceback(None)
