# Byte code that is garbage.
# options: --fuel 100M
# expect: trap - 126
def f():
    return 1

exec(f.__code__.replace(co_code=bytes([100, 255] * 50), co_stacksize=1))
