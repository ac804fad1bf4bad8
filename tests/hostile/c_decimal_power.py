# A power of decimals that takes hours.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import decimal

decimal.getcontext().prec = 100_000
decimal.Decimal(2) ** decimal.Decimal("0.3")
