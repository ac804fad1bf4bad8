# A __hash__ that asks for itself.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^RecursionError
class Evil:
    def __hash__(self):
        return hash((self,))

{Evil(): 1}
