# Functions in functions.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
def wrap(inner):
    return lambda: inner

function = None
while True:
    function = wrap(function)
