"""A job scheduler on a heap, and other uses of heapq, sched and graphlib."""
import heapq
import itertools
import sched
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter


@dataclass(order=True)
class Job:
    due: float
    priority: int
    serial: int = field(default_factory=itertools.count().__next__)
    name: str = field(default="", compare=False)
    every: float = field(default=0, compare=False)


class Scheduler:
    def __init__(self):
        self.now, self.jobs, self.log = 0.0, [], []

    def add(self, name, due, priority=5, every=0):
        heapq.heappush(self.jobs, Job(due, priority, name=name, every=every))

    def run(self, until):
        while self.jobs and self.jobs[0].due <= until:
            job = self.jobs[0]
            self.now = job.due
            self.log.append((job.due, job.name))
            if job.every:
                heapq.heapreplace(self.jobs, Job(job.due + job.every, job.priority, name=job.name, every=job.every))
            else:
                heapq.heappop(self.jobs)


scheduler = Scheduler()
scheduler.add("backup", 10, every=10)
scheduler.add("mail", 3, every=4)
scheduler.add("urgent", 10, priority=0)
scheduler.add("report", 7)
scheduler.add("later", 99)
scheduler.run(until=24)
for due, name in scheduler.log:
    print(f"{due:5.1f} {name}")
print([job.name for job in sorted(scheduler.jobs)])

numbers = [27, 3, 91, 14, 8, 55, 3, 62]
heap = numbers[:]
heapq.heapify(heap)
print(heapq.heappushpop(heap, 1), [heapq.heappop(heap) for _ in range(len(heap))])
print(heapq.nlargest(3, numbers), heapq.nsmallest(2, ["pear", "fig", "apple"], key=len))
print(list(heapq.merge("adg", "beh", "cf", reverse=False)), list(heapq.merge([5, 3, 1], [4, 2], reverse=True)))


class Clock:
    now = 0

    def time(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


clock = Clock()
events = sched.scheduler(clock.time, clock.sleep)
events.enter(5, 1, lambda: print("at", clock.now))
second = events.enter(2, 1, lambda: print("at", clock.now))
cancelled = events.enter(3, 1, print, ("never",))
events.cancel(cancelled)
events.run()

recipe = {"bake": {"mix", "heat"}, "mix": {"eggs", "flour"}, "ice": {"bake", "sugar"}, "heat": set()}
sorter = TopologicalSorter(recipe)
sorter.prepare()
while sorter.is_active():
    ready = sorted(sorter.get_ready())
    print("together:", ready)
    sorter.done(*ready)
try:
    list(TopologicalSorter({"a": "b", "b": "c", "c": "a"}).static_order())
except CycleError as error:
    print(error.args[0], len(error.args[1]))
