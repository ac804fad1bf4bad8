# A number with a billion places.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
f"{1.5:.1000000000f}"
