"""Values between the host and the guest, without loss: the tagged form of docs/VALUES.md.

encode() writes what the host gives: None, booleans, numbers, texts, bytes, lists, tuples, sets, dicts, dates, decimals,
UUIDs, ... arrive as the same in the guest. Objects of the host's own classes arrive as their data: dataclasses and
pydantic models as dicts, members of enumerations as their value.

decode() reads what the guest sends. Nothing is imported or evaluated for it: an object of a class of the guest's
becomes a GuestObject, which is plain data with the fields as attributes. Given back, it is an object of that class
again. """

from __future__ import annotations

import base64
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import json
import operator
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Optional

from . import _native

_MOST_DEPTH = 200
_SCALARS = frozenset({str, int, float, bool, type(None)})
_BIG = 10**4299  # integers from here on may be too long for JSON's readers
_write = json.JSONEncoder(check_circular=False, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode


class ValueNotPortable(ValueError):
    """A value that cannot cross between host and guest: the message says what it is, where, and what to do."""


class GuestObject:
    """An object of a class of the guest's: a dataclass, a named tuple or a member of an enumeration.

    The fields are attributes (and in `fields`); `type_name` is the class's name in the guest, "__main__.Point". For an
    enumeration's member there are `name` and, if it is a combination of flags, `value`.
    """

    __slots__ = ("kind", "type_name", "fields")
    kind: str
    type_name: str
    fields: dict[str, Any]

    def __init__(self, kind: str, type_name: str, fields: dict[str, Any]) -> None:
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "type_name", type_name)
        object.__setattr__(self, "fields", fields)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(f"the guest's {self.type_name} has no {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("an object of the guest's cannot be changed in the host")

    def __reduce__(self) -> tuple[Any, ...]:
        return GuestObject, (self.kind, self.type_name, {}), self.fields

    def __setstate__(self, fields: dict[str, Any]) -> None:
        self.fields.update(fields)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GuestObject):
            return NotImplemented
        return (self.kind, self.type_name, self.fields) == (other.kind, other.type_name, other.fields)

    def __hash__(self) -> int:
        return hash((self.kind, self.type_name, tuple(self.fields)))

    def __getitem__(self, index: int) -> Any:
        """An item of a named tuple."""
        if self.kind != "namedtuple":
            raise TypeError(f"the guest's {self.type_name} has no items")
        return self.fields["items"][index]

    def __repr__(self) -> str:
        name = self.type_name.rpartition(".")[2]
        if self.kind == "enum":
            return f"<{name}.{self.fields.get('name', self.fields.get('value'))}>"
        if self.kind == "namedtuple":
            return f"{name}({', '.join(map(repr, self.fields['items']))})"
        return f"{name}({', '.join(f'{key}={value!r}' for key, value in self.fields.items())})"


# ------------------------------------------------------------------------------------------
# Into the guest


def encode(value: Any, what: str = "$") -> _native.Value:
    """A value in the form that the extension takes: None, bytes, or JSON text. `what` is its name in messages."""
    if value is None:
        return None
    if type(value) is bytes:
        return value
    return encode_json(value, what)


def encode_json(value: Any, what: str = "$") -> str:
    """The same as JSON text, also for None and bytes."""
    try:
        tagged = value if _is_plain(value) else _Encoder().tagged(value, what, 0)
        return _write(tagged)
    except RecursionError:
        raise ValueNotPortable(f"the value is more than {_MOST_DEPTH} levels deep") from None


def _is_plain(value: Any, levels: int = _MOST_DEPTH) -> bool:
    """Whether JSON's writer writes it exactly."""
    kind = type(value)
    if kind is str:
        return value.isascii() or _is_text(value)
    if kind is int:
        return bool(-_BIG < value < _BIG)
    if kind is float:
        return bool(value - value == 0.0)  # neither infinite nor not a number
    if kind is bool or value is None:
        return True
    if levels == 0:
        return False
    if kind is list:
        for item in value:
            if not _is_plain(item, levels - 1):
                return False
        return True
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or key[:1] == "$" or not (key.isascii() or _is_text(key)):
                return False
            if not _is_plain(item, levels - 1):
                return False
        return True
    return False


