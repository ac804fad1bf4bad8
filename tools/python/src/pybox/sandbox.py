"""A sandbox: one isolated Python, whose state stays from run to run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Optional, TypeVar

from . import _native
from .context import Context
from .drive import error_of, in_thread
from .files import Files
from .limits import Limits, LimitsLike
from .mounts import HostPath, MountsLike
from .namespace import Code, DisplayCallback, Namespace, OutputCallback, native_display, native_output
from .policy import PackageLike, Policy
from .result import Request, Result, read_request
from .snapshot import FORMS, Snapshot
from .suggest import unknown
from .tools import Tool, ToolLike, Toolset
from .values import encode

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .policy import PolicyOptions
    from .tools import P, R

    class LoadOptions(PolicyOptions, total=False):
        """The keywords of Sandbox, but for the snapshot."""

        tools: Iterable[ToolLike]
        on_output: Optional[OutputCallback]
        on_display: Optional[DisplayCallback]

    class SandboxOptions(LoadOptions, total=False):
        """The keywords of Sandbox."""

        snapshot: Optional[Snapshot]

Self = TypeVar("Self", bound="Sandbox")
T = TypeVar("T")

_INTERRUPTS = {
    "stop": _native.INTERRUPT_STOP,
    "keyboard": _native.INTERRUPT_KEYBOARD,
    "cut": _native.INTERRUPT_CUT,
}


class Checkpoint:
    """A state to return to. As a context manager: an exception in the block returns to it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def __enter__(self) -> Checkpoint:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        if kind is not None:
            self._sandbox.rollback()
        self._sandbox.drop()


