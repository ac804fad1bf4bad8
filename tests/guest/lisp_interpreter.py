"""A Lisp: reader, lexical scope, tail calls, macros, errors."""
import operator as op
import re
from functools import reduce


class Symbol(str):
    __slots__ = ()


class LispError(Exception):
    pass


def read(text):
    tokens = re.findall(r"""\s*(?:;.*\n)*\s*([()'`,]|"(?:\\.|[^"\\])*"|[^\s()'";]+)""", text)
    place = 0

    def form():
        nonlocal place
        if place >= len(tokens):
            raise LispError("unexpected end")
        token = tokens[place]
        place += 1
        if token == "(":
            items = []
            while place < len(tokens) and tokens[place] != ")":
                items.append(form())
            if place >= len(tokens):
                raise LispError("missing )")
            place += 1
            return items
        if token == ")":
            raise LispError("unexpected )")
        if token == "'":
            return [Symbol("quote"), form()]
        if token[0] == '"':
            return token[1:-1].replace('\\"', '"')
        for kind in (int, float):
            try:
                return kind(token)
            except ValueError:
                pass
        return {"#t": True, "#f": False}.get(token, Symbol(token))

    while place < len(tokens):
        yield form()


class Scope(dict):
    def __init__(self, names=(), values=(), outer=None):
        super().__init__(zip(names, values))
        self.outer = outer

    def find(self, name):
        scope = self
        while scope is not None:
            if name in scope:
                return scope
            scope = scope.outer
        raise LispError(f"unbound: {name}")


class Procedure:
    def __init__(self, names, body, scope, macro=False):
        self.names, self.body, self.scope, self.macro = names, body, scope, macro

    def bind(self, values):
        if len(values) != len(self.names):
            raise LispError(f"expected {len(self.names)} arguments, got {len(values)}")
        return Scope(self.names, values, self.scope)

    def __call__(self, *values):
        return evaluate([Symbol("begin"), *self.body], self.bind(values))


def evaluate(x, scope):
    while True:
        if isinstance(x, Symbol):
            return scope.find(x)[x]
        if not isinstance(x, list):
            return x
        if not x:
            return []
        match x:
            case ["quote", value]:
                return value
            case ["if", test, yes, *no]:
                x = yes if evaluate(test, scope) is not False else no[0] if no else []
                continue
            case ["define", [name, *names], *body]:
                scope[name] = Procedure(names, body, scope)
                return None
            case ["define", name, value]:
                scope[name] = evaluate(value, scope)
                return None
            case ["set!", name, value]:
                scope.find(name)[name] = evaluate(value, scope)
                return None
            case ["lambda" | "macro" as kind, names, *body]:
                return Procedure(names, body, scope, kind == "macro")
            case ["let", pairs, *body]:
                scope = Scope([n for n, _ in pairs], [evaluate(v, scope) for _, v in pairs], scope)
                x = [Symbol("begin"), *body]
                continue
            case ["begin", *forms]:
                for form in forms[:-1]:
                    evaluate(form, scope)
                x = forms[-1]
                continue
        function = evaluate(x[0], scope)
        if isinstance(function, Procedure) and function.macro:
            x = function(*x[1:])
            continue
        values = [evaluate(argument, scope) for argument in x[1:]]
        if isinstance(function, Procedure):
            scope, x = function.bind(values), [Symbol("begin"), *function.body]
        elif callable(function):
            try:
                return function(*values)
            except (TypeError, ArithmeticError, IndexError) as error:
                raise LispError(str(error)) from error
        else:
            raise LispError(f"{show(function)} cannot be called")


def show(value):
    match value:
        case bool():
            return "#t" if value else "#f"
        case list():
            return "(" + " ".join(map(show, value)) + ")"
        case Symbol():
            return value
        case str():
            return f'"{value}"'
        case Procedure():
            return "#<procedure>"
    return str(value)


WORLD = Scope()
WORLD.update({"+": lambda *v: sum(v), "*": lambda *v: reduce(op.mul, v, 1), "-": lambda a, *b: a - sum(b) if b else -a, "/": op.truediv,
              "=": op.eq, "<": op.lt, ">": op.gt, "mod": op.mod, "car": lambda v: v[0], "cdr": lambda v: v[1:], "cons": lambda a, b: [a, *b],
              "list": lambda *v: list(v), "null?": lambda v: v == [], "map": lambda f, v: [f(i) for i in v], "append": op.add,
              "string-append": lambda *v: "".join(v), "length": len})
PROGRAM = """
(define (fact n) (if (< n 2) 1 (* n (fact (- n 1)))))
(fact 30)
(define (loop n acc) (if (= n 0) acc (loop (- n 1) (+ acc n)))) ; a tail call
(loop 20000 0)
(define (compose f g) (lambda (x) (f (g x))))
((compose (lambda (x) (* x x)) (lambda (x) (+ x 1))) 6)
(define counter (let ((n 0)) (lambda () (set! n (+ n 1)) n)))
(counter) (counter)
(define unless (macro (test a b) (list 'if test b a)))
(unless (> 1 2) "no" (car '()))
(define (filter p l) (if (null? l) '() (if (p (car l)) (cons (car l) (filter p (cdr l))) (filter p (cdr l)))))
(define (quicksort l) (if (null? l) l (let ((p (car l)) (r (cdr l)))
  (append (quicksort (filter (lambda (x) (< x p)) r)) (cons p (quicksort (filter (lambda (x) (not< x p)) r)))))))
(define (not< a b) (if (< a b) #f #t))
(quicksort '(3 1 4 1 5 9 2 6 5 3 5))
(map fact '(1 2 3 4 5))
(string-append "a \\"quoted\\" " "b")
'(a (b . c) 1.5 #t ())
compose
"""
for form in read(PROGRAM):
    value = evaluate(form, WORLD)
    if value is not None:
        print(show(form)[:50], "=>", show(value))
for bad in ("(car '())", "nothing", "(1 2)", "(fact)", "(+ 1", ")", "(/ 1 0)", "(+ 1 \"a\")"):
    try:
        print(show(evaluate(next(read(bad)), WORLD)))
    except LispError as error:
        print(bad, "!!", error)
