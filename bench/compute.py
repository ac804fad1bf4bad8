"""Runs one program of bench/programs and prints its CPU time: the same file for every interpreter measured.

Its source is standard input, so that a box needs no mounted folder. The first run, which is not counted, warms
up; its result is printed to be compared.
"""
import sys
import time

space = {"__name__": "program"}
exec(compile(sys.stdin.read(), "program", "exec"), space)
result = space["run"]()
times = []
for _ in range(int(sys.argv[1])):
    start = time.process_time()
    space["run"]()
    times.append(time.process_time() - start)
print(min(times), repr(result))
