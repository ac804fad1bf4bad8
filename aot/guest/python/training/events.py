"""Small objects that send each other messages: queues, states, dataclasses, enumerations, named tuples, coroutines."""
import asyncio
import collections
import dataclasses
import enum
import heapq
import types
import typing
import weakref


class Kind(enum.IntEnum):
    ARRIVE = 1
    SERVE = 2
    LEAVE = 3


class Flags(enum.Flag):
    NEW = enum.auto()
    PAID = enum.auto()
    SENT = enum.auto()


@dataclasses.dataclass(order=True, slots=True)
class Event:
    time: float
    kind: Kind
    who: int = dataclasses.field(default=0, compare=False)


@dataclasses.dataclass
class Order:
    number: int
    items: list = dataclasses.field(default_factory=list)
    flags: Flags = Flags.NEW

    def total(self):
        return sum(price * amount for _, price, amount in self.items)


@dataclasses.dataclass(frozen=True)
class Place:
    row: int
    column: int = 0

    def moved(self, rows, columns):
        return dataclasses.replace(self, row=self.row + rows, column=self.column + columns)


class Reading(typing.NamedTuple):
    sensor: str
    value: float


Pair = collections.namedtuple("Pair", "left right")


class Shop:
    def __init__(self, clerks):
        self.clerks, self.line, self.events, self.served = clerks, collections.deque(), [], 0

    def at(self, time, kind, who):
        heapq.heappush(self.events, Event(time, kind, who))

    def arrive(self, event):
        if self.clerks:
            self.clerks -= 1
            self.at(event.time + 3, Kind.SERVE, event.who)
        else:
            self.line.append(event.who)

    def serve(self, event):
        self.served += 1
        self.at(event.time, Kind.LEAVE, event.who)

    def leave(self, event):
        if self.line:
            self.at(event.time + 2.5, Kind.SERVE, self.line.popleft())
        else:
            self.clerks += 1

    def run(self):
        handlers = {Kind.ARRIVE: self.arrive, Kind.SERVE: self.serve, Kind.LEAVE: self.leave}
        while self.events:
            event = heapq.heappop(self.events)
            handlers[event.kind](event)
        return self.served


class Machine:
    table = {("idle", "coin"): "ready", ("ready", "push"): "idle", ("ready", "coin"): "ready", ("idle", "push"): "idle"}

    def __init__(self):
        self.state = "idle"
        self.watchers = weakref.WeakSet()

    def feed(self, symbol):
        before, self.state = self.state, self.table[self.state, symbol]
        return before != self.state


class Cell:
    def __init__(self, name):
        self.name, self.next, self.inbox = name, None, []

    def receive(self, message):
        self.inbox.append(message)

    def step(self):
        inbox, self.inbox = self.inbox, []
        for message in inbox:
            if message > 0 and self.next is not None:
                self.next.receive(message - 1)
        return len(inbox)


def describe(thing):
    match thing:
        case Order(number=n) if n % 5 == 0:
            return "fifth"
        case Place(row=0, column=column):
            return f"top {column}"
        case {"kind": kind, **rest}:
            return f"{kind} {len(rest)}"
        case [first, *others]:
            return f"{first} and {len(others)}"
        case str() | int():
            return "plain"
        case _:
            return "other"


async def ticker(count):
    for n in range(count):
        await asyncio.sleep(0)
        yield n


async def consumer(name, queue, lock, done):
    while True:
        item = await queue.get()
        async with lock:
            done[name] = done.get(name, 0) + item
        queue.task_done()


async def future_of(loop, value):
    future = loop.create_future()
    loop.call_soon(future.set_result, value)
    return await future


async def everything():
    queue, lock, done = asyncio.Queue(5), asyncio.Lock(), {}
    tasks = [asyncio.create_task(consumer(n, queue, lock, done)) for n in range(3)]
    async for n in ticker(150):
        await queue.put(n)
    await queue.join()
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 0)
    except TimeoutError:
        ended.append(None)
    async with asyncio.TaskGroup() as group:
        more = [group.create_task(future_of(asyncio.get_running_loop(), n)) for n in range(60)]
    return sum(done.values()), len(ended), sum(task.result() for task in more)


shop = Shop(4)
for n in range(700):
    shop.at(n * 0.9, Kind.ARRIVE, n)
orders = [Order(n, [(f"item{k}", k * 1.25, n % 3 + 1) for k in range(n % 6)]) for n in range(400)]
for order in orders:
    if order.total() > 5:
        order.flags |= Flags.PAID
paid = sum(Flags.PAID in order.flags for order in orders)
places = {Place(0).moved(n % 7, n % 11) for n in range(400)}
readings = [Reading(f"s{n % 4}", n * 0.25) for n in range(500)]
by_sensor = collections.defaultdict(list)
for sensor, value in readings:
    by_sensor[sensor].append(value)
swapped = [Pair(b, a)._replace(left=a) for a, b in ((n, -n) for n in range(200))]
machine = Machine()
changes = sum(machine.feed("coin" if n % 3 else "push") for n in range(1500))
cells = [Cell(n) for n in range(30)]
for n, cell in enumerate(cells):
    cell.next = cells[(n + 1) % 30]
cells[0].receive(400)
cells[7].receive(300)
steps = sum(cell.step() for _ in range(25) for cell in cells)
spaces = [types.SimpleNamespace(a=n, b=n + 1) for n in range(200)]
told = collections.Counter(describe(thing) for thing in [orders[n % 400] if n % 2 else (n, n) for n in range(200)] +
                           [Place(0, 3), {"kind": 1, "x": 2}, "s", 4, 2.5] * 20)
print(shop.run(), paid, len(places), sorted((key, sum(values)) for key, values in by_sensor.items()), swapped[3],
    changes, steps,
      sum(space.a * space.b for space in spaces), told.most_common(2), asyncio.run(everything()), len({o.number: dataclasses.astuple(o) for o in orders}))
