# Groups of exceptions in each other, uncaught.
# options: --fuel 10G
# expect: exception - 1
# stderr: (RecursionError|ExceptionGroup)
error = ValueError("innermost")
for _ in range(2000):
    error = ExceptionGroup("", [error])
raise error
