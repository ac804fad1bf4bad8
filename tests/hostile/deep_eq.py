# Lists that hold themselves are compared.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^RecursionError
a, b = [], []
a.append(b)
b.append(a)
a == b
