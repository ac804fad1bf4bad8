import circular_b
value = 1
