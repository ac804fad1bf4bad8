# `except Exception` does not hold it.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stdout: 
# stderr: ^pybox\.OutOfFuel
while True:
    try:
        while True:
            pass
    except Exception:
        print("swallowed")
