# An except clause whose class check loops.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
class Meta(type):
    def __subclasscheck__(cls, other):
        while True:
            pass

class Evil(Exception, metaclass=Meta):
    pass

try:
    match object():
        case Evil():
            pass
    issubclass(int, Evil)
except Evil:
    pass
