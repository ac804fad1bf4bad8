# The same in the old way.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^(MemoryError|OverflowError)
"%1000000000d" % 1
