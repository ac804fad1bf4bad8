"""The tagged form's rarer types: taken apart for guest_value_encode.c, put together for guest_value_decode.c.

docs/VALUES.md has the rules. Not an interface for programs in the box.
"""

import collections
import datetime
import decimal
import enum
import fractions
import sys
import uuid

_modules = sys.modules
_eval = eval
_date, _datetime, _time, _timedelta = datetime.date, datetime.datetime, datetime.time, datetime.timedelta
_Decimal, _Fraction, _UUID = decimal.Decimal, fractions.Fraction, uuid.UUID
_deque, _OrderedDict = collections.deque, collections.OrderedDict
_Enum, _Flag = enum.Enum, enum.Flag
_get, _set = object.__getattribute__, object.__setattr__
_new = object.__new__
_MISSING = object()


def _class_name(kind):
    return f"{kind.__module__}.{kind.__qualname__}"


def _look_up(name, names):
    """What a name means to code in a namespace, which may inherit it."""
    try:
        return _eval(name, names) if name.isidentifier() else _MISSING
    except (NameError, SyntaxError):
        return _MISSING


def _find_class(name, names):
    """The class of that name: of a module that is imported, or of the namespace itself if it says `__main__`."""
    if type(name) is not str:
        raise ValueError("the name of a class is no string")
    parts = name.split(".")
    for end in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:end])
        if module == "__main__":
            found = _look_up(parts[end], names)
        elif module in _modules:
            found = getattr(_modules[module], parts[end], _MISSING)
        else:
            continue
        for part in parts[end + 1 :]:
            found = getattr(found, part, _MISSING)
        if isinstance(found, type):
            return found
    raise ValueError(f"there is no class {name}; define or import it before")


def _refuse_class(kind, names):
    """Why the class would not be found again by its name; or None."""
    name = _class_name(kind)
    try:
        if _find_class(name, names) is kind:
            return None
    except ValueError:
        pass
    return f"the class {name} cannot be found by that name; define it at the top of a module"


def _zone(value):
    """How a time's zone is written: None, an offset [days, seconds, microseconds, name], or a key."""
    zone = value.tzinfo
    if zone is None:
        return None
    if type(zone) is datetime.timezone:
        offset = zone.utcoffset(None)
        name = zone.tzname(None)
        parts = [offset.days, offset.seconds, offset.microseconds]
        return parts if zone == datetime.timezone(offset) and name == datetime.timezone(offset).tzname(None) else parts + [name]
    zoneinfo = _modules.get("zoneinfo")
    if zoneinfo is not None and type(zone) is zoneinfo.ZoneInfo and zone.key is not None:
        return zone.key
    return _MISSING


def _describe_time(tag, value):
    zone = _zone(value)
    if zone is _MISSING:
        return f"a {tag[1:]} whose zone is of type {_class_name(type(value.tzinfo))} has no tagged form"
    return (False, tag, value.replace(tzinfo=None).isoformat()) + _given(zone=zone, fold=value.fold or None)


def _given(**members):
    """Members that are not None, as a description has them."""
    return tuple(part for item in members.items() if item[1] is not None for part in item)


_describers = {
    _datetime: lambda value: _describe_time("$datetime", value),
    _time: lambda value: _describe_time("$time", value),
    _date: lambda value: (False, "$date", value.isoformat()),
    _timedelta: lambda value: (False, "$timedelta", [value.days, value.seconds, value.microseconds]),
    _Decimal: lambda value: (False, "$decimal", str(value)),
    _Fraction: lambda value: (False, "$fraction", [value.numerator, value.denominator]),
    _UUID: lambda value: (False, "$uuid", str(value)),
    complex: lambda value: (False, "$complex", [value.real, value.imag]),
    range: lambda value: (False, "$range", [value.start, value.stop, value.step]),
    _deque: lambda value: (True, "$deque", value.maxlen, "items", list(value)),
    _OrderedDict: lambda value: (True, "$ordereddict", None, "items", [[k, value[k]] for k in value]),
}


def _describe_enum(value, kind, names):
    why = _refuse_class(kind, names)
    if why is not None:
        return why
    name = value._name_
    if type(name) is str and kind._member_map_.get(name) is value:
        return False, "$enum", _class_name(kind), "name", name
    if issubclass(kind, _Flag) and type(value._value_) is int:
        return False, "$enum", _class_name(kind), "value", value._value_
    return f"an enumeration's member of type {_class_name(kind)} cannot be found by its name"


def _field_names(kind):
    fields = kind.__dict__.get("__dataclass_fields__")
    if type(fields) is not dict:
        return None
    return [name for name, field in fields.items() if field._field_type.name == "_FIELD"]


def _describe_dataclass(value, kind, names, fields):
    for base in (int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset, BaseException):
        if issubclass(kind, base):
            return f"a dataclass that is a {base.__name__} too has no tagged form; pass its data"
    why = _refuse_class(kind, names)
    if why is not None:
        return why
    members = {}
    for name in fields:
        try:
            members[name] = _get(value, name)
        except AttributeError:
            return f"an object of type {_class_name(kind)} lacks its field {name}; set it"
    try:
        others = [name for name in _get(value, "__dict__") if name not in members]
    except AttributeError:
        others = ()
    if others:
        return f"an object of type {_class_name(kind)} has the attribute {others[0]}, which is no field; pass its data"
    return True, "$dataclass", _class_name(kind), "fields", members


