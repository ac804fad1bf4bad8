# Stops the loop, which goes on.
# expect: done - 0
# stdout: on\n
import asyncio
loop = asyncio.get_running_loop()
loop.stop()
await asyncio.sleep(0.001)
try:
    loop.close()
except RuntimeError:
    print("on")
