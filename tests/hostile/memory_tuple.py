# A tuple that is repeated.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
(1,) * 2**28
