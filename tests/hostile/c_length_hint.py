# A length hint that lies.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
class Liar:
    def __length_hint__(self):
        return 2**30 - 2**20

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 2**29 - 5

bytearray().join([b""])
list(Liar())
