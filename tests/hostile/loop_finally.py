# A finally block that never ends.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: and it did not end in its grace
try:
    while True:
        pass
finally:
    while True:
        pass
