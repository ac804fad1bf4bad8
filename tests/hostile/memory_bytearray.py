# As many bytes as there can be.
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
bytearray(2**31 - 1)
