"""Runs one program of bench/programs: the same file for every interpreter measured.

Its source is standard input, so that a box needs no mounted folder. It is run once to warm up, and then as often
as the argument says. Its result is printed, to be compared.
"""
import sys

space = {"__name__": "program"}
exec(compile(sys.stdin.read(), "program", "exec"), space)
result = space["run"]()
for _ in range(int(sys.argv[1])):
    space["run"]()
print(repr(result))
