"""pybox._native: the stub tells of what is there, and of all of it."""

import ast
import inspect
from pathlib import Path

import pybox
from pybox import _native as n

STUB = ast.parse((Path(pybox.__file__).parent / "_native.pyi").read_text())
TYPES = {"Value", "Path", "Mount", "OutputCallback", "DisplayCallback", "InputCallback", "RefillCallback",
         "TraceCallback", "HostFunction"}


def names_of(body):
    for item in body:
        if isinstance(item, (ast.FunctionDef, ast.ClassDef)):
            yield item.name
        elif isinstance(item, ast.AnnAssign):
            yield item.target.id
        elif isinstance(item, ast.Assign):
            yield item.targets[0].id


def public(thing):
    return {name for name in dir(thing) if not name.startswith("_")}


def test_the_module_has_what_the_stub_says():
    told = set(names_of(STUB.body)) - TYPES
    assert {name for name in told if not hasattr(n, name)} == set()
    assert public(n) - told == set()


def test_each_class_has_what_the_stub_says():
    record = public(tuple)
    for item in STUB.body:
        if not isinstance(item, ast.ClassDef):
            continue
        there = getattr(n, item.name)
        told = set(names_of(item.body)) - {"__init__"}
        if issubclass(there, n.Error):
            continue
        assert {name for name in told if not hasattr(there, name)} == set(), item.name
        own = public(there) - (record | {"n_fields", "n_sequence_fields", "n_unnamed_fields"}
                               if issubclass(there, tuple) else set())
        assert own - told == set(), item.name


def test_errors_have_their_bases_and_numbers():
    for item in STUB.body:
        if isinstance(item, ast.ClassDef) and item.name.endswith("Error") and item.name != "Error":
            there = getattr(n, item.name)
            assert [base.__name__ for base in there.__bases__] == [base.id for base in item.bases], item.name
    try:
        n.snapshot_verify("/does/not/exist")
    except n.Error as error:
        assert (error.status, error.status_name) == (3, "io") and "/does/not/exist" in str(error)


def test_docstrings():
    for name in public(n):
        thing = getattr(n, name)
        if inspect.isclass(thing) and not issubclass(thing, n.Error) or inspect.isbuiltin(thing):
            assert thing.__doc__, name
