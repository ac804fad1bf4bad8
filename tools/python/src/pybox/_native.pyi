"""The C extension: pybox.h for Python, thin and complete. The rest of the package is written on it.

What runs guest code releases the GIL meanwhile; callbacks take it again. A box is used by one thread at a time:
another one that tries gets BusyError at once and nothing happens. A callback may use other boxes; of its own box a
host function may use what pybox.h allows in one (run, call, variables, contexts), the other callbacks only
`interrupt()`.

Values cross as JSON text or as bytes. Wherever `Value` is written:
    str    JSON text
    bytes  a bytes object, as it is (bytearray and memoryview are taken, too)
    None   none: the guest gets None
What comes back has the same forms. VALUES_PLAIN and VALUES_TAGGED say which JSON (docs/VALUES.md).

A number that is 0, and an argument that is None, is the default of the C library. UNLIMITED means no limit.

Exceptions: a call that does not work raises a subclass of Error. What the guest does (it raises, it exits, it runs
into a limit) is no error: it is the Result's `outcome`.

Exceptions in callbacks: what a host function raises goes to the guest if it is an Exception: a built-in one as the
same class, another as pybox.HostError with "Name: message". Anything else (KeyboardInterrupt, SystemExit, ...), and
whatever another callback raises, stops the guest, and comes out of the call that ran it, when the guest has ended.

Signals: Ctrl-C (SIGINT) stops the guest that the main thread runs. The call then runs Python's own handler, which
raises KeyboardInterrupt or, if the program has another one that returns, returns the result: INTERRUPTED.

After os.fork() the child may go on with what was made before, unless another thread was in a call of pybox at that
moment: then it gets UnsupportedError for all of that, and makes its own. Subinterpreters are refused at import.
"""

import builtins
from collections.abc import Callable, Sequence
from os import PathLike
from typing import Final, Optional, Union, final

Value = Optional[Union[str, bytes]]
Path = Union[str, bytes, "PathLike[str]", "PathLike[bytes]"]

# (guest path, kind, source, read only). The source is the host path for MOUNT_HOST, MOUNT_OVERLAY and MOUNT_ARCHIVE
# (or, as bytes, the archive itself), the content for MOUNT_BYTES, None for MOUNT_MEMORY.
Mount = tuple[str, int, Union[str, bytes, None], bool]

# (stream, piece): STDOUT or STDERR. May return an errno, which the guest's write then fails with; None is 0.
OutputCallback = Callable[[int, bytes], Optional[int]]
# (number, MIME type, data): one form of a value that the guest displays. Forms with the same number are of one value.
DisplayCallback = Callable[[int, str, bytes], Optional[int]]
# (capacity): returns at most so many bytes, b"" at the end of the input.
InputCallback = Callable[[int], bytes]
# (fuel used so far): returns how much more the run gets; 0 stops it; REFILL_YIELD makes it PENDING.
RefillCallback = Callable[[int], int]
# (event, file, line, function): true stops the run.
TraceCallback = Callable[[int, str, int, str], object]
# Returns the value of the call, or LATER: the call becomes a request, and the run PENDING when it cannot go on.
HostFunction = Callable[["HostCall"], "Union[Value, Later]"]

# ---- constants: the numbers of pybox.h ----

__version__: Final[str]
UNLIMITED: Final[int]
REFILL_YIELD: Final[int]

# outcomes of a run
DONE: Final[int]
EXCEPTION: Final[int]
EXIT: Final[int]
PENDING: Final[int]
OUT_OF_FUEL: Final[int]
DEADLINE: Final[int]
INTERRUPTED: Final[int]
OUT_OF_MEMORY: Final[int]
OUTPUT_FULL: Final[int]
LIMIT: Final[int]
TRAP: Final[int]
OUTCOMES: Final[tuple[str, ...]]  # their names: OUTCOMES[DEADLINE] == "deadline"

MODE_EXEC: Final[int]
MODE_EVAL: Final[int]
MODE_SINGLE: Final[int]

VALUES_PLAIN: Final[int]
VALUES_TAGGED: Final[int]

