"""Sandboxes that are ready to be used, for hosts that need many for a short time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Optional

from . import _native
from .drive import in_executor
from .limits import LimitsLike
from .namespace import Code, DisplayCallback, OutputCallback
from .policy import Policy
from .result import Result
from .sandbox import Sandbox
from .snapshot import Snapshot
from .tools import ToolLike
from .units import Duration, nanoseconds

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .policy import PolicyOptions

_NO_TIMEOUT = ('a pool has no timeout=; expected wait= for how long to wait for a sandbox, or limits={"timeout": ...} '
               "for how long a run may take")


class Pool:
    """Sandboxes of one kind. Any number of threads may use a pool.

        pool = Pool(limits={"timeout": "1s"}, maximum=8)
        with pool.take() as sandbox:        # fresh, each time
            sandbox.run(code)
        pool.run(code)                      # the same in one call

    It takes a policy, and keywords that go before it, as Sandbox does.
    """

    def __init__(
        self,
        policy: Optional[Policy] = None,
        *,
        tools: Iterable[ToolLike] = (),
        snapshot: Optional[Snapshot] = None,
        minimum_idle: int = 1,
        maximum: int = 64,
        idle: Duration = "60s",
        **options: Unpack[PolicyOptions],
    ) -> None:
        """`minimum_idle` are made in advance, `maximum` is idle ones and taken ones; above the minimum they go after
        `idle`."""
        self.policy = Policy.of(policy, options)
        self.tools = self.policy.choose(tools)
        self._pool = _native.Pool(
            image=snapshot.native if snapshot else None, minimum_idle=minimum_idle, maximum=maximum,
            idle_ns=nanoseconds(idle, "idle"), functions=self.tools.functions, **self.policy.native_options)

    def take(self, wait: Optional[Duration] = None, *, timeout: None = None) -> Sandbox:
        """A fresh sandbox; close() (or its `with` block) gives it back. Waits for one if all are taken.

        BusyError: none became free in `wait` (0: at once). There is no `timeout`: the runs' is one of their limits.
        """
        if timeout is not None:
            raise TypeError(_NO_TIMEOUT)
        wait_ns = 0 if wait == 0 else _native.UNLIMITED if wait is None else nanoseconds(wait, "wait")
        return Sandbox.around(self._pool.take(wait_ns), self.policy, self.tools)

    async def atake(self, wait: Optional[Duration] = None, *, timeout: None = None) -> Sandbox:
        """take() for coroutines."""
        try:
            return self.take(0, timeout=timeout)
        except _native.BusyError:
            if wait == 0:
                raise
        return await in_executor(lambda: self.take(wait))

    def run(
        self,
        code: Code,
        *,
        inputs: Optional[Mapping[str, Any]] = None,
        limits: LimitsLike = None,
        on_output: Optional[OutputCallback] = None,
        on_display: Optional[DisplayCallback] = None,
        wait: Optional[Duration] = None,
        timeout: None = None,
    ) -> Result:
        """Runs code in a fresh sandbox, as Sandbox.run() does. `wait` is for one to become free, as for take()."""
        with self.take(wait, timeout=timeout) as sandbox:
            return sandbox.run(code, inputs=inputs, limits=limits, on_output=on_output, on_display=on_display)

    async def arun(
        self,
        code: Code,
        *,
        inputs: Optional[Mapping[str, Any]] = None,
        limits: LimitsLike = None,
        on_output: Optional[OutputCallback] = None,
        on_display: Optional[DisplayCallback] = None,
        wait: Optional[Duration] = None,
        timeout: None = None,
    ) -> Result:
        """run() for coroutines."""
        async with await self.atake(wait, timeout=timeout) as sandbox:
            return await sandbox.arun(code, inputs=inputs, limits=limits, on_output=on_output, on_display=on_display)

    @property
    def statistics(self) -> dict[str, int]:
        """idle, taken, and so far: takes, waits, created, evicted."""
        return self._pool.statistics()

    def close(self) -> None:
        """BusyError if sandboxes are taken."""
        self._pool.close()

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        self.close()
