# A list of all numbers.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
# stderr: ^pybox: stopped: it wanted more than 96M of memory at line 8 of c_list_count\.py; try --memory 192M$
import itertools

list(itertools.count())
