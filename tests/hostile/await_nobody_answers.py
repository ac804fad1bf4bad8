# Asks without end what nobody answers.
# options: --fuel 50M
# expect: out_of_fuel fuel 121
import _pybox_async as bridge
while True:
    await bridge.ask(bridge.new_id(), "f", b"{}")