def _is_text(text: str) -> bool:
    """Whether it has no half of a pair of surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _class_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _zone(zone: Optional[datetime.tzinfo]) -> Any:
    key = getattr(zone, "key", None)
    if isinstance(key, str):
        return key
    if type(zone) is datetime.timezone:
        offset = zone.utcoffset(None)
        parts: list[Any] = [offset.days, offset.seconds, offset.microseconds]
        name = zone.tzname(None)
        return parts if name == datetime.timezone(offset).tzname(None) else [*parts, name]
    raise ValueNotPortable(f"a time zone of type {type(zone).__name__} cannot cross; use timezone or ZoneInfo")


def _shortened(place: str) -> str:
    return place if len(place) <= 60 else f"{place[:30]}...{place[-27:]}"


class _Encoder:
    """Makes the tagged form. What contains itself is refused; what is shared is written in each place."""

    def __init__(self) -> None:
        self.around: set[int] = set()  # the containers that are being written

    def tagged(self, value: Any, place: str, depth: int) -> Any:
        kind = type(value)
        if kind in _SCALARS:
            return _scalar(value)
        if depth >= _MOST_DEPTH or id(value) in self.around:
            raise ValueNotPortable(
                f"at {_shortened(place)}: it contains itself, or is more than {_MOST_DEPTH} levels deep")
        self.around.add(id(value))
        try:
            return self._container(kind, value, place, depth + 1)
        finally:
            self.around.discard(id(value))

    def items(self, values: Any, place: str, depth: int) -> list[Any]:
        return [self.tagged(item, f"{place}[{i}]", depth) for i, item in enumerate(values)]

    def pairs(self, value: Any, place: str, depth: int) -> list[Any]:
        return [[self.tagged(key, f"{place}{{{i}}}", depth), self.tagged(item, f"{place}[{key!r}]", depth)]
                for i, (key, item) in enumerate(value.items())]

    def _container(self, kind: type, value: Any, place: str, depth: int) -> Any:
        if kind is list:
            return self.items(value, place, depth)
        if kind is dict:
            if all(type(key) is str and key[:1] != "$" and _is_text(key) for key in value):
                return {key: self.tagged(item, f"{place}.{key}", depth) for key, item in value.items()}
            return {"$dict": self.pairs(value, place, depth + 1)}
        if kind in _SEQUENCES:
            return {_SEQUENCES[kind]: self.items(value, place, depth)}
        if kind in _LEAVES:
            return _LEAVES[kind](value)
        if kind is collections.OrderedDict:
            return {"$ordereddict": None, "items": self.pairs(value, place, depth + 1)}
        if kind is collections.deque:
            return {"$deque": value.maxlen, "items": self.items(value, place, depth)}
        return self._object(value, place, depth)

    def _object(self, value: Any, place: str, depth: int) -> Any:
        """Of the host's own classes: their data."""
        if isinstance(value, GuestObject):
            return self._guest_object(value, place, depth)
        if isinstance(value, enum.Enum):
            return self.tagged(value.value, place, depth)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: self.tagged(getattr(value, field.name), f"{place}.{field.name}", depth)
                    for field in dataclasses.fields(value)}
        if hasattr(type(value), "model_dump"):  # pydantic
            return self.tagged(value.model_dump(), place, depth)
        for base, take in _BASES:
            if isinstance(value, base):
                return self.tagged(take(value), place, depth)
        raise ValueNotPortable(f"at {_shortened(place)}: an object of type {_class_name(type(value))} cannot cross; "
                               "pass its data (numbers, texts, lists, dicts, dataclasses, ...)")

    def _guest_object(self, value: GuestObject, place: str, depth: int) -> Any:
        fields = value.fields
        if value.kind == "dataclass":
            written = {key: self.tagged(item, f"{place}.{key}", depth) for key, item in fields.items()}
            return {"$dataclass": value.type_name, "fields": written}
        if value.kind == "namedtuple":
            return {"$namedtuple": value.type_name, "items": self.items(fields["items"], place, depth)}
        return {"$enum": value.type_name, **fields}


