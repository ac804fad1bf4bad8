"""Producers and workers joined by queues."""
import asyncio
import random


async def producer(queue, name, items):
    for item in items:
        await queue.put((name, item))
        await asyncio.sleep(0)


async def worker(number, queue, results):
    while True:
        name, item = await queue.get()
        try:
            if item == 13:
                raise ValueError("unlucky")
            await asyncio.sleep(0.001 * (item % 3))
            results.append((name, item * item))
        except ValueError as error:
            results.append((name, str(error)))
        finally:
            queue.task_done()


async def crawl():
    """A breadth-first walk over a graph, three workers at a time."""
    graph = {n: [2 * n, 2 * n + 1] for n in range(1, 16)}
    seen, queue, visits = {1}, asyncio.Queue(), 0
    queue.put_nowait(1)

    async def visit():
        nonlocal visits
        while True:
            node = await queue.get()
            visits += 1
            await asyncio.sleep(0)
            for neighbour in graph.get(node, ()):
                if neighbour not in seen:
                    seen.add(neighbour)
                    queue.put_nowait(neighbour)
            queue.task_done()

    workers = [asyncio.create_task(visit()) for _ in range(3)]
    await queue.join()
    for task in workers:
        task.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    return visits, max(seen)


async def main():
    queue, results = asyncio.Queue(maxsize=4), []
    workers = [asyncio.create_task(worker(n, queue, results)) for n in range(3)]
    await asyncio.gather(producer(queue, "a", range(10)), producer(queue, "b", range(10, 20)))
    await queue.join()
    for task in workers:
        task.cancel()
    print(len(results), sorted(results, key=str))
    print([type(result).__name__ for result in await asyncio.gather(*workers, return_exceptions=True)])

    priorities = asyncio.PriorityQueue()
    rng = random.Random(7)
    for task in ("paint", "sand", "saw", "measure"):
        await priorities.put((rng.randrange(100), task))
    print([priorities.get_nowait() for _ in range(priorities.qsize())])
    stack = asyncio.LifoQueue(2)
    stack.put_nowait("low")
    stack.put_nowait("high")
    try:
        stack.put_nowait("too high")
    except asyncio.QueueFull:
        print("full:", stack.full(), await stack.get(), await stack.get())
    try:
        stack.get_nowait()
    except asyncio.QueueEmpty:
        print("empty:", stack.empty())
    stack.shutdown()
    try:
        await stack.get()
    except asyncio.QueueShutDown:
        print("shut down")
    print(await crawl())


if __name__ == "__main__":
    asyncio.run(main())
