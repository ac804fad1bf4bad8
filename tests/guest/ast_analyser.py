"""Reads source code: counts, finds names that are never used, rewrites expressions, compiles."""
import ast
import dis
import io
import keyword
import symtable
import tokenize

SOURCE = '''
import os, sys as system
from math import pi

UNUSED = 3

class Circle:
    """A circle."""
    def __init__(self, r: float = 1.0):
        self.r = r
    async def area(self):
        x = 2 ** 10 * 3
        return pi * self.r ** 2 if self.r else 0

def main(*args, **kw):
    total = sum([Circle(n).r for n in range(3)])
    match args:
        case [first, *_]:
            print(f"{first!r:>10} {total}", file=system.stderr)
    return lambda q: q + len(args)
'''


class Census(ast.NodeVisitor):
    def __init__(self):
        self.imported, self.used, self.functions, self.depth = {}, set(), [], 0

    def visit_Import(self, node):
        for alias in node.names:
            self.imported[alias.asname or alias.name] = node.lineno
    visit_ImportFrom = visit_Import

    def visit_FunctionDef(self, node):
        self.functions.append((self.depth, node.name, ast.unparse(node.args), ast.get_docstring(node)))
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1
    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Load):
            self.used.add(node.id)


class Folder(ast.NodeTransformer):
    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.left, ast.Constant) and isinstance(node.right, ast.Constant):
            return ast.copy_location(ast.Constant(eval(compile(ast.Expression(node), "", "eval"))), node)
        return node


tree = ast.parse(SOURCE, "example.py")
census = Census()
census.visit(tree)
print(census.functions)
print("imported, not used:", {name: line for name, line in census.imported.items() if name not in census.used})
print(ast.dump(ast.parse("x: int = -1", mode="exec"), indent=2))
folded = ast.unparse(ast.fix_missing_locations(Folder().visit(tree)))
print([line for line in folded.splitlines() if "x =" in line or "f\"" in line or "f'" in line])
namespace = {}
exec(compile(tree, "example.py", "exec"), namespace)
print(namespace["main"](1, 2)(3), namespace["Circle"].__doc__)


def calculate(expression, names):
    operators = {ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b, ast.Div: lambda a, b: a / b}

    def value(node):
        match node:
            case ast.Constant(int() | float() as number):
                return number
            case ast.BinOp(left, operator, right) if type(operator) in operators:
                return operators[type(operator)](value(left), value(right))
            case ast.UnaryOp(ast.USub(), operand):
                return -value(operand)
            case ast.Name(name) if name in names:
                return names[name]
        raise ValueError(f"{ast.unparse(node)!r} is not allowed")

    return value(ast.parse(expression, mode="eval").body)


for expression in ("2 * (3 + x) / -4", "__import__('os')", "x.y", "2 +"):
    try:
        print(expression, "=", calculate(expression, {"x": 5}))
    except (ValueError, SyntaxError) as error:
        print(expression, "->", type(error).__name__, error)
print(ast.literal_eval("{'a': [1, -2.5, (None, True)], b'x': {1}}"))
table = symtable.symtable(SOURCE, "example.py", "exec")
print([(t.get_name(), t.get_type().value if hasattr(t.get_type(), "value") else t.get_type()) for t in table.get_children()],
      sorted(s.get_name() for s in table.get_symbols() if s.is_imported()))
tokens = [token for token in tokenize.generate_tokens(io.StringIO("if x >= 0x1F: # note\n    y = 'a' 'b'\n").readline)]
print([(tokenize.tok_name[token.exact_type], token.string) for token in tokens if token.string.strip()])
print([instruction.opname for instruction in dis.get_instructions(lambda x: x + 1)], keyword.iskeyword("match"), keyword.issoftkeyword("match"))
for bad in ("x = (1,\n", "def f(:\n  pass", "  x\n y", "x = 1 +* 2", "'abc", "print 'x'", "f(a=1, a=2)", "return 1", "break"):
    try:
        compile(bad, "bad.py", "exec")
    except SyntaxError as error:
        print(type(error).__name__, error)
