# An expression of a million signs.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^(RecursionError|MemoryError)
compile("-" * 10**6 + "1", "deep.py", "eval")
