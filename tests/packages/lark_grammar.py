# packages: lark
from lark import Lark, Transformer, UnexpectedInput, v_args

grammar = """
    ?start: sum
    ?sum: product | sum "+" product -> add | sum "-" product -> sub
    ?product: atom | product "*" atom -> mul | product "/" atom -> div
    ?atom: NUMBER -> number | "-" atom -> neg | "(" sum ")"
    %import common.NUMBER
    %ignore " "
"""


@v_args(inline=True)
class Calculate(Transformer):
    from operator import add, mul, neg, sub, truediv as div

    number = float


for parser in (Lark(grammar, parser="lalr"), Lark(grammar, parser="earley")):
    tree = parser.parse("2 * (3 + 4) - -1 / 4")
    print(tree.pretty(), Calculate().transform(tree))
try:
    Lark(grammar, parser="lalr").parse("1 + * 2")
except UnexpectedInput as error:
    print(type(error).__name__, error.get_context("1 + * 2"), sorted(error.expected))
