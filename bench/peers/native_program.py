"""Native CPython that computes: the part of an adapter that `compute:PATH` needs, and `check`. native_peer.py could
do it too, but the modules that it has imported are objects, which the garbage collector goes through."""
import json
import sys
import time

path = space = result = None
for line in sys.stdin:
    task, _, count = line.split()
    if task == "check":
        print(json.dumps({"version": "Python " + sys.version.split()[0]}), flush=True)
        continue
    if task != "compute:" + str(path):
        path, space = task.partition(":")[2], {"__name__": "__main__"}
        with open(path, encoding="utf-8") as stream:
            exec(compile(stream.read(), "<run>", "exec"), space)
        result = repr(space["run"]())
    run = space["run"]
    walls, cpus = [], []
    for _ in range(int(count)):
        cpu, wall = time.process_time_ns(), time.perf_counter_ns()
        run()
        walls.append(time.perf_counter_ns() - wall)
        cpus.append(time.process_time_ns() - cpu)
    print(json.dumps({"elapsed_ns": sum(walls), "cpu_ns": sum(cpus), "wall_each_ns": walls, "cpu_each_ns": cpus,
                      "result": result}), flush=True)
