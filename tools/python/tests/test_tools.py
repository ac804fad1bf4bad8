"""Tools: typed functions of the host, as the guest and language models see them."""

import dataclasses
import datetime
import enum
from typing import Annotated, Any, Dict, List, Literal, NamedTuple, Optional, Tuple, TypedDict, Union

import pytest

from pybox import Sandbox, Tool, Toolset, tool


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Point:
    """A place."""

    x: int
    y: int = 0


class Row(TypedDict, total=False):
    name: str
    price: float


class Pair(NamedTuple):
    left: str
    right: int = 1


@dataclasses.dataclass
class Tree:
    label: str
    children: List["Tree"] = dataclasses.field(default_factory=list)


@tool
def search(query: str, limit: int = 10, *, exact: bool = False) -> List[str]:
    """Finds pages."""
    return [query, str(limit), str(exact)]


def run(code, *tools):
    with Sandbox(tools=tools) as sandbox:
        return sandbox.run(code)


def value(code, *tools):
    return run(code, *tools).check().value


def test_the_guest_calls_it():
    assert value("from tools import search; search('a', exact=True)", search) == ["a", "10", "True"]
    assert value("import tools, inspect; str(inspect.signature(tools.search))", search) == (
        "(query: str, limit: int = 10, *, exact: bool = False) -> list[str]")
    assert value("import tools; tools.search.__doc__", search) == "Finds pages."
    assert search("a", 3) == ["a", "3", "False"]


def test_names_modules_descriptions():
    @tool(name="add", module="maths.simple", description="Adds.")
    def plus(a: int, b: int) -> int:
        return a + b
    assert plus.full_name == "maths.simple.add" and plus.description == "Adds."
    assert value("from maths.simple import add; add(1, b=2)", plus) == 3


def test_plain_functions_and_methods_are_tools():
    class Service:
        def __init__(self):
            self.calls = 0

        def count(self, by: int = 1) -> int:
            self.calls += by
            return self.calls
    service = Service()
    assert value("from tools import count; count(); count(5)", service.count) == 6
    assert service.calls == 6


def test_the_schema():
    assert search.schema == {
        "name": "search", "description": "Finds pages.",
        "parameters": {
            "type": "object",
            "properties": {"query": {"type": "string"}, "limit": {"type": "integer", "default": 10},
                           "exact": {"type": "boolean", "default": False}},
            "required": ["query"], "additionalProperties": False}}


def schema_of(annotation):
    def f(x): ...
    f.__annotations__ = {"x": annotation}
    return Tool(f).schema["parameters"]["properties"]["x"]


def signature_of(annotation):
    def f(x): ...
    f.__annotations__ = {"x": annotation}
    return Tool(f).signature


@pytest.mark.parametrize("annotation, text, schema", [
    (Any, "(x)", {}),
    (Optional[int], "(x: int | None)", {"type": ["integer", "null"]}),
    (Union[int, List[str]], "(x: int | list[str])",
     {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "string"}}]}),
    (Dict[str, float], "(x: dict[str, float])", {"type": "object", "additionalProperties": {"type": "number"}}),
    (Tuple[int, str], "(x: tuple[int, str])",
     {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2, "maxItems": 2}),
    (Tuple[int, ...], "(x: tuple[int, ...])", {"type": "array", "items": {"type": "integer"}}),
    (Literal["a", 1], '(x: Literal["a", 1])', {"enum": ["a", 1]}),
    (Colour, '(x: Literal["red", "blue"])', {"enum": ["red", "blue"], "title": "Colour"}),
    (datetime.date, "(x: datetime.date)", {"type": "string", "format": "date"}),
    (Annotated[int, "how many"], "(x: int)", {"type": "integer", "description": "how many"}),
    (bytes, "(x: bytes)", {"type": "string", "contentEncoding": "base64"}),
    (Point, "(x: Point)", {
        "type": "object", "title": "Point", "additionalProperties": False, "required": ["x"],
        "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}}}),
    (Row, "(x: Row)", {
        "type": "object", "title": "Row", "additionalProperties": False,
        "properties": {"name": {"type": "string"}, "price": {"type": "number"}}}),
])
def test_annotations(annotation, text, schema):
    assert signature_of(annotation) == text
    assert schema_of(annotation) == schema


