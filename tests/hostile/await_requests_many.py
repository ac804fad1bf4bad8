# Asks for more than may be asked.
# expect: exception - 1
# stderr: RuntimeError: the host is asked too much at once: .*
import asyncio
import _pybox_async as bridge
class function:
    answer = print
async def ask():
    return await bridge.Later(bridge.new_id(), "f", b"{}", function)
await asyncio.gather(*(ask() for _ in range(70000)))
