"""What a type annotation means: as text of a signature, as JSON schema, and as a check of what the guest sends.

Known are the built-in types and containers, Optional and Union, Literal, Annotated, enumerations, dates and their like,
dataclasses, TypedDict, named tuples, and pydantic models. Anything else is taken as it comes (`Any`).
"""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime
import decimal
import enum
import fractions
import json
import typing
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Optional, Union

from .values import GuestObject, ValueNotPortable, encode_json

Schema = dict[str, Any]
Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class Shape:
    """What an annotation means."""

    text: str
    """How it is written in a signature that the guest sees."""
    schema: Schema
    convert: Convert
    """Makes the host's object of what the guest sent; TypeError or ValueError if it is none."""
    classes: dict[str, str] = field(default_factory=dict)
    """Definitions of the classes that the text names, for stubs."""
    description: str = ""
    """Of Annotated[..., "description"]."""


def _as_it_is(value: Any) -> Any:
    return value


ANY = Shape("Any", {}, _as_it_is)


def _named(value: Any) -> str:
    return "None" if value is None else type(value).__name__


def wrong(value: Any, wanted: str) -> TypeError:
    """The exception for a value that is not of the type that is wanted."""
    return TypeError(f"expected {wanted}, not {_named(value)}")


def _exactly(*kinds: type) -> Convert:
    wanted = kinds[0].__name__

    def convert(value: Any) -> Any:
        if type(value) not in kinds:
            raise wrong(value, wanted)
        return value
    return convert


def _float(value: Any) -> float:
    if type(value) not in (int, float):
        raise wrong(value, "float")
    return float(value)


def _bytes(value: Any) -> bytes:
    if type(value) not in (bytes, bytearray):
        raise wrong(value, "bytes")
    return bytes(value)


def _number(kind: type) -> Convert:
    """Decimals and fractions: also from integers and texts."""
    def convert(value: Any) -> Any:
        if type(value) not in (kind, int, str):
            raise wrong(value, kind.__name__)
        return kind(value)
    return convert


def _from_iso(kind: Any) -> Convert:
    """Dates and their like: also from texts."""
    def convert(value: Any) -> Any:
        if type(value) is str:
            return kind.fromisoformat(value)
        if type(value) is not kind:
            raise wrong(value, kind.__name__)
        return value
    return convert


def _none(value: Any) -> None:
    if value is not None:
        raise wrong(value, "None")


_TEXT: Schema = {"type": "string"}
_SIMPLE: dict[Any, Shape] = {
    Any: ANY,
    object: ANY,
    None: Shape("None", {"type": "null"}, _none),
    type(None): Shape("None", {"type": "null"}, _none),
    str: Shape("str", _TEXT, _exactly(str)),
    int: Shape("int", {"type": "integer"}, _exactly(int)),
    float: Shape("float", {"type": "number"}, _float),
    bool: Shape("bool", {"type": "boolean"}, _exactly(bool)),
    bytes: Shape("bytes", {"type": "string", "contentEncoding": "base64"}, _bytes),
    complex: Shape("complex", {}, _exactly(complex, float, int)),
    list: Shape("list", {"type": "array"}, _exactly(list)),
    tuple: Shape("tuple", {"type": "array"}, lambda value: tuple(_items(value))),
    dict: Shape("dict", {"type": "object"}, _exactly(dict, collections.OrderedDict)),
    set: Shape("set", {"type": "array", "uniqueItems": True}, lambda value: set(_items(value))),
    frozenset: Shape("frozenset", {"type": "array", "uniqueItems": True}, lambda value: frozenset(_items(value))),
    datetime.datetime: Shape("datetime.datetime", {**_TEXT, "format": "date-time"}, _from_iso(datetime.datetime)),
    datetime.date: Shape("datetime.date", {**_TEXT, "format": "date"}, _from_iso(datetime.date)),
    datetime.time: Shape("datetime.time", {**_TEXT, "format": "time"}, _from_iso(datetime.time)),
    datetime.timedelta: Shape("datetime.timedelta", {}, _exactly(datetime.timedelta)),
    decimal.Decimal: Shape("decimal.Decimal", _TEXT, _number(decimal.Decimal)),
    fractions.Fraction: Shape("fractions.Fraction", _TEXT, _number(fractions.Fraction)),
    uuid.UUID: Shape("uuid.UUID", {**_TEXT, "format": "uuid"},
                     lambda value: uuid.UUID(value) if type(value) is str else _exactly(uuid.UUID)(value)),
}
_LISTS: tuple[Any, ...] = (list, collections.abc.Sequence, collections.abc.MutableSequence, collections.abc.Iterable,
                           collections.abc.Collection)
