# Sending itself a signal that kills.
# options: --fuel 100M
# expect: trap - 126
import signal

signal.raise_signal(signal.SIGTERM)
