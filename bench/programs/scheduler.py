"""An operating system's scheduler in small: tasks, devices and packets that pass between them, many small methods."""
from collections import deque


class Packet:
    __slots__ = ("source", "kind", "data")

    def __init__(self, source, kind, data):
        self.source, self.kind, self.data = source, kind, data


class Task:
    def __init__(self, world, name, priority):
        self.world, self.name, self.priority = world, name, priority
        self.inbox, self.waiting, self.handled = deque(), False, 0
        world.tasks.append(self)

    def ready(self):
        return bool(self.inbox) and not self.waiting

    def step(self):
        packet = self.inbox.popleft()
        self.handled += 1
        self.handle(packet)

    def send(self, name, kind, data):
        self.world.deliver(name, Packet(self.name, kind, data))


class Worker(Task):
    def handle(self, packet):
        checksum = 0
        for value in packet.data:
            checksum = (checksum * 31 + value) & 0xFFFF
        target = "disk" if checksum & 1 else "net"
        self.send(target, "write", [checksum, *packet.data[:3]])


class Device(Task):
    def handle(self, packet):
        if packet.kind == "write":
            self.world.written += packet.data[0] & 7
            self.send("handler", "done", packet.data)


class Handler(Task):
    def handle(self, packet):
        self.world.left -= 1
        if self.world.left > 0:
            self.send("worker", "work", [self.world.left & 255, *packet.data])


class World:
    def __init__(self, packets):
        self.tasks, self.written, self.left, self.steps = [], 0, packets, 0
        for kind, name, priority in ((Worker, "worker", 3), (Device, "disk", 2), (Device, "net", 2), (Handler, "handler", 1)):
            kind(self, name, priority)
        self.names = {task.name: task for task in self.tasks}

    def deliver(self, name, packet):
        self.names[name].inbox.append(packet)

    def run(self):
        for n in range(10):
            self.deliver("worker", Packet("main", "work", list(range(n, n + 8))))
        while self.left > 0:
            runnable = [task for task in self.tasks if task.ready()]
            if not runnable:
                break
            max(runnable, key=lambda task: task.priority).step()
            self.steps += 1
        return self.steps, self.written


def run():
    return World(30_000).run()
