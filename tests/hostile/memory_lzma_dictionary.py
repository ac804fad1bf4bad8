# A header that asks for a dictionary of a gigabyte.
# options: --memory 96M
# expect: exception - 1
# stderr: ^(_lzma|lzma)\.LZMAError
import lzma

lzma.decompress(b"\x5d\xff\xff\xff\x7f" + b"\xff" * 8 + bytes(1000), format=lzma.FORMAT_ALONE, memlimit=2**20)
