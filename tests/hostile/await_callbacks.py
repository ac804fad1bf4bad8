# A callback that calls itself for ever, while the program waits.
# options: --fuel 50M
# expect: out_of_fuel fuel 121
import asyncio
loop = asyncio.get_running_loop()
def again():
    loop.call_soon(again)
again()
await asyncio.Future()
