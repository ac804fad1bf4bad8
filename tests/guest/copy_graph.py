"""Shallow and deep copies of a graph with cycles, shared parts and its own rules."""
import copy
from collections import defaultdict, deque


class Node:
    def __init__(self, name):
        self.name = name
        self.links = []

    def __repr__(self):
        return f"{self.name}->{''.join(link.name for link in self.links)}"


class Connection:
    """Is shared, never copied."""

    def __deepcopy__(self, memo):
        return self


class Matrix:
    def __init__(self, rows):
        self.rows = rows
        self.copied = 0

    def __copy__(self):
        twin = Matrix([row[:] for row in self.rows])
        twin.copied = self.copied + 1
        return twin

    def __replace__(self, /, **changes):
        twin = copy.copy(self)
        for name, value in changes.items():
            setattr(twin, name, value)
        return twin


a, b, c = map(Node, "abc")
a.links += [b, c]
b.links += [c]
c.links += [a]
connection = Connection()
world = {"nodes": [a, b, c], "start": a, "db": connection, "queue": deque([a, b], maxlen=5),
         "index": defaultdict(list, {"x": [a]}), "pair": (a, [b]), "plain": (1, 2)}

shallow = copy.copy(world)
shallow["nodes"].append("added")
print(len(world["nodes"]), shallow["start"] is a)
world["nodes"].pop()

deep = copy.deepcopy(world)
start = deep["start"]
print(start is a, start is deep["nodes"][0] is deep["queue"][0] is deep["pair"][0] is deep["index"]["x"][0])
print(start.links[1].links[0] is start, deep["db"] is connection, deep["plain"] is world["plain"])
start.name = "A"
start.links.pop()
print(deep["nodes"], world["nodes"], deep["queue"].maxlen, deep["index"]["new"])

loop = [1]
loop.append(loop)
twin = copy.deepcopy(loop)
print(twin, twin[1] is twin, twin is loop)
matrix = Matrix([[1, 2], [3, 4]])
other = copy.copy(matrix)
other.rows[0][0] = 99
print(matrix.rows, other.rows, other.copied, copy.replace(matrix, rows=[]).rows)
for value in (42, "text", (1, 2), frozenset({1}), None, len, Node, range(3)):
    print(copy.deepcopy(value) is value, end=" ")
print()
try:
    copy.deepcopy(value for value in "generator")
except TypeError as error:
    print(error)
memo = {}
copy.deepcopy(a, memo)
print(sum(isinstance(value, Node) for value in memo.values()))
nested = []
for _ in range(200):
    nested = [nested]
depth = 0
deep = copy.deepcopy(nested)
while deep:
    deep, depth = deep[0], depth + 1
print(depth)
