# An event loop that nothing can wake.
# options: --timeout 60s
# expect: exception - 1
# stderr: ^RuntimeError: deadlock
import asyncio

asyncio.run(asyncio.Event().wait())