def _describe_named(value, kind, names):
    fields = kind.__dict__.get("_fields")
    if kind.__mro__[1:] != (tuple, object) or type(fields) is not tuple or len(fields) != tuple.__len__(value):
        return None
    return _refuse_class(kind, names) or (True, "$namedtuple", _class_name(kind), "items", list(tuple.__iter__(value)))


def describe(value, names):
    kind = type(value)
    describer = _describers.get(kind)
    if describer is not None:
        return describer(value)
    mro = type.__dict__["__mro__"].__get__(kind)
    if _Enum in mro:
        return _describe_enum(value, kind, names)
    fields = _field_names(kind)
    if fields is not None:
        return _describe_dataclass(value, kind, names, fields)
    if tuple in mro:
        description = _describe_named(value, kind, names)
        if description is not None:
            return description
    name = _class_name(kind)
    return f"an object of type {name} has no tagged form; pass its data as a type that docs/VALUES.md lists"


def _from_numbers(make, kinds):
    def create(payload, names):
        if type(payload) not in (list, tuple) or any(type(part) not in kinds for part in payload):
            raise ValueError("expected a list of numbers")
        return make(*payload)

    return create


def _from_text(make):
    def create(payload, names):
        if type(payload) is not str:
            raise ValueError("expected a string")
        return make(payload)

    return create



def _create_dataclass(payload, names):
    kind = _find_class(payload, names)
    if _field_names(kind) is None:
        raise ValueError(f"{payload} is no dataclass")
    return _new(kind)


def _create_deque(payload, names):
    if payload is not None and (type(payload) is not int or payload < 0):
        raise ValueError("expected the greatest length of a deque, or null")
    return _deque((), payload)


# Of a description's first member; what has others is made by finish().
_creators = {
    "$datetime": _from_text(_datetime.fromisoformat),
    "$time": _from_text(_time.fromisoformat),
    "$date": _from_text(_date.fromisoformat),
    "$timedelta": _from_numbers(_timedelta, {int}),
    "$decimal": _from_text(_Decimal),
    "$fraction": _from_numbers(_Fraction, {int}),
    "$uuid": _from_text(_UUID),
    "$complex": _from_numbers(complex, {float, int}),
    "$range": _from_numbers(range, {int}),
    "$enum": _find_class,
    "$namedtuple": _find_class,
    "$dataclass": _create_dataclass,
    "$deque": _create_deque,
    "$ordereddict": lambda payload, names: _OrderedDict(),
}


def create(tag, payload, names):
    creator = _creators.get(tag)
    if creator is None:
        raise ValueError(f'there is no tag {tag}; a dict with that key is {{"$dict": [["{tag}", ...]]}}')
    return creator(payload, names)


def _finish_time(value, members, names):
    zone = members.pop("zone", None)
    fold = members.pop("fold", 0)
    if type(zone) is str:
        import zoneinfo

        zone = zoneinfo.ZoneInfo(zone)
    elif zone is not None:
        zone = datetime.timezone(_timedelta(*zone[:3]), *zone[3:4])
    return value.replace(tzinfo=zone, fold=fold) if zone is not None or fold else value


def _finish_enum(kind, members, names):
    if not issubclass(kind, _Enum):
        raise ValueError(f"{_class_name(kind)} is no enumeration")
    if "value" in members:
        return kind(members.pop("value"))
    name = members.pop("name", None)
    if name not in kind._member_map_:
        raise ValueError(f"the enumeration {_class_name(kind)} has no member {name}")
    return kind._member_map_[name]


def _finish_dataclass(value, members, names):
    fields = members.pop("fields", None)
    expected = _field_names(type(value))
    if not isinstance(fields, dict) or set(fields) != set(expected):
        raise ValueError(f"the fields of {_class_name(type(value))} are {', '.join(expected) or 'none'}")
    for name in expected:
        _set(value, name, fields[name])
    return value


def _finish_named(kind, members, names):
    items = members.pop("items", None)
    if not issubclass(kind, tuple) or type(items) not in (list, tuple):
        raise ValueError("expected a named tuple and its items")
    if len(kind._fields) != len(items):
        raise ValueError(f"{_class_name(kind)} has {len(kind._fields)} fields")
    return tuple.__new__(kind, items)


def _finish_deque(value, members, names):
    value.extend(members.pop("items", ()))
    return value


def _finish_ordered(value, members, names):
    for key, item in members.pop("items", ()):
        value[key] = item
    return value


_finishers = {
    "$datetime": _finish_time,
    "$time": _finish_time,
    "$enum": _finish_enum,
    "$dataclass": _finish_dataclass,
    "$namedtuple": _finish_named,
    "$deque": _finish_deque,
    "$ordereddict": _finish_ordered,
}


def finish(tag, value, members, names):
    finisher = _finishers.get(tag)
    members = dict(members)
    if finisher is not None:
        value = finisher(value, members, names)
    if members:
        raise ValueError(f"{tag} has no member {next(iter(members))}")
    return value
