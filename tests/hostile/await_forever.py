# Awaits without end.
# options: --fuel 20M
# expect: out_of_fuel fuel 121
import asyncio
while True:
    await asyncio.sleep(0)
