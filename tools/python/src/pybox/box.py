"""The familiar interface: that of the PyBox which is made of RustPython, so that programs for it run unchanged.

    from pybox.box import PyBox

    box = PyBox()
    box.init_local("main")

    @box.tool
    def hello_host(name: str) -> str:
        return f"Hello {name}"

    box.exec(hello_host.stub(), "main")
    box.protect("main", hello_host.name)
    print(box.exec("print(hello_host('pybox'))", "main"))

exec() returns what the code printed, the traceback of an uncaught exception included. New programs have more of the
full interface: pybox.Sandbox, which is what `PyBox.sandbox` is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Optional, Union

from . import _native
from .exception import PyboxException
from .limits import Limits
from .mounts import Mount
from .result import Result
from .sandbox import Sandbox
from .snapshot import PyBoxSnapshot
from .box_tool import MODULE, RPC, PyboxPTCTool
from .tools import Tool
from .units import Amount, Duration

_RESERVED = ("dev", "tmp", "usr", "work")  # folders that every box has


class _Escape(BaseException):
    """Takes a tool's PyboxException past the guest."""


class _Tools:
    """What the guest calls. It does not know its box, so that a box goes when nobody has it any more."""

    def __init__(self) -> None:
        self.made: list[PyboxPTCTool] = []

    def call(self, handle: int, *arguments: Any, **keywords: Any) -> Any:
        if not 0 <= handle < len(self.made):
            raise ValueError(f"the host has no tool {handle}")
        try:
            return self.made[handle](*arguments, **keywords)
        except PyboxException as error:
            raise _Escape(error) from error


class PyBox:
    """One box with any number of contexts ("locals"), each with an id."""

    def __init__(
        self,
        preopen_dirs: Optional[Mapping[str, Union[str, "os.PathLike[str]"]]] = None,
        *,
        fuel: Optional[Amount] = None,
        timeout: Optional[Duration] = None,
        memory: Optional[Amount] = None,
    ) -> None:
        """`preopen_dirs` maps folders of the guest's to the host's, writable: {"/data": "./data"}. What is in a folder
        that is mapped to "/" is shown there, as it is now. The limits hold for each exec()."""
        self._tools = _Tools()
        mounts = [mount for guest, host in (preopen_dirs or {}).items() for mount in _mounts(guest, os.fspath(host))]
        self.sandbox = Sandbox(
            tools=[Tool(self._tools.call, name=RPC, module=MODULE, description="Calls a tool of the host's.")],
            mounts=mounts, limits=Limits(fuel=fuel, timeout=timeout, memory=memory))

    # -- contexts --

    def init_local(self, id: str, parent: Optional[str] = None) -> bool:
        """Makes a context, which inherits from another if one is named. False: it is there already, or cannot be
        made."""
        try:
            self.sandbox.native.context_create(_name(id), None if parent is None else _name(parent))
        except _native.ArgumentError:
            return False
        return True

    def init_local_from(self, id: str, parent: str) -> bool:
        """init_local() with a parent."""
        return self.init_local(id, parent)

    def del_local(self, id: str) -> bool:
        """Destroys a context. False: it is not there, or others inherit from it."""
        try:
            self.sandbox.native.context_destroy(_name(id))
        except _native.ArgumentError:
            return False
        return True

    def protect(self, id: str, name: str) -> None:
        """Code can neither bind nor delete the name any more."""
        self._context(id).protect(name)

    # -- code and values --

    def exec(
        self,
        code: str,
        id: Optional[str] = None,
        *,
        fuel: Optional[Amount] = None,
        timeout: Optional[Duration] = None,
    ) -> str:
        """What the code prints, to both streams, with the traceback of an uncaught exception.

        PyboxException: a tool raised it. RuntimeError: the run was stopped, and what it did is undone.
        """
        pieces: list[str] = []
        limits = Limits(fuel=fuel, timeout=timeout) if fuel is not None or timeout is not None else None
        context = self.sandbox if id is None else self._context(id)
        try:
            result = context.run(
                code, filename="<string>", limits=limits, on_output=lambda stream, text: pieces.append(text))
        except _Escape as escape:
            raise escape.args[0] from None
        if result.outcome.is_stopped:
            failure = result.exception()
            raise RuntimeError(f"PyBox exec failed: {failure}") from failure
        return "".join(pieces) + _told(result)

    def assign(self, id: str, name: str, value: Any) -> None:
        """Binds a variable to a value, also a protected one."""
        self._context(id).set(name, value)

    def get(self, id: str, name: str) -> Any:
        """The value of a variable."""
        return self._context(id).get(name)

    def tool(self, function: Callable[..., Any]) -> PyboxPTCTool:
        """Makes a tool of a function: a decorator. At any time, also while code runs."""
        made = PyboxPTCTool(len(self._tools.made), function)
        self._tools.made.append(made)
        return made

    def snapshot(self) -> PyBoxSnapshot:
        """The state, to return to by its restore()."""
        return PyBoxSnapshot(self)

    def _context(self, id: str) -> Any:
        name = _name(id)
        if name not in self.sandbox.contexts():
            raise RuntimeError(f"PyBox: the local context {id!r} is not there; call init_local() first")
        return self.sandbox.context(name)


def _name(id: str) -> str:
    """Ids may be any: "main" is one like others."""
    return f"local {id}"


def _mounts(guest: str, host: str) -> list[Mount]:
    """Nothing can be mounted on "/" itself: what is in the folder is."""
    if guest.rstrip("/"):
        return [Mount.host(host, guest, read_only=False)]
    names = [name for name in sorted(os.listdir(host)) if name not in _RESERVED]
    return [Mount.host(os.path.join(host, name), f"/{name}", read_only=False) for name in names]


def _told(result: Result) -> str:
    """What is printed of an exception."""
    error = result.error
    if error is None:
        return ""
    if error.type == "pybox.ProtectedError":
        return f"{error.traceback}Cannot modify protected names\n"
    return error.traceback


__all__ = ["PyBox"]
