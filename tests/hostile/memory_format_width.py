# A format of a billion characters.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
"{:>1000000000}".format(1)
