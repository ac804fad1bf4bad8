# A replacement that makes a text enormous.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
("a" * 10**5).replace("a", "b" * 10**4)