_SETS: dict[Any, Any] = {
    set: set, frozenset: frozenset, collections.abc.Set: frozenset, collections.abc.MutableSet: set}
_DICTS: tuple[Any, ...] = (dict, collections.abc.Mapping, collections.abc.MutableMapping)


def _items(value: Any) -> Iterable[Any]:
    if type(value) not in (list, tuple, set, frozenset, collections.deque):
        raise wrong(value, "list")
    return typing.cast("Iterable[Any]", value)


def _place(where: str, convert: Convert, value: Any) -> Any:
    """Converts a part; errors say which."""
    try:
        return convert(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{where}: {error}") if type(error) in (TypeError, ValueError) else error


def shape(annotation: Any, within: tuple[Any, ...] = ()) -> Shape:
    """What the annotation means. `within`: the classes whose fields it is in, as one may contain itself."""
    try:
        simple = _SIMPLE.get(annotation)
    except TypeError:  # not hashable
        return ANY
    if simple is not None:
        return simple
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is not None:
        return _generic(origin, arguments, within)
    if isinstance(annotation, typing.NewType if isinstance(typing.NewType, type) else ()):
        return shape(annotation.__supertype__, within)
    if isinstance(annotation, typing.TypeVar) and annotation.__bound__ is not None:
        return shape(annotation.__bound__, within)
    return _class(annotation, within) if isinstance(annotation, type) else ANY


def _generic(origin: Any, arguments: tuple[Any, ...], within: tuple[Any, ...]) -> Shape:
    if origin is typing.Annotated:
        return _annotated(arguments, within)
    if origin is typing.Literal:
        return _literal(arguments)
    if origin is Union or getattr(origin, "__name__", "") == "UnionType":
        return _union([shape(each, within) for each in arguments])
    if origin in _LISTS:
        return _list(shape(arguments[0], within))
    if origin in _SETS:
        return _set(_SETS[origin], shape(arguments[0], within))
    if origin is tuple:
        return _tuple(arguments, within)
    if origin in _DICTS:
        return _dict(shape(arguments[0], within), shape(arguments[1], within))
    if getattr(origin, "__name__", "") in ("Required", "NotRequired", "ReadOnly"):
        return shape(arguments[0], within)
    return shape(origin, within)


def _annotated(arguments: tuple[Any, ...], within: tuple[Any, ...]) -> Shape:
    inner = shape(arguments[0], within)
    for extra in arguments[1:]:
        text = extra if isinstance(extra, str) else getattr(extra, "description", None)
        if isinstance(text, str):
            return dataclasses.replace(inner, schema={**inner.schema, "description": text}, description=text)
    return inner


def _classes(shapes: Iterable[Shape]) -> dict[str, str]:
    return {name: text for each in shapes for name, text in each.classes.items()}


def _literal(values: tuple[Any, ...]) -> Shape:
    allowed = [value.value if isinstance(value, enum.Enum) else value for value in values]
    by_plain = {(type(plain), plain): value for plain, value in zip(allowed, values)}

    def convert(value: Any) -> Any:
        try:
            return by_plain[type(value), value]
        except (KeyError, TypeError):
            raise ValueError(f"expected one of {', '.join(map(repr, allowed))}, not {value!r:.100}") from None
    text = ", ".join(repr(value) if not isinstance(value, str) else json.dumps(value) for value in allowed)
    return Shape(f"Literal[{text}]", {"enum": allowed}, convert)


def _union(shapes: list[Shape]) -> Shape:
    text = " | ".join(dict.fromkeys(each.text for each in shapes))

    def convert(value: Any) -> Any:
        for each in shapes:
            try:
                return each.convert(value)
            except (TypeError, ValueError):
                pass
        if len(shapes) == 2 and shapes[1].text == "None":
            return shapes[0].convert(value)  # which says what is wrong
        raise wrong(value, text)
    kinds = [each.schema for each in shapes]
    schema: Schema = {"anyOf": kinds}
    if all(set(kind) == {"type"} for kind in kinds):
        schema = {"type": [kind["type"] for kind in kinds]}
    return Shape("Any" if any(each is ANY for each in shapes) else text, schema, convert, _classes(shapes))


def _list(item: Shape) -> Shape:
    def convert(value: Any) -> Any:
        return [_place(f"item {i}", item.convert, each) for i, each in enumerate(_items(value))]
    schema = {"type": "array", "items": item.schema} if item.schema else {"type": "array"}
    return Shape(f"list[{item.text}]", schema, convert, item.classes)


def _set(kind: Any, item: Shape) -> Shape:
    def convert(value: Any) -> Any:
        return kind(item.convert(each) for each in _items(value))
    schema = {"type": "array", "items": item.schema, "uniqueItems": True}
    return Shape(f"{kind.__name__}[{item.text}]", schema, convert, item.classes)


def _tuple(arguments: tuple[Any, ...], within: tuple[Any, ...]) -> Shape:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        item = _list(shape(arguments[0], within))
        text = f"tuple[{item.text[5:-1]}, ...]"
        return Shape(text, item.schema, lambda value: tuple(item.convert(value)), item.classes)
    shapes = [shape(each, within) for each in arguments if each != ()]

    def convert(value: Any) -> Any:
        parts = list(_items(value))
        if len(parts) != len(shapes):
            raise ValueError(f"expected {len(shapes)} items, not {len(parts)}")
        return tuple(_place(f"item {i}", each.convert, part) for i, (each, part) in enumerate(zip(shapes, parts)))
    schema = {"type": "array", "prefixItems": [each.schema for each in shapes], "minItems": len(shapes),
              "maxItems": len(shapes)}
    text = f"tuple[{', '.join(each.text for each in shapes)}]" if shapes else "tuple"
    return Shape(text, schema, convert, _classes(shapes))


def _dict(key: Shape, value: Shape) -> Shape:
    def convert(given: Any) -> Any:
        if not isinstance(given, dict):
            raise wrong(given, "dict")
        return {key.convert(name): _place(f"[{name!r}]", value.convert, item) for name, item in given.items()}
    schema: Schema = {"type": "object"}
    if value.schema:
        schema["additionalProperties"] = value.schema
    return Shape(f"dict[{key.text}, {value.text}]", schema, convert, _classes([key, value]))


# ------------------------------------------------------------------------------------------
# Classes


@dataclass(frozen=True)
class _Field:
    name: str
    annotation: Any
    required: bool
    default: Any = None


def _class(kind: type, within: tuple[Any, ...]) -> Shape:
    if kind in within:  # it contains itself: not written out again
        return Shape(kind.__name__, {"type": "object"}, lambda value: _class(kind, ()).convert(value))
    if issubclass(kind, enum.Enum):
        return _enumeration(kind)
    if hasattr(kind, "model_validate") and hasattr(kind, "model_json_schema"):
        return _model(kind)
    if dataclasses.is_dataclass(kind):
        return _record(kind, _dataclass_fields(kind), within, kind)
    if issubclass(kind, dict) and hasattr(kind, "__required_keys__"):
        return _record(kind, _typed_dict_fields(kind), within, None)
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        hints = hints_of(kind)
        defaults = getattr(kind, "_field_defaults", {})
        fields = [_Field(name, hints.get(name, Any), name not in defaults, defaults.get(name)) for name in kind._fields]
        return _record(kind, fields, within, kind)
    for base in (str, int, float, bytes):
        if issubclass(kind, base):
            inner = _SIMPLE[base]
            return dataclasses.replace(inner, convert=lambda value: kind(inner.convert(value)))
    return ANY


def hints_of(thing: Any) -> dict[str, Any]:
    """Its annotations, evaluated if that can be done."""
    try:
        return typing.get_type_hints(thing, include_extras=True)
    except Exception:  # a name that is not there, or syntax of a later Python
        return {name: Any if isinstance(value, str) else value
                for name, value in getattr(thing, "__annotations__", {}).items()}


def _dataclass_fields(kind: Any) -> list[_Field]:
    hints, fields = hints_of(kind), []
    for each in dataclasses.fields(kind):
        if each.init:
            required = each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
            default = None if each.default is dataclasses.MISSING else each.default
            fields.append(_Field(each.name, hints.get(each.name, Any), required, default))
    return fields


def _typed_dict_fields(kind: Any) -> list[_Field]:
    return [_Field(name, annotation, name in kind.__required_keys__) for name, annotation in hints_of(kind).items()]


def _enumeration(kind: Any) -> Shape:
    literal = _literal(tuple(member.value for member in kind))

    def convert(value: Any) -> Any:
        if isinstance(value, GuestObject) and value.kind == "enum":
            value = kind[value.fields["name"]].value if value.fields.get("name") in kind.__members__ else value
        return kind(literal.convert(value))
    schema = {**literal.schema, "title": kind.__name__}
    return Shape(literal.text, schema, convert)


def _model(kind: Any) -> Shape:
    """A pydantic model, which checks for itself."""
    fields = [_Field(name, each.annotation, each.is_required()) for name, each in kind.model_fields.items()]
    record = _record(kind, fields, (), None)

    def convert(value: Any) -> Any:
        given = value.fields if isinstance(value, GuestObject) else value
        try:
            return kind.model_validate(given)
        except ValueError as error:
            problems = error.errors() if hasattr(error, "errors") else []
            parts = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in problems[:5]]
            raise ValueError(f"no valid {kind.__name__}: {'; '.join(parts) or error}") from None
    return dataclasses.replace(record, schema=kind.model_json_schema(), convert=convert)


