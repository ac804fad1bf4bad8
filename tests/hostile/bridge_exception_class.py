# An exception that says it is another, and whose class has a broken name.
# options: --fuel 100M
# expect: exception - 1
# stderr: 
class Meta(type):
    @property
    def __module__(cls):
        raise SystemExit(3)

class Evil(Exception, metaclass=Meta):
    @property
    def __class__(self):
        raise KeyError("class")

    @property
    def __traceback__(self):
        raise KeyError("traceback")

raise Evil("text")