STDOUT: Final[int]
STDERR: Final[int]

ROLLBACK_NEVER: Final[int]
ROLLBACK_STOPPED: Final[int]
ROLLBACK_RUN: Final[int]
ROLLBACK_ALWAYS: Final[int]

INTERRUPT_STOP: Final[int]
INTERRUPT_KEYBOARD: Final[int]
INTERRUPT_CUT: Final[int]

WAIT_NONE: Final[int]
WAIT_FUEL: Final[int]
WAIT_HOST: Final[int]
WAIT_STACK: Final[int]

TRACE_CALL: Final[int]
TRACE_LINE: Final[int]
TRACE_RETURN: Final[int]
TRACE_RAISE: Final[int]

FORM_COMPRESSED: Final[int]
FORM_MAPPED: Final[int]

MOUNT_HOST: Final[int]
MOUNT_OVERLAY: Final[int]
MOUNT_MEMORY: Final[int]
MOUNT_BYTES: Final[int]
MOUNT_ARCHIVE: Final[int]

PRESET_NORMAL: Final[int]
PRESET_STRICT: Final[int]
PRESET_PERMISSIVE: Final[int]

FILE_REGULAR: Final[int]
FILE_DIRECTORY: Final[int]
FILE_LINK: Final[int]
FILE_OTHER: Final[int]

SINCE_RUN: Final[int]
SINCE_CHECKPOINT: Final[int]
SINCE_IMAGE: Final[int]
SINCE_HOST: Final[int]

CREATED: Final[int]
MODIFIED: Final[int]
REMOVED: Final[int]

# ---- exceptions ----

class Error(Exception):
    """A call into the library did not work. str() says what was wrong, what was expected, and what to do."""

    status: int  # pybox_status
    status_name: str  # "busy", "snapshot_corrupt", ...

class ArgumentError(Error, ValueError): ...
class NoMemoryError(Error, MemoryError): ...
class FileError(Error):
    """A host system call on a file failed (PYBOX_ERROR_IO)."""

class UnsupportedError(Error): ...

class BusyError(Error):
    """The box is running (also: in another thread), or a run of it is pending."""

class DirtyError(Error):
    """The box was cut off mid-run, or its program has ended: roll it back or close it."""

class LimitError(Error): ...

class ModuleError(Error):
    """PYBOX_ERROR_MODULE_*: `status_name` tells which."""

class SnapshotError(Error):
    """PYBOX_ERROR_SNAPSHOT_*: `status_name` tells which."""

class PathError(Error): ...
class MissingError(PathError):
    """A file of the box that is not there."""

class ArchiveError(Error): ...

class GuestError(Error):
    """The guest broke its protocol: it must be assumed compromised."""

class ClosedError(Error, ValueError):
    """The object was closed."""

# ---- module and image ----

@final
class Module:
    """One guest compiled to native code. Shareable by threads."""

    def __init__(self, path: Optional[Path] = None) -> None:
        """Opens the module at `path`; None: the Python module of the package (or of $PYBOX_HOME)."""

    @property
    def name(self) -> str: ...
    @property
    def hash(self) -> str: ...
    @property
    def home(self) -> Optional[str]: ...
    @property
    def memory_bytes(self) -> int: ...
    @property
    def is_python(self) -> bool: ...
    @property
    def is_command(self) -> bool: ...

@final
class Image:
    """A decoded snapshot of a started guest, shared by many boxes. Shareable by threads."""

    def __init__(
        self,
        module: Module,
        path: Optional[Path] = None,
        *,
        folders: Optional[Sequence[Path]] = None,
        trusted: bool = False,
        memory_bytes: int = 0,
        files_bytes: int = 0,
    ) -> None:
        """Opens the snapshot at `path`; None: the base image beside the module."""

    @property
    def digest(self) -> str: ...
    @property
    def module(self) -> Module: ...
    def compare(self, other: Image) -> list[tuple[int, int, int]]:
        """The runs of pages in which the memories differ: (offset, length, bytes that are not the same)."""

    def share(self) -> int:
        """A new file descriptor of the image's sealed memory, for another process. The caller closes it."""

    @staticmethod
    def receive(module: Module, descriptor: int) -> Image:
        """Opens an image that another process shares. The descriptor stays the caller's."""

