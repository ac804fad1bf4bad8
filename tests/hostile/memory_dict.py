# A dictionary that grows for ever.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
items = {}
while True:
    items[len(items)] = object()
