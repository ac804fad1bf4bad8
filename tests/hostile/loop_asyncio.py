# Tasks that do not let themselves be cancelled.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import asyncio

async def stubborn():
    while True:
        try:
            await asyncio.sleep(0)
        except BaseException:
            pass

async def main():
    async with asyncio.timeout(0.01):
        await asyncio.gather(*(stubborn() for _ in range(5)))

asyncio.run(main())
