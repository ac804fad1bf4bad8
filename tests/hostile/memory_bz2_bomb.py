# The same for bz2.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
import bz2

packer = bz2.BZ2Compressor()
bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(192)) + packer.flush()
bz2.decompress(bomb)