def _scalar(value: Any) -> Any:
    if type(value) is float and value - value != 0.0:
        return {"$float": "nan" if value != value else "inf" if value > 0 else "-inf"}
    if type(value) is int and not -_BIG < value < _BIG:
        return {"$int": hex(value)}
    if type(value) is str and not value.isascii() and not _is_text(value):
        return {"$str": _base64(value.encode("utf-8", "surrogatepass"))}
    return value


def _moment(tag: str, value: Any) -> dict[str, Any]:
    written: dict[str, Any] = {tag: value.replace(tzinfo=None, fold=0).isoformat()}
    if value.tzinfo is not None:
        written["zone"] = _zone(value.tzinfo)
    if value.fold:
        written["fold"] = 1
    return written


_SEQUENCES: dict[type, str] = {tuple: "$tuple", set: "$set", frozenset: "$frozenset"}
_LEAVES: dict[type, Callable[[Any], Any]] = {
    bytes: lambda value: {"$bytes": _base64(value)},
    bytearray: lambda value: {"$bytearray": _base64(bytes(value))},
    memoryview: lambda value: {"$bytes": _base64(bytes(value))},
    complex: lambda value: {"$complex": [_scalar(value.real), _scalar(value.imag)]},
    range: lambda value: {"$range": [value.start, value.stop, value.step]},
    decimal.Decimal: lambda value: {"$decimal": str(value)},
    fractions.Fraction: lambda value: {"$fraction": [value.numerator, value.denominator]},
    uuid.UUID: lambda value: {"$uuid": str(value)},
    datetime.date: lambda value: {"$date": value.isoformat()},
    datetime.datetime: lambda value: _moment("$datetime", value),
    datetime.time: lambda value: _moment("$time", value),
    datetime.timedelta: lambda value: {"$timedelta": [value.days, value.seconds, value.microseconds]},
}
# Subclasses of built-in types cross as these.
_BASES: list[tuple[type, Callable[[Any], Any]]] = [
    (str, lambda value: str.__str__(value)), (int, int.__int__), (float, float.__float__), (bytes, bytes),
    (dict, lambda value: dict(dict.items(value))), (list, lambda value: list.copy(value)),
    (tuple, lambda value: tuple(tuple.__iter__(value))), (frozenset, frozenset.copy), (set, set.copy),
]


# ------------------------------------------------------------------------------------------
# Out of the guest


def decode(value: _native.Value, blobs: Sequence[bytes] = ()) -> Any:
    """What a value is that the extension returned in the tagged form. `blobs`: the bytes beside the arguments of a
    call."""
    if value is None or isinstance(value, bytes):
        return value
    try:
        read = json.loads(value)
        # Tags are first keys, so without such a text there is none.
        return read if '{"$' not in value else _Decoder(blobs).plain(read)
    except ValueNotPortable:
        raise
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, StopIteration,
            RecursionError) as error:
        # A guest that was tampered with sends what it likes.
        raise ValueNotPortable(f"the guest sent a value that is none: {type(error).__name__}: {error}") from None


