"""Shortest ways through a graph: heapq, dictionaries of dictionaries, tuples that are compared."""
import heapq


def make_graph(size):
    graph = {}
    state = 12345
    for node in range(size):
        edges = graph.setdefault(node, {})
        for _ in range(5):
            state = (state * 1103515245 + 12345) & 0x7fffffff
            edges[(state >> 8) % size] = 1 + state % 97
    return graph


def distances(graph, start):
    found, heap = {}, [(0, start)]
    while heap:
        distance, node = heapq.heappop(heap)
        if node in found:
            continue
        found[node] = distance
        for neighbour, length in graph[node].items():
            if neighbour not in found:
                heapq.heappush(heap, (distance + length, neighbour))
    return found


GRAPH = make_graph(1200)


def run():
    return sum(sum(distances(GRAPH, start).values()) for start in range(0, 60, 5))
