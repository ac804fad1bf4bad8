"""SIGINT has Python's own handler, as when the interpreter starts natively."""
import signal

print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("KeyboardInterrupt")
seen = []
signal.signal(signal.SIGINT, lambda number, frame: seen.append((number, frame.f_lineno)))
signal.raise_signal(signal.SIGINT)
print(seen == [(signal.SIGINT, 11)])
