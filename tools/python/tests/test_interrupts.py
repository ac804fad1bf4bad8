"""Ctrl-C, and interrupts from other threads."""

import signal
import subprocess
import sys
import threading

import pytest

from pybox import Outcome, Sandbox

PROGRAM = """
import asyncio, sys
from pybox import Sandbox, tool

def ready() -> None:
    print("ready", flush=True)

@tool
async def forever() -> None:
    print("ready", flush=True)
    await asyncio.Event().wait()

async def in_coroutine(code):
    await sandbox.arun(code)

with Sandbox(tools=[ready, forever]) as sandbox:
    sandbox.run("from tools import *\\nx = 1").check()
    try:
        {call}
    except KeyboardInterrupt:
        print("interrupted", sandbox.get("x"), sandbox.running)
"""
BUSY = "x = 2\\nready()\\nwhile True: pass"
WAITS = "x = 2\\nawait forever()"


@pytest.mark.parametrize("call", [
    f'sandbox.run("{BUSY}")',
    f'sandbox.run("{WAITS}")',
    f'asyncio.run(in_coroutine("{BUSY}"))',
    f'asyncio.run(in_coroutine("{WAITS}"))',
    """with sandbox.stream("x = 2\\nprint('go', flush=True)\\nwhile True: pass") as stream:
            for piece in stream: print("ready", flush=True)""",
], ids=["run", "run-waits", "arun", "arun-waits", "stream"])
def test_ctrl_c(call):
    process = subprocess.Popen([sys.executable, "-c", PROGRAM.format(call=call)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=600)
    assert output == "interrupted 1 False\n" and process.returncode == 0


SESSION = """
import asyncio, sys
from pybox import SessionStore

def ready() -> None:
    print("ready", flush=True)

async def in_coroutine(code):
    await session.arun(code)

with SessionStore(sys.argv[1], tools=[ready]) as store, store.open("ann") as session:
    session.run("from tools import *\\nx = 1").check()
    try:
        {call}
    except KeyboardInterrupt:
        print(session.get("x"), [(entry.outcome, entry.error) for entry in session.history()])
"""


@pytest.mark.parametrize("call, error", [
    (f'session.run("{BUSY}")', "KeyboardInterrupt"), (f'asyncio.run(in_coroutine("{BUSY}"))', "CancelledError")])
def test_ctrl_c_is_in_the_history(call, error, tmp_path):
    process = subprocess.Popen([sys.executable, "-c", SESSION.format(call=call), str(tmp_path)],
                               stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0 and output == f"1 [('done', ''), ('interrupted', '{error}')]\n"


@pytest.mark.parametrize("how, outcome", [
    ("stop", Outcome.INTERRUPTED), ("keyboard", Outcome.INTERRUPTED), ("cut", None)])
def test_another_thread_interrupts(how, outcome):
    with Sandbox() as sandbox:
        sandbox.run("x = 1")

        @sandbox.tool
        def ready() -> None:
            threading.Thread(target=sandbox.interrupt, args=(how,)).start()
        result = sandbox.run("from tools import ready\nx = 2\nready()\nwhile True: pass")
        assert result.outcome is (outcome or result.outcome) and not result.ok
        # KeyboardInterrupt is the program's to catch, and does not undo the run.
        assert sandbox.get("x") in ((1, 2) if how == "keyboard" else (1,))
        with pytest.raises(ValueError, match="did you mean 'stop'"):
            sandbox.interrupt("stopp")
