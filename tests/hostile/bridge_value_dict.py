# A dictionary whose items never end: nobody asks for them.
# options: --fuel 100M
# mode: eval
# expect: done - 0
class Evil(dict):
    def items(self):
        while True:
            yield "a", 1

Evil(a=1)
