"""Standard streams: text and binary, lines, buffering, wrapping, redirecting."""
import contextlib
import fileinput
import io
import os
import sys

print(repr(input()), repr(sys.stdin.readline()), sys.stdin.read(3))
print([line for line in sys.stdin][:2], repr(sys.stdin.read()), sys.stdin.encoding, sys.stdout.encoding)
try:
    input("prompt? ")
except EOFError as error:
    print("EOFError:", error)
print(sys.stdin.fileno(), sys.stdout.fileno(), sys.stdin.isatty(), sys.stdin.closed, sys.stdin.readable(), sys.stdout.writable())
sys.stdout.flush()
os.write(1, b"written to descriptor 1\n")
sys.stdout.buffer.write("bytes: ü\n".encode())
sys.stdout.buffer.flush()
print("a", "b", sep="-", end="!\n", file=sys.stdout, flush=True)
print("to standard error", file=sys.stderr)
sys.stderr.write("no newline; ")
print(sys.stdout.write("counted\n"))

with contextlib.redirect_stdout(io.StringIO()) as caught, contextlib.redirect_stderr(caught):
    print("hidden")
    print("also hidden", file=sys.stderr)
print(repr(caught.getvalue()))
wrapped = io.TextIOWrapper(io.BytesIO("één\r\ntwee\rdrie\n".encode("latin-1")), encoding="latin-1", newline=None)
print(wrapped.readlines(), wrapped.newlines)
out = io.BytesIO()
text = io.TextIOWrapper(out, encoding="utf-16", newline="\r\n", write_through=True)
text.write("a\n€")
print(out.getvalue())
with open("numbers.txt", "w", buffering=1) as stream:
    stream.write("1\n2\n3")
with fileinput.input(["numbers.txt"]) as lines:
    print([(lines.filelineno(), line.strip()) for line in lines])
with open("numbers.txt", "r+") as stream:
    print(stream.readline(), stream.tell(), stream.read(), stream.seek(0), stream.truncate(2))
with open("numbers.txt", "ab+") as stream:
    stream.write(b"end")
    stream.seek(0)
    print(stream.read(), stream.peek(), stream.name, stream.mode)
for mode, name in (("r", "missing.txt"), ("x", "numbers.txt"), ("rw", "numbers.txt"), ("r", ".")):
    try:
        open(name, mode)
    except (OSError, ValueError) as error:
        print(type(error).__name__, getattr(error, "strerror", None) or error)
with open("numbers.txt") as stream:
    try:
        stream.write("x")
    except io.UnsupportedOperation as error:
        print(error)
try:
    stream.read()
except ValueError as error:
    print(error)
reader, writer = io.BytesIO(b"0123456789"), io.StringIO(newline="")
buffered = io.BufferedReader(reader, 4)
print(buffered.peek(2)[:2], buffered.read1(3), buffered.readinto1(bytearray(2)), buffered.tell(), buffered.read())
os.remove("numbers.txt")
sys.stdout.reconfigure(errors="backslashreplace", encoding="ascii")
print("ascii only: ü €")
