"""What the README of llm-wasm-sandbox shows, with pybox."""

import pathlib
import tempfile
from typing import Any, Dict

from pybox import Limits, Policy, Sandbox, SessionStore

POLICY = """
[limits]
fuel = "500M"
memory = "64M"
output_limit = "100k"

[environment]
CUSTOM_VAR = "value"
"""


def execute_llm_code(code: str) -> Dict[str, Any]:
    """Runs generated code with safety boundaries; the result is feedback for the model."""
    with Sandbox(limits=Limits(fuel="50M", memory="64M", output_limit="100k")) as sandbox:
        result = sandbox.run(code)
    if not result.ok:
        error = result.error
        assert error is not None
        return {"status": "error", "feedback": error.message, "suggestion": error.hint}
    return {"status": "success", "output": result.output, "fuel_left": (result.fuel_left or 0) > 0}


def main() -> None:
    print(execute_llm_code("print(sum(range(10)))"))
    print(execute_llm_code("while True: pass")["status"])

    with tempfile.TemporaryDirectory() as folder:
        # A policy from TOML
        path = pathlib.Path(folder) / "policy.toml"
        path.write_text(POLICY)
        with Sandbox(Policy.load(path)) as sandbox:
            print(sandbox.eval("import os; os.environ['CUSTOM_VAR']"))

        # Multi-turn sessions
        store = SessionStore(pathlib.Path(folder) / "sessions")
        with store.open() as session:
            session_id = session.id
            session.run("""
import json
data = {'users': ['Alice', 'Bob'], 'count': 2}
with open('data.json', 'w') as f:
    json.dump(data, f)
""").check()
        with store.open(session_id) as session:
            print(session.run("""
with open('data.json') as f:
    data = json.load(f)
data['users'].append('Charlie')
data['count'] = len(data['users'])
print(f"Updated: {data}")
""").check().output, end="")
        store.close()


if __name__ == "__main__":
    main()
