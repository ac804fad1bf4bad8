# A function that calls itself.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^RecursionError: maximum recursion depth exceeded
def f():
    return f()

f()
