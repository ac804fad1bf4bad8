# Decimals of the greatest precision.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
import decimal

decimal.getcontext().prec = 200_000_000
decimal.Decimal(1) / 3
