# packages: rich markdown_it_py mdurl pygments
import io

from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table
from rich.tree import Tree

console = Console(file=io.StringIO(), width=60, force_terminal=True, color_system="truecolor", legacy_windows=False)
table = Table(title="Planets", show_lines=True)
table.add_column("name", style="cyan")
table.add_column("moons", justify="right")
for row in [("Earth", "1"), ("Mars", "[red]2[/red]")]:
    table.add_row(*row)
console.print(table)
console.print(Panel("[bold]hello[/bold] :smile:", title="box"))
console.print(Markdown("# Title\n\n* one\n* **two**\n\n> quote `code`"))
console.print(Syntax("def f(x):\n    return x + 1", "python", line_numbers=True))
tree = Tree("root")
tree.add("left").add("leaf")
console.print(tree, {"a": [1, 2, {"b": None}]}, sep="\n")
print(repr(console.file.getvalue()))
