"""Namespaces within a sandbox."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Optional

from .namespace import Namespace

if TYPE_CHECKING:
    from .sandbox import Sandbox


class Context(Namespace):
    """A named namespace of a sandbox: what a REPL session is. Sandbox.context() makes them.

    One that inherits sees its parent's names, also those that come later; what it assigns is its own. Contexts share
    the sandbox's memory, modules and files: they keep names apart, not programs that do not trust each other.
    """

    def __init__(self, sandbox: Sandbox, name: str) -> None:
        self._owner = sandbox
        self._context = name

    @property
    def name(self) -> str:
        return self._context or "main"

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox that it is in."""
        return self._owner

    @property
    def parent(self) -> Optional[str]:
        """The name of the context that it inherits from."""
        return dict(self._owner.native.context_list()).get(self.name)

    def child(self, name: str) -> Context:
        """A new context that inherits from this one."""
        return self._owner.context(name, parent=self.name)

    def copy(self, name: str) -> Context:
        """A new context with the same names, bound to the same objects."""
        self._owner.native.context_copy(name, self.name)
        return Context(self._owner, name)

    def reset(self) -> None:
        """Empties it; its protection goes."""
        self._owner.native.context_reset(self.name)

    def destroy(self) -> None:
        """Not if another inherits from it, nor "main"."""
        self._owner.native.context_destroy(self.name)

    def __enter__(self) -> Context:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        """Destroys it."""
        self.destroy()

    def __repr__(self) -> str:
        return f"<Context {self.name!r} of {self._owner!r}>"
