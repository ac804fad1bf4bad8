"""Values: what goes in comes out as it was."""

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import math
import uuid

import pytest

import pybox
from pybox import GuestObject, Sandbox, ValueNotPortable
from pybox.values import decode, encode


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as made:
        yield made


VALUES = [
    None, True, False, 0, -5, 10**30, 2**20000, 1.5, -0.0, 1e300, "", "ä€\U0001f600", "\ud800", b"", b"\x00\xff",
    [], [1, [2, [3]]], {}, {"a": {"b": None}}, (), (1, "a"), [(1,)], {1: 2}, {(1, 2): "x"}, {"$dict": 1}, {"$ref": [1]},
    {1, 2}, frozenset({"a"}), {"x": {1, 2}}, bytearray(b"ab"), complex(1, -2), range(1, 10, 3),
    decimal.Decimal("1.10"), fractions.Fraction(1, 3), uuid.UUID(int=5),
    datetime.date(2024, 2, 29), datetime.time(1, 2, 3), datetime.datetime(2024, 2, 29, 1, 2, 3, 4),
    datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone.utc), datetime.timedelta(days=-1, microseconds=5),
    datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone(datetime.timedelta(hours=2), "X")),
    datetime.time(1, 2, fold=1), collections.deque([1, 2], maxlen=3), [b"within"], {"k": b"within"},
]


@pytest.mark.parametrize("value", VALUES, ids=repr if len(VALUES) < 1 else lambda value: type(value).__name__)
def test_round_trip(sandbox, value):
    sandbox.set("value", value)
    back = sandbox.get("value")
    assert back == value and type(back) is type(value)
    sandbox.run("def same(x): return x")
    again = sandbox.call("same", value)
    assert again == value and type(again) is type(value)


def test_ordered_dict_and_nan(sandbox):
    sandbox.set("value", collections.OrderedDict([("b", 1), ("a", 2)]))
    back = sandbox.get("value")
    assert type(back) is collections.OrderedDict and list(back) == ["b", "a"]
    sandbox.set("value", [math.nan, math.inf, -math.inf])
    nan, infinity, minus = sandbox.get("value")
    assert math.isnan(nan) and infinity == math.inf and minus == -math.inf


def test_the_guest_has_the_same_types(sandbox):
    sandbox.set("value", {"t": (1, {2}), "d": datetime.date(2024, 1, 1), 3: b"x"})
    assert sandbox.eval("[type(v).__name__ for v in value.values()]") == ["tuple", "date", "bytes"]


def test_objects_of_the_host_arrive_as_their_data(sandbox):
    @dataclasses.dataclass
    class Point:
        x: int
        tags: tuple

    class Colour(enum.Enum):
        RED = "red"

    class Level(enum.IntEnum):
        LOW = 1
    sandbox.set("value", [Point(1, ("a",)), Colour.RED, Level.LOW])
    assert sandbox.get("value") == [{"x": 1, "tags": ("a",)}, "red", 1]


def test_pydantic_models_arrive_as_their_data(sandbox):
    import pydantic
    model = pydantic.create_model("User", name=(str, ...), tags=(list, ...))
    sandbox.set("value", model(name="ann", tags=[1]))
    assert sandbox.get("value") == {"name": "ann", "tags": [1]}


def test_objects_of_the_guest(sandbox):
    sandbox.run("""
import dataclasses, enum, collections
@dataclasses.dataclass
class Point:
    x: int
    y: int = 0
class Colour(enum.Enum):
    RED = 1
Pair = collections.namedtuple('Pair', 'left right')
value = [Point(1, 2), Colour.RED, Pair('l', 'r')]
""")
    point, red, pair = sandbox.get("value")
    assert isinstance(point, GuestObject) and point.x == 1 and point.fields == {"x": 1, "y": 2}
    assert repr(point) == "Point(x=1, y=2)" and point.type_name == "__main__.Point"
    assert red.name == "RED" and repr(red) == "<Colour.RED>" and pair[1] == "r" and repr(pair) == "Pair('l', 'r')"
    sandbox.set("again", [point, red, pair])
    assert sandbox.eval("again == value and type(again[0]) is Point") is True
    with pytest.raises(AttributeError):
        point.z
    with pytest.raises(AttributeError):
        point.x = 5
    assert point != red and len({point, red, pair}) == 3


def test_shared_objects_and_cycles_of_the_guest(sandbox):
    sandbox.run("value = []; value.append(value)")
    value = sandbox.get("value")
    assert value[0] is value
    sandbox.run("part = [1]; value = {'a': part, 'b': part}")
    value = sandbox.get("value")
    assert value["a"] is value["b"] and value["a"] == [1]
    sandbox.run("value = {}; value['me'] = value")
    value = sandbox.get("value")
    assert value["me"] is value


def test_what_cannot_cross_says_why(sandbox):
    for value, reason in [
            (object(), "type builtins.object"), ([lambda: 1], r"at value\[0\]"), ({"a": {1: print}}, r"at value\.a")]:
        with pytest.raises(ValueNotPortable, match=reason):
            sandbox.set("value", value)
    cycle = []
    cycle.append(cycle)
    with pytest.raises(ValueNotPortable, match="itself"):
        sandbox.set("value", cycle)
    result = sandbox.run("lambda: 1")
    assert result.ok and "lambda" in result.value_repr and result.value_error
    with pytest.raises(ValueNotPortable):
        result.value


def test_deep_values(sandbox):
    deep = []
    for _ in range(150):
        deep = [deep]
    sandbox.set("value", deep)
    assert sandbox.get("value") == deep
    for _ in range(5000):
        deep = [deep]
    with pytest.raises((ValueNotPortable, pybox.Error)):
        sandbox.set("value", deep)


HOSTILE = [
    '{"$tuple": 5}', '{"$ref": 7}', '{"$nothing": 1}', '{"$set": [[1]]}', '{"$dict": [[[1], 2]]}',
    '{"$fraction": [1, 0]}',
    '{"$timedelta": ["x"]}', '{"$bytes": 1}', '{"$date": "x"}', '{"$complex": []}', '{"$id": 1}', '{"$uuid": "x"}',
    '{"$range": [1, 2, 0]}', '{"$deque": "x", "items": []}', '{"$dataclass": "a"}', '{"$blob": 3}', '{"$blob": "x"}',
    '{"$datetime": "2024-01-01", "zone": "../../etc/passwd"}', '{"$enum": "a", "name"', '{"$str": "/////w=="}',
    '{"$ordereddict": null}', '{"$int": "zz"}', '{"$decimal": "x"}',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_values_of_a_guest_that_was_tampered_with(text):
    with pytest.raises(ValueNotPortable):
        decode(text)


def test_plain_text_is_plain_json():
    assert encode([1, {"a": "b"}]) == '[1,{"a":"b"}]'
    assert encode(None) is None and encode(b"x") == b"x"
