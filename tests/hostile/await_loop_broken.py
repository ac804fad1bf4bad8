# Breaks the event loop that it runs in.
# expect: exception - 1
import asyncio
loop = asyncio.get_running_loop()
loop._ready = loop._scheduled = loop._selector = None
await asyncio.sleep(0)
