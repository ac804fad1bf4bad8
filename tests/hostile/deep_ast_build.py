# A syntax tree that is built too deep for the compiler.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^RecursionError
import ast

tree = ast.Constant(1, lineno=1, col_offset=0)
for _ in range(10**5):
    tree = ast.UnaryOp(ast.USub(), tree, lineno=1, col_offset=0)
compile(ast.Expression(tree), "deep.py", "eval")
