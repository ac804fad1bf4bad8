# A metaclass whose checks never end.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox\.OutOfFuel
class Meta(type):
    def __instancecheck__(cls, instance):
        while True:
            pass

class Thing(metaclass=Meta):
    pass

isinstance(1, Thing)