def default_module() -> Module:
    """The Python module of the package, opened once."""

def default_image() -> Image:
    """Its base image, opened once."""

# ---- limits ----

@final
class Limits:
    """pybox_limits, checked once. Does not change; equal ones are equal, and hash so. 0 is the default."""

    def __init__(
        self,
        *,
        fuel: int = 0,
        wall_ns: int = 0,
        cpu_ns: int = 0,
        grace_fuel: int = 0,
        grace_ns: int = 0,
        output_bytes: int = 0,
        host_calls: int = 0,
        stack_bytes: int = 0,
        memory_bytes: int = 0,
        files_bytes: int = 0,
        files: int = 0,
        open_files: int = 0,
        recursion: int = 0,
        name_bytes: int = 0,
        folder_depth: int = 0,
    ) -> None: ...
    @property
    def fuel(self) -> int: ...
    @property
    def wall_ns(self) -> int: ...
    @property
    def cpu_ns(self) -> int: ...
    @property
    def grace_fuel(self) -> int: ...
    @property
    def grace_ns(self) -> int: ...
    @property
    def output_bytes(self) -> int: ...
    @property
    def host_calls(self) -> int: ...
    @property
    def stack_bytes(self) -> int: ...
    @property
    def memory_bytes(self) -> int: ...
    @property
    def files_bytes(self) -> int: ...
    @property
    def files(self) -> int: ...
    @property
    def open_files(self) -> int: ...
    @property
    def recursion(self) -> int: ...
    @property
    def name_bytes(self) -> int: ...
    @property
    def folder_depth(self) -> int: ...
    def as_dict(self) -> dict[str, int]:
        """All fields, in the order of pybox.h."""

LIMIT_FIELDS: Final[tuple[str, ...]]

def preset_find(name: str) -> int:
    """The number of a preset ("strict", "normal", "permissive"). ArgumentError: there is none of that name."""

def preset_name(preset: int) -> str: ...
def preset_limits(preset: int) -> Limits: ...

# ---- host functions ----

@final
class Later:
    """The type of LATER."""

LATER: Final[Later]

@final
class HostCall:
    """A call of a host function by the guest. It may be kept; all in it is a copy."""

    @property
    def box(self) -> Box: ...
    @property
    def function(self) -> str:
        """ "module.name" """

    @property
    def context(self) -> str: ...
    @property
    def arguments(self) -> str:
        """A JSON object with a value for every parameter. A bytes object is {"$blob": i}."""

    @property
    def blobs(self) -> tuple[bytes, ...]: ...
    @property
    def id(self) -> int: ...

@final
class FunctionInfo:
    @property
    def name(self) -> str: ...
    @property
    def module(self) -> str: ...
    @property
    def signature(self) -> str: ...
    @property
    def documentation(self) -> str: ...
    @property
    def schema(self) -> str:
        """JSON: {"name", "description", "parameters"}."""

    @property
    def is_async(self) -> bool: ...

@final
class Functions:
    """A set of host functions, for any number of boxes. Not changed once a box has it."""

    def __init__(self) -> None: ...
    def add(
        self,
        name: str,
        function: HostFunction,
        *,
        module: Optional[str] = None,
        signature: Optional[str] = None,
        schema: Optional[str] = None,
        documentation: Optional[str] = None,
        is_async: bool = False,
        form: int = 0,
    ) -> None: ...
    def list(self) -> list[FunctionInfo]: ...
    def search(self, query: str, most: int = 0) -> builtins.list[FunctionInfo]: ...
    def stub(self, module: Optional[str] = None) -> str: ...

# ---- packages ----

