"""Limits, units and policies."""

import datetime

import pytest

from pybox import Limits, Mount, Outcome, Policy, PolicyError, Sandbox, tool
from pybox.units import count, nanoseconds, size, spell_size, spell_time


def test_units():
    assert size("64M") == size("64MiB") == size("64mb") == 64 << 20 and size(5) == 5 and size("1.5K") == 1536
    assert count("10k") == 10_000 and count("1.5G") == 1_500_000_000
    assert nanoseconds("250ms") == nanoseconds(0.25) == nanoseconds(datetime.timedelta(milliseconds=250)) == 250_000_000
    assert nanoseconds(2) == 2 * 10**9 and nanoseconds("1.5h") == 5400 * 10**9
    assert size("unlimited") == 2**64 - 1
    assert spell_size(64 << 20) == "64M" and spell_time(250_000_000) == "250ms"


@pytest.mark.parametrize("read, value", [
    (size, "64X"), (size, "-1"), (size, 0), (size, -1), (count, "1.5"[:2]), (nanoseconds, "5M"), (nanoseconds, "x"),
    (nanoseconds, float("nan")), (nanoseconds, 0), (size, 2.5), (count, "")])
def test_bad_units(read, value):
    with pytest.raises(ValueError, match="cannot be"):
        read(value)


def test_limits():
    limits = Limits(fuel="10M", timeout="250ms")
    assert limits.native.fuel == 10_000_000 and limits.native.wall_ns == 250_000_000 and limits.native.memory_bytes == 0
    assert repr(limits) == "Limits(fuel='10M', timeout='250ms')"
    assert limits == Limits(fuel="10M", timeout="250ms") and limits.as_dict() == {"fuel": "10M", "timeout": "250ms"}
    assert limits.replace(fuel=None, memory="64M") == Limits(timeout="250ms", memory="64M")
    assert Limits(timeout=1).over(limits) == Limits(fuel="10M", timeout=1)
    assert Limits.of({"fuel": 5}) == Limits(fuel=5) and Limits.of(None) is None
    with pytest.raises(ValueError, match="unknown limit 'memry'; did you mean 'memory'"):
        Limits.of({"memry": 1})
    with pytest.raises(ValueError, match="the limit 'fuel' cannot be 'lots'"):
        Limits(fuel="lots")
    with pytest.raises(TypeError):
        Limits.of(5)


def test_policy_file(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("content")
    path = tmp_path / "policy.toml"
    path.write_text("""
tools = ["greet"]
arguments = ["prog", "one"]
seed = 5
rollback = "always"

[limits]
fuel = "50M"
timeout = "20s"

[environment]
NAME = "ann"

[[mounts]]
host = "data"
guest = "/data"
""")

    @tool
    def greet(name: str) -> str:
        return f"hello {name}"

    @tool
    def secret() -> str:
        return "not for guests"
    policy = Policy.load(path)
    assert policy.limits == Limits(fuel="50M", timeout="20s") and policy.seed == 5
    with Sandbox(policy, tools=[greet, secret]) as sandbox:
        seen = sandbox.eval("import os, sys, tools; (tools.greet(os.environ['NAME']), sys.argv[1])")
        assert seen == ("hello ann", "one")
        assert sandbox.eval("open('/data/a.txt').read()") == "content"
        assert sandbox.run("from tools import secret").error.type == "ImportError"
        assert sandbox.run("while True: pass").outcome is Outcome.OUT_OF_FUEL
        sandbox.run("x = 1")
        assert sandbox.get("x", None) is None
    with Sandbox(policy, limits={"fuel": "1G"}, rollback="run", tools=[greet]) as sandbox:
        assert sandbox.policy.limits == Limits(fuel="1G")


@pytest.mark.parametrize("text, message", [
    ("memory = 5", "unknown key 'memory'"),
    ("limts = {}", "did you mean 'limits'"),
    ("[limits]\nmemry = '5M'", "did you mean 'memory'"),
    ("[limits]\nmemory = 'much'", "'memory' cannot be 'much'"),
    ("limits = 5", "a table"),
    ("preset = 'strickt'", "did you mean 'strict'"),
    ("preset = 5", "a text"),
    ("rollback = 'runs'", "did you mean 'run'"),
    ("packages = 'x'", "a list of texts"),
    ("mounts = [1]", "tables"),
    ("[[mounts]]\nguest = '/x'\nhots = 'y'", "did you mean 'host'"),
    ("[[mounts]]\nhost = 'y'", "needs guest"),
    ("[[mounts]]\nguest = '/x'", "needs host"),
    ("[[mounts]]\nguest = 'x'\nhost = 'y'", "no absolute path"),
    ("[[mounts]]\nguest = '/x'\nhost = 'y'\nkind = 'overlai'", "did you mean 'overlay'"),
    ("seed = 'x'", "a number"),
    ("= 5", "policy.toml"),
])
def test_bad_policies(tmp_path, text, message):
    path = tmp_path / "policy.toml"
    path.write_text(text)
    with pytest.raises(PolicyError, match=message) as raised:
        Policy.load(path)
    assert "policy.toml" in str(raised.value)


def test_tools_of_a_policy(tmp_path):
    with pytest.raises(PolicyError, match="did you mean 'search'"):
        Policy(tools=("serch",)).choose([tool(name="search")(lambda: 1)])
    with pytest.raises(PolicyError, match="cannot be imported"):
        Policy(tools=("nosuchmodule:x",)).choose([])
    assert Policy(tools=("os.path:basename",)).choose([]).get("tools.basename") is not None


def test_mounts():
    assert Mount.memory("/x").kind == "memory" and Mount.content("text", "/x").source == b"text"
    assert not Mount.overlay(".", "/x").read_only and Mount.host(".", "/x").read_only
    with pytest.raises(TypeError, match="a mount cannot be"):
        Sandbox(mounts=["/data"])


def test_presets(tmp_path):
    strict = Limits.preset("strict")
    assert strict.timeout == "30s" and strict.memory == "128M" and Limits.preset("normal").memory == "512M"
    policy = Policy(preset="strict", limits=Limits(memory="64M"))
    assert policy.full_limits.memory == "64M" and policy.full_limits.output_limit == "1M"
    with Sandbox(policy) as sandbox:
        assert sandbox.run("print('x' * 2_000_000)").outcome is Outcome.OUTPUT_FULL
        assert sandbox.run("print('x' * 2_000_000)", limits={"fuel": "1G"}).outcome is Outcome.OUTPUT_FULL
        assert sandbox.run("print('x' * 2_000_000)", limits={"output_limit": "4M"}).ok
        assert sandbox.run("x = bytearray(100_000_000)").outcome is Outcome.OUT_OF_MEMORY
    with pytest.raises(ValueError, match="preset forbids"):
        Sandbox(preset="strict", mounts=[Mount.host(tmp_path, "/out", read_only=False)])
    with Sandbox(preset="permissive", mounts=[Mount.host(tmp_path, "/out", read_only=False)]) as sandbox:
        assert sandbox.run("open('/out/x', 'w').write('x')").ok
    with pytest.raises(ValueError, match="did you mean 'strict'"):
        Sandbox(preset="stric")
    with pytest.raises(ValueError):
        Limits.preset("nothing")
