# Waits for what cannot come.
# expect: exception - 1
# stderr: RuntimeError: deadlock: .*
import asyncio
await asyncio.Future()
