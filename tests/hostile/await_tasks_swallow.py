# Many tasks that all swallow what they are told, and cancellation.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import asyncio
async def stay():
    while True:
        try:
            await asyncio.sleep(0)
        except BaseException:
            pass
await asyncio.gather(*(stay() for _ in range(100)))
