# An exception whose text is enormous.
# options: --fuel 10G
# expect: exception - 1
# stderr: characters left out
raise ValueError("x" * 10**7)
