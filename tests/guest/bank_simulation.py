"""A discrete-event simulation of a bank with two counters, seeded, with generators as processes."""
import heapq
import random
from collections import deque
from statistics import fmean


class World:
    def __init__(self):
        self.now, self.events, self.serial = 0.0, [], 0

    def start(self, process, delay=0.0):
        self.serial += 1
        heapq.heappush(self.events, (self.now + delay, self.serial, process))

    def run(self, until):
        while self.events and self.events[0][0] <= until:
            self.now, _, process = heapq.heappop(self.events)
            try:
                request = next(process)
            except StopIteration:
                continue
            if isinstance(request, Counter):
                request.queue.append(process)
                request.serve()
            else:
                self.start(process, request)


class Counter:
    def __init__(self, world, places):
        self.world, self.free, self.queue, self.longest = world, places, deque(), 0

    def serve(self):
        self.longest = max(self.longest, len(self.queue))
        while self.free and self.queue:
            self.free -= 1
            self.world.start(self.queue.popleft())

    def release(self):
        self.free += 1
        self.serve()


def customer(world, name, counter, rng, waits):
    arrived = world.now
    yield counter
    waits.append(world.now - arrived)
    if len(waits) <= 4:
        print(f"{world.now:7.3f} {name} is served after {waits[-1]:.3f}")
    yield rng.expovariate(1 / 4)
    counter.release()


def arrivals(world, counter, rng, waits):
    for number in range(1, 201):
        world.start(customer(world, f"customer {number}", counter, rng, waits))
        yield rng.expovariate(1 / 2.5)


for places in (1, 2, 3):
    rng, world, waits = random.Random(99), World(), []
    counter = Counter(world, places)
    world.start(arrivals(world, counter, rng, waits))
    world.run(until=600)
    print(f"{places} counters: {len(waits)} served, mean wait {fmean(waits):.4f}, longest {max(waits):.4f}, queue {counter.longest}")
