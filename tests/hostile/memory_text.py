# A text that doubles.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
text = "x"
while True:
    text += text