@final
class Package:
    """A pure-Python wheel or folder that boxes show read-only. Shareable by threads."""

    def __init__(self, path: Path, *, max_bytes: int = 0, max_files: int = 0) -> None:
        """A wheel (.whl); or a folder: a package, a project, or laid out as site-packages is."""

    def compile(self, image: Optional[Image] = None) -> Package:
        """The same package with its modules compiled, in a box of the image (None: the base image)."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def requires_python(self) -> str: ...
    @property
    def requires(self) -> tuple[str, ...]: ...
    @property
    def compiled(self) -> bool: ...
    @property
    def bytes(self) -> int: ...
    @property
    def files(self) -> int: ...

def package_check(packages: Sequence[Package], image: Optional[Image] = None) -> list[tuple[str, str]]:
    """The requirements that no other of the packages fulfils, nor what is baked into the image: (package, text)."""

# ---- results ----

@final
class Request:
    """A call of a host function that the guest waits for."""

    @property
    def id(self) -> int: ...
    @property
    def function(self) -> str: ...
    @property
    def arguments(self) -> str:
        """As in HostCall, but a bytes object is {"$bytes": "base64"}."""

@final
class Result:
    """What a run did: all of pybox_result, copied. Texts that are not there are ""."""

    @property
    def outcome(self) -> int: ...
    @property
    def exit_code(self) -> int: ...
    @property
    def value(self) -> Value:
        """MODE_EVAL, calls and gets: JSON text, bytes, or None: there is none, or it is None, or it could not go."""

    @property
    def value_repr(self) -> str: ...
    @property
    def value_error(self) -> str:
        """Why the value could not go, and what to do; or ""."""

    @property
    def error_type(self) -> str: ...
    @property
    def error_message(self) -> str: ...
    @property
    def error_traceback(self) -> str: ...
    @property
    def error_user_traceback(self) -> str: ...
    @property
    def error_object(self) -> str:
        """JSON (docs/ERRORS.md), or ""."""

    @property
    def error_hint(self) -> str: ...
    @property
    def error_line(self) -> int: ...
    @property
    def output(self) -> bytes:
        """Captured standard output; b"" with a callback."""

    @property
    def errors(self) -> bytes:
        """Captured standard error; b"" with a callback."""

    @property
    def output_bytes(self) -> int: ...
    @property
    def limit(self) -> str: ...
    @property
    def cut(self) -> bool: ...
    @property
    def fuel_used(self) -> int: ...
    @property
    def fuel_left(self) -> int:
        """UNLIMITED without a limit."""

    @property
    def host_calls(self) -> int: ...
    @property
    def profile(self) -> str: ...
    @property
    def wall_ns(self) -> int: ...
    @property
    def cpu_ns(self) -> int: ...
    @property
    def memory_bytes(self) -> int: ...
    @property
    def displays(self) -> tuple[tuple[int, str, bytes], ...]:
        """(number, MIME type, data), in order; () with a callback."""

    @property
    def wait(self) -> int: ...
    @property
    def wake_ns(self) -> int: ...
    @property
    def requests(self) -> tuple[Request, ...]: ...

# ---- boxes ----

@final
class FileInfo:
    @property
    def path(self) -> str: ...
    @property
    def type(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def modified_ns(self) -> int: ...
    @property
    def writable(self) -> bool: ...

@final
class Copied:
    @property
    def files(self) -> int: ...
    @property
    def folders(self) -> int: ...
    @property
    def links(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def skipped(self) -> int:
        """Devices, pipes, and links that would lead out of the copy."""

@final
class Box:
    """One isolated running instance. One thread at a time; any thread."""

    def __init__(
        self,
        module: Optional[Module] = None,
        image: Optional[Image] = None,
        *,
        from_nothing: bool = False,
        arguments: Optional[Sequence[str]] = None,
        environment: Optional[Sequence[str]] = None,
        mounts: Optional[Sequence[Mount]] = None,
        packages: Optional[Sequence[Package]] = None,
        directory: Optional[str] = None,
        input: Union[bytes, InputCallback, None] = None,
        output: Optional[OutputCallback] = None,
        display: Optional[DisplayCallback] = None,
        limits: Optional[Limits] = None,
        preset: int = 0,
        seed: Optional[int] = None,
        clock_ns: Optional[int] = None,
        terminal: bool = False,
        rollback: int = 0,
        functions: Optional[Functions] = None,
        preopens: Optional[Sequence[str]] = None,
    ) -> None:
        """Makes a box in microseconds. Without a module and an image: the default ones; of a given image, its module.

        `from_nothing` starts the guest without an image (a module is needed then): for command modules, which may be
        given `preopens`, folders that are open from the start.
        `environment` has texts "NAME=value". `output` and `display` are for all runs that do not bring their own.
        """

    @property
    def module(self) -> Module: ...
    @property
    def closed(self) -> bool: ...
    @property
    def running(self) -> bool:
        """A thread is in a call of the box's. Any thread may ask."""

    @property
    def checkpoints(self) -> int: ...
    def close(self) -> None:
        """Frees the box now; one from a pool goes back. Does nothing if it is closed. BusyError while it runs."""

    # -- runs --

    def run(
        self,
        code: Union[str, bytes],
        *,
        mode: int = 0,
        filename: Optional[str] = None,
        context: Optional[str] = None,
        form: int = 0,
        limits: Optional[Limits] = None,
        output: Optional[OutputCallback] = None,
        display: Optional[DisplayCallback] = None,
        refill: Optional[RefillCallback] = None,
        profile: bool = False,
        trace: Optional[TraceCallback] = None,
        trace_events: int = 0,
        trace_files: Optional[str] = None,
        trace_most: int = 0,
    ) -> Result:
        """`output` and `display` are for this run (and when it is resumed), in the place of the box's. The limit
        output_bytes stays as it is: with callbacks of the run alone its default is that of captured output.
        """

    def call(
        self,
        function: str,
        arguments: Sequence[Value] = (),
        keywords: Optional[str] = None,
        *,
        context: Optional[str] = None,
        form: int = 0,
        limits: Optional[Limits] = None,
        output: Optional[OutputCallback] = None,
        display: Optional[DisplayCallback] = None,
        refill: Optional[RefillCallback] = None,
    ) -> Result:
        """Calls a function of the guest's. `keywords` is a JSON object."""

    def resume(self, fuel: int = 0, limits: Optional[Limits] = None) -> Result: ...
    def requests(self) -> tuple[Request, ...]: ...
    def answer(self, id: int, value: Value = None) -> None: ...
    def answer_error(self, id: int, type: Optional[str], message: str) -> None: ...
    def finish(self) -> Result: ...
    def start(self) -> Result: ...
    def interrupt(self, how: int = 0) -> None:
        """Any thread, also a callback of the box's own. Without a run that is in progress it does nothing."""

    # -- contexts and variables --

    def context_create(self, name: str, parent: Optional[str] = None) -> None: ...
    def context_copy(self, name: str, source: str) -> None: ...
    def context_reset(self, name: str) -> None: ...
    def context_destroy(self, name: str) -> None: ...
    def context_list(self) -> list[tuple[str, Optional[str]]]:
        """(name, parent), "main" first."""

    def context_protect(self, context: str, names: Sequence[str]) -> None: ...
    def context_unprotect(self, context: str, names: Optional[Sequence[str]] = None) -> None: ...
    def variable_set(
        self, name: str, value: Value, *, context: Optional[str] = None, form: int = 0, frozen: bool = False
    ) -> None: ...
    def variable_get(self, name: str, *, context: Optional[str] = None, form: int = 0) -> Result:
        """`Result.value`; a name that is not bound is an EXCEPTION (NameError)."""

    def variable_delete(self, name: str, *, context: Optional[str] = None) -> None: ...

    # -- state --

    def checkpoint(self) -> None: ...
    def rollback(self) -> None: ...
    def drop(self) -> None: ...
    def trim(self) -> None: ...
    def clone(self) -> Box:
        """With the same callbacks and functions."""

    def image(self) -> Image:
        """An image of the box's state, for boxes that start from there."""

    def save(
        self,
        path: Path,
        *,
        form: int = 0,
        level: int = 0,
        metadata: Optional[str] = None,
        delta: bool = False,
    ) -> None: ...
    def lost_files(self) -> list[str]: ...

    # -- files: paths of the guest's that are no UTF-8 have surrogates, as os.fsdecode() makes them --

    def file_write(self, path: str, content: bytes) -> None: ...
    def file_read(self, path: str, max_bytes: int = 0) -> bytes:
        """LimitError: it has more than `max_bytes`; 0: 64 MiB."""

    def file_stat(self, path: str) -> FileInfo: ...
    def file_make_folder(self, path: str) -> None: ...
    def file_remove(self, path: str, recursive: bool = False) -> None: ...
    def file_list(self, pattern: str) -> list[FileInfo]: ...
    def file_changes(self, path: Optional[str] = None, since: int = 0) -> list[tuple[int, FileInfo]]:
        """(CREATED, MODIFIED or REMOVED, file), by path: all, or what is at a path and below it."""

    def file_export(
        self,
        path: str,
        host_path: Path,
        *,
        replace: bool = False,
        only_changes: bool = False,
        since: int = 0,
        max_bytes: int = 0,
        max_files: int = 0,
    ) -> Copied:
        """A folder's contents go into the folder `host_path`; files that are there are an error, or replaced."""

    def file_import(self, host_path: Path, path: str) -> Copied:
        """All of it or, on a failure, nothing."""

