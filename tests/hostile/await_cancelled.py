# Cancels itself.
# expect: exception - 1
# stderr: asyncio.exceptions.CancelledError
import asyncio
asyncio.current_task().cancel()
await asyncio.sleep(0)
