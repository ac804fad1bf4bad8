"""asyncio: tasks, queues, events and many small awaits."""
import asyncio


async def source(queue, count):
    for number in range(count):
        await queue.put(number)
        if number % 50 == 0:
            await asyncio.sleep(0)
    await queue.put(None)


async def double(number):
    return number * 2


async def stage(inward, outward):
    while (item := await inward.get()) is not None:
        await outward.put(await double(item))
    await outward.put(None)


async def sink(queue):
    total = 0
    while (item := await queue.get()) is not None:
        total += item
    return total


async def main():
    first, second, third = (asyncio.Queue(16) for _ in range(3))
    tasks = [asyncio.create_task(work) for work in (source(first, 8000), stage(first, second), stage(second, third))]
    total = await sink(third)
    await asyncio.gather(*tasks)
    return total


def run():
    return asyncio.run(main())
