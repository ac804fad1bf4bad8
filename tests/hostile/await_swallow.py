# Awaits without end, and swallows whatever it is told.
# options: --fuel 20M
# expect: out_of_fuel fuel 121
import asyncio
while True:
    try:
        while True:
            await asyncio.sleep(0)
    except BaseException:
        pass
