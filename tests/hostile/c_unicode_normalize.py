# A character that becomes eighteen.
# options: --memory 160M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
import unicodedata

unicodedata.normalize("NFKD", "\ufdfa" * 10**7)
