# The same for lzma.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
import lzma

packer = lzma.LZMACompressor(preset=0)
bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(192)) + packer.flush()
lzma.decompress(bomb)
