# A callback of sys.monitoring for every line.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox: stopped: the fuel of 100M was used up
import sys

monitoring = sys.monitoring
monitoring.use_tool_id(0, "hostile")
monitoring.register_callback(0, monitoring.events.LINE, lambda code, line: sum(range(1000)))
monitoring.set_events(0, monitoring.events.LINE)
while True:
    pass
