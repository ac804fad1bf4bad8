"""Timeouts, cancellation, shielding and locks in asyncio."""
import asyncio


async def slow(name, seconds):
    try:
        await asyncio.sleep(seconds)
        return name
    except asyncio.CancelledError:
        print(f"{name} cancelled")
        raise
    finally:
        print(f"{name} cleaned up")


async def timeouts():
    print(await asyncio.wait_for(slow("quick", 0.001), 5))
    try:
        await asyncio.wait_for(slow("endless", 3600), 0.01)
    except TimeoutError as error:
        print("TimeoutError", error.args)
    try:
        async with asyncio.timeout(0.02) as scope:
            await slow("first", 0.001)
            await slow("second", 3600)
    except TimeoutError:
        print("expired:", scope.expired())
    async with asyncio.timeout(None) as scope:
        scope.reschedule(asyncio.get_running_loop().time() + 60)
        print(await slow("third", 0))
    try:
        async with asyncio.timeout_at(asyncio.get_running_loop().time() - 1):
            await slow("too late", 1)
    except TimeoutError:
        print("was too late")


async def cancellation():
    task = asyncio.create_task(slow("job", 3600))
    await asyncio.sleep(0)
    print(task.cancel("no longer wanted"), task.cancelling())
    try:
        await task
    except asyncio.CancelledError as error:
        print("cancelled with", error.args)
    inner = asyncio.create_task(slow("shielded", 0.02))
    try:
        await asyncio.wait_for(asyncio.shield(inner), 0.001)
    except TimeoutError:
        print("gave up waiting,", "still running:", not inner.done())
    print(await inner)


async def locks():
    lock, order = asyncio.Lock(), []

    async def worker(n):
        async with lock:
            order.append(f"in{n}")
            await asyncio.sleep(0)
            order.append(f"out{n}")

    await asyncio.gather(*map(worker, range(3)))
    print(order, lock.locked())

    condition, ready = asyncio.Condition(), []

    async def waiter():
        async with condition:
            await condition.wait_for(lambda: len(ready) == 3)
            return "three are ready"

    waiting = asyncio.create_task(waiter())
    for n in range(3):
        await asyncio.sleep(0.001)
        async with condition:
            ready.append(n)
            condition.notify_all()
    print(await waiting)
    barrier = asyncio.Barrier(3)
    print(sorted(await asyncio.gather(*(barrier.wait() for _ in range(3)))))


async def main():
    for part in (timeouts, cancellation, locks):
        print(f"--- {part.__name__}")
        await part()


asyncio.run(main(), debug=False)
