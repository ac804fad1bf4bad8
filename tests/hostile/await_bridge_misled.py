# Has the bridge say what makes no sense.
# expect: exception - 1
import asyncio
import _pybox_async
_pybox_async.VALUE = "no number"
await asyncio.sleep(0)
