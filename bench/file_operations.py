"""One kind of file operation, many times: file_operations.py OPERATION FOLDER COUNT. Runs in both interpreters;
harness/work.py takes off what a COUNT of 0 costs."""
import os
import sys

FILES, SMALL, PIECE = 100, b"x" * 1024, b"y" * (1 << 20)


def paths(folder):
    return [f"{folder}/small-{number}" for number in range(FILES)]


def prepare(folder):
    for path in paths(folder):
        with open(path, "wb") as stream:
            stream.write(SMALL)


def open_close(names):
    for name in names:
        open(name, "rb").close()


def read(names):
    for name in names:
        with open(name, "rb") as stream:
            stream.read()


def read_text(names):
    for name in names:
        with open(name) as stream:
            stream.read()


def write(names):
    for name in names:
        with open(name, "wb") as stream:
            stream.write(SMALL)


def create(names):
    for name in names:
        with open(name + "-new", "xb"):
            pass
        os.unlink(name + "-new")


def stat(names):
    for name in names:
        os.stat(name)


def listdir(names):
    folder = os.path.dirname(names[0])
    for _ in names:
        os.listdir(folder)


SMALL_OPERATIONS = {"open": open_close, "read": read, "read_text": read_text, "write": write, "create": create,
                    "stat": stat, "listdir": listdir}


def write_large(folder, pieces):
    with open(folder + "/large", "wb", buffering=0) as stream:
        for _ in range(pieces):
            stream.write(PIECE)


def read_large(folder, pieces):
    buffer = bytearray(len(PIECE))
    with open(folder + "/large", "rb", buffering=0) as stream:
        for _ in range(pieces):
            stream.readinto(buffer)


def main():
    operation, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if operation in SMALL_OPERATIONS:
        prepare(folder)
        names = paths(folder)
        SMALL_OPERATIONS[operation](names[:2])  # the first of each is not what is measured
        for _ in range(count // FILES):
            SMALL_OPERATIONS[operation](names)
    elif operation == "write_large":
        write_large(folder, count)
    else:
        write_large(folder, 100)
        read_large(folder, count)


main()
