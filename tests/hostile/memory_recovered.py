# A refused allocation that is caught is no failure.
# options: --memory 96M
# expect: done - 0
# stdout: caught\n1000000\n
try:
    bytearray(10**9)
except MemoryError:
    print("caught")
print(len(bytearray(10**6)))
