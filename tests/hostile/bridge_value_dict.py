# A dictionary whose items never end.
# options: --fuel 100M
# mode: eval
# expect: out_of_fuel fuel 121
class Evil(dict):
    def items(self):
        while True:
            yield "a", 1

Evil(a=1)
