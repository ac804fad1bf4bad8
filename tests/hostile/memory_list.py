# A list that grows for ever.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
items = []
while True:
    items.append(" " * 1000)
