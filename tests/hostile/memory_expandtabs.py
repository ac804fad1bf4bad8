# Tabs that are a hundred thousand wide.
# options: --memory 96M
# expect: exception - 1
# stderr: ^OverflowError
("\t" * 10**5).expandtabs(10**5)
