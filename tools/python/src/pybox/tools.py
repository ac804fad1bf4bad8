"""Functions of the host that code in a box may call, made from typed Python functions.

    @tool
    def search(query: str, limit: int = 10) -> list[str]:
        "Finds pages."
        ...

    sandbox = Sandbox(tools=[search])
    sandbox.run("from tools import search; print(search('snakes', limit=2))")

The annotations become the signature that the guest sees (help(), completion, and Python's own check of arguments), a
JSON schema for language models, and a check of what arrives: the function is called with what its annotations say
(dataclasses, enumerations and pydantic models are made of the guest's dicts and values), or the guest gets a TypeError
or ValueError that says what is wrong.

An `async def` is called by `await` in the guest. The host runs many at the same time, on the caller's event loop in
`arun()` and its like, on a loop of the package's own in `run()`. With blocking=True the guest calls it without `await`.

A tool with deferred=True has no code here: the run returns PENDING, and the host answers when it has an answer, days
later if need be (Sandbox.answer(), Sandbox.resume()).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Generic, Optional, TypeVar, Union, overload

from . import _native
from .annotations import ANY, Shape, default_text, hints_of, shape
from .values import decode, encode

DEFAULT_MODULE = "tools"

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec

    P = ParamSpec("P")
    Rest = ParamSpec("Rest")
    R = TypeVar("R", covariant=True)

    class _Typed(Generic[P, R]):
        """A tool has the parameters and the result of its function."""
else:  # ParamSpec came after Python 3.9
    P = R = None

    class _Typed:
        __class_getitem__ = classmethod(GenericAlias)


class _Parameter:
    """A parameter: how the guest sees it, and how what it sends becomes what the function is given."""

    def __init__(self, parameter: inspect.Parameter, annotation: Any) -> None:
        self.name, self.kind, self.default = parameter.name, parameter.kind, parameter.default
        self.shape: Shape = shape(annotation)
        self.has_default = parameter.default is not inspect.Parameter.empty
        self.default_text = default_text(parameter.default) if self.has_default else None

    @property
    def text(self) -> str:
        star = "*" if self.kind is inspect.Parameter.VAR_POSITIONAL else ""
        star = "**" if self.kind is inspect.Parameter.VAR_KEYWORD else star
        annotation = f": {self.shape.text}" if self.shape is not ANY else ""
        default = f"{' = ' if annotation else '='}{self.default_text or 'None'}" if self.has_default else ""
        return f"{star}{self.name}{annotation}{default}"

    @property
    def schema(self) -> dict[str, Any]:
        schema = dict(self.shape.schema)
        if self.has_default and self.default_text is not None:
            schema["default"] = _plain_default(self.default)
        return schema

    def convert(self, value: Any) -> Any:
        """What the function is given for what the guest sent."""
        if self.has_default and self._is_default(value):
            return self.default
        if self.shape is ANY:
            return value
        try:
            return self.shape.convert(value)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{self.name}: {error}") from None

    def _is_default(self, value: Any) -> bool:
        if value is None:
            return self.default is None or self.default_text is None
        return type(value) is type(self.default) and bool(value == self.default)


def _plain_default(value: Any) -> Any:
    return getattr(value, "value", value)


def _signature_text(parameters: list[_Parameter], returns: str) -> str:
    parts: list[str] = []
    kinds = [parameter.kind for parameter in parameters]
    for i, parameter in enumerate(parameters):
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not any(
                kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.KEYWORD_ONLY) for kind in kinds[:i]):
            parts.append("*")
        parts.append(parameter.text)
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY and (
                i + 1 == len(kinds) or kinds[i + 1] is not inspect.Parameter.POSITIONAL_ONLY):
            parts.append("/")
    return f"({', '.join(parts)}){returns}"


class Tool(_Typed[P, R]):
    """A function of the host's, as the guest and language models see it. Calling it calls the function."""

    def __init__(
        self,
        function: Callable[P, R],
        *,
        name: Optional[str] = None,
        module: str = DEFAULT_MODULE,
        description: Optional[str] = None,
        blocking: bool = False,
        deferred: bool = False,
    ) -> None:
        if not callable(function):
            raise TypeError(f"a tool cannot be {function!r:.100}; expected a function")
        self.function = function
        self.name: str = name or str(getattr(function, "__name__", ""))
        if not self.name.isidentifier():
            raise ValueError(
                f"the tool {function!r:.100} has no name that code can use; give it one: tool(name=...)(function)")
        self.module = module
        self.description: str = inspect.getdoc(function) or "" if description is None else description
        self.is_coroutine = inspect.iscoroutinefunction(function)
        self.is_deferred = deferred
        self.is_awaited = (self.is_coroutine or deferred) and not blocking
        self.__name__, self.__doc__ = self.name, self.description
        self._read_signature()

    def _read_signature(self) -> None:
        hints = hints_of(self.function)
        signature = inspect.signature(self.function)
        self._parameters = {
            name: _Parameter(parameter, hints.get(name, Any)) for name, parameter in signature.parameters.items()
        }
        self._returns = shape(hints["return"]) if "return" in hints else ANY
        returns = f" -> {self._returns.text}" if self._returns is not ANY else ""
        self.signature: str = _signature_text(list(self._parameters.values()), returns)

    @property
    def full_name(self) -> str:
        """With its module: "tools.search"."""
        return f"{self.module}.{self.name}"

    @property
    def schema(self) -> dict[str, Any]:
        """As tools are described to language models: name, description, and parameters as a JSON schema."""
        properties, required = {}, []
        for parameter in self._parameters.values():
            if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                continue
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                properties[parameter.name] = {"type": "array", "items": parameter.shape.schema}
                continue
            properties[parameter.name] = parameter.schema
            if not parameter.has_default:
                required.append(parameter.name)
        parameters: dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            parameters["required"] = required
        open_ended = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in self._parameters.values())
        return {"name": self.name, "description": self.description,
                "parameters": parameters if open_ended else {**parameters, "additionalProperties": False}}

    @property
    def classes(self) -> dict[str, str]:
        """Definitions of the classes that its signature names."""
        shapes = [*(parameter.shape for parameter in self._parameters.values()), self._returns]
        return {name: text for each in shapes for name, text in each.classes.items()}

    def stub(self) -> str:
        """How it looks to the guest, for prompts."""
        lines = [f"{'async ' if self.is_awaited else ''}def {self.name}{self.signature}:"]
        notes = [f"{name}: {parameter.shape.description}" for name, parameter in self._parameters.items()
                 if parameter.shape.description]
        text = "\n".join(filter(None, [self.description, "\n".join(notes)]))
        if not text:
            return lines[0] + " ..."
        if "\n" not in text and '"' not in text and "\\" not in text:
            return f'{lines[0]}\n    """{text}"""'
        quoted = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').replace("\n", "\n    ")
        return f'{lines[0]}\n    """{quoted}\n    """'

    def receive(self, arguments: str, blobs: tuple[bytes, ...] = ()) -> tuple[list[Any], dict[str, Any]]:
        """What the function is called with for arguments that the guest sent. TypeError or ValueError: they are
        none."""
        if arguments == "{}" and not self._parameters:
            return [], {}
        given = decode(arguments, blobs)
        if not isinstance(given, dict):
            raise TypeError("the arguments are no object")
        positional: list[Any] = []
        by_name: dict[str, Any] = {}
        for name, value in given.items():
            parameter = self._parameters.get(name)
            if parameter is None:
                raise TypeError(f"{self.name}() has no parameter {name!r}")
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                positional.extend(map(parameter.convert, value))
            elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
                by_name.update((key, parameter.convert(item)) for key, item in value.items())
            elif parameter.kind is inspect.Parameter.KEYWORD_ONLY:
                by_name[name] = parameter.convert(value)
            else:
                positional.append(parameter.convert(value))
        return positional, by_name

    def host_function(self, call: _native.HostCall) -> Union[_native.Value, _native.Later]:
        """What the extension calls for a call of the guest's."""
        if self.is_coroutine or self.is_deferred:
            self.receive(call.arguments, call.blobs)  # so that wrong arguments are told at once
            return _native.LATER
        positional, by_name = self.receive(call.arguments, call.blobs)
        function: Callable[..., Any] = self.function
        return encode(function(*positional, **by_name), f"the result of {self.name}()")

    def __call__(self, *arguments: P.args, **keywords: P.kwargs) -> R:
        return self.function(*arguments, **keywords)

    @overload
    def __get__(self, instance: None, owner: Optional[type] = None) -> Tool[P, R]: ...
    @overload
    def __get__(
        self: Tool[Concatenate[Any, Rest], R], instance: object, owner: Optional[type] = None
    ) -> Callable[Rest, R]: ...
    def __get__(self, instance: object, owner: Optional[type] = None) -> Any:
        """As a method: bound to its object."""
        return self if instance is None else self.function.__get__(instance, owner)

    def __repr__(self) -> str:
        return f"<tool {self.full_name}{self.signature}>"


