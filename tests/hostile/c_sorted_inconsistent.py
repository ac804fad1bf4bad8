# A sort whose comparison lies and changes the list.
# options: --fuel 100M
# expect: exception - 1
# stderr: ^ValueError: list modified during sort
class Evil:
    def __lt__(self, other):
        items.append(Evil())
        items.clear()
        return True

items = [Evil() for _ in range(1000)]
items.sort()
