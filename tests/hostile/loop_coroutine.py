# An awaitable that is never ready, driven by hand.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
class Never:
    def __await__(self):
        while True:
            yield

async def main():
    await Never()

coroutine = main()
while True:
    coroutine.send(None)
