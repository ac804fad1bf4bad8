# The program raises MemoryError itself.
# options: --fuel 100M
# expect: exception - 1
# stderr: ^MemoryError: not true
raise MemoryError("not true")
