# A value whose repr() ends the program.
# options: --fuel 100M
# mode: eval
# expect: exit - 3
class Evil:
    def __repr__(self):
        raise SystemExit(3)

Evil()
