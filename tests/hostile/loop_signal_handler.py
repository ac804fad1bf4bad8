# Signal handlers that the program raises itself.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import signal

def again(number, frame):
    signal.raise_signal(number)

signal.signal(signal.SIGINT, again)
while True:
    try:
        signal.raise_signal(signal.SIGINT)
    except RecursionError:
        pass
