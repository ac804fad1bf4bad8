# A shift to a number that does not fit.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
1 << 10**9 + 1
