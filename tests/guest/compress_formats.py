"""The same data through every compressor, whole and as a stream."""
import bz2
import gzip
import io
import lzma
import os
import tempfile
import zlib

data = "".join(f"{n}: the quick brown fox jumps over the lazy dog; {n * n}\n" for n in range(2000)).encode()
print(len(data), hex(zlib.crc32(data)), hex(zlib.adler32(data)))

for name, compress, decompress, errors in (
        ("zlib", zlib.compress, zlib.decompress, zlib.error),
        ("gzip", lambda d: gzip.compress(d, mtime=0), gzip.decompress, (OSError, EOFError, zlib.error)),
        ("bz2", bz2.compress, bz2.decompress, (OSError, ValueError)),
        ("lzma", lzma.compress, lzma.decompress, lzma.LZMAError)):
    packed = compress(data)
    print(name, decompress(packed) == data, len(packed) < len(data) // 4)
    for damage in (packed[:-10], b"\x00" + packed[1:]):
        try:
            decompress(damage)
            print("  not noticed")
        except errors as error:
            print("  ", type(error).__name__)

stream = zlib.compressobj(level=9, wbits=-15)
raw = b"".join(stream.compress(data[i:i + 1000]) for i in range(0, len(data), 1000)) + stream.flush()
inflater = zlib.decompressobj(wbits=-15)
out = bytearray()
pending = raw
while not inflater.eof:
    out += inflater.decompress(pending, 4096)
    pending = inflater.unconsumed_tail
print("raw deflate:", out == data, inflater.unused_data)

path = os.path.join(tempfile.gettempdir(), "lines.bz2")
with bz2.open(path, "wt", encoding="utf-8") as stream:
    stream.writelines(f"línea {n}\n" for n in range(1000))
with bz2.open(path, "rt", encoding="utf-8") as stream:
    print(sum(len(line) for line in stream))

filters = [{"id": lzma.FILTER_DELTA, "dist": 4}, {"id": lzma.FILTER_LZMA2, "preset": 6}]
packed = lzma.compress(bytes(range(256)) * 40, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC64, filters=filters)
print(lzma.decompress(packed)[250:260], lzma.is_check_supported(lzma.CHECK_SHA256))

buffer = io.BytesIO()
with gzip.GzipFile("notes.txt", "wb", fileobj=buffer, mtime=1_700_000_000) as member:
    member.write(b"first\n")
buffer.write(gzip.compress(b"second\n", mtime=0))
buffer.seek(0)
with gzip.open(buffer, "rt") as stream:
    print(stream.read().split())
print(zlib.decompress(zlib.compress(b"")), zlib.compressobj(zdict=b"hello world").compress(b"")[:2].hex())
