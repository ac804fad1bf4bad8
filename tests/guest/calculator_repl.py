"""A calculator that reads standard input: tokens, precedence climbing, variables, functions."""
import math
import operator
import re
import sys

TOKEN = re.compile(r"\s*(?:(?P<number>\d+\.?\d*)|(?P<name>[a-z]\w*)|(?P<sign>[-+*/%^(),=]))")
BINARY = {"+": (1, operator.add), "-": (1, operator.sub), "*": (2, operator.mul), "/": (2, operator.truediv),
          "%": (2, operator.mod), "^": (4, operator.pow)}


class Problem(Exception):
    pass


def tokens(text):
    text, place = text.rstrip(), 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if not match:
            raise Problem(f"unexpected {text[place:].strip()[0]!r} at {place}")
        place = match.end()
        yield match.lastgroup, match[match.lastgroup]
    yield "end", ""


class Calculator:
    def __init__(self):
        self.names = {"pi": math.pi, "sqrt": math.sqrt, "max": max}

    def run(self, line):
        if match := re.fullmatch(r"\s*(\w+)\(([\w, ]+)\)\s*=(.+)", line):
            name, parameters, body = match.groups()
            parameters = [parameter.strip() for parameter in parameters.split(",")]
            self.names[name] = lambda *values: self.evaluate(body, {**self.names, **dict(zip(parameters, values))})
            return f"{name}/{len(parameters)} defined"
        if match := re.fullmatch(r"\s*([a-z]\w*)\s*=(.+)", line):
            self.names[match[1]] = value = self.evaluate(match[2], self.names)
            return f"{match[1]} = {value:g}"
        return f"{self.evaluate(line, self.names):.10g}"

    def evaluate(self, text, names):
        self.names, saved = names, self.names
        rest, self.rest = list(tokens(text)), getattr(self, "rest", [])
        outer, self.rest = self.rest, rest
        try:
            value = self.expression(0)
            if self.rest[0][0] != "end":
                raise Problem(f"unexpected {self.rest[0][1]!r}")
            return value
        finally:
            self.names, self.rest = saved, outer

    def expression(self, least):
        value = self.operand()
        while self.rest[0][1] in BINARY and BINARY[self.rest[0][1]][0] > least:
            precedence, function = BINARY[self.rest.pop(0)[1]]
            value = function(value, self.expression(precedence - (function is operator.pow)))
        return value

    def operand(self):
        kind, text = self.rest.pop(0)
        if kind == "number":
            return float(text)
        if text == "-":
            return -self.expression(3)
        if text == "(":
            value = self.expression(0)
            self.expect(")")
            return value
        if kind == "name":
            if text not in self.names:
                raise Problem(f"unknown name {text!r}")
            value = self.names[text]
            if not callable(value):
                return value
            self.expect("(")
            arguments = [self.expression(0)]
            while self.rest[0][1] == ",":
                self.rest.pop(0)
                arguments.append(self.expression(0))
            self.expect(")")
            return value(*arguments)
        raise Problem(f"unexpected {text or 'end'!r}")

    def expect(self, sign):
        if self.rest.pop(0)[1] != sign:
            raise Problem(f"{sign!r} expected")


def main():
    calculator = Calculator()
    print("ready" if not sys.stdin.isatty() else "> ", end="\n")
    while True:
        try:
            line = input()
        except EOFError:
            print("end of input")
            return
        line = line.partition("#")[0].strip()
        if line == "quit":
            print("bye,", len(sys.stdin.read().splitlines()), "line left")
            return
        if line:
            try:
                print(f"{line:20} -> {calculator.run(line)}")
            except (Problem, ArithmeticError) as problem:
                print(f"{line:20} !! {problem}")


if __name__ == "__main__":
    main()
