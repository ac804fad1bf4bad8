"""Compiling, generators and coroutines, dataclasses, enums, imports, interpreters, parsers, graphs, text games."""
import ast
import asyncio
import collections
import dataclasses
import enum
import itertools
import pickle
import tokenize
import io


@dataclasses.dataclass(order=True)
class Task:
    priority: int
    name: str = dataclasses.field(compare=False)
    needs: tuple = ()


class State(enum.Enum):
    READY = 1
    RUNNING = 2
    DONE = 3


def tokens(text):
    kinds = {"+": 1, "-": 1, "*": 2, "/": 2}
    for token in text.split():
        yield (kinds[token], token) if token in kinds else (0, float(token))


def evaluate(text):
    output, operators = [], []
    for kind, token in tokens(text):
        if kind == 0:
            output.append(token)
            continue
        while operators and operators[-1][0] >= kind:
            apply(output, operators.pop()[1])
        operators.append((kind, token))
    while operators:
        apply(output, operators.pop()[1])
    return output[0]


def apply(output, operator):
    right, left = output.pop(), output.pop()
    match operator:
        case "+":
            output.append(left + right)
        case "-":
            output.append(left - right)
        case "*":
            output.append(left * right)
        case _:
            output.append(left / right if right else 0.0)


async def worker(queue, results):
    while (item := await queue.get()) is not None:
        await asyncio.sleep(0)
        results.append(item * 2)


async def gather():
    queue, results = asyncio.Queue(), []
    workers = [asyncio.create_task(worker(queue, results)) for _ in range(4)]
    for item in range(120):
        await queue.put(item)
    for _ in workers:
        await queue.put(None)
    await asyncio.gather(*workers)
    return sum(results)


def shortest(graph, start):
    seen, queue = {start: 0}, collections.deque([start])
    while queue:
        node = queue.popleft()
        for neighbour in graph[node]:
            if neighbour not in seen:
                seen[neighbour] = seen[node] + 1
                queue.append(neighbour)
    return seen


def life(cells, rounds):
    for _ in range(rounds):
        around = collections.Counter((x + dx, y + dy) for x, y in cells for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy)
        cells = {cell for cell, count in around.items() if count == 3 or (count == 2 and cell in cells)}
    return len(cells)


def queens(n, row=0, columns=frozenset(), up=frozenset(), down=frozenset()):
    if row == n:
        return 1
    return sum(queens(n, row + 1, columns | {c}, up | {row + c}, down | {row - c}) for c in range(n)
               if c not in columns and row + c not in up and row - c not in down)


source = "def f(a, b=2, *c, **d):\n    return [x for x in range(a) if x % b] or (lambda: c)()\n" * 12
tree = ast.parse(source)
names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
code = compile(tree, "<training>", "exec")
space = {}
exec(code, space)
count = sum(1 for _ in tokenize.generate_tokens(io.StringIO(source).readline))
tasks = sorted(Task(n * 37 % 11, f"task{n}", tuple(range(n % 4))) for n in range(300))
copies = pickle.loads(pickle.dumps(tasks))
states = [State(n % 3 + 1).name for n in range(400)]
graph = {n: [(n * 2) % 211, (n * 3 + 1) % 211, (n + 17) % 211] for n in range(211)}
cells = {(x, (x * x) % 12) for x in range(25)} | {(x + 1, x % 5) for x in range(25)}
permutations = sum(1 for p in itertools.permutations(range(6)) if p[0] < p[-1])
print(len(names), space["f"](9), count, copies == tasks, states.count("DONE"), evaluate("1 + 2 * 3 - 4 / 5 * 6 + 7"),
      sum(evaluate(f"{n} * 3 + {n} / 2 - 1") for n in range(200)), asyncio.run(gather()), max(shortest(graph, 0).values()),
      life(cells, 25), queens(6), permutations)
