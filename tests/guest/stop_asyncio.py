"""A stop ends the event loop: tasks are cancelled, and their `finally` blocks run."""
# Box only.
import asyncio

ended = []


async def child(name):
    try:
        while True: await asyncio.sleep(0)
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
finally:
    print(sorted(ended))
