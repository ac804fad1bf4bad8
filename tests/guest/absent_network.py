"""There is no network in a box."""
# Box only.
import asyncio
import urllib.error
import urllib.request


async def connect():
    await asyncio.open_connection("example.org", 80)


for start in (lambda: urllib.request.urlopen("http://example.org/"), lambda: asyncio.run(connect()),
              lambda: __import__("socket").create_connection(("example.org", 80)), lambda: __import__("ssl")):
    try:
        start()
        print("connected?")
    except (OSError, ImportError, NotImplementedError, RuntimeError) as error:
        print(type(error).__name__, error)
