# An expression of a hundred thousand dots.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^(RecursionError|MemoryError)
compile("a" + ".b" * 10**5, "deep.py", "eval")
