# A fraction with an exponent of ten digits.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
import fractions

fractions.Fraction("1e9999999999")