def received(annotation, code):
    """What a tool with a parameter of that type is given for an expression of the guest's."""
    got = []

    def f(x):
        got.append(x)
    f.__annotations__ = {"x": annotation}
    result = run(f"import datetime, dataclasses\nfrom tools import f\nf({code})", f)
    if result.error is not None:
        return f"{result.error.type}: {result.error.message}"
    return got[0]


@pytest.mark.parametrize("annotation, code, expected", [
    (Any, "{1: {2}}", {1: {2}}),
    (int, "5", 5),
    (float, "5", 5.0),
    (bytes, "b'x'", b"x"),
    (Optional[int], "None", None),
    (Colour, "'blue'", Colour.BLUE),
    (Literal["a", 1], "1", 1),
    (Point, "{'x': 1}", Point(1)),
    (Point, "dict(x=1, y=2)", Point(1, 2)),
    (List[Point], "[{'x': 1}, {'x': 2}]", [Point(1), Point(2)]),
    (Dict[str, Point], "{'a': {'x': 1}}", {"a": Point(1)}),
    (Row, "{'price': 1}", {"price": 1.0}),
    (Pair, "('a',)", Pair("a")),
    (Pair, "{'left': 'a', 'right': 5}", Pair("a", 5)),
    (Tuple[int, str], "[1, 'a']", (1, "a")),
    (set, "[1, 1]", {1}),
    (datetime.date, "'2024-02-29'", datetime.date(2024, 2, 29)),
    (datetime.date, "datetime.date(2024, 2, 29)", datetime.date(2024, 2, 29)),
    (Tree, "{'label': 'a', 'children': [{'label': 'b'}]}", Tree("a", [Tree("b")])),
    (Union[int, str], "'x'", "x"),
])
def test_what_arrives(annotation, code, expected):
    got = received(annotation, code)
    assert got == expected and type(got) is type(expected)


@pytest.mark.parametrize("annotation, code, message", [
    (int, "'5'", "TypeError: x: expected int, not str"),
    (int, "True", "TypeError: x: expected int, not bool"),
    (Optional[int], "'a'", "TypeError: x: expected int, not str"),
    (List[int], "[1, 'a']", "TypeError: x: item 1: expected int, not str"),
    (Colour, "'green'", "ValueError: x: expected one of 'red', 'blue', not 'green'"),
    (Point, "{'y': 1}", "ValueError: x: no valid Point: the field 'x' is missing"),
    (Point, "{'x': 1, 'z': 1}", "ValueError: x: no valid Point: it has no field 'z'"),
    (Point, "5", "TypeError: x: expected a dict with the fields of Point, not int"),
    (Point, "{'x': 'a'}", "TypeError: x: Point.x: expected int, not str"),
    (Tuple[int, str], "[1]", "ValueError: x: expected 2 items, not 1"),
    (datetime.date, "5", "TypeError: x: expected date, not int"),
])
def test_what_is_refused(annotation, code, message):
    assert received(annotation, code) == message


def test_a_dataclass_of_the_guests_own():
    got = []

    def place(point: Point) -> Point:
        got.append(point)
        return Point(point.x + 1, point.y)
    code = """
import dataclasses
from tools import place
@dataclasses.dataclass
class Point:
    x: int
    y: int
place(Point(1, 2))
"""
    assert value(code, place) == {"x": 2, "y": 2}
    assert got == [Point(1, 2)]


def test_pydantic_models():
    import pydantic

    class User(pydantic.BaseModel):
        name: str
        age: int = pydantic.Field(default=5, ge=0)

    def add(user: User) -> User:
        return user
    made = Tool(add)
    assert made.schema["parameters"]["properties"]["user"]["properties"]["age"]["minimum"] == 0
    assert value("from tools import add; add({'name': 'ann'})", made) == {"name": "ann", "age": 5}
    refused = run("from tools import add; add({'name': 'ann', 'age': -1})", made)
    assert refused.error.type == "ValueError" and "no valid User: age" in refused.error.message


def test_defaults():
    marker = object()

    def f(a: Colour = Colour.RED, b: Point = Point(1, 2), c=marker, d: int = None, *rest: int, **more: str):
        return [a is Colour.RED, b == Point(1, 2), c is marker, d is None, list(rest), more]
    assert value("from tools import f; f()", f) == [True, True, True, True, [], {}]
    assert value("from tools import f; f('blue', {'x': 1}, 2, 3, 4, 5, z='w')", f) == [
        False, False, False, False, [4, 5], {"z": "w"}]
    assert 'a: Literal["red", "blue"] = "red"' in Tool(f).signature


