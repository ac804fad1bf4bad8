# Objects that are born again in their __del__.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
class Phoenix:
    def __del__(self):
        Phoenix()

Phoenix()
while True:
    pass
