# Whatever is raised is swallowed.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
while True:
    try:
        while True:
            pass
    except BaseException:
        continue
