"""The native side of bench/pairs: what pairs_box.c does, in the interpreter that runs this."""
import json
import sys
import time

space = {"__name__": "__main__"}
with open(sys.argv[1], encoding="utf-8") as stream:
    exec(compile(stream.read(), "program", "exec"), space)
print(json.dumps(space["run"](), separators=(",", ":")), flush=True)
for line in sys.stdin:
    code = compile(f"for _ in range({int(line)}): run()", "numbered", "exec")
    start = time.thread_time_ns()
    exec(code, space)
    print(time.thread_time_ns() - start, flush=True)
