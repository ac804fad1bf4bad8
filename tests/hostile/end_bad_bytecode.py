# Byte code that is garbage. (It may ask for 4 GiB to be copied, which costs 268M before it is refused.)
# options: --fuel 1G
# expect: trap - 126
def f():
    return 1

exec(f.__code__.replace(co_code=bytes([100, 255] * 50), co_stacksize=1))
