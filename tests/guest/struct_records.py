"""Writes and reads a binary file format: headers, records, checksums, bit fields; arrays and memoryviews."""
import array
import binascii
import io
import struct
import sys
import zlib

HEADER = struct.Struct("<4sHHI")
RECORD = struct.Struct(">I8sdh?x")


def write(records):
    body = b"".join(RECORD.pack(number, name.encode().ljust(8, b"\0"), value, delta, flag)
                    for number, name, value, delta, flag in records)
    return HEADER.pack(b"REC1", 1, len(records), zlib.crc32(body)) + body


def read(data):
    if len(data) < HEADER.size:
        raise ValueError(f"{len(data)} bytes are too few for a header")
    magic, version, count, checksum = HEADER.unpack_from(data)
    if magic != b"REC1" or version != 1:
        raise ValueError(f"not a record file: {magic!r} version {version}")
    body = memoryview(data)[HEADER.size:]
    if len(body) != count * RECORD.size:
        raise ValueError(f"expected {count} records, found {len(body) / RECORD.size:g}")
    if zlib.crc32(body) != checksum:
        raise ValueError("checksum does not match")
    for number, name, value, delta, flag in RECORD.iter_unpack(body):
        yield number, name.rstrip(b"\0").decode(), value, delta, flag


records = [(1, "alpha", 3.25, -7, True), (2 ** 32 - 1, "größe", -1e300, 32767, False), (0, "", float("inf"), 0, True)]
data = write(records)
print(HEADER.size, RECORD.size, len(data), binascii.hexlify(data[:20], " ", 4).decode())
print(list(read(data)) == records)
for broken in (data[:5], b"XXXX" + data[4:], data[:-3], data[:-1] + b"\1"):
    try:
        list(read(broken))
    except ValueError as error:
        print("ValueError:", error)
for format, values in (("<hhl", (1, -2, 3)), (">q", (-2 ** 63,)), ("<e", (1.5,)), ("!2H", (1, 65535)), ("<3s5p", (b"abcd", b"xy")), ("<?b", (1, -1))):
    print(format, struct.pack(format, *values).hex(), struct.calcsize(format), struct.unpack(format, struct.pack(format, *values)))
for bad in (lambda: struct.pack("<B", 256), lambda: struct.unpack("<I", b"abc"), lambda: struct.pack("<h", "x"), lambda: struct.calcsize("<Z")):
    try:
        bad()
    except struct.error as error:
        print("struct.error:", error)

numbers = array.array("i", range(10))
numbers.byteswap()
swapped = numbers.tobytes()[:8]
numbers.byteswap()
print(swapped.hex(), numbers[-1], numbers.itemsize, array.array("d", [1.5]).tobytes().hex(), numbers.index(7), sys.byteorder)
view = memoryview(bytearray(b"abcdefghijkl"))
grid = view.cast("B", (3, 4))
print(grid.shape, grid.strides, grid[1, 2], grid.tolist()[2], view[::-2].tobytes(), view.cast("H")[0] == int.from_bytes(b"ab", sys.byteorder))
view[2:5] = b"XYZ"
print(view.obj, view.readonly, memoryview(b"x").readonly, view[3:6] == b"YZf")
try:
    view.obj.append(1)
except BufferError as error:
    print("BufferError:", error)
print(int.from_bytes(b"\xff\xfe", "big", signed=True), (1000).to_bytes(3, "little"), (5).bit_length(), (255).bit_count())
stream = io.BytesIO(data)
buffer = bytearray(6)
print(stream.readinto(buffer), bytes(buffer), stream.seek(-2, io.SEEK_END), stream.read(), binascii.crc_hqx(b"123456789", 0))
flags = 0b10110
print([flags >> bit & 1 for bit in range(5)], f"{flags ^ 0b11111:05b}", bytes.fromhex("de ad be ef"), b"%b-%04x" % (b"x", 255))
