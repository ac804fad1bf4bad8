# A list that doubles.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
items = [0]
while True:
    items += items
