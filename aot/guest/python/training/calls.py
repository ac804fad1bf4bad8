"""Functions of every kind: defaults, keywords, recursion, decorators, operators, attributes looked up and set."""
import abc
import functools
import operator


def hanoi(n, source="a", target="c", spare="b"):
    if n == 0:
        return 0
    return hanoi(n - 1, source, spare, target) + 1 + hanoi(n - 1, spare, target, source)


def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


def total(*numbers, scale=1, **named):
    return sum(numbers) * scale + sum(named.values())


def limited(low, high):
    def decorate(function):
        def within(*numbers, **named):
            return max(low, min(high, function(*numbers, **named)))
        return within
    return decorate


@limited(-100, high=2900)
def blend(a, b, /, c=3, *, d=4):
    return a * b + c * d


class Vector:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor)

    def __eq__(self, other):
        return self.x == other.x and self.y == other.y

    def __repr__(self):
        return f"Vector({self.x!r}, {self.y!r})"

    def __bool__(self):
        return self.x != 0 or self.y != 0

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return self.y if index else self.x


class Node(abc.ABC):
    made = 0

    def __init__(self, label):
        self.label = label
        type(self).made += 1

    @abc.abstractmethod
    def value(self, space): ...

    @classmethod
    def named(cls, label, *rest):
        return cls(label, *rest)

    @staticmethod
    def limit(number):
        return number % 1000


class Leaf(Node):
    def __init__(self, label, number=1):
        super().__init__(label)
        self.number = number

    def value(self, space):
        return space.get(self.label, self.number)


class Sum(Node):
    def __init__(self, label, left, right):
        super().__init__(label)
        self.left, self.right = left, right

    def value(self, space):
        return self.limit(self.left.value(space) + self.right.value(space))

    @property
    def depth(self):
        return 1 + max(getattr(self.left, "depth", 0), getattr(self.right, "depth", 0))

    @depth.setter
    def depth(self, wanted):
        self.wanted = wanted


class Lazy:
    def __init__(self):
        self.asked = {}

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        self.asked[name] = self.asked.get(name, 0) + 1
        return len(name)

    def __call__(self, *names):
        return [getattr(self, name) for name in names]


class Account:
    rate = 0.02

    def __init__(self, owner, balance=0.0):
        self.owner = owner
        self.balance = balance
        self.log = []

    def deposit(self, amount):
        self.balance += amount
        self.log.append(amount)
        return self

    def withdraw(self, amount):
        if amount > self.balance:
            return False
        self.balance -= amount
        self.log.append(-amount)
        return True

    def grow(self):
        self.deposit(self.balance * self.rate)


class Savings(Account):
    rate = 0.05

    def withdraw(self, amount):
        return amount < 50 and super().withdraw(amount)


class Chain:
    def __init__(self, *steps):
        self.steps = steps

    def __or__(self, step):
        return Chain(*self.steps, step)

    def __call__(self, value):
        return functools.reduce(lambda so_far, step: step(so_far), self.steps, value)


tree = Leaf("x0")
for number in range(60):
    tree = Sum(f"s{number}", tree, Leaf.named(f"x{number % 7}", number))
values = [tree.value({"x3": n, "x5": -n}) for n in range(40)]
tree.depth = 3
at, way = Vector(0, 0), Vector(1.5, -2)
for n in range(2500):
    at = at + way * (n & 3)
    if at and at[0] > 1000:
        at = Vector(at[1] % 7, at[0] % 5)
lazy = Lazy()
for n in range(300):
    lazy("red", "green", "blue")
accounts = [Account(f"a{n}", n) if n % 2 else Savings(f"s{n}", n * 2.0) for n in range(40)]
for turn in range(60):
    for account in accounts:
        account.deposit(turn).withdraw(turn * 0.7)
        if turn % 10 == 0:
            account.grow()
shift = Chain() | (lambda n: n + 1) | functools.partial(operator.mul, 3) | abs | str | len
mixed = sum(total(n, n + 1, scale=2, extra=n) for n in range(800)) + sum(blend(n, 2, d=n) for n in range(800))
spread = [total(*range(n % 5), **{"k": n}) for n in range(400)]
reduced = functools.reduce(lambda a, b: (a * 31 + b) % 1000003, range(3000))
best = max(accounts, key=lambda account: (account.balance, account.owner))
print(hanoi(10), ackermann(2, 12), sum(values), at, sum(lazy.asked.values()), round(sum(a.balance for a in accounts),
    3), mixed,
      sum(spread), reduced, best.owner, sum(shift(n) for n in range(-500, 500)), Leaf.made, tree.depth,
      sum(map(isinstance, accounts, [Savings] * 40)), sum(hasattr(a, "rate") for a in accounts))
