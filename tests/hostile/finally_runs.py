# finally and with blocks run in the grace, and the traceback names the line.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stdout: released\nfinally\n
# stderr: ^pybox\.OutOfFuel
# stderr: line (18|19) of finally_runs\.py
import contextlib

@contextlib.contextmanager
def held():
    try:
        yield
    finally:
        print("released")

try:
    with held():
        while True:
            pass
finally:
    print("finally")
