"""Parallel tool calls: the code asks for many things at a time by asyncio.gather(), and the host works on all of them
on its own event loop. While they wait, the sandbox holds no thread."""

import asyncio
from typing import Dict

from pybox import Sandbox, tool

PRICES = {"apples": 3, "pears": 4, "plums": 7}
CODE = """
import asyncio
from tools import price, stock

async def worth(item):
    amount, each = await asyncio.gather(stock(item), price(item))
    return item, amount * each

dict(await asyncio.gather(*(worth(item) for item in ["apples", "pears", "plums"])))
"""


class Shop:
    """The host's side: what takes time is awaited."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def answer(self, value: int) -> int:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.05)
        self.now -= 1
        return value

    async def price(self, item: str) -> int:
        """What one costs."""
        return await self.answer(PRICES[item])

    async def stock(self, item: str) -> int:
        """How many there are."""
        return await self.answer(len(item) * 10)


async def main() -> None:
    shop = Shop()
    tools = [tool(shop.price), tool(shop.stock)]
    async with Sandbox(tools=tools) as one, Sandbox(tools=tools) as two:
        first, second = await asyncio.gather(one.aeval(CODE), two.aeval(CODE))
    totals: Dict[str, int] = first
    print(totals, first == second)
    print("at the same time:", shop.most)


if __name__ == "__main__":
    asyncio.run(main())
