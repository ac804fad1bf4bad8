# Classes without end.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
classes = []
while True:
    classes.append(type("C", (), {"x": 1}))
