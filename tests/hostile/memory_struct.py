# A struct of a gigabyte.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
import struct

struct.pack("1000000000s", b"")
