"""Objects: methods, attributes, properties, inheritance, a linked queue."""


class Node:
    def __init__(self, value):
        self.value = value
        self.next = None


class Queue:
    def __init__(self):
        self.head = self.tail = None
        self._length = 0

    @property
    def length(self):
        return self._length

    def push(self, value):
        node = Node(value)
        if self.tail is None:
            self.head = node
        else:
            self.tail.next = node
        self.tail = node
        self._length += 1

    def pop(self):
        node = self.head
        self.head = node.next
        if self.head is None:
            self.tail = None
        self._length -= 1
        return node.value


class Adder(Queue):
    total = 0

    def push(self, value):
        super().push(value)
        self.total += value


def run():
    queue = Adder()
    for n in range(120_000):
        queue.push(n)
        if queue.length > 100:
            queue.total -= queue.pop()
    return queue.total
