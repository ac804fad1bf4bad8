"""Fetches several (pretended) pages at once, with a limit, retries and errors."""
import asyncio
import time

PAGES = {"/": 0.02, "/news": 0.05, "/about": 0.01, "/broken": 0.015, "/shop": 0.03}
log = []


async def fetch(path, attempts={}):
    attempts[path] = attempts.get(path, 0) + 1
    await asyncio.sleep(PAGES[path])
    if path == "/broken":
        raise ConnectionError(f"{path} is broken")
    if path == "/shop" and attempts[path] < 3:
        raise TimeoutError(f"{path} was slow")
    log.append(path)
    return f"<html>{path}</html>"


async def polite(semaphore, path, tries=3):
    async with semaphore:
        for left in reversed(range(tries)):
            try:
                return await fetch(path)
            except TimeoutError:
                if not left:
                    raise


async def ticker(stop):
    ticks = 0
    while not stop.is_set():
        await asyncio.sleep(0.005)
        ticks += 1
    return ticks


async def numbers():
    for n in range(5):
        await asyncio.sleep(0)
        yield n


async def main():
    start = time.monotonic()
    stop = asyncio.Event()
    ticking = asyncio.create_task(ticker(stop), name="ticker")
    semaphore = asyncio.Semaphore(10)
    results = await asyncio.gather(*(polite(semaphore, path) for path in PAGES), return_exceptions=True)
    for path, result in zip(PAGES, results):
        print(f"{path:8} {result!r}")
    print("finished in order:", log)
    stop.set()
    print("ticked:", await ticking > 5, ticking.get_name(), ticking.done())
    elapsed = time.monotonic() - start
    print("at once, not one after another:", elapsed < 1)

    try:
        await asyncio.gather(fetch("/"), fetch("/broken"))
    except ConnectionError as error:
        print("ConnectionError:", error)
    print([n * n async for n in numbers() if n % 2 == 0])
    done, pending = await asyncio.wait([asyncio.create_task(fetch("/about")), asyncio.create_task(fetch("/news"))],
                                       return_when=asyncio.FIRST_COMPLETED)
    print(len(done), len(pending), done.pop().result())
    for task in pending:
        task.cancel()
    print(await asyncio.gather(*pending, return_exceptions=True))
    for next_done in asyncio.as_completed([asyncio.sleep(0.02, "late"), asyncio.sleep(0.001, "early")]):
        print(await next_done)
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.call_later(0.01, future.set_result, "called later")
    loop.call_soon(print, "called soon")
    print(await future)
    return "the end"


if __name__ == "__main__":
    print(asyncio.run(main()))
    print(asyncio.run(asyncio.sleep(0, "again")))
    try:
        asyncio.get_running_loop()
    except RuntimeError as error:
        print(error)
