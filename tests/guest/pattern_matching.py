"""match statements over messages, points, trees and JSON-like data."""
from dataclasses import dataclass
from enum import Enum


class Op(Enum):
    ADD = "+"
    MUL = "*"
    NEG = "-"


@dataclass
class Num:
    value: float


@dataclass
class Node:
    op: Op
    args: list


def simplify(tree):
    match tree:
        case Node(Op.NEG, [Node(Op.NEG, [inner])]):
            return simplify(inner)
        case Node(Op.MUL, [Num(0), _]) | Node(Op.MUL, [_, Num(0)]):
            return Num(0)
        case Node(Op.ADD, [Num(0), other] | [other, Num(0)]) | Node(Op.MUL, [Num(1), other] | [other, Num(1)]):
            return simplify(other)
        case Node(op, args) if tree != (new := Node(op, [simplify(arg) for arg in args])):
            return simplify(new)
        case Node(Op.ADD | Op.MUL as op, [Num(a), Num(b)]):
            return Num(a + b if op is Op.ADD else a * b)
    return tree


def describe(value):
    match value:
        case None | True | False:
            return f"constant {value}"
        case int(n) if n < 0:
            return f"negative {n}"
        case int() | float():
            return f"number {value}"
        case "":
            return "empty text"
        case str(text):
            return f"text of {len(text)}"
        case []:
            return "empty list"
        case [x]:
            return f"just {describe(x)}"
        case [first, *rest, last]:
            return f"{describe(first)} to {describe(last)} with {len(rest)} between"
        case {"type": "user", "name": str(name), **rest}:
            return f"user {name}, also {sorted(rest)}"
        case {"error": {"code": 400 | 404 as code}}:
            return f"client error {code}"
        case {"error": _}:
            return "some error"
        case {}:
            return f"mapping of {len(value)}"
        case complex(real=0, imag=y):
            return f"imaginary {y}"
    return f"unknown {type(value).__name__}"


x = Num(7)
print(simplify(Node(Op.ADD, [Num(0), Node(Op.MUL, [Num(1), Node(Op.NEG, [Node(Op.NEG, [x])])])])))
print(simplify(Node(Op.MUL, [Node(Op.NEG, [x]), Node(Op.MUL, [Num(0), x])])))
print(simplify(Node(Op.ADD, [Node(Op.MUL, [Num(2), Num(3)]), Node(Op.ADD, [Num(1), Num(0)])])))
for value in (None, True, -3, 2.5, "", "abc", [], [1], [[], 2, {}], (1, "x"), {"type": "user", "name": "ann", "age": 3, "b": 1},
              {"type": "user"}, {"error": {"code": 404}}, {"error": 1}, {}, 2j, 1 + 2j, {1, 2}, b"bytes", range(3)):
    print(f"{value!r:55} {describe(value)}")


def command(line):
    match line.split():
        case ["go", ("north" | "south") as where]:
            return f"going {where}"
        case ["take", thing, *_] if thing.isalpha():
            return f"taking {thing}"
        case [verb, *words]:
            return f"{verb}? with {words}"
        case _:
            return "nothing said"


print([command(line) for line in ("go north", "go up", "take lamp now", "take 5", "", "jump")])
for source in ("match 1:\n case x: pass\n case y: pass", "match 1:\n case [*a, *b]: pass", "match 1:\n case a | b: pass", "match 1:\n case Num(1, 2, value=3): print(1)"):
    try:
        exec(source)
        print("ran")
    except (SyntaxError, TypeError) as error:
        print(type(error).__name__, error)
try:
    match x:
        case Num(7, 8):
            pass
except TypeError as error:
    print(error)
