# Asks for more than may be asked.
# expect: exception - 1
# stderr: RuntimeError: the host is asked too much at once: .*
import asyncio
import _pybox_async as bridge
await asyncio.gather(*(bridge.ask(bridge.new_id(), "f", b"{}") for _ in range(70000)))
