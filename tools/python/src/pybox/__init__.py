"""pybox: untrusted Python in a box, microseconds away.

    import pybox

    pybox.run("sum(range(10))").value           # 45, in a sandbox made for it

    with pybox.Sandbox(limits={"timeout": "2s"}) as sandbox:
        sandbox.run("x = 6")
        sandbox.eval("x * 7")                   # 42

The parts, from the simple to the expert:

    run()             code in a fresh sandbox
    Sandbox           one isolated Python, whose state stays from run to run; checkpoints, clones, snapshots, files
    Context           a namespace within a sandbox
    Result            what a run did
    tool, Tool        functions of the host for code in the sandbox
    Limits, Policy    what a sandbox may use and do; policies from TOML files
    Session(Store)    sandboxes with a name, kept on disk
    Snapshot, Pool    states to begin with; sandboxes that are ready
    errors            the exceptions

`pybox.box` is the interface of the older PyBox.
"""

from . import errors
from ._native import __version__
from .context import Context
from .errors import (
    ArchiveError,
    ArgumentError,
    BusyError,
    ClosedError,
    DeadlineExceeded,
    DirtyError,
    Error,
    FileError,
    GuestError,
    GuestException,
    GuestExit,
    LimitError,
    LimitReached,
    MissingError,
    ModuleError,
    NoMemoryError,
    OutOfFuel,
    OutOfMemory,
    OutputFull,
    PathError,
    RunFailed,
    RunInterrupted,
    RunPending,
    SnapshotError,
    Trap,
    UnsupportedError,
    ValueNotPortable,
)
from .files import Change, Copied, File, Files
from .limits import Limits
from .mounts import Mount
from .policy import Policy, PolicyError
from .pool import Pool
from .result import ErrorInfo, Outcome, Request, Result
from .rich import Display
from .sandbox import Checkpoint, Sandbox, run
from .session import Session, SessionInfo, SessionStore
from .snapshot import Snapshot, SnapshotInfo
from .storage import Storage
from .stream import AsyncStream, Output, Stream
from .tools import Tool, Toolset, tool
from .values import GuestObject

__all__ = [
    "ArchiveError", "ArgumentError", "AsyncStream", "BusyError", "Change", "Checkpoint", "ClosedError", "Context",
    "Copied", "DeadlineExceeded", "DirtyError", "Display", "Error", "ErrorInfo", "File", "FileError", "Files",
    "GuestError", "GuestException", "GuestExit", "GuestObject", "LimitError", "LimitReached", "Limits", "MissingError",
    "ModuleError", "Mount", "NoMemoryError", "OutOfFuel", "OutOfMemory", "Outcome", "Output", "OutputFull", "PathError",
    "Policy", "PolicyError", "Pool", "Request", "Result", "RunFailed", "RunInterrupted", "RunPending", "Sandbox",
    "Session", "SessionInfo", "SessionStore", "Snapshot", "SnapshotError", "SnapshotInfo", "Storage", "Stream", "Tool",
    "Toolset", "Trap", "UnsupportedError", "ValueNotPortable", "__version__", "errors", "run", "tool",
]