def _record(kind: Any, fields: list[_Field], within: tuple[Any, ...], make: Optional[Callable[..., Any]]) -> Shape:
    """A class with named fields: JSON objects in the guest."""
    shapes = {each.name: shape(each.annotation, (*within, kind)) for each in fields}
    required = [each.name for each in fields if each.required]

    def convert(value: Any) -> Any:
        given = _fields_given(kind, list(shapes), value)
        unknown = [name for name in given if name not in shapes]
        missing = [name for name in required if name not in given]
        if unknown or missing:
            wrongs = [f"it has no field {name!r}" for name in unknown]
            wrongs += [f"the field {name!r} is missing" for name in missing]
            raise ValueError(f"no valid {kind.__name__}: {'; '.join(wrongs)}")
        converted = {name: _place(f"{kind.__name__}.{name}", shapes[name].convert, item)
                     for name, item in given.items()}
        return converted if make is None else make(**converted)

    schema: Schema = {"type": "object", "title": kind.__name__, "additionalProperties": False,
                      "properties": {name: each.schema for name, each in shapes.items()}}
    if required:
        schema["required"] = required
    classes = _classes(shapes.values())
    classes[kind.__name__] = _definition(kind, fields, shapes)
    return Shape(kind.__name__, schema, convert, classes)


