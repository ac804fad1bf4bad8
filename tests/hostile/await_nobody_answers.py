# Asks without end what nobody answers.
# options: --fuel 50M
# expect: out_of_fuel fuel 121
import _pybox_async as bridge
class function:
    answer = print
async def ask():
    return await bridge.Later(bridge.new_id(), "f", b"{}", function)
while True:
    await ask()