AnyTool = Tool[..., Any]
ToolLike = Union[AnyTool, Callable[..., Any]]


@overload
def tool(function: Callable[P, R], /) -> Tool[P, R]: ...
@overload
def tool(
    *,
    name: Optional[str] = None,
    module: str = DEFAULT_MODULE,
    description: Optional[str] = None,
    blocking: bool = False,
    deferred: bool = False,
) -> Callable[[Callable[P, R]], Tool[P, R]]: ...
def tool(function: Optional[Callable[..., Any]] = None, /, **options: Any) -> Any:
    """Makes a Tool of a function: @tool, or @tool(name=..., module=..., description=..., blocking=...,
    deferred=...)."""
    if function is not None:
        return Tool(function)
    return lambda decorated: Tool(decorated, **options)


class Toolset:
    """The tools of a sandbox. A set does not change; `plus()` makes a larger one."""

    def __init__(self, tools: Iterable[ToolLike] = ()) -> None:
        self._tools: dict[str, AnyTool] = {}
        self.functions: Optional[_native.Functions] = None
        if not isinstance(tools, Iterable):
            raise TypeError(f"tools cannot be {tools!r:.100}; expected a list of functions")
        for each in tools:
            made = each if isinstance(each, Tool) else Tool(each)
            if made.full_name in self._tools:
                raise ValueError(f"there are two tools {made.full_name!r}; expected a name of its own for each")
            self._tools[made.full_name] = made
        if self._tools:
            self.functions = _native.Functions()
            for made in self._tools.values():
                self.functions.add(
                    made.name, made.host_function, module=made.module, signature=made.signature,
                    documentation=made.description, is_async=made.is_awaited, form=_native.VALUES_TAGGED)

    @classmethod
    def of(cls, tools: Union[Toolset, Iterable[ToolLike]]) -> Toolset:
        return tools if isinstance(tools, Toolset) else cls(tools)

    def plus(self, tools: Iterable[ToolLike]) -> Toolset:
        """These and more."""
        return Toolset([*self, *tools])

    def __iter__(self) -> Iterator[AnyTool]:
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)

    def __contains__(self, full_name: object) -> bool:
        return full_name in self._tools

    def get(self, full_name: str) -> Optional[AnyTool]:
        """By its name with the module: "tools.search"."""
        return self._tools.get(full_name)

    def search(self, query: str, most: int = 10) -> list[AnyTool]:
        """Those that fit the query best, best first: by words in names, parameters and descriptions."""
        if self.functions is None:
            return []
        return [self._tools[f"{info.module}.{info.name}"] for info in self.functions.search(query, most)]

    def schemas(self) -> list[dict[str, Any]]:
        """All as JSON schemas, for language models."""
        return [each.schema for each in self]

    def stub(self, module: Optional[str] = None) -> str:
        """All tools of a module (or of all) as Python text, with the classes that they name: for prompts."""
        chosen = [each for each in self if module is None or each.module == module]
        if module is not None and not chosen:
            raise ValueError(f"there is no module of tools {module!r}")
        classes = {name: text for each in chosen for name, text in each.classes.items()}
        parts = list(classes.values())
        for name in dict.fromkeys(each.module for each in chosen):
            parts.append(f"# from {name} import {', '.join(each.name for each in chosen if each.module == name)}")
            parts += [each.stub() for each in chosen if each.module == name]
        return "\n\n".join(parts) + "\n" if parts else ""

    def __repr__(self) -> str:
        return f"<tools: {', '.join(self._tools) or 'none'}>"
