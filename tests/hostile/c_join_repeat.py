# A text of endless parts.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
import itertools

"".join(itertools.repeat("abc"))
