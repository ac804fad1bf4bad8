"""The code in README.md does what it says there."""

import asyncio
import inspect
import pathlib
import re
import subprocess
import sys
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT

import pytest

import pybox

README = pathlib.Path(__file__).resolve().parent.parent / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.M | re.S)


class Index:
    def find(self, query):
        return [f"{query} {number}" for number in range(5)]


def names():
    @pybox.tool
    def search(query: str, limit: int = 10) -> list:
        return Index().find(query)[:limit]

    @pybox.tool(deferred=True)
    def approve(amount: int) -> bool: ...
    sandbox = pybox.Sandbox(tools=[search, approve])
    sandbox.run("table = list(range(20))").check()
    return {"pybox": pybox, "asyncio": asyncio, "index": Index(), "search": search, "approve": approve,
            "sandbox": sandbox, "code": "print('ran')\n5", "data": "a,b\n1,2\n"}


async def execute(block, filename):
    namespace = names()
    result = eval(compile(block, filename, "exec", PyCF_ALLOW_TOP_LEVEL_AWAIT), namespace)
    if inspect.isawaitable(result):
        await result
    return namespace


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_block(number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    asyncio.run(execute(BLOCKS[number], f"README.md, block {number + 1}"))


CHECKED = """
import pybox

class Index:
    def find(self, query: str) -> list[str]: ...

index: Index
sandbox: pybox.Sandbox
code: str
data: str
"""


@pytest.mark.parametrize("word", ["index.find", "deferred=True", "pybox.Pool", "SessionStore", "import pybox"])
def test_type_checkers_accept(word, tmp_path, monkeypatch):
    (block,) = [block for block in BLOCKS if word in block]
    begin = CHECKED.replace(": ...", ": return []") if word != "import pybox" else ""
    if word == "SessionStore":
        begin += "from collections.abc import Callable\nsearch: Callable[[str], list[str]]\n"
    done = check_types(begin + block, tmp_path, monkeypatch)
    assert done.returncode == 0, done.stdout + done.stderr


def check_types(program, tmp_path, monkeypatch):
    (tmp_path / "block.py").write_text(program)
    source = pathlib.Path(pybox.__file__).resolve().parent.parent
    monkeypatch.setenv("MYPYPATH", str(source))
    monkeypatch.chdir(tmp_path)
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(tmp_path.parent / "mypy"),
         "block.py"],
        capture_output=True, text=True)


TYPES = """
import pybox

@pybox.tool
def search(query: str, limit: int = 10) -> list[str]: return []
@pybox.tool(name="fetch")
async def get(url: str) -> bytes: return b""
class Shop:
    @pybox.tool
    def price(self, item: str) -> float: return 1.0
sandbox = pybox.Sandbox(tools=[search, get, Shop().price])
@sandbox.tool
def later(text: str) -> int: return 1
names: list[str] = search("a", limit=2)
price: float = Shop().price("b")
number: int = later("c")
kept: pybox.Tool[[str], int] = later
pybox.run("1", limits={"timeout": 1}, tools=[search])
async def use() -> bytes: return await get("d")
"""


@pytest.mark.parametrize("line, message", [
    ("", ""), ("search(5)", '"str"'), ("search('a').x", "no attribute"), ("Shop().price()", "Too few arguments"),
    ("later(b'')", '"str"'), ("pybox.run('1', limts={})", "limts"), ("pybox.Pool(timeout=1)", "timeout"),
    ("pybox.Pool().run('1', timeout=1)", "timeout"), ("pybox.Sandbox.load('a', clock='b')", "clock")])
def test_type_checkers_know_tools_and_options(line, message, tmp_path, monkeypatch):
    done = check_types(TYPES + line, tmp_path, monkeypatch)
    assert (done.returncode == 0) == (not message) and message in done.stdout, done.stdout


def test_what_the_blocks_say():
    """The figures that stand in their comments."""
    lines = re.findall(r"^ *(\S.*?)\s+# (\S+)$", "\n".join(BLOCKS), re.M)
    commented = {comment: code.strip() for code, comment in lines}
    namespace = names()
    for line in ("sandbox.run('x = 6')", "sandbox.set('rows', [{'price': 1.5}, {'price': 2}])",
                 "sandbox.run('def total(key, times=1): return times * sum(row[key] for row in rows)')"):
        eval(line, namespace)
    for value in ("42", "6", "7.0"):
        assert repr(eval(commented[value], namespace)) == value


def test_the_policy(tmp_path):
    (text,) = re.findall(r"^```toml\n(.*?)^```$", README.read_text(), re.M | re.S)
    (tmp_path / "policy.toml").write_text(text)
    policy = pybox.Policy.load(tmp_path / "policy.toml")
    assert policy.preset == "strict" and policy.tools == ("search", "myproject.tools:fetch")
    assert policy.limits == pybox.Limits(timeout="2s", memory="64M") and policy.mounts[0].guest == "/data"