def _fields_given(kind: Any, names: list[str], value: Any) -> dict[str, Any]:
    """Of a dict, a named tuple or a dataclass of the guest's."""
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        return value
    if isinstance(value, GuestObject) and value.kind == "dataclass":
        return value.fields
    if isinstance(value, GuestObject) and value.kind == "namedtuple":
        value = value.fields["items"]
    if issubclass(kind, tuple) and isinstance(value, (tuple, list)) and len(value) <= len(names):
        return dict(zip(names, value))
    raise wrong(value, f"a dict with the fields of {kind.__name__}")


def _definition(kind: Any, fields: list[_Field], shapes: dict[str, Shape]) -> str:
    """How stubs describe it: what the guest gives is a dict."""
    lines = [f"class {kind.__name__}(TypedDict):"]
    doc = kind.__dict__.get("__doc__") or ""
    if doc and not doc.startswith(f"{kind.__name__}("):  # not what dataclass() and NamedTuple make up
        lines.append(f"    {json.dumps(doc.strip().splitlines()[0], ensure_ascii=False)}")
    for each in fields:
        text = shapes[each.name].text
        line = f"    {each.name}: {text if each.required else f'NotRequired[{text}]'}"
        lines.append(f"{line}  # {shapes[each.name].description}" if shapes[each.name].description else line)
    return "\n".join(lines if fields else [*lines, "    pass"])


# ------------------------------------------------------------------------------------------
# Defaults


def default_text(value: Any) -> Optional[str]:
    """A default as a signature has it, or None if it is no plain value."""
    if isinstance(value, enum.Enum):
        value = value.value
    if value is None or isinstance(value, (bool, str, int, float, list, tuple, dict)):
        try:
            return _literal_text(json.loads(encode_json(value)))
        except (ValueNotPortable, ValueError):
            return None
    return None


def _literal_text(value: Any) -> str:
    if isinstance(value, dict):
        if any(name.startswith("$") for name in value):
            raise ValueError("not plain")
        return "{" + ", ".join(f"{json.dumps(name)}: {_literal_text(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal_text, value)) + "]"
    return json.dumps(value) if isinstance(value, str) else repr(value)
