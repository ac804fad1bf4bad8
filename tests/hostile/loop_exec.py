# A loop in code that is made while it runs.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
# stderr: at line [12] of made\.py
exec(compile("while True:\n    pass\n", "made.py", "exec"))