# ---- pool ----

@final
class Pool:
    """Boxes of one image, ready to be used. Any thread."""

    def __init__(
        self,
        module: Optional[Module] = None,
        image: Optional[Image] = None,
        *,
        minimum_idle: int = 0,
        maximum: int = 0,
        idle_ns: int = 0,
        arguments: Optional[Sequence[str]] = None,
        environment: Optional[Sequence[str]] = None,
        mounts: Optional[Sequence[Mount]] = None,
        packages: Optional[Sequence[Package]] = None,
        directory: Optional[str] = None,
        input: Union[bytes, InputCallback, None] = None,
        output: Optional[OutputCallback] = None,
        display: Optional[DisplayCallback] = None,
        limits: Optional[Limits] = None,
        preset: int = 0,
        seed: Optional[int] = None,
        clock_ns: Optional[int] = None,
        terminal: bool = False,
        rollback: int = 0,
        functions: Optional[Functions] = None,
        preopens: Optional[Sequence[str]] = None,
    ) -> None: ...
    def take(self, wait_ns: int = 0) -> Box:
        """A box in the state of its image; close() gives it back. BusyError: none in that time."""

    def statistics(self) -> dict[str, int]:
        """idle, taken, takes, waits, created, evicted."""

    def close(self) -> None:
        """Destroys the idle boxes. BusyError if boxes are taken."""