def test_positional_only():
    def f(a: int, /, b: int, *, c: int):
        return [a, b, c]
    assert Tool(f).signature == "(a: int, /, b: int, *, c: int)"
    assert value("from tools import f; f(1, 2, c=3)", f) == [1, 2, 3]


def test_exceptions_arrive_as_what_they_are():
    class Own(Exception):
        pass

    def f(kind: str) -> None:
        raise {"value": ValueError("bad"), "own": Own("special"), "key": FileNotFoundError("gone")}[kind]
    code = """
from tools import f
import pybox
caught = []
for kind in ("value", "own", "key"):
    try:
        f(kind)
    except Exception as error:
        caught.append(f"{type(error).__name__}: {error}")
caught
"""
    assert value(code, f) == ["ValueError: bad", "HostError: Own: special", "FileNotFoundError: gone"]


def test_what_stops_the_host_is_not_the_guests():
    def f() -> None:
        raise SystemExit(5)
    with pytest.raises(SystemExit):
        run("from tools import f\ntry:\n    f()\nexcept BaseException:\n    pass", f)


def test_answers_that_cannot_cross():
    def f():
        return object()
    result = run("from tools import f; f()", f)
    assert result.error.type in ("ValueError", "pybox.HostError") and "cannot cross" in result.error.message


def test_bytes_and_rich_values_cross():
    def f(data: bytes, when: datetime.datetime) -> tuple:
        return data[::-1], when + datetime.timedelta(days=1), {1, 2}
    assert value("import datetime\nfrom tools import f\nf(b'abc', datetime.datetime(2024, 1, 1))", f) == (
        b"cba", datetime.datetime(2024, 1, 2), {1, 2})


def test_code_within_a_tool_runs_in_the_same_box():
    with Sandbox() as sandbox:
        @sandbox.tool
        def ask(question: str) -> int:
            return sandbox.eval(f"len({question!r})")
        assert sandbox.eval("from tools import ask; ask('abc')") == 3


def test_tools_may_be_added_later():
    with Sandbox(tools=[search]) as sandbox:
        sandbox.run("from tools import search; x = 5")

        @sandbox.tool
        def more(n: int) -> int:
            return n + 1
        assert sandbox.eval("from tools import more; more(x), len(search('a'))") == (6, 3)
        with pytest.raises(ValueError, match="two tools"):
            sandbox.add_tools([more])


def test_search_schemas_and_stubs():
    @tool
    async def fetch(url: Annotated[str, "where from"], how: Point = Point(0), row: Optional[Row] = None) -> bytes:
        """Gets what is
        there."""
        return b""

    @tool(module="fs")
    def read(path: str) -> str:
        return ""
    tools = Toolset([search, fetch, read])
    assert [each.name for each in tools.search("pages")] == ["search"]
    assert Toolset().search("x") == [] and Toolset().stub() == ""
    assert [each["name"] for each in tools.schemas()] == ["search", "fetch", "read"]
    assert len(tools) == 3 and "fs.read" in tools and tools.get("fs.read") is read
    assert tools.stub() == '''\
class Point(TypedDict):
    "A place."
    x: int
    y: NotRequired[int]

class Row(TypedDict):
    name: NotRequired[str]
    price: NotRequired[float]

# from tools import search, fetch

def search(query: str, limit: int = 10, *, exact: bool = False) -> list[str]:
    """Finds pages."""

async def fetch(url: str, how: Point = None, row: Row | None = None) -> bytes:
    """Gets what is
    there.
    url: where from
    """

# from fs import read

def read(path: str) -> str: ...
'''
    assert tools.stub("fs").startswith("# from fs import read")
    with pytest.raises(ValueError, match="no module of tools"):
        tools.stub("nothing")
    with pytest.raises(ValueError, match="two tools"):
        tools.plus([search])
    compile(tools.stub(), "stub", "exec")


def test_a_signature_that_cannot_be_is_refused():
    def f(__private: int): ...
    with pytest.raises(ValueError):
        Sandbox(tools=[f])
