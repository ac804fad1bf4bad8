"""Pools, and the package's own threads after a fork."""

import asyncio
import os
import re
import threading

import pytest

import pybox
from pybox import Limits, Policy, Pool, Sandbox


def test_sandboxes_are_fresh_each_time():
    with Pool(maximum=1) as pool:
        for _ in range(3):
            with pool.take() as sandbox:
                assert sandbox.get("x", None) is None
                sandbox.run("x = 1")
        assert pool.run("n + 1", inputs={"n": 1}).value == 2
        assert pool.statistics["created"] == 1


def test_one_waits_or_is_told():
    with Pool(maximum=1) as pool:
        first = pool.take()
        with pytest.raises(pybox.BusyError):
            pool.take(0)
        with pytest.raises(pybox.BusyError):
            pool.take("10ms")
        values = []
        thread = threading.Thread(target=lambda: values.append(pool.run("5").value))
        thread.start()
        first.close()
        thread.join()
        assert values == [5]


def test_a_pool_takes_the_keywords_of_sandboxes():
    policy = Policy(limits=Limits(fuel="20M"), environment={"A": "b"})
    with Pool(policy, limits={"fuel": "10M"}, mounts=[pybox.Mount.memory("/scratch")], seed=1) as pool:
        assert pool.policy.limits == Limits(fuel="10M") and pool.policy.seed == 1
        assert pool.run("import os; os.environ['A'], os.listdir('/scratch')").value == ("b", [])
        assert pool.run("while True: pass").limit == "fuel"
    for options, message in (({"timeout": "1s"}, "'timeout' is a limit; expected limits={'timeout': '1s'}"),
                             ({"limts": {}}, "unknown keyword 'limts'; did you mean 'limits'?"),
                             ({"policy": {"limits": {}}}, "expected a Policy, or keywords such as limits=")):
        with pytest.raises(TypeError, match=re.escape(message)):
            Pool(**options)


def test_a_run_in_a_pool_takes_limits_and_callbacks():
    pieces = []
    with Pool(maximum=1) as pool:
        result = pool.run("while True: pass", limits={"fuel": "1M"}, wait="1h")
        assert result.limit == "fuel"
        assert pool.run("print('a')", on_output=lambda stream, text: pieces.append((stream, text))).output == ""
        assert asyncio.run(pool.arun("print('b')", limits={"fuel": "1G"}, wait="1h",
                                     on_output=lambda stream, text: pieces.append((stream, text)))).ok
        assert "".join(text for _, text in pieces) == "a\nb\n" and {stream for stream, _ in pieces} == {"stdout"}


def test_a_pool_has_no_timeout():
    with Pool(maximum=1) as pool:
        for misuse in (lambda: pool.run("1", timeout="1s"), lambda: pool.take(timeout=0),
                       lambda: asyncio.run(pool.arun("1", timeout=1)), lambda: asyncio.run(pool.atake(timeout=1))):
            with pytest.raises(TypeError, match="expected wait= for how long to wait for a sandbox, or limits="):
                misuse()
        assert pool.statistics["taken"] == 0


def test_a_pool_has_policy_tools_and_snapshot():
    with Sandbox() as sandbox:
        sandbox.run("table = [1, 2, 3]")
        snapshot = sandbox.snapshot()

    def double(n: int) -> int:
        return 2 * n
    with Pool(Policy(limits=Limits(fuel="20M")), tools=[double], snapshot=snapshot) as pool:
        assert pool.run("from tools import double; [double(n) for n in table]").value == [2, 4, 6]
        assert pool.run("while True: pass").limit == "fuel"
        assert pool.run("len(table)").value == 3


def test_a_fork_has_threads_of_its_own():
    import asyncio

    async def fetch() -> int:
        return 5
    with Sandbox(tools=[fetch]) as sandbox:
        assert sandbox.eval("from tools import fetch; await fetch()") == 5
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            with Sandbox(tools=[fetch]) as child:
                if child.eval("from tools import fetch; await fetch()") == 5 and asyncio.run(child.aeval("1")) == 1:
                    code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
