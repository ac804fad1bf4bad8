"""Routes through a network: Dijkstra, A*, breadth first, components, spanning tree, maximum flow."""
import heapq
from collections import defaultdict, deque

ROADS = """Aachen-Bonn:90 Bonn-Koeln:30 Koeln-Essen:70 Aachen-Koeln:75 Essen-Dortmund:35 Koeln-Dortmund:95
Dortmund-Kassel:165 Bonn-Frankfurt:175 Frankfurt-Kassel:195 Kassel-Goettingen:55 Sylt-Amrum:20"""
graph = defaultdict(dict)
for road in ROADS.split():
    ends, length = road.split(":")
    a, b = ends.split("-")
    graph[a][b] = graph[b][a] = int(length)


def dijkstra(start):
    distances, previous, heap = {start: 0}, {}, [(0, start)]
    while heap:
        distance, node = heapq.heappop(heap)
        if distance > distances[node]:
            continue
        for neighbour, length in graph[node].items():
            new = distance + length
            if new < distances.get(neighbour, float("inf")):
                distances[neighbour], previous[neighbour] = new, node
                heapq.heappush(heap, (new, neighbour))
    return distances, previous


def path(previous, end):
    nodes = [end]
    while nodes[-1] in previous:
        nodes.append(previous[nodes[-1]])
    return nodes[::-1]


def components():
    left = set(graph)
    while left:
        queue, found = deque([min(left)]), set()
        while queue:
            node = queue.popleft()
            if node not in found:
                found.add(node)
                queue += graph[node]
        left -= found
        yield sorted(found)


def spanning_tree():
    parent = {node: node for node in graph}

    def find(node):
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node
    for length, a, b in sorted((length, a, b) for a in graph for b, length in graph[a].items() if a < b):
        if find(a) != find(b):
            parent[find(a)] = find(b)
            yield a, b, length


def maximum_flow(capacity, source, sink):
    flow = 0
    while True:
        previous, queue = {source: None}, deque([source])
        while queue and sink not in previous:
            node = queue.popleft()
            for other, room in capacity[node].items():
                if room > 0 and other not in previous:
                    previous[other] = node
                    queue.append(other)
        if sink not in previous:
            return flow
        node, steps = sink, []
        while previous[node] is not None:
            steps.append((previous[node], node))
            node = previous[node]
        amount = min(capacity[a][b] for a, b in steps)
        for a, b in steps:
            capacity[a][b] -= amount
            capacity[b][a] += amount
        flow += amount


def maze(rows):
    cells = {(x, y): c for y, row in enumerate(rows) for x, c in enumerate(row)}
    start, goal = (next(p for p, c in cells.items() if c == mark) for mark in "SG")
    heap, best = [(0, 0, start, [start])], {}
    while heap:
        _, cost, (x, y), steps = heapq.heappop(heap)
        if (x, y) == goal:
            return ["".join("o" if (i, j) in steps and c == " " else c for i, c in enumerate(row)) for j, row in enumerate(rows)]
        for cell in ((x + 1, y), (x, y + 1), (x - 1, y), (x, y - 1)):
            if cells.get(cell, "#") != "#" and best.get(cell, 999) > cost + 1:
                best[cell] = cost + 1
                guess = abs(cell[0] - goal[0]) + abs(cell[1] - goal[1])
                heapq.heappush(heap, (cost + 1 + guess, cost + 1, cell, steps + [cell]))


distances, previous = dijkstra("Aachen")
for city, distance in sorted(distances.items(), key=lambda item: item[1]):
    print(f"{distance:4} {' > '.join(path(previous, city))}")
print(list(components()))
tree = list(spanning_tree())
print(sum(length for *_, length in tree), tree[:3])
capacity = defaultdict(lambda: defaultdict(int))
for a, b, room in (("s", "a", 10), ("s", "b", 5), ("a", "b", 15), ("a", "t", 5), ("b", "t", 10)):
    capacity[a][b] = room
print("flow", maximum_flow(capacity, "s", "t"))
print("\n".join(maze(["##########", "#S #     #", "#  # ### #", "# ## #G# #", "#    # # #", "####     #", "##########"])))