class _Decoder:
    def __init__(self, blobs: Sequence[bytes]) -> None:
        self.numbered: dict[int, Any] = {}
        self.blobs = blobs

    def plain(self, value: Any) -> Any:
        if type(value) is list:
            return [self.plain(item) for item in value]
        if type(value) is not dict:
            return value
        first = next(iter(value), "")
        if not first.startswith("$"):
            return {key: self.plain(item) for key, item in value.items()}
        if first == "$ref":
            return self.numbered[value["$ref"]]
        if first == "$blob":
            return self.blobs[operator.index(value["$blob"])]
        number = value.pop("$id", None)
        tag = next(iter(value))
        if tag in _FILLED:
            return self._filled(tag, value, number)
        made = self._made(tag, value)
        if number is not None:
            self.numbered[number] = made
        return made

    def _filled(self, tag: str, value: dict[str, Any], number: Optional[int]) -> Any:
        """What may contain itself: it is there before its contents are."""
        made: Any = _FILLED[tag](value)
        if number is not None:
            self.numbered[number] = made
        if tag == "$list":
            made.extend(map(self.plain, value[tag]))
        elif tag == "$set":
            made.update(map(self.plain, value[tag]))
        elif tag == "$deque":
            made.extend(map(self.plain, value["items"]))
        elif tag == "$dataclass":
            made.fields.update((key, self.plain(item)) for key, item in value["fields"].items())
        else:
            pairs = value["items"] if tag == "$ordereddict" else value[tag]
            made.update((self.plain(key), self.plain(item)) for key, item in pairs)
        return made

    def _made(self, tag: str, value: dict[str, Any]) -> Any:
        content = value[tag]
        if tag == "$tuple":
            return tuple(map(self.plain, content))
        if tag == "$frozenset":
            return frozenset(map(self.plain, content))
        if tag == "$namedtuple":
            return GuestObject("namedtuple", content, {"items": tuple(map(self.plain, value["items"]))})
        if tag == "$enum":
            return GuestObject("enum", content, {key: item for key, item in value.items() if key != tag})
        if tag in _READERS:
            return _READERS[tag](content, value)
        raise ValueNotPortable(f"the guest sent a value with the tag {tag!r}, which this version does not know")


def _read_zone(zone: Any) -> Optional[datetime.tzinfo]:
    if zone is None:
        return None
    if isinstance(zone, str):
        import zoneinfo

        try:
            return zoneinfo.ZoneInfo(zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
            raise ValueNotPortable(f"the host has no time zone {zone!r}") from error
    offset = datetime.timedelta(*zone[:3])
    return datetime.timezone(offset, zone[3]) if len(zone) > 3 else datetime.timezone(offset)


def _read_moment(kind: Any) -> Callable[[Any, dict[str, Any]], Any]:
    def read(content: Any, value: dict[str, Any]) -> Any:
        moment = kind.fromisoformat(content)
        return moment.replace(tzinfo=_read_zone(value.get("zone")), fold=value.get("fold", 0))
    return read


def _read_float(content: Any) -> float:
    return float(content["$float"] if isinstance(content, dict) else content)


_FILLED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "$list": lambda value: [],
    "$set": lambda value: set(),
    "$dict": lambda value: {},
    "$ordereddict": lambda value: collections.OrderedDict(),
    "$deque": lambda value: collections.deque(maxlen=value["$deque"]),
    "$dataclass": lambda value: GuestObject("dataclass", value["$dataclass"], {}),
}
_READERS: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
    "$bytes": lambda content, value: base64.b64decode(content),
    "$bytearray": lambda content, value: bytearray(base64.b64decode(content)),
    "$float": lambda content, value: float(content),
    "$int": lambda content, value: int(content, 16),
    "$str": lambda content, value: base64.b64decode(content).decode("utf-8", "surrogatepass"),
    "$complex": lambda content, value: complex(_read_float(content[0]), _read_float(content[1])),
    "$range": lambda content, value: range(*content),
    "$decimal": lambda content, value: decimal.Decimal(content),
    "$fraction": lambda content, value: fractions.Fraction(*content),
    "$uuid": lambda content, value: uuid.UUID(content),
    "$date": lambda content, value: datetime.date.fromisoformat(content),
    "$timedelta": lambda content, value: datetime.timedelta(*content),
    "$datetime": _read_moment(datetime.datetime),
    "$time": _read_moment(datetime.time),
}
