# No alarms of the system's.
# options: --fuel 100M
# expect: exception - 1
# stderr: ^AttributeError
import signal

signal.alarm(1)
