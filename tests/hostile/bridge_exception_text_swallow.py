# The same by one that does not listen.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: and it did not end in its grace
class Evil(Exception):
    def __str__(self):
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass

raise Evil
