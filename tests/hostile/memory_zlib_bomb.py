# A small file that is a gigabyte.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
import zlib

packer = zlib.compressobj(9)
bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(256)) + packer.flush()
zlib.decompress(bomb)
