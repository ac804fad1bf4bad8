"""Dataclasses, enumerations and comprehensions, as business programs use them."""
from collections import defaultdict
from dataclasses import asdict, dataclass, field, replace
from enum import Enum


class State(Enum):
    NEW = 1
    PAID = 2
    SENT = 3


@dataclass(frozen=True)
class Line:
    product: str
    count: int
    cents: int

    @property
    def total(self):
        return self.count * self.cents


@dataclass(order=True)
class Order:
    number: int
    customer: str = field(compare=False)
    lines: list = field(default_factory=list, compare=False)
    state: State = field(default=State.NEW, compare=False)

    @property
    def total(self):
        return sum(line.total for line in self.lines)


def run():
    orders = [Order(n, f"customer {n % 200}", [Line(f"product {k}", k + 1, 100 + n % 50) for k in range(4)]) for n in range(6000)]
    orders = [replace(order, state=State.PAID) if order.total % 3 else order for order in sorted(orders, reverse=True)]
    by_customer = defaultdict(int)
    for order in orders:
        if order.state is State.PAID:
            by_customer[order.customer] += order.total
    products = {line for order in orders for line in order.lines}
    return sum(by_customer.values()), len(products), len([asdict(order) for order in orders[:300]])
