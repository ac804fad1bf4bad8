"""An external merge sort over temporary files."""
import heapq
import os
import random
import tempfile
from pathlib import Path

CHUNK = 500


def spill(numbers, folder):
    for number, start in enumerate(range(0, len(numbers), CHUNK)):
        path = Path(folder, f"chunk{number:03}.txt")
        with path.open("w") as stream:
            stream.writelines(f"{n}\n" for n in sorted(numbers[start:start + CHUNK]))
        yield path


def merge(paths):
    streams = [path.open() for path in paths]
    try:
        yield from heapq.merge(*(map(int, stream) for stream in streams))
    finally:
        for stream in streams:
            stream.close()


rng = random.Random(2024)
numbers = [rng.randrange(10 ** 6) for _ in range(4321)]
with tempfile.TemporaryDirectory(prefix="sort-") as folder:
    paths = list(spill(numbers, folder))
    print(len(paths), sum(path.stat().st_size for path in paths), os.path.basename(folder).startswith("sort-"))
    merged = list(merge(paths))
    print(merged == sorted(numbers), merged[:3], merged[-3:])
print(os.path.exists(folder))

with tempfile.NamedTemporaryFile("w+", suffix=".log", encoding="utf-8") as stream:
    stream.write("grün\nblau\n")
    stream.flush()
    name = stream.name
    print(Path(name).read_text(encoding="utf-8").split(), name.endswith(".log"))
print(os.path.exists(name))
with tempfile.TemporaryFile() as stream:
    stream.write(b"x" * 100_000)
    print(stream.tell(), stream.seek(10), len(stream.read()))
with tempfile.SpooledTemporaryFile(max_size=100, mode="w+") as stream:
    stream.write("small")
    before = stream._rolled
    stream.write("big" * 100)
    stream.seek(0)
    print(before, stream._rolled, len(stream.read()))
descriptor, name = tempfile.mkstemp(dir=tempfile.gettempdir(), text=True)
os.write(descriptor, b"low level\n")
os.lseek(descriptor, 4, os.SEEK_SET)
print(os.read(descriptor, 100), os.fstat(descriptor).st_size)
os.ftruncate(descriptor, 3)
os.close(descriptor)
print(open(name).read())
os.replace(name, name + ".new")
os.unlink(name + ".new")
try:
    os.close(descriptor)
except OSError as error:
    print(error.strerror)
