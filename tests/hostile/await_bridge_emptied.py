# Empties the bridge in which it waits.
# expect: exception - 1
import asyncio
import _pybox_async
vars(_pybox_async).clear()
await asyncio.sleep(0)
