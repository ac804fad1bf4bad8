# Objects that hold each other.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^MemoryError
class Node:
    def __init__(self, before):
        self.before = before

node = None
while True:
    node = Node(node)