class Sandbox(Namespace):
    """An isolated Python: it has memory, files in memory, and nothing of the host but what it is given here.

        with Sandbox(limits={"timeout": "2s", "memory": "64M"}) as sandbox:
            sandbox.run("x = 6")
            sandbox.eval("x * 7")               # 42
            sandbox.run("while True: pass")     # <Result deadline; ...>: stopped, and undone
            sandbox.get("x")                    # 6

    A run that is stopped by a limit or an interrupt is undone (Policy.rollback). Sandboxes are cheap: making one takes
    microseconds. One thread at a time may use a sandbox; another one gets a BusyError.

    The keywords are those of Policy, and go before it; `snapshot` is the state to begin with. `on_output` and
    `on_display` are for all runs that bring no callbacks of their own.
    """

    def __init__(
        self,
        policy: Optional[Policy] = None,
        *,
        tools: Iterable[ToolLike] = (),
        limits: LimitsLike = None,
        preset: Optional[str] = None,
        mounts: MountsLike = None,
        packages: Optional[Iterable[PackageLike]] = None,
        environment: Optional[Mapping[str, str]] = None,
        arguments: Optional[Iterable[str]] = None,
        directory: Optional[str] = None,
        input: Optional[bytes] = None,
        seed: Optional[int] = None,
        clock: Optional[int] = None,
        rollback: Optional[str] = None,
        snapshot: Optional[Snapshot] = None,
        on_output: Optional[OutputCallback] = None,
        on_display: Optional[DisplayCallback] = None,
    ) -> None:
        self.policy = Policy.of(policy, {
            "limits": limits, "preset": preset, "mounts": mounts, "packages": packages, "environment": environment,
            "arguments": arguments, "directory": directory, "input": input, "seed": seed, "clock": clock,
            "rollback": rollback})
        self._begin(self.policy.choose(tools), native_output(on_output), native_display(on_display))
        self._box = self._make_box(snapshot.native if snapshot else None)

    def _begin(
        self,
        tools: Toolset,
        output: Optional[_native.OutputCallback] = None,
        display: Optional[_native.DisplayCallback] = None,
    ) -> None:
        self._context = None
        self.tools = tools
        self._callbacks = output, display

    @classmethod
    def around(cls: type[Self], box: _native.Box, policy: Policy, tools: Toolset) -> Self:
        """A sandbox around a box that is there."""
        made = cls.__new__(cls)
        made.policy = policy
        made._begin(tools)
        made._box = box
        return made

    def _make_box(self, image: Optional[_native.Image]) -> _native.Box:
        output, display = self._callbacks
        return _native.Box(
            image=image, functions=self.tools.functions, output=output, display=display, **self.policy.native_options)

    @classmethod
    def load(
        cls: type[Self], path: HostPath, policy: Optional[Policy] = None, **options: Unpack[LoadOptions]
    ) -> Self:
        """A sandbox that begins with a snapshot file. The options are the class's."""
        return cls(policy, snapshot=Snapshot.open(path), **options)

    @property
    def native(self) -> _native.Box:
        """The extension's box."""
        return self._box

    @property
    def sandbox(self) -> Sandbox:
        """Itself."""
        return self

    @property
    def files(self) -> Files:
        """Its files."""
        return Files(self)

    @property
    def closed(self) -> bool:
        return self._box.closed

    @property
    def running(self) -> bool:
        """A thread runs it at this moment."""
        return self._box.running

    def close(self) -> None:
        """Frees it. BusyError while it runs."""
        self._box.close()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        self.close()

    async def __aenter__(self: Self) -> Self:
        return self

    async def __aexit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        self.__exit__(kind, error, traceback)

    # -- tools --

    def tool(self, function: Callable[P, R]) -> Tool[P, R]:
        """Gives the guest one more tool: a decorator. The state stays, checkpoints do not."""
        made = function if isinstance(function, Tool) else Tool(function)
        self.add_tools([made])
        return made

    def add_tools(self, tools: Iterable[ToolLike]) -> None:
        """Gives the guest more tools. The state stays, checkpoints do not. Not while it runs."""
        more = self.tools.plus(tools)
        image = self._box.image()
        self.tools = more
        self._replace_box(image)

    def _replace_box(self, image: Optional[_native.Image]) -> None:
        box = self._make_box(image)
        self._box.close()
        self._box = box

    # -- contexts --

    def context(self, name: str, *, parent: Optional[str] = None) -> Context:
        """The context of that name, which is made if it is not there. With a parent it sees the parent's names."""
        if name != "main" and name not in self.contexts():
            self._box.context_create(name, parent)
        elif parent is not None and dict(self._box.context_list()).get(name) != parent:
            raise ValueError(f"the context {name!r} is there, and does not inherit from {parent!r}")
        return Context(self, name)

    def contexts(self) -> list[str]:
        """The names of all contexts, "main" first."""
        return [name for name, _ in self._box.context_list()]

    # -- state --

    def checkpoint(self) -> Checkpoint:
        """Keeps the state as it is now, for rollback(). They nest.

            with sandbox.checkpoint():
                sandbox.run(code).check()       # what it did is undone if it fails
        """
        self._box.checkpoint()
        return Checkpoint(self)

    def rollback(self) -> None:
        """Returns to the last checkpoint, which stays; without one to the state in which it was made."""
        self._box.rollback()
        self.changed()

    def drop(self) -> None:
        """Forgets the last checkpoint; the state stays."""
        self._box.drop()

    @property
    def checkpoints(self) -> int:
        """How many there are."""
        return self._box.checkpoints

    def clone(self) -> Sandbox:
        """A sandbox with the same state, which goes its own way; its random numbers are its own."""
        made = Sandbox.around(self._box.clone(), self.policy, self.tools)
        made._callbacks = self._callbacks
        return made

    def snapshot(self) -> Snapshot:
        """The state in memory, for any number of sandboxes: Sandbox(snapshot=...)."""
        return Snapshot(self._box.image())

    def restore(self, snapshot: Snapshot) -> None:
        """Takes over a snapshot's state. Checkpoints go."""
        self._replace_box(snapshot.native)
        self.changed()

    def save(
        self,
        path: HostPath,
        *,
        form: str = "compressed",
        level: int = 0,
        metadata: Optional[Mapping[str, Any]] = None,
        delta: bool = False,
    ) -> None:
        """Writes the state to a file: the old file or the new one is there at any moment.

        `delta`: only what differs from the snapshot that the sandbox was made with, which is then needed to open it.
        """
        if form not in FORMS:
            raise ValueError(unknown("form", form, FORMS))
        text = None if metadata is None else json.dumps(dict(metadata))
        self._box.save(path, form=FORMS[form], level=level, metadata=text, delta=delta)

    def trim(self) -> None:
        """For one that will not run for a while: gives back memory that it keeps to be quick."""
        self._box.trim()

    # -- stopping and waiting --

    def interrupt(self, how: str = "stop") -> None:
        """Stops the run that is in progress, from any thread: "stop" (in two steps), "keyboard" or "cut"."""
        if how not in _INTERRUPTS:
            raise ValueError(unknown("way to interrupt", how, _INTERRUPTS))
        self._box.interrupt(_INTERRUPTS[how])

    def requests(self) -> list[Request]:
        """What a pending run waits for: also of a sandbox that was loaded in that state."""
        return [read_request(request) for request in self._box.requests()]

    def answer(self, request: int, value: Any = None) -> None:
        """Answers a request of a pending run, by its id. resume() hands it over."""
        self._box.answer(request, encode(value))

    def answer_error(self, request: int, error: BaseException) -> None:
        """Answers with an exception: a built-in one arrives as the same class, others as pybox.HostError."""
        self._box.answer_error(request, *error_of(error))

    def resume(self, *, limits: LimitsLike = None) -> Result:
        """Goes on with a pending run."""
        native = None if limits is None else self.run_limits(limits)
        return self._drive(lambda: self._box.resume(0, native), "")

    async def aresume(self, *, limits: LimitsLike = None) -> Result:
        """resume() for coroutines."""
        native = None if limits is None else self.run_limits(limits)
        return await self._adrive(lambda: self._box.resume(0, native), "")

    # -- for the package --

    def run_limits(self, limits: LimitsLike) -> Optional[_native.Limits]:
        """The limits of a run: what they do not name is as the sandbox's."""
        own = Limits.of(limits)
        if own is not None and own.of_boxes:
            raise ValueError(f"the limit {own.of_boxes[0]!r} is a sandbox's, and a run has none of its own; "
                             "expected in Sandbox(limits=...) or its policy")
        return None if own is None else own.over(self.policy.full_limits).native

    keeps_runs = False
    """Whether ran() does what takes time."""

    def ran(self, code: Code, result: Result, context: Optional[str]) -> None:
        """Told of each run that ended, or waits."""

    def broke_off(self, code: Code, error: BaseException, seconds: float, context: Optional[str]) -> None:
        """Told of each run that came to no result: Ctrl-C, a cancellation, SystemExit of a tool's."""

    def changed(self) -> None:
        """Told when the host has changed the state."""

    async def in_thread(self, step: Callable[[], T]) -> T:
        """Does something with the box without blocking the event loop."""
        return await in_thread(self._box, step)  # type: ignore[no-any-return]

    def __reduce__(self) -> Any:
        raise TypeError("a sandbox cannot be pickled; save() writes its state to a file that Sandbox.load() reads")

    def __repr__(self) -> str:
        state = "closed" if self.closed else "running" if self.running else "idle"
        return f"<{type(self).__name__} {state}{f', {len(self.tools)} tools' if len(self.tools) else ''}>"


def run(
    code: Code,
    *,
    inputs: Optional[Mapping[str, Any]] = None,
    policy: Optional[Policy] = None,
    **options: Unpack[SandboxOptions],
) -> Result:
    """Runs code in a sandbox made for it. The options are Sandbox's: `run("sum(data)", inputs={"data": [1,
    2]}).value`."""
    options.setdefault("rollback", "never")  # nobody sees the state
    with Sandbox(policy, **options) as sandbox:
        return sandbox.run(code, inputs=inputs)