# ---- snapshots ----

def snapshot_describe(path: Path) -> dict[str, Union[int, str]]:
    """The fields of pybox_snapshot_info."""

def snapshot_verify(path: Path) -> None: ...
def snapshot_merge(
    module: Module,
    path: Path,
    output: Path,
    *,
    folders: Optional[Sequence[Path]] = None,
    memory_bytes: int = 0,
    files_bytes: int = 0,
    form: int = 0,
    level: int = 0,
    metadata: Optional[str] = None,
) -> None: ...

# ---- store ----

@final
class SessionInfo:
    @property
    def name(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def revision(self) -> int: ...
    @property
    def parked_ns(self) -> int: ...
    @property
    def bytes(self) -> int: ...

@final
class Store:
    """Sessions on disk: a folder of snapshots by digest, and of sessions by name. Any thread."""

    def __init__(self, folder: Path) -> None: ...
    def park(self, name: str, box: Box, revision: int = 0) -> int:
        """Returns the new revision. BusyError: somebody else has parked or removed the session since."""

    def resume(self, name: str, module: Optional[Module] = None) -> tuple[Image, int]:
        """The session's state, and the revision for the next park."""

    def list(self) -> list[SessionInfo]: ...
    def remove(self, name: str) -> None: ...
    def collect(self, age_ns: int = 0) -> tuple[int, int]:
        """Deletes the snapshots that no session needs: (files, bytes)."""

    def survey(self, age_ns: int = 0) -> tuple[int, int]:
        """What collect() would delete now."""

    def close(self) -> None: ...
