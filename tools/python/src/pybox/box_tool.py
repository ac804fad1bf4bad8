"""The familiar interface (pybox.box): its tools."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .tools import AnyTool, Tool

MODULE = "host_rpc"  # names that begin with pybox are the library's
RPC = "pybox_json_rpc"


class PyboxPTCTool:
    """A function of the host's. The guest has it once stub() has been run in its context."""

    def __init__(self, handle: int, function: Callable[..., Any]) -> None:
        self._handle = handle
        self._tool = Tool(function)

    @property
    def handle(self) -> int:
        """Its number in the box."""
        return self._handle

    @property
    def name(self) -> str:
        return self._tool.name

    @property
    def function(self) -> Callable[..., Any]:
        return self._tool.function

    @property
    def tool(self) -> AnyTool:
        """The same in the full interface."""
        return self._tool

    def decl(self) -> str:
        """Signature and docstring, for prompts."""
        return self._tool.stub()

    def stub(self) -> str:
        """Python code that defines it in the guest."""
        signature = _stub_signature(self._tool.function)
        lines = [f"def {self.name}{signature}:"]
        if self._tool.description:
            lines.append(f"    {self._tool.description!r}")
        lines.append(f"    from {MODULE} import {RPC}")
        lines.append(f"    return {RPC}({', '.join([str(self._handle), *_passed_on(self._tool.function)])})")
        return "\n".join(lines) + "\n"

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._tool(*arguments, **keywords)


def _stub_signature(function: Callable[..., Any]) -> inspect.Signature:
    """With annotations as texts, as the guest need not have their classes, and defaults that can be written down."""
    signature = inspect.signature(function)
    parameters = []
    for parameter in signature.parameters.values():
        if parameter.annotation is not inspect.Parameter.empty:
            parameter = parameter.replace(annotation=_annotation_text(parameter.annotation))
        if not isinstance(parameter.default, (str, int, float, bool, bytes, type(None), type)):
            parameter = parameter.replace(default=None)
        parameters.append(parameter)
    returns = signature.return_annotation
    return signature.replace(
        parameters=parameters,
        return_annotation=returns if returns is inspect.Signature.empty else _annotation_text(returns))


def _annotation_text(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _passed_on(function: Callable[..., Any]) -> list[str]:
    """The arguments of the call within the stub."""
    passed = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            passed.append(f"*{name}")
        elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
            passed.append(f"**{name}")
        elif parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            passed.append(f"{name}={name}")
        else:
            passed.append(name)
    return passed


__all__ = ["PyboxPTCTool"]
