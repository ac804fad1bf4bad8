"""Bytes and bits: run lengths, variable-length numbers, checksums, struct."""
import struct


def pack_number(out, number):
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)


def unpack_numbers(data):
    number = shift = 0
    for byte in data:
        number |= (byte & 127) << shift
        if byte & 128:
            shift += 7
        else:
            yield number
            number = shift = 0


def run_lengths(data):
    out, at = bytearray(), 0
    while at < len(data):
        end = at
        while end < len(data) and data[end] == data[at] and end - at < 255:
            end += 1
        out += bytes((end - at, data[at]))
        at = end
    return bytes(out)


def checksum(data):
    a, b = 1, 0
    for byte in data:
        a = (a + byte) % 65521
        b = (b + a) % 65521
    return b << 16 | a


def run():
    out = bytearray()
    for number in range(0, 600000, 23):
        pack_number(out, number)
    records = b"".join(struct.pack("<IHd", n, n & 0xffff, n / 3) for n in range(6000))
    unpacked = sum(record[0] ^ record[1] for record in struct.iter_unpack("<IHd", records))
    return sum(unpack_numbers(out)), len(run_lengths(records)), checksum(out), unpacked
