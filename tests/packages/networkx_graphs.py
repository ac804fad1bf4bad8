# packages: networkx
import networkx as nx

graph = nx.Graph()
graph.add_weighted_edges_from([("a", "b", 4), ("a", "c", 2), ("c", "b", 1), ("b", "d", 5), ("c", "d", 8), ("d", "e", 3)])
print(nx.shortest_path(graph, "a", "e", weight="weight"), nx.dijkstra_path_length(graph, "a", "e"))
print(sorted(nx.minimum_spanning_edges(graph, data=False)), nx.density(graph), nx.diameter(graph))
print({node: round(value, 4) for node, value in nx.betweenness_centrality(graph).items()})
print({node: round(value, 4) for node, value in nx.degree_centrality(graph).items()})
dag = nx.DiGraph([("shirt", "tie"), ("tie", "jacket"), ("trousers", "shoes"), ("trousers", "belt"), ("belt", "jacket")])
print(list(nx.lexicographical_topological_sort(dag)), nx.is_directed_acyclic_graph(dag), nx.dag_longest_path(dag))
flow = nx.DiGraph()
for start, end, capacity in [("s", "a", 3), ("s", "b", 2), ("a", "b", 1), ("a", "t", 2), ("b", "t", 3)]:
    flow.add_edge(start, end, capacity=capacity)
print(nx.maximum_flow_value(flow, "s", "t"), nx.petersen_graph().number_of_edges(), nx.is_planar(nx.complete_graph(5)))
print("\n".join(nx.generate_graphml(nx.path_graph(2))))
