"""Sandboxes that are ready to be used, for hosts that need many for a short time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Optional

from . import _native
from .drive import in_executor
from .namespace import Code
from .policy import Policy
from .result import Result
from .sandbox import Sandbox
from .snapshot import Snapshot
from .tools import ToolLike
from .units import Duration, nanoseconds


class Pool:
    """Sandboxes of one kind. Any number of threads may use a pool.

        pool = Pool(Policy(limits=Limits(timeout="1s")), maximum=8)
        with pool.take() as sandbox:        # fresh, each time
            sandbox.run(code)
        pool.run(code)                      # the same in one call
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
    ) -> None:
        """`minimum_idle` are made in advance, `maximum` is idle ones and taken ones; above the minimum they go after
        `idle`."""
        self.policy = policy or Policy()
        self.tools = self.policy.choose(tools)
        self._pool = _native.Pool(
            image=snapshot.native if snapshot else None, minimum_idle=minimum_idle, maximum=maximum,
            idle_ns=nanoseconds(idle, "idle"), functions=self.tools.functions, **self.policy.native_options)

    def take(self, timeout: Optional[Duration] = None) -> Sandbox:
        """A fresh sandbox; close() (or its `with` block) gives it back. Waits for one if all are taken.

        BusyError: none became free in `timeout` (0: at once).
        """
        wait = 0 if timeout == 0 else _native.UNLIMITED if timeout is None else nanoseconds(timeout, "timeout")
        return Sandbox.around(self._pool.take(wait), self.policy, self.tools)

    async def atake(self, timeout: Optional[Duration] = None) -> Sandbox:
        """take() for coroutines."""
        try:
            return self.take(0)
        except _native.BusyError:
            if timeout == 0:
                raise
        return await in_executor(lambda: self.take(timeout))

    def run(
        self, code: Code, *, inputs: Optional[Mapping[str, Any]] = None, timeout: Optional[Duration] = None
    ) -> Result:
        """Runs code in a fresh sandbox. `timeout` is for one to become free."""
        with self.take(timeout) as sandbox:
            return sandbox.run(code, inputs=inputs)

    async def arun(
        self, code: Code, *, inputs: Optional[Mapping[str, Any]] = None, timeout: Optional[Duration] = None
    ) -> Result:
        """run() for coroutines."""
        async with await self.atake(timeout) as sandbox:
            return await sandbox.arun(code, inputs=inputs)

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
