# Texts that are no texts, in an exception.
# options: --fuel 100M
# expect: exception - 1
# stderr: evil|name
class Text(str):
    def __len__(self):
        return 2**31 - 1

    def __str__(self):
        return self

    def encode(self, *args):
        return 17

    def __format__(self, form):
        return self

class Evil(Exception):
    def __str__(self):
        return Text("evil")

Evil.__module__ = Text("module")
Evil.__qualname__ = Text("name")
raise Evil(Text("argument"))
