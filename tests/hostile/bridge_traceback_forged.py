# A code object with a file name that writes to the terminal.
# options: --fuel 100M
# expect: exception - 1
# stderr: ^ZeroDivisionError
code = compile("1 / 0", "x\x1b[2J.py", "exec").replace(co_name="f\n  File \"forged.py\", line 1, in g")
exec(code)
