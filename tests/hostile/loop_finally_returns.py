# A finally block returns, and so swallows.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
def spin():
    while True:
        try:
            while True:
                pass
        finally:
            continue

spin()
