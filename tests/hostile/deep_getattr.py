# A __getattr__ that asks for itself.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^RecursionError
class Evil:
    def __getattr__(self, name):
        return getattr(self, name + "x")

Evil().x
