# A literal a hundred thousand deep.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^(SyntaxError: too many nested parentheses|MemoryError|RecursionError)
import ast

ast.literal_eval("(" * 10**5 + ")" * 10**5)
