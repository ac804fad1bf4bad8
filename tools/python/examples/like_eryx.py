"""What the README of pyeryx shows, with pybox."""

import pathlib
import tempfile

import pybox
from pybox import Limits, Pool, Sandbox, Snapshot


def main() -> None:
    # Quick start
    with Sandbox() as sandbox:
        result = sandbox.run('print("Hello from the sandbox!")\nx = 2 + 2\nprint(f"2 + 2 = {x}")')
        print(result.output, end="")
        assert result.seconds > 0

    # Resource limits
    limits = Limits(timeout="5s", memory="100M", host_calls="100k")
    with Sandbox(limits=limits) as sandbox:
        print(sandbox.run("print('Hello!')").output, end="")

    # SandboxFactory: what is imported and set up once is there in each sandbox, and may be kept in a file
    with Sandbox() as sandbox, tempfile.TemporaryDirectory() as folder:
        sandbox.run("from string import Template\ngreeting = Template('Hello $name')").check()
        path = pathlib.Path(folder) / "factory.snap"
        sandbox.save(path)
        factory = Snapshot.open(path)
        with Sandbox(snapshot=factory) as one:
            print(one.eval("greeting.substitute(name='World')"))
        with Pool(snapshot=factory, maximum=4) as pool:
            print([pool.run(f"greeting.substitute(name={i})").value for i in range(3)])

    # Error handling
    try:
        pybox.run("raise ValueError('oops')").check()
    except pybox.GuestException as error:
        print("Code failed:", error.type, error.message)
    try:
        pybox.run("while True: pass", limits={"timeout": "100ms"}).check()
    except pybox.DeadlineExceeded:
        print("Timed out")


if __name__ == "__main__":
    main()
