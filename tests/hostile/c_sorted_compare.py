# A sort whose comparison never ends, and swallows.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
class Evil:
    def __lt__(self, other):
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass

sorted([Evil(), Evil()])
