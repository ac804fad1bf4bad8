# Each finally block begins the next.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: and it did not end in its grace
def again():
    try:
        while True:
            pass
    finally:
        again()

again()
