# MemoryError is swallowed: the fuel ends it.
# options: --memory 96M --fuel 500M
# expect: out_of_fuel fuel 121
# stderr: ^pybox: stopped: the fuel of 500M was used up
items = []
while True:
    try:
        items.append(bytearray(10**6))
    except MemoryError:
        pass
