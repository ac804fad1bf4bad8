"""Host functions as Python functions, in modules of the host's choosing.

The host declares a set of functions; a module of them is made when it is imported. Each function is compiled from its
signature, so that Python itself takes the arguments apart, and refuses wrong ones. Called by _pybox.py only; not an
interface for programs in the box.
"""

import json
import sys
import types
import typing
from importlib.machinery import ModuleSpec

import _pybox_async
import _pybox_host

_SMALL = 64  # functions: to make one takes 60 us

_declared = {}  # module -> {name: declaration}, in the host's order
_made = {}  # "module.name" -> (declaration without its number, the function, what it calls)
_modules = {}  # those that have been imported
_packages = set()  # modules that others are in

_builtins = dict(vars(__builtins__) if isinstance(__builtins__, types.ModuleType) else __builtins__)
_annotations = {}  # text -> what it means, for those that mean something


def _annotation(text):
    """What an annotation means, or its text if it names what is not there."""
    try:
        return _annotations[text]
    except KeyError:
        pass
    try:
        value = eval(text, {"__builtins__": {}}, _Names())
    except Exception:
        return text
    _annotations[text] = value
    return value


class _Names(dict):
    """Where annotations find names: built in, of typing, or modules that are there."""

    def __missing__(self, name):
        if name in _builtins:
            return _builtins[name]
        if name in typing.__all__:
            return getattr(typing, name)
        return sys.modules[name]


_SOURCE = """\
def make(__pybox_call, __pybox_later):
    {keyword}def {name}{signature}:
        return {call}
    return {name}
"""


def _compile(declaration, globals):
    name = declaration["name"]
    parameters = declaration["parameters"]
    call = f"__pybox_call({', '.join(parameters)})"
    keyword = ""
    if declaration["async"]:
        keyword = "async "
        call = f"await __pybox_answer if type(__pybox_answer := {call}) is __pybox_later else __pybox_answer"
    signature = declaration["signature"]
    source = _SOURCE.format(keyword=keyword, name=name, signature=signature, call=call)
    filename = f"{_LIBRARY}/<host>/{declaration['module']}.py"
    code = compile(source, filename, "exec", _FUTURE_ANNOTATIONS, True)
    names = {}
    exec(code, globals, names)
    return names["make"]


_LIBRARY = json.__file__.rpartition("/json/")[0]  # code from there is not the program's own
_FUTURE_ANNOTATIONS = 0x1000000  # annotations stay text: __future__.annotations.compiler_flag


def _make_function(declaration, globals):
    name, module = declaration["name"], declaration["module"]
    keys = tuple(
        f'{"," if i else "{"}"{parameter}":'.encode()
        for i, parameter in enumerate(declaration["parameters"])
    )
    call = _pybox_host.make(
        declaration["number"], f"{module}.{name}", keys, declaration["variable"], declaration["async"],
        declaration["tagged"],
    )
    function = _compile(declaration, globals)(call, _pybox_async.Later)
    function.__qualname__ = name
    function.__module__ = module
    function.__doc__ = declaration["documentation"]
    function.__annotations__ = {
        key: _annotation(text) for key, text in function.__annotations__.items()
    }
    return function, call


def _same(declaration):
    """What of a declaration its function was made from."""
    return {key: value for key, value in declaration.items() if key != "number"}


def _function(declaration, module):
    """The function of a declaration, made if it is not there yet."""
    full = f"{declaration['module']}.{declaration['name']}"
    if full not in _made:
        function, call = _make_function(declaration, module.__dict__)
        _made[full] = _same(declaration), function, call
    return _made[full][1]


class _Lazy:
    """What a large module's `__getattr__` and `__dir__` are: it has its functions when they are asked for."""

    def __init__(self, module):
        self.module = module

    def get(self, name):
        declaration = _declared.get(self.module.__name__, {}).get(name)
        if declaration is None:
            raise AttributeError(f"module {self.module.__name__!r} has no attribute {name!r}")
        function = _function(declaration, self.module)
        setattr(self.module, name, function)
        return function

    def names(self):
        return sorted(self.module.__dict__.keys() | _declared.get(self.module.__name__, {}).keys())


def _fill(module):
    """Gives a module the functions that it is to have."""
    declarations = _declared.get(module.__name__, {})
    small = len(declarations) <= _SMALL
    for name, declaration in declarations.items():
        if small or f"{module.__name__}.{name}" in _made:
            setattr(module, name, _function(declaration, module))
    if not small:
        lazy = _Lazy(module)
        module.__getattr__, module.__dir__ = lazy.get, lazy.names
    module.__all__ = list(declarations)


class _Finder:
    """Finds the modules of host functions: an entry of sys.meta_path, and the loader of what it finds."""

    def find_spec(self, name, path=None, target=None):
        if name in _declared or name in _packages:
            return ModuleSpec(name, self, origin="the host", is_package=name in _packages)
        return None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        _fill(module)
        _modules[module.__name__] = module

    def __repr__(self):
        return "<finder of host functions>"


_finder = _Finder()


def _forget(full):
    """A function that the host has no more: it stays where a program has put it, but cannot be called."""
    _, function, call = _made.pop(full)
    _pybox_host.renumber(call, -1)
    module, _, name = full.rpartition(".")
    module = _modules.get(module)
    if module is not None and module.__dict__.get(name) is function:
        delattr(module, name)


def declare(text):
    """Takes a new set of functions. Those that it has in common with the last one stay as they are."""
    declarations = json.loads(text)
    wanted = {}
    for number, declaration in enumerate(declarations):
        declaration["number"] = number
        wanted[f"{declaration['module']}.{declaration['name']}"] = declaration
    for full in list(_made):
        declaration = wanted.get(full)
        if declaration is None or _made[full][0] != _same(declaration):
            _forget(full)
        else:
            _pybox_host.renumber(_made[full][2], declaration["number"])
    _declared.clear()
    _packages.clear()
    for declaration in declarations:
        module = declaration["module"]
        _declared.setdefault(module, {})[declaration["name"]] = declaration
        while "." in module:
            module = module.rpartition(".")[0]
            _packages.add(module)
    for module in _modules.values():
        _fill(module)
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
