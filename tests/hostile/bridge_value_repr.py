# A value whose repr() never ends.
# options: --fuel 100M
# mode: eval
# expect: out_of_fuel fuel 121
class Evil:
    def __repr__(self):
        while True:
            pass

Evil()
