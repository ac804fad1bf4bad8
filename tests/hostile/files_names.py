# Names that are too long.
# options: --fuel 100M
# expect: exception - 1
# stderr: ^OSError
open("/tmp/" + "x" * 10**5, "w")
