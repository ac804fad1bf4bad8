"""More memory than a box has is a MemoryError that a program can catch, and life goes on."""
# Box only.
import gc

for size in (1 << 30, (1 << 31) - 4096):
    try:
        bytearray(size)
        print("allocated", size)
    except MemoryError as error:
        print("MemoryError", error)
kept = []
try:
    while True:
        kept.append(bytearray(16 << 20))
except MemoryError:
    count = len(kept)
    kept.clear()
print("stopped after", count > 10, count * 16 < 512)
gc.collect()
kept = [bytearray(16 << 20) for _ in range(count // 2)]
print("again:", len(kept) == count // 2)
kept.clear()
try:
    "x" * (1 << 30)
except (MemoryError, OverflowError) as error:
    print(type(error).__name__)
print(sum(range(1000)))
