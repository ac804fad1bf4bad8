# Functions in functions, in source.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^(RecursionError|MemoryError|SyntaxError)
compile("lambda: " * 10**4 + "1", "deep.py", "eval")
