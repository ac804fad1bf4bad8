"""What the README of pydantic-monty shows, with pybox: all of CPython in the place of a part of the language."""

import pathlib
import tempfile

import pybox
from pybox import Outcome, Sandbox, tool


def main() -> None:
    # Basic expression evaluation
    print(pybox.run("1 + 2").value)

    # Using input variables
    print(pybox.run("x * y", inputs={"x": 2, "y": 3}).value)

    # Resource limits
    print(pybox.run("while True: pass", limits={"timeout": "100ms"}).outcome.value)

    # External functions
    def double(x: int) -> int:
        return x * 2
    print(pybox.run("from tools import double; double(x)", inputs={"x": 5}, tools=[double]).value)

    # Iterative execution: the run stops where it calls the function, and goes on with what the host answers
    @tool(deferred=True)
    def fetch(url: str) -> str: ...  # type: ignore[empty-body]

    code = "from tools import fetch\ndata = await fetch(url)\nlen(data)"
    with Sandbox(tools=[fetch]) as sandbox, tempfile.TemporaryDirectory() as folder:
        progress = sandbox.run(code, inputs={"url": "https://example.com"})
        assert progress.outcome is Outcome.PENDING
        request, = progress.requests
        print(request.tool, request.arguments)

        # Serialisation, in the middle of the run
        path = pathlib.Path(folder) / "progress.snap"
        sandbox.save(path)
        sandbox.answer(request.id, "hello world")
        print(sandbox.resume().value)
        with Sandbox.load(path, tools=[fetch]) as later:
            later.answer(later.requests()[0].id, "response data")
            print(later.resume().value)


if __name__ == "__main__":
    main()
