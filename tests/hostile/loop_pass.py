# The plainest endless loop.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
# stderr: ^pybox: stopped: the fuel of 100M was used up at line (6|7) of loop_pass\.py; try --fuel 200M$
while True:
    pass
