/*
 * pybox: run untrusted Python (or any WASI program compiled ahead of time) in a box.
 *
 * SPDX-License-Identifier: MIT
 *
 * The parts, from the outside in:
 *
 *   engine    one per process: signal handling, native stacks, shared caches
 *   module    one guest compiled to native code, opened from a .so or linked in
 *   image     a decoded snapshot of a started guest, shared by many boxes
 *   box       one isolated running instance over an image
 *   run       one call into a box; what the guest did is its *outcome*
 *
 * The shortest useful program:
 *
 *     pybox_engine *engine; pybox_module *module; pybox_image *image; pybox_box *box;
 *     const pybox_result *result;
 *     pybox_engine_create(NULL, &engine);
 *     pybox_module_open(engine, NULL, &module);
 *     pybox_image_open(module, NULL, &image);
 *     pybox_box_create(module, image, NULL, &box);
 *     pybox_box_run(box, &(pybox_run){.code = "print(6 * 7)"}, &result);
 *     fwrite(result->output.bytes, 1, result->output.length, stdout);
 *
 * Conventions
 *   - Every fallible function returns a pybox_status: did the *call* work? What the guest did
 *     (it raised, it exited, it ran into a limit) is the result's outcome, never the status.
 *   - On failure every output is NULL or zero, the objects are as they were, and
 *     pybox_error_message() says what was wrong, what was expected, and what to do.
 *   - Option structs start with `size` (set it to sizeof, or leave it 0 for "this header's");
 *     a field that is 0 or NULL means its default. A NULL option pointer means all defaults.
 *   - Text and bytes are pointer + length; a length of 0 with a non-NULL pointer means "a
 *     NUL-terminated string" where the field says so.
 *   - The library never prints, exits, aborts or changes the process's environment, locale or
 *     working directory. It installs a SIGSEGV/SIGBUS handler unless told not to.
 *   - Threads: an engine, a module and an image may be used by any number of threads at once.
 *     A box is used by one thread at a time (any thread).
 */
#ifndef PYBOX_H
#define PYBOX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PYBOX_VERSION "0.1.0"

#if defined(__GNUC__)
#define PYBOX_API __attribute__((visibility("default")))
#else
#define PYBOX_API
#endif

/* ------------------------------------------------------------------------------------------
 * Status
 */

/* Whether a call worked. The numbers are pinned; decades by area. */
typedef enum pybox_status {
    PYBOX_OK = 0,

    PYBOX_ERROR_ARGUMENT = 1,    /* an argument breaks the function's contract */
    PYBOX_ERROR_NO_MEMORY = 2,   /* the host's memory or address space is exhausted */
    PYBOX_ERROR_IO = 3,          /* a host system call on a file failed */
    PYBOX_ERROR_UNSUPPORTED = 4, /* the CPU, the kernel or this build lacks something needed */
    PYBOX_ERROR_BUSY = 5,        /* the box is running, or a run of it is pending */
    PYBOX_ERROR_DIRTY = 6,       /* the box was cut off mid-run, or its program has ended: roll it back or destroy it */
    PYBOX_ERROR_LIMIT = 7,       /* a size, count or depth is over its cap */

    PYBOX_ERROR_MODULE_FORMAT = 10,  /* not an ELF file, or truncated */
    PYBOX_ERROR_MODULE_FOREIGN = 11, /* an ELF file, but no pybox module for this machine */
    PYBOX_ERROR_MODULE_ABI = 12,     /* a pybox module of another ABI version */
    PYBOX_ERROR_MODULE_HASH = 13,    /* not the module that was asked for, or note and code differ */
    PYBOX_ERROR_MODULE_LOAD = 14,    /* the dynamic linker refused it */
    PYBOX_ERROR_MODULE_IMPORT = 15,  /* it imports a function that the host does not have */
    PYBOX_ERROR_MODULE_EXPORT = 16,  /* it lacks an export that the call needs */

    PYBOX_ERROR_SNAPSHOT_FORMAT = 20,  /* not a snapshot, truncated, or a field out of range */
    PYBOX_ERROR_SNAPSHOT_VERSION = 21, /* a format version this library does not read */
    PYBOX_ERROR_SNAPSHOT_CORRUPT = 22, /* a checksum does not match */
    PYBOX_ERROR_SNAPSHOT_MODULE = 23,  /* made by another module */
    PYBOX_ERROR_SNAPSHOT_PARENT = 24,  /* a delta whose parent is missing, another, or itself */

    PYBOX_ERROR_PATH = 30,    /* a path or mount point that cannot be used */
    PYBOX_ERROR_ARCHIVE = 31, /* a read-only archive that is malformed or missing */
    PYBOX_ERROR_MISSING = 32, /* a file of the box that is not there */

    PYBOX_ERROR_GUEST = 40, /* the guest broke its protocol (it must be assumed compromised) */
} pybox_status;

/* The status's name in lower case, e.g. "module_abi"; "unknown" for a number not in the list.
 * Static storage, any thread. */
PYBOX_API const char *pybox_status_name(pybox_status status);

/* What went wrong in the last failed call of this thread: one line of text without a newline,
 * "" if none failed yet. Valid until this thread's next call into the library. */
PYBOX_API const char *pybox_error_message(void);

/* Sets what pybox_error_message() says on this thread and returns `status`: for libraries that are built on this one
 * and fail as it does (pybox_jail_enter() is in one). `message` is copied, at most 1,023 bytes, with '?' for control
 * characters; NULL: "". Never fails, never allocates. */
PYBOX_API pybox_status pybox_error_set(pybox_status status, const char *message);

/* The library's version, PYBOX_VERSION of its build. Static storage, any thread. */
PYBOX_API const char *pybox_version(void);

/* ------------------------------------------------------------------------------------------
 * Engine
 */

typedef struct pybox_engine pybox_engine;

/* Who handles SIGSEGV and SIGBUS. A guest's access outside its memory arrives as one. */
typedef enum pybox_signals {
    PYBOX_SIGNALS_LIBRARY = 0, /* the library installs a handler and chains to the one it found */
    PYBOX_SIGNALS_HOST = 1,    /* the host has installed SA_SIGINFO | SA_ONSTACK handlers that call
                                  pybox_signal_handle() first */
} pybox_signals;

typedef struct pybox_engine_options {
    size_t size;
    pybox_signals signals;
    uint64_t stack_bytes; /* native stack of a run; default 64 MiB, reserved, touched on use */
} pybox_engine_options;

/* Checks that CPU and kernel have what is needed (x86-64, FSGSBASE, memfd), installs the signal
 * handlers, and makes an engine. Allocates. Any thread.
 * Errors: UNSUPPORTED, ARGUMENT, NO_MEMORY. */
PYBOX_API pybox_status pybox_engine_create(const pybox_engine_options *options,
                                           pybox_engine **engine);

/* Releases the caller's hold. The engine goes when its last module is closed. The signal
 * handlers stay installed (another library may have chained to them). NULL is allowed. */
PYBOX_API void pybox_engine_destroy(pybox_engine *engine);

/* For PYBOX_SIGNALS_HOST: to be called first in the host's SIGSEGV and SIGBUS handler, with the
 * three arguments of an SA_SIGINFO handler that runs on an alternate stack. Returns 1 if it was
 * a guest's fault and the handler must return at once, 0 if it is the host's to handle.
 * Async-signal-safe. */
PYBOX_API int pybox_signal_handle(int signal_number, void *siginfo, void *ucontext);

/* ------------------------------------------------------------------------------------------
 * Module
 */

typedef struct pybox_module pybox_module;

/* A module that is linked into the program (a `.a` made by pybox-aot or pybox_add_module()).
 * It is declared by the host as `extern const pybox_linked_module pybox_module_NAME;`. */
typedef struct module_descriptor pybox_linked_module;

/* Opens the module in the shared object at `path`. NULL: the Python module that was installed
 * with the library (the environment variable PYBOX_HOME, else ../lib/pybox beside the running
 * program, else the folder that the library was installed to). Its ELF note is read and checked
 * before any of its code is mapped. Blocks on file I/O, allocates. Any thread.
 * Errors: IO, MODULE_*, ARGUMENT, NO_MEMORY. */
PYBOX_API pybox_status pybox_module_open(pybox_engine *engine, const char *path,
                                         pybox_module **module);

/* The same for a module that is linked in. Errors: MODULE_ABI, MODULE_IMPORT, NO_MEMORY. */
PYBOX_API pybox_status pybox_module_open_linked(pybox_engine *engine,
                                                const pybox_linked_module *linked,
                                                pybox_module **module);

/* Releases the caller's hold; the module goes with its last image and box. NULL is allowed. */
PYBOX_API void pybox_module_close(pybox_module *module);

typedef struct pybox_module_info {
    const char *name;        /* as given when it was compiled */
    const char *hash;        /* SHA-256 of the metered wasm, 64 hex digits */
    const char *home;        /* the folder it came from, or NULL if linked in */
    uint64_t memory_bytes;   /* linear memory at start */
    int is_python;           /* it has the exports that pybox_box_run() needs */
    int is_command;          /* it has `_start` and is run once by pybox_box_start() */
} pybox_module_info;

/* Facts about a module. The pointers live as long as the module. Any thread. */
PYBOX_API void pybox_module_describe(const pybox_module *module, pybox_module_info *info);

/* ------------------------------------------------------------------------------------------
 * Image
 */

typedef struct pybox_image pybox_image;

/* Decodes the snapshot at `path` into an image that boxes map copy-on-write. NULL: the base image
 * beside the module (the directly mapped form if it is there, else the compressed one). The
 * file's every field is checked before it is used; a snapshot of another module is refused.
 * Blocks on file I/O, allocates, uses several threads for a compressed one. Any thread.
 * Errors: IO, SNAPSHOT_*, ARCHIVE, ARGUMENT, NO_MEMORY. */
PYBOX_API pybox_status pybox_image_open(pybox_module *module, const char *path,
                                        pybox_image **image);

typedef struct pybox_image_options {
    size_t size;
    const char *const *folders; /* where the parents of a delta are looked for, as <digest>.snap, or any *.snap and
                                   *.image of that digest; default: the file's own folder, and that of the module */
    size_t folder_count;
    int trusted; /* map a directly mapped file as it is: nobody will change or truncate it while it is open. Default:
                    copy it to sealed memory, but for the module's own base image */
    uint64_t memory_bytes; /* a snapshot with more linear memory is refused with LIMIT, before any of it is decoded: a few
                              megabytes of file can become all that a box may have; default 4 GiB */
    uint64_t files_bytes;  /* the same for the encoded file tree; default 256 MiB */
} pybox_image_options;

/* The same with options. A delta's parents are found, checked and opened, at most 64 deep.
 * Errors: also SNAPSHOT_PARENT (one is missing, of another digest, or they form a circle), LIMIT. */
PYBOX_API pybox_status pybox_image_load(pybox_module *module, const char *path,
                                        const pybox_image_options *options, pybox_image **image);

/* The digest that names the image's content, 64 hex digits. Lives as long as the image. That of an image that comes
 * from no file is computed when it is first asked for, in milliseconds. "" if there is no memory for that. */
PYBOX_API const char *pybox_image_digest(const pybox_image *image);

/* Releases the caller's hold; the image goes with its last box, and what was kept for others with it. NULL is
 * allowed. */
PYBOX_API void pybox_image_close(pybox_image *image);

/* ------------------------------------------------------------------------------------------
 * Limits
 */

/* What a box, and each run in it, may use. A field that is 0 means its default, PYBOX_UNLIMITED means none where that
 * is allowed. Given with a box they hold for each of its runs; a run may be given its own (pybox_run.limits), of
 * which the fields marked "box" are not looked at.
 *
 * What happens at a limit: fuel, wall and CPU time stop the run in two steps. First the guest gets an exception at
 * the line that is running (pybox.OutOfFuel, pybox.DeadlineExceeded: subclasses of BaseException), so that `finally`
 * and `with` blocks run, within the grace. A guest that is not through by then is cut, and its box is dirty. The
 * other limits answer as the guest's system would (MemoryError, OSError, RecursionError), except output_bytes,
 * host_calls and stack_bytes, which cut the run.
 *
 * Limits are looked at when the guest calls the host, and in between each tenth of a millisecond or so; fuel is
 * exact. A module that is not metered is looked at in calls of the host only, and a limit of fuel is refused for it
 * (UNSUPPORTED). Time spent in the host's own callbacks counts, and is noticed when they return. */
typedef struct pybox_limits {
    size_t size;
    uint64_t fuel;         /* a run's; default unlimited. Looked at in loops and calls: what a run uses after
                              its last look may exceed it. Compiling and running `pass` takes about 50,000.
                              It bounds time only roughly (cpu_ns does that) */
    uint64_t wall_ns;      /* a run may take this long, waiting included; default unlimited */
    uint64_t cpu_ns;       /* CPU time of the calling thread; default unlimited */
    uint64_t grace_fuel;   /* after the first step, for `finally` blocks; default 10,000,000 */
    uint64_t grace_ns;     /* the same as time; default 5 ms. After a stop by fuel it is 200 times that, so that
                              how such a run ends does not depend on how busy the machine is */
    uint64_t output_bytes; /* what a run may write; default 16 MiB captured, no limit with a
                              callback */
    uint64_t host_calls;   /* WASI calls and host functions of a run; default unlimited */
    uint64_t stack_bytes;  /* native stack of a run; default and most: the engine's */
    uint64_t memory_bytes; /* box: linear memory may not grow beyond it; default 512 MiB; less than
                              4 GiB */
    uint64_t files_bytes;  /* box: what the in-memory file tree may hold; default 64 MiB */
    uint32_t files;        /* box: how many files and folders that is; default and most 65,536 */
    uint32_t open_files;   /* box: descriptors open at a time; default and most 256 */
    uint32_t recursion;    /* box: Python's recursion limit; default 1,000 */
    uint32_t name_bytes;   /* box: of a file's name in memory; default and most 255 */
    uint32_t folder_depth; /* box: of folders in memory (and in overlays) in each other; default 64, at most 1,024 */
} pybox_limits;

#define PYBOX_UNLIMITED UINT64_MAX

/* Sets of limits for those who do not want to choose each by itself: pybox_box_options.preset. A limit that is given
 * with the box overrides its preset's. */
typedef enum pybox_preset {
    PYBOX_PRESET_NORMAL = 0,     /* the defaults, as pybox_limits says */
    PYBOX_PRESET_STRICT = 1,     /* for code that nobody has looked at: every limit is set, those of fuel (20 billion), time
                                    (30 s, 10 s of CPU time) and output (1 MiB, also to a callback) too, and no mount can
                                    write to the host (ARGUMENT) */
    PYBOX_PRESET_PERMISSIVE = 2, /* for code that is one's own: as much memory and files as there can be */
} pybox_preset;

/* All of a preset's limits, each field set. NULL: there is no such preset. Static storage, any thread. */
PYBOX_API const pybox_limits *pybox_preset_limits(pybox_preset preset);

/* "normal", "strict", "permissive"; "unknown". Static storage, any thread. */
PYBOX_API const char *pybox_preset_name(pybox_preset preset);

/* The preset of that name. Any thread. Errors: ARGUMENT (there is none; `*preset` is NORMAL). */
PYBOX_API pybox_status pybox_preset_find(const char *name, pybox_preset *preset);

/* ------------------------------------------------------------------------------------------
 * Packages
 */

/* A Python package without native code, ready to be shown in boxes. Counted by reference: boxes hold what they use. Any
 * number of boxes and threads may share one. */
typedef struct pybox_package pybox_package;

typedef struct pybox_package_options {
    size_t size;
    uint64_t bytes; /* all its files, decompressed, may be so large; default 256 MiB. Refused before it is decompressed */
    uint32_t files; /* and so many; default and most 65,534 */
} pybox_package_options;

/* Opens the package at `path`: a wheel (.whl), or a folder. A folder may be a package (it has an __init__.py), a
 * project (it has pyproject.toml, setup.py or setup.cfg: its src is taken, or all of it if it has none), or a folder
 * laid out as site-packages is. Compiled files and names that begin with a dot are left out; links are refused. A wheel
 * is read as the wheel specification says, and each file is compared with its RECORD. What is read is kept in memory:
 * nothing is looked at again later. Blocks on file I/O, allocates. Any thread. Errors: UNSUPPORTED (native code,
 * another Python's, a source distribution), ARCHIVE (a malformed wheel, or one that is other than its RECORD says),
 * PATH (a folder that is no package), LIMIT, IO, ARGUMENT, NO_MEMORY. */
PYBOX_API pybox_status pybox_package_open(const char *path, const pybox_package_options *options,
                                          pybox_package **package);

/* Compiles a package's modules, so that no box has to: in a box of `image`, as what is compiled is not trusted. Takes
 * about as long as importing all of it. The new package has all files of the old one, and the compiled ones beside
 * them; what does not compile is left as it is, and what is in folders that are called test or tests. Runs guest code,
 * blocks, allocates. Any thread. Errors: ARGUMENT, LIMIT (too large, or ten minutes of CPU time), GUEST, and those of
 * pybox_box_create(). */
PYBOX_API pybox_status pybox_package_compile(const pybox_package *package, pybox_image *image,
                                             pybox_package **compiled);

/* Texts are UTF-8 and the package's word. */
typedef struct pybox_package_info {
    size_t size;
    const char *name;    /* of the distribution; of a folder without metadata, or of several, the folder's */
    const char *version; /* "" if it does not say; so are the others */
    const char *summary;
    const char *requires_python;
    const char *const *requires; /* what it needs, as it says: "markupsafe>=2.0; python_version < '3.14'" */
    size_t require_count;
    uint64_t bytes; /* of all its files */
    uint32_t files;
    int compiled; /* it comes from pybox_package_compile() */
} pybox_package_info;

/* Facts about a package. They live as long as it does. Any thread. */
PYBOX_API const pybox_package_info *pybox_package_inform(const pybox_package *package);

/* Told of a requirement that nothing fulfils: the package that has it, and the requirement as it writes it. Returns 0
 * to be told of more. */
typedef int pybox_requirement_callback(void *context, const char *package, const char *requirement);

/* Tells which requirements of the packages (`count` of them, and those that are baked into `image`, which may be NULL)
 * no other of them fulfils, by name: versions are not compared, and those of extras or that do not hold for a box (its
 * system is "wasi") are left out. That a package wants another Python ("Python >=3.14") is told as well. Calls nothing
 * if all is there. Any thread. Errors: ARGUMENT. */
PYBOX_API pybox_status pybox_package_check(const pybox_package *const *packages, size_t count,
                                           const pybox_image *image, pybox_requirement_callback *callback,
                                           void *context);

/* Releases the caller's hold. NULL is allowed. */
PYBOX_API void pybox_package_close(pybox_package *package);

/* ------------------------------------------------------------------------------------------
 * Box
 */

typedef struct pybox_box pybox_box;

/* What is shown in the guest's file tree. A tree has /work and /tmp, which are folders in memory, writable and at first
 * empty; /dev/null and /dev/urandom; and a Python guest's standard library, read-only. Else it has only mounts. */
typedef enum pybox_mount_kind {
    PYBOX_MOUNT_HOST = 0,    /* a folder or a regular file of the host. What is written there is written there at once,
                                is not counted against the limits, and is not undone by a rollback */
    PYBOX_MOUNT_OVERLAY = 1, /* a folder of the host that is never written: what is changed of it is in memory, counts
                                against the limits (a file is copied whole when it is first changed, and is then no hard link
                                to other names of it on the host), and is part of the
                                box's state: of its rollbacks, snapshots and clones. The host's folder may change
                                meanwhile; what the guest has not changed is seen as it is */
    PYBOX_MOUNT_MEMORY = 2,  /* a writable folder in memory, at first empty */
    PYBOX_MOUNT_BYTES = 3,   /* one read-only file with these bytes, which are copied */
    PYBOX_MOUNT_ARCHIVE = 4, /* a ZIP file whose entries are stored, not compressed, as a read-only folder: that at `host`,
                                copied to memory, or else that in `bytes`, copied */
} pybox_mount_kind;

/* A path of the guest's that is a mount of the image's as well, in memory, keeps the image's files. */
typedef struct pybox_mount {
    const char *host;  /* an existing folder (or file) of the host; NULL for MEMORY and BYTES */
    const char *guest; /* an absolute path in the box, not "/". /work and /tmp may be mounted over, while they are empty;
                          the standard library and the devices may not. The folders above it are made. What is mounted
                          below another mount comes after it in the list */
    int read_only;     /* of HOST: it cannot be changed. BYTES and ARCHIVE never can; MEMORY and OVERLAY always can
                          (ARGUMENT) */
    pybox_mount_kind kind;
    const void *bytes; /* of BYTES and ARCHIVE; else NULL */
    size_t length;
} pybox_mount;

/* Which stream of the guest's a piece of output was written to. */
typedef enum pybox_stream { PYBOX_STDOUT = 1, PYBOX_STDERR = 2 } pybox_stream;

/* Receives output as it is written, in the pieces in which it is written, but never with half a character of UTF-8 at
 * the end if the other half follows. Runs on the thread of the run and may not call into the same box. Returns 0 to
 * go on, or an errno value that the guest's write then fails with (EPIPE). */
typedef int pybox_output_callback(void *context, pybox_stream stream, const void *bytes,
                                  size_t length);

/* Gives the guest's standard input. Writes at most `capacity` bytes and returns how many, 0 at the
 * end, or a negative errno value. May block. */
typedef ptrdiff_t pybox_input_callback(void *context, void *bytes, size_t capacity);

/* Receives what the guest displays, as it does: one form of a value, with its MIME type ("text/html", "image/png":
 * printable ASCII of at most 100 characters, the guest's word). Forms with the same number are of the same value.
 * Counts as output (limits.output_bytes). Runs on the thread of the run and may not call into the same box. Returns
 * 0, or an errno value: the guest's call fails. */
typedef int pybox_display_callback(void *context, uint32_t number, const char *mime,
                                   const void *bytes, size_t length);

/* Host functions: see below. */
typedef struct pybox_functions pybox_functions;

/* What becomes of a box's state after a run. "Stopped" is every outcome but DONE, EXCEPTION, EXIT and PENDING. */
typedef enum pybox_rollback {
    PYBOX_ROLLBACK_NEVER = 0,   /* it stays as the run left it; a run that was cut leaves the box dirty */
    PYBOX_ROLLBACK_STOPPED = 1, /* a stopped run is undone, and all since the last checkpoint with it; without a
                                   checkpoint, since the box was made */
    PYBOX_ROLLBACK_RUN = 2,     /* a stopped run is undone, and only that: a session */
    PYBOX_ROLLBACK_ALWAYS = 3,  /* every run is undone, as with STOPPED: fresh state for each */
} pybox_rollback; /* pybox_box_finish() is never undone. A box whose rollback finds no memory is left dirty. */

typedef struct pybox_box_options {
    size_t size;
    const char *const *arguments; /* sys.argv; default {""}; copied */
    size_t argument_count;
    const char *const *environment; /* "NAME=value"; default none; nothing of the host's leaks in */
    size_t environment_count;
    const pybox_mount *mounts; /* default none: nothing of the host's files is visible */
    size_t mount_count; /* a tree has at most 64 mounts, its own five and that of packages included; LIMIT */
    const char *directory; /* the guest's working directory; default "/work" */

    const void *input; /* bytes for standard input, copied; default none: end of file */
    size_t input_length;
    pybox_input_callback *input_callback; /* instead of `input` */
    void *input_context;

    pybox_output_callback *output; /* default: output is captured in the result */
    void *output_context;
    const pybox_limits *limits; /* copied; default: each field's default */
    const uint64_t *seed;        /* fixes every random source, from the making of the box on; default: fresh numbers */
    const uint64_t *clock_ns;    /* fixes the clocks: they start at this time since 1970 and advance
                                    by 1 us with every look at one; default: the real clocks */
    int terminal;                /* standard streams say they are a terminal; default no */
    pybox_rollback rollback;     /* default: never */
    pybox_display_callback *display; /* default: what is displayed is kept for the result */
    void *display_context;
    const pybox_functions *functions; /* host functions that the guest may call; held; default: none */
    const pybox_package *const *packages; /* shown read-only in /usr/lib/python3.13/site-packages, as if installed there;
                                             held. Those that are baked into the image are there as well: one may come
                                             again if it is the same. They become part of the box's snapshots and images.
                                             Their bytes count as limits.files_bytes; default: none */
    size_t package_count; /* at most 1,000 */
    const char *const *preopens; /* with image == NULL: directories of the box that are open from the start, for WASI
                                    programs that look for one by the name it has here; at most 64, copied. Default:
                                    none but "/", which always is. ARGUMENT with an image, PATH if it cannot be */
    size_t preopen_count;
    pybox_preset preset; /* of the limits that are not given, and of what may be mounted; default: normal */
} pybox_box_options;

/* Makes a box from an image in microseconds. With image == NULL the guest is started from nothing,
 * as is done once to make a base image and for command modules. Allocates and maps memory; with
 * image == NULL it runs guest code. Any thread. With several packages the first box takes as long as copying them.
 * Errors: ARGUMENT (also two packages that have the same file, or are of one name), PATH (a mount), UNSUPPORTED
 * (a limit that the module cannot keep), LIMIT (too little memory, or packages over limits.files_bytes),
 * NO_MEMORY, MODULE_EXPORT, GUEST (a start from nothing failed, or took a minute). */
PYBOX_API pybox_status pybox_box_create(pybox_module *module, pybox_image *image,
                                        const pybox_box_options *options, pybox_box **box);

/* The files that were open in the image and could not be opened again under the box's mounts: the guest's use of them
 * fails with EBADF. Guest paths, `*count` of them; they live until the box's next call. */
PYBOX_API const char *const *pybox_box_lost_files(const pybox_box *box, size_t *count);

/* Sends what the box's next runs write and display to other callbacks than it was made with, until it is called again;
 * NULL: it is kept for the result. A run that is PENDING goes on with the new ones. The box's limits stay as they are
 * (the default of output_bytes is that of how it was made); a box that is given back to its pool gets the pool's
 * callbacks again. Cheap; runs no guest code. Errors: ARGUMENT, BUSY (it runs). */
PYBOX_API pybox_status pybox_box_redirect(pybox_box *box, pybox_output_callback *output, void *output_context,
                                          pybox_display_callback *display, void *display_context);

/* Frees the box and everything it holds, results included. While it runs (in a callback of its own) it does nothing.
 * NULL is allowed. The memory of up to four boxes of an image, at most 4 MiB each, is rolled back to it and kept for
 * the next ones until the image goes: a box is then made in a few microseconds, and its first run has no page faults. */
PYBOX_API void pybox_box_destroy(pybox_box *box);

/* ------------------------------------------------------------------------------------------
 * Run
 */

/* What the guest did. */
typedef enum pybox_outcome {
    PYBOX_DONE = 0,           /* ran to its end */
    PYBOX_EXCEPTION = 1,      /* an uncaught exception: see error */
    PYBOX_EXIT = 2,           /* sys.exit(), or proc_exit: see exit_code */
    PYBOX_PENDING = 3,        /* waits for the host */
    PYBOX_OUT_OF_FUEL = 4,    /* used more than limits.fuel */
    PYBOX_DEADLINE = 5,       /* ran longer than limits.wall_ns */
    PYBOX_INTERRUPTED = 6,    /* pybox_box_interrupt() */
    PYBOX_OUT_OF_MEMORY = 7,  /* an uncaught MemoryError of an allocation that failed */
    PYBOX_OUTPUT_FULL = 8,    /* wrote more than limits.output_bytes */
    PYBOX_LIMIT = 9,          /* another limit cut it: result.limit names it */
    PYBOX_TRAP = 10,          /* the guest was stopped hard; error.message says why */
} pybox_outcome;

/* The outcome's name in lower case, e.g. "out_of_fuel". Static storage, any thread. */
PYBOX_API const char *pybox_outcome_name(pybox_outcome outcome);

typedef enum pybox_mode {
    PYBOX_MODE_EXEC = 0,   /* a module's worth of statements; no value */
    PYBOX_MODE_EVAL = 1,   /* statements; if the last is an expression, its value is returned */
    PYBOX_MODE_SINGLE = 2, /* one interactive statement, without its last newline; expression values are
                              printed. If more lines could complete it, error.type is
                              "_IncompleteInputError" and nothing has been run. */
} pybox_mode;

/* What a refill callback returns to have pybox_box_run() return with the outcome PENDING, the guest
 * as it stands; pybox_box_resume() goes on with a slice of fuel. */
#define PYBOX_REFILL_YIELD UINT64_MAX

/* Asked when a run has used more than its fuel, `used` in all so far. Returns how much more it gets, 0 for
 * none (the run is stopped), or PYBOX_REFILL_YIELD. Runs on the thread of the run, and may run other
 * boxes, but not this one. */
typedef uint64_t pybox_refill_callback(void *context, pybox_box *box, uint64_t used);

/* What a traced run tells of. */
typedef enum pybox_trace_event {
    PYBOX_TRACE_CALL = 1, /* a function or module of the program begins */
    PYBOX_TRACE_LINE = 2,
    PYBOX_TRACE_RETURN = 4, /* it ends, also by an exception */
    PYBOX_TRACE_RAISE = 8,  /* an exception is raised, or comes out of a call */
} pybox_trace_event;

/* Told of each event as it happens. The texts are the guest's word, at most 256 bytes of each, and last for the call.
 * Runs on the thread of the run and may not call into the same box. Returns 0 to go on; else the run is stopped, as
 * by PYBOX_INTERRUPT_STOP. */
typedef int pybox_trace_callback(void *context, pybox_trace_event event, const char *file,
                                 uint32_t line, const char *function);

/* How values cross between the host and the guest: always as JSON text in UTF-8 (but bytes, which go as they are). Both
 * forms are described, type by type, in docs/VALUES.md. */
typedef enum pybox_form_of_values {
    PYBOX_VALUES_PLAIN = 0,  /* JSON as the json module has it; what it cannot say exactly is an error */
    PYBOX_VALUES_TAGGED = 1, /* lossless: {"$tuple": [1, 2]}, {"$set": ...}, {"$bytes": "base64"}, dates, cycles, ... */
} pybox_form_of_values;

/* A value on its way into the guest or out of it. */
typedef enum pybox_value_kind {
    PYBOX_VALUE_NONE = 0,  /* there is none (None, if one is needed) */
    PYBOX_VALUE_JSON = 1,  /* JSON text */
    PYBOX_VALUE_BYTES = 2, /* a Python bytes object, as it is */
} pybox_value_kind;

typedef struct pybox_value {
    pybox_value_kind kind;
    const char *bytes;
    size_t length; /* 0 with JSON: NUL-terminated */
} pybox_value;

/* A value crosses only up to these bounds, in both directions: a clear error else. */
#define PYBOX_VALUE_BYTES_MOST (UINT64_C(64) << 20) /* length of the text, or of the bytes */
#define PYBOX_VALUE_DEPTH_MOST 200                  /* of lists and objects in each other */
#define PYBOX_VALUE_ITEMS_MOST 4000000              /* numbers, texts, lists, ... in all; keys are not counted */

typedef struct pybox_run {
    size_t size;
    pybox_mode mode;
    const char *code;     /* UTF-8 Python source (or with a PEP 263 coding line); it may use `await` at the top level */
    size_t code_length;   /* 0: code is NUL-terminated */
    const char *filename; /* shown in tracebacks; default "<run>", in a host function "<nested run>" */
    const pybox_limits *limits; /* of this run instead of the box's; default: the box's */
    pybox_refill_callback *refill; /* asked when the fuel is used up; default: the run is stopped */
    void *refill_context;
    int profile; /* count fuel by function and line: result.profile. The run takes longer. */
    const char *context; /* the namespace it runs in (see Contexts); default "main" */
    pybox_form_of_values form; /* of the value that MODE_EVAL returns */
    pybox_trace_callback *trace; /* told of what the program does; the run takes longer, and more fuel */
    void *trace_context;
    unsigned trace_events;       /* bits of pybox_trace_event; default: all */
    const char *trace_files;     /* in files of such names (`*`, `?`; at most 500 bytes); default "*". Of the standard library
                                    only if it begins with that ("/usr/lib/python3.13/json*") */
    uint64_t trace_most;         /* of so many events, then of no more; default 1,000,000. In a nested run these fields are not looked at */
} pybox_run;

/* Bytes owned by the result; never NULL; there is a NUL behind the last byte. */
typedef struct pybox_bytes {
    const char *bytes;
    size_t length;
} pybox_bytes;

/* One form of a value that the guest has displayed: pybox.display(), or the value of a run (MODE_EVAL, MODE_SINGLE)
 * whose class has rich forms (_repr_html_() and its like). As for pybox_display_callback. */
typedef struct pybox_display {
    uint32_t number;
    const char *mime;
    pybox_bytes data;
} pybox_display;

/* What a pending run waits for. */
typedef enum pybox_wait {
    PYBOX_WAIT_NONE = 0,
    PYBOX_WAIT_FUEL = 1,  /* its refill callback yielded */
    PYBOX_WAIT_HOST = 2,  /* answers to `requests`, in code that awaits at the top level; no frame is on a native stack: the box
                             may be saved, cloned, rolled back, and resumed in another process */
    PYBOX_WAIT_STACK = 3, /* the same, but on its native stack (a synchronous call, or asyncio.run()): resumed on the
                             same thread, and it cannot be saved meanwhile */
} pybox_wait;

/* A call of a host function that the guest waits for. */
typedef struct pybox_request {
    uint64_t id;           /* for pybox_box_answer(); not reused in the life of the guest's state */
    const char *function;  /* "module.name" */
    pybox_bytes arguments; /* as in pybox_host_call, but a bytes object is {"$bytes": "base64"} */
} pybox_request;

/* What a run did. Owned by the box: valid until the box's next call or its destruction. */
typedef struct pybox_result {
    size_t size;
    pybox_outcome outcome;
    int exit_code; /* for EXIT */

    pybox_bytes value; /* MODE_EVAL, and calls and gets: the value in the form that was asked for (JSON, or raw
                          bytes, see value_kind), empty if it cannot go or there is none */
    pybox_bytes value_repr; /* MODE_EVAL: its repr(), "" for None or no value; the middle of more than a million
                               characters is left out */

    struct {
        pybox_bytes type;      /* "ValueError"; qualified unless built in; "" without an exception */
        pybox_bytes message;   /* str(exception); or why the run was stopped, where, and what to raise */
        pybox_bytes traceback; /* as Python prints it, with a newline at the end; also of a stopped run
                                  that let an exception out */
        uint32_t line;         /* 1-based line of the innermost frame in the run's code, or where it was
                                  cut; 0: unknown */
        pybox_bytes user_traceback; /* the same with the program's own frames only: not those of the standard library and of
                                  packages */
        pybox_bytes object;    /* the whole exception as JSON, with its causes, notes, and frames with columns:
                                  docs/ERRORS.md. "" if it has no such form, and without an exception */
        pybox_bytes hint;      /* one line that names the likely fix of a common mistake; or "" */
    } error;

    pybox_bytes output;        /* captured standard output; empty with a callback */
    pybox_bytes errors;        /* captured standard error; empty with a callback */
    uint64_t output_bytes;     /* written to both streams, captured or not */

    pybox_bytes limit;         /* which field of pybox_limits stopped the run ("fuel", "wall_ns",
                                  "host_calls", "memory_bytes", ...), "interrupt", or "" */
    int cut;                   /* it was stopped by the second step, and the box is dirty */
    uint64_t fuel_used;        /* grace included, set-up of the run not; 0 if not metered. A run that crashed the
                                  interpreter may have used up to 200,000 more */
    uint64_t fuel_left;        /* of limits.fuel and refills; PYBOX_UNLIMITED without a limit */
    uint64_t host_calls;       /* WASI calls and host functions */
    pybox_bytes profile;       /* with pybox_run.profile: JSON, see docs/PROFILE.md; else empty */
    uint64_t wall_ns;
    uint64_t cpu_ns;           /* of the calling thread */
    uint64_t memory_bytes;     /* linear memory at the end of the run: its peak, as it never shrinks */

    const pybox_display *displays; /* what it displayed, in order; at most 10,000 forms and 64 MiB; none with a callback */
    size_t display_count;
    pybox_wait wait;           /* PENDING: what for */
    uint64_t wake_ns;          /* PENDING for the host: resume after this time at the latest, as a timer of the guest's
                                  ends then; 0: there is none */
    const pybox_request *requests; /* PENDING for the host: what it is asked that has not been answered, oldest first; at most
                                      65,536. They last until the box is resumed, rolled back or destroyed */
    size_t request_count;
    pybox_value_kind value_kind; /* of `value`; NONE also if the value is None */
    pybox_bytes value_error;     /* why the value could not go, and what to do ("at $.a[3]: a set has no plain JSON
                                    form; ..."); else "" */
} pybox_result;

/* Runs Python code in the box's `__main__`, on the calling thread, until it ends. State stays for
 * the next run. After the outcome TRAP or OUTPUT_FULL, or if result.cut says so, the box is dirty and may only
 * be rolled back or destroyed; after an EXIT by os._exit() its program has ended (sys.exit() leaves the box usable). A
 * run that was stopped by the first step leaves a box that works.
 * Runs guest code, blocks as long as the guest does, allocates. One thread at a time per box.
 * Errors: ARGUMENT, BUSY, DIRTY, LIMIT (too deep in host functions), MODULE_EXPORT (not Python), UNSUPPORTED (a limit
 * that the module cannot keep), NO_MEMORY, GUEST (it broke its protocol, or did not come out of its set-up). */
PYBOX_API pybox_status pybox_box_run(pybox_box *box, const pybox_run *run,
                                     const pybox_result **result);

/* How pybox_box_interrupt() stops a run. */
typedef enum pybox_interrupt {
    PYBOX_INTERRUPT_STOP = 0,     /* in two steps, as at a deadline: pybox.Interrupted, the grace, the
                                     cut */
    PYBOX_INTERRUPT_KEYBOARD = 1, /* KeyboardInterrupt, once; the guest may catch it and go on */
    PYBOX_INTERRUPT_CUT = 2,      /* at once; the box is dirty */
} pybox_interrupt;

/* Interrupts the run that is in progress, also one that sleeps or is pending; without one, does nothing. The run's
 * thread notices within a fraction of a millisecond, in a host function or an input callback only when that returns
 * (-EINTR lets the guest look and ask again). A guest without a first step (a WASI command) is cut. Any thread, and
 * in signal handlers; the box must not be destroyed meanwhile. */
PYBOX_API void pybox_box_interrupt(pybox_box *box, pybox_interrupt how);

typedef struct pybox_resume {
    size_t size;
    uint64_t fuel; /* so much more; after WAIT_FUEL, 0 stops the run */
    const pybox_limits *limits; /* after WAIT_HOST: of the part of the run that comes; default: what is left of the run's, or the
                                   box's if the box was loaded, cloned or rolled back meanwhile */
} pybox_resume;

/* Goes on with a run whose outcome was PENDING: it may be so again. If it waits on, that costs by the number of its
 * requests (about 0.1 us each), so answers that are there are given together. After WAIT_FUEL and WAIT_STACK on the
 * thread that ran it; its wall-clock limit has gone on meanwhile, but not after WAIT_HOST. The result is of the whole
 * run so far; in a box that was loaded, cloned or rolled back to where it waits, since then. Requests that have no
 * answer stay. An interrupt that came while it waited is noticed first. With PYBOX_ROLLBACK_RUN a run that is stopped
 * now is undone to the state before it began, or that in which it was loaded, cloned or rolled back to, or had a
 * checkpoint made, while it waited. A pending run is given up by pybox_box_rollback() (after WAIT_HOST) and
 * pybox_box_destroy(). NULL options: all defaults. Runs guest code, blocks, allocates. Errors: ARGUMENT (nothing is
 * pending, or another thread's; limits after another wait), BUSY, LIMIT (the box has no memory for the answers),
 * UNSUPPORTED, NO_MEMORY, GUEST. */
PYBOX_API pybox_status pybox_box_resume(pybox_box *box, const pybox_resume *options,
                                        const pybox_result **result);

/* What a box that is PENDING for the host asks and has got no answer to: also of one that was loaded, cloned or
 * rolled back to where it waits, which until then takes itself for idle: pybox_box_run() finds out too, and says
 * BUSY. The array lives until the box's next call. *count is 0 if it does not wait. Runs a little guest code of the
 * library's. Errors: ARGUMENT, BUSY (it runs), NO_MEMORY, GUEST. */
PYBOX_API pybox_status pybox_box_requests(pybox_box *box, const pybox_request **requests,
                                          size_t *count);

/* Answers a request, with a value (NULL: None) or with an error: an exception that the guest can catch. `type` is the
 * name of a built-in exception, or NULL for pybox.HostError. In any order; pybox_box_resume() hands them over, so
 * until then they are no part of what is saved or cloned. An answer to a request that the guest has stopped waiting
 * for is dropped. Copies. Any thread that may use the box. Errors: ARGUMENT (no such request, or answered already; no
 * valid value, or a message that is not UTF-8), BUSY, LIMIT, NO_MEMORY, GUEST. */
PYBOX_API pybox_status pybox_box_answer(pybox_box *box, uint64_t id, const pybox_value *value);
PYBOX_API pybox_status pybox_box_answer_error(pybox_box *box, uint64_t id, const char *type,
                                              const char *message);

/* Ends the program in the box as the interpreter's exit does: atexit callbacks, `__main__` cleared, streams flushed.
 * The box may only be rolled back or destroyed afterwards. A program that has ended already is left as it is, and the
 * outcome is DONE. Errors: as pybox_box_run(). */
PYBOX_API pybox_status pybox_box_finish(pybox_box *box, const pybox_result **result);

/* Runs the `_start` of a command module, once. The outcome is EXIT with the program's exit code,
 * or TRAP. Errors: ARGUMENT, BUSY, DIRTY (it ran before), MODULE_EXPORT (no command module). */
PYBOX_API pybox_status pybox_box_start(pybox_box *box, const pybox_result **result);

/* ------------------------------------------------------------------------------------------
 * Contexts
 *
 * A context is a named namespace of the box's Python, what a REPL session is: its code sees itself as `__main__`.
 * There is always "main". Contexts are part of the box's state: of its checkpoints, snapshots, images and clones.
 * Names are 1 to 200 bytes of UTF-8 without control characters. A box has at most 65,536 contexts.
 *
 * All functions here run a little guest code of the library's, and free objects, whose finalisers run. None may be
 * used while the box is running, but in its host functions. Errors of all: ARGUMENT (a name that is bad, not there,
 * or there already), BUSY, DIRTY, LIMIT, MODULE_EXPORT, NO_MEMORY, GUEST.
 */

/* Makes a context. With a parent it sees the parent's names, and its parent's, also those they get later; what it
 * assigns is its own, and hides theirs. Functions of the parent's run with the parent's globals. At most 64 deep. */
PYBOX_API pybox_status pybox_context_create(pybox_box *box, const char *name, const char *parent);

/* Makes a context with the names of another and its parent. They are bound to the same objects, but functions that
 * were defined in the other one are made anew with the copy's globals (not those within classes and other objects).
 * Protection is copied, and so are __future__ features. */
PYBOX_API pybox_status pybox_context_copy(pybox_box *box, const char *name, const char *source);

/* Empties a context: as it was when it was made. Its protection goes; those that inherit from it stay. Functions of it
 * that live on elsewhere find it empty. */
PYBOX_API pybox_status pybox_context_reset(pybox_box *box, const char *name);

/* Destroys a context; not "main", none that another inherits from, and none in which code runs (ARGUMENT). What its
 * functions still need lives on; what is in cycles goes when Python collects garbage. */
PYBOX_API pybox_status pybox_context_destroy(pybox_box *box, const char *name);

/* Calls `each` for every context, "main" first, then in the order in which they were made, until it returns other
 * than 0. `parent` is NULL if it has none. The texts last for the call, in which the box may not be used. */
PYBOX_API pybox_status pybox_context_list(pybox_box *box,
                                          int (*each)(void *context, const char *name,
                                                      const char *parent),
                                          void *context);

/* Protects `count` names in a context: the guest can neither bind nor delete them there, nor in the contexts that
 * inherit from it, by any way that stays inside Python: it gets a pybox.ProtectedError (a NameError) that names the
 * variable. Locals of functions and classes may use the name. A name need not be bound yet, and the host may bind it
 * (pybox_variable_set()). The object that it is bound to is not protected: freeze values (pybox_variable.frozen).
 * Names are normalised as Python does (NFKC). At most 100,000 a call. */
PYBOX_API pybox_status pybox_context_protect(pybox_box *box, const char *context,
                                             const char *const *names, size_t count);

/* Takes the protection of these names back; of all if names is NULL. */
PYBOX_API pybox_status pybox_context_unprotect(pybox_box *box, const char *context,
                                               const char *const *names, size_t count);

/* ------------------------------------------------------------------------------------------
 * Values
 *
 * Into the guest and out of it, as JSON or as bytes. Setting and getting calls no code of the program's but for what
 * docs/VALUES.md lists, and finalisers of what a variable held; that runs within the box's limits, and can be stopped
 * as a run. With PYBOX_ROLLBACK_ALWAYS a variable that is set stays for the next run, and goes with it. In a host
 * function of the box: its runs' rules.
 */

typedef struct pybox_variable {
    size_t size;
    const char *context; /* default "main" */
    const char *name;    /* an identifier; it is normalised as Python does (NFKC) */
    pybox_form_of_values form;
    int frozen; /* set: lists become tuples and objects dictionaries that cannot be changed, at all depths */
} pybox_variable;

/* Binds a variable, also a protected one. `value` of kind NONE is None; its bytes are copied, once if they are no
 * JSON. On failure the variable is as it was, unless it was stopped. Errors: ARGUMENT (no valid JSON, says where),
 * BUSY, DIRTY (the program ended itself in a finaliser), LIMIT (over a cap, the box has no memory for it, or it was
 * stopped at a limit, after which the box may be dirty), MODULE_EXPORT, NO_MEMORY, GUEST. */
PYBOX_API pybox_status pybox_variable_set(pybox_box *box, const pybox_variable *variable,
                                          const pybox_value *value);

/* Gets the value of a variable (inherited ones and built-ins too) as result.value. A name that is not bound is an
 * EXCEPTION (NameError). A value that has no such form: result.value_error. Errors: as pybox_box_run(). */
PYBOX_API pybox_status pybox_variable_get(pybox_box *box, const pybox_variable *variable,
                                          const pybox_result **result);

/* Unbinds a variable of the context itself, also a protected one. Errors: as pybox_variable_set(); ARGUMENT: it is
 * not bound. */
PYBOX_API pybox_status pybox_variable_delete(pybox_box *box, const pybox_variable *variable);

typedef struct pybox_call {
    size_t size;
    const char *context;  /* default "main" */
    const char *function; /* a name or a dotted path from one ("helpers.clean", "math.sqrt" after `import math`), normalised too */
    const pybox_value *arguments; /* positional; at most 10,000, and 64 MiB with the keywords */
    size_t argument_count;
    const char *keywords; /* a JSON object; default none */
    size_t keywords_length; /* 0: NUL-terminated */
    pybox_form_of_values form; /* of arguments, keywords and the value */
    const pybox_limits *limits;
    pybox_refill_callback *refill;
    void *refill_context;
} pybox_call;

/* Calls a function of the guest's: a run whose value is what it returns (if that is a coroutine, what it comes to).
 * An exception, also that of a name that is not there, is its outcome. Errors: as pybox_box_run(); ARGUMENT and LIMIT
 * also for values, before anything runs. */
PYBOX_API pybox_status pybox_box_call(pybox_box *box, const pybox_call *call,
                                      const pybox_result **result);

/* ------------------------------------------------------------------------------------------
 * Host functions
 *
 * Functions of the host that guest code calls as if they were Python's: with signature, docstring and annotations. A
 * set of them is made once, given to any number of boxes (pybox_box_options.functions), and not changed once a box
 * has it. A module of functions is made when the guest imports it; if it has more than 64, each of them when it is
 * first used. A box over an image keeps what the image's code has imported: functions that its own set has too go on,
 * others raise pybox.HostError when they are called. They can be called in runs only (not by what is finalised
 * between them), and count as host calls (limits.host_calls).
 *
 * A host function may run code in the box that has called it: a nested run. It has its own result and outcome, and
 * writes to the same streams. What it uses is used by the run around it, and it may not use more than that one has
 * left: limits of its own can only be lower. Its file name is by default "<nested run>". When a limit of the run
 * around it is reached, or pybox_box_interrupt() stops it, both are stopped, each in its own two steps. If a nested
 * run is cut, no other can begin (DIRTY), and the run around it is cut when the host function returns; a program that
 * ends itself (os._exit()) ends for both. A nested run cannot wait: a refill callback that yields stops it. It has no
 * profile of its own, and the box's rollback option is for the run around it. Meanwhile other threads and all of
 * Checkpoint, Snapshot and Store, pybox_box_finish(), pybox_box_start() and pybox_box_resume() get BUSY;
 * pybox_box_destroy() and pybox_pool_give() do nothing.
 */

/* A call, as the host function sees it. Lives until it returns. */
typedef struct pybox_host_call {
    size_t size;
    pybox_box *box;        /* in which it may run code, at most 16 deep (LIMIT) */
    const char *function;  /* "module.name" */
    const char *context;   /* of the run that calls */
    pybox_bytes arguments; /* a JSON object with a value for every parameter (`*args` is a list, `**kwargs` an object), as its signature
                              orders them; checked to be valid JSON within the caps. An argument that is a bytes object is
                              {"$blob": i} */
    const pybox_bytes *blobs; /* those: `i` may be any number, as a guest that was tampered with writes what it likes */
    size_t blob_count;
    uint64_t id;           /* of the call, as the guest numbers them */
} pybox_host_call;

typedef struct pybox_answer pybox_answer;

/* The host's function. It answers by pybox_answer_value(), pybox_answer_error() or pybox_answer_later(); the last one
 * counts, and none is None. Runs on the thread of the run, and must return (no longjmp). `context` is the function's. */
typedef void pybox_host_function(void *context, const pybox_host_call *call, pybox_answer *answer);

/* The value that the call returns, copied. Not valid JSON: the guest gets a pybox.HostError that says so, and so does
 * the status. Errors: ARGUMENT, LIMIT, NO_MEMORY. */
PYBOX_API pybox_status pybox_answer_value(pybox_answer *answer, const pybox_value *value);

/* The exception that the call raises, copied. `type` is the name of a built-in one, an Exception that is made of a
 * message ("ValueError", "FileNotFoundError", ...), or NULL for pybox.HostError. Errors: ARGUMENT, LIMIT (a message
 * over 1 MiB), NO_MEMORY. */
PYBOX_API pybox_status pybox_answer_error(pybox_answer *answer, const char *type,
                                          const char *message);

/* The call becomes a request: when the guest has nothing else to do, the run is PENDING, and call->id is answered by
 * pybox_box_answer(), in the function's form of values. A function that is not async waits on its stack
 * (PYBOX_WAIT_STACK). In a run within a host function the guest gets a RuntimeError when it would have to wait. NULL
 * is allowed. */
PYBOX_API void pybox_answer_later(pybox_answer *answer);

typedef struct pybox_function {
    size_t size;
    const char *name;      /* an identifier */
    const char *module;    /* where the guest imports it from; dotted if wanted; default "tools". Not the name of a module of the standard
                              library */
    const char *signature; /* "(query: str, limit: int = 10, *, exact: bool = False) -> list[str]" */
    const char *schema;    /* instead: a JSON schema of type object, whose properties are the parameters (by keyword only, the
                              required first; the others with their default, or None) */
    const char *documentation; /* the docstring */
    int is_async;              /* called by `await`; its host function may still answer at once */
    pybox_form_of_values form;
    pybox_host_function *function;
    void *context;
} pybox_function;

/* An empty set. Error: NO_MEMORY. */
PYBOX_API pybox_status pybox_functions_create(pybox_functions **functions);

/* Adds one; everything is copied and checked. At most 10,000, with 100 parameters each; texts up to 16 KiB
 * (signature) or 64 KiB. A signature has names, types (names, dotted names, subscripts, `|`, literals) and plain
 * values as defaults, nothing that is to be evaluated; types whose names the guest does not have stay text. Errors:
 * ARGUMENT (what is wrong with which field; a name that is there already; the set is in use by a box), LIMIT,
 * NO_MEMORY. */
PYBOX_API pybox_status pybox_functions_add(pybox_functions *functions, const pybox_function *function);

/* Releases the caller's hold; the set goes with its last box. NULL is allowed. */
PYBOX_API void pybox_functions_destroy(pybox_functions *functions);

/* What is known of a host function. The pointers live as long as the set. */
typedef struct pybox_function_info {
    size_t size;
    const char *name, *module, *signature, *documentation;
    const char *schema; /* JSON: {"name", "description", "parameters": a JSON schema}, as tools are described to language models */
    int is_async;
} pybox_function_info;

/* Calls `each` for all functions in the order of their adding, until it returns other than 0. This and what follows:
 * any thread, while nobody adds. */
PYBOX_API void pybox_functions_list(const pybox_functions *functions,
                                    int (*each)(void *context, const pybox_function_info *info),
                                    void *context);

/* The same for the `most` (0: 10) that fit `query` best, best first: by words in names, parameters and documentation;
 * none that has none of the words. Errors: ARGUMENT, NO_MEMORY. */
PYBOX_API pybox_status pybox_functions_search(const pybox_functions *functions, const char *query,
                                              size_t most,
                                              int (*each)(void *context,
                                                          const pybox_function_info *info),
                                              void *context);

/* The text of a stub file (.pyi) of one module's functions, or of all with a comment for each module if `module` is
 * NULL. The caller frees it with pybox_text_free(). Errors: ARGUMENT (no such module), NO_MEMORY. */
PYBOX_API pybox_status pybox_functions_stub(const pybox_functions *functions, const char *module,
                                            char **text);

/* NULL is allowed. */
PYBOX_API void pybox_text_free(char *text);

/* ------------------------------------------------------------------------------------------
 * Files
 *
 * The files of a box that does not run: at rest, or waiting for the host without a native stack (else BUSY; DIRTY if it
 * was cut off or has ended). Also of a box over a snapshot, before its first run.
 *
 * Paths are the guest's: absolute, or relative to /work; at most 4,096 bytes. They lead through the guest's own tree and
 * nowhere else: a symbolic link on the way is followed as the guest follows it, which can be to another mount, and what
 * the guest cannot change cannot be changed in this way either (PATH). What is changed is part of the box's state, as
 * what a run changes: it counts against the limits (LIMIT), is saved, cloned and rolled back. With PYBOX_ROLLBACK_ALWAYS
 * it is gone after the next run, and what a run has written is gone when it returns.
 *
 * A call that fails has changed nothing in memory. None of them runs guest code. They block on file I/O of host mounts,
 * and allocate. One thread at a time per box. Errors of all, beside those named: ARGUMENT, MISSING (the file, or a folder
 * on its way), PATH (says what is in the way), IO (of a host mount), BUSY, DIRTY, NO_MEMORY.
 */

typedef enum pybox_file_type {
    PYBOX_FILE_REGULAR = 1,
    PYBOX_FILE_DIRECTORY = 2,
    PYBOX_FILE_LINK = 3,  /* a symbolic link */
    PYBOX_FILE_OTHER = 4, /* a device */
} pybox_file_type;

typedef struct pybox_file {
    const char *path; /* absolute in the guest's tree. Any bytes but NUL: the guest's choice, and not always UTF-8 */
    pybox_file_type type;
    uint64_t bytes; /* of a regular file */
    uint64_t modified_ns; /* since 1970 */
    int writable; /* the guest can change it */
} pybox_file;

/* Told of each file; it lasts for the call. Returns 0 to go on; else it is told of no more. */
typedef int pybox_file_callback(void *context, const pybox_file *file);

/* Makes the file, and the folders above it that are missing, or replaces what is in it (or the link that is there). An
 * open descriptor of the guest's sees the new contents. In a writable host mount, a failure can leave a part of them.
 * Errors: LIMIT. */
PYBOX_API pybox_status pybox_box_file_write(pybox_box *box, const char *path, const void *bytes,
                                            size_t length);

/* Reads a regular file, following a link at the end. `*bytes` belong to the box, until its next call of
 * pybox_box_file_read() or its end. `max_bytes` 0: 64 MiB. Errors: LIMIT (it is larger). */
PYBOX_API pybox_status pybox_box_file_read(pybox_box *box, const char *path, uint64_t max_bytes,
                                           pybox_bytes *bytes);

/* What is at the path; a link itself. `*file` belongs to the box, until its next call of pybox_box_file_stat() or its
 * end. */
PYBOX_API pybox_status pybox_box_file_stat(pybox_box *box, const char *path, const pybox_file **file);

/* Makes the folder, and those above it that are missing. One that is there already is well. Errors: LIMIT. */
PYBOX_API pybox_status pybox_box_file_make_folder(pybox_box *box, const char *path);

/* Removes a file, a link itself, or a folder: an empty one or, if `recursive`, with all that is in it. What is a mount
 * or has one in it stays (PATH). */
PYBOX_API pybox_status pybox_box_file_remove(pybox_box *box, const char *path, int recursive);

/* Tells of the entries of a folder, or of a file itself; or, if `pattern` has one of `*`, `?`, `[`, of all that matches
 * it: `*` any bytes in a name, `?` one, `[a-z]`, `[!a-z]`, and `**` as a whole component any number of folders. Names
 * that begin with a dot are like others. Links are followed before the first wildcard, and told of behind it. Sorted by
 * path, as the list was when the call began. Errors: LIMIT (over a million files, or 64 MiB of paths); MISSING only for a pattern
 * without wildcards. */
PYBOX_API pybox_status pybox_box_file_list(pybox_box *box, const char *pattern,
                                           pybox_file_callback *callback, void *context);

/* Since when files have changed. */
typedef enum pybox_since {
    PYBOX_SINCE_RUN = 0,        /* the beginning of the last run or call of a function (without one: of the box); what
                                   atexit functions do in pybox_box_finish() is part of it */
    PYBOX_SINCE_CHECKPOINT = 1, /* the last checkpoint; without one, as IMAGE */
    PYBOX_SINCE_IMAGE = 2,      /* the making of the box; of one that was cloned: by that */
    PYBOX_SINCE_HOST = 3,       /* of overlays alone: against what the host's folder has */
} pybox_since;

typedef enum pybox_change_kind {
    PYBOX_CHANGE_CREATED = 1,
    PYBOX_CHANGE_MODIFIED = 2, /* its contents or times, or it is another file now */
    PYBOX_CHANGE_REMOVED = 3,
} pybox_change_kind;

typedef struct pybox_change {
    pybox_change_kind kind;
    pybox_file file; /* as it is now; of REMOVED, the path alone */
} pybox_change;

/* Told of each change; it lasts for the call. Returns 0 to go on; else it is told of no more. */
typedef int pybox_change_callback(void *context, const pybox_change *change);

/* Tells of the files that were changed in memory and in overlays, by the guest and by the host, sorted by path: all, or
 * with a `path` what is there and below it. Folders are told of when they are made or removed; a removed one stands for
 * what was in it. A file that was renamed is one that is gone and one that is new. What has been changed back may be
 * told of. A folder of the host's, renamed in an overlay, that cannot be gone into (no permission, too deep for the
 * limits) stands for what is in it. Takes as long as there are files in memory, and keeping track of it takes nothing
 * of a run that changes none. Errors: LIMIT. */
PYBOX_API pybox_status pybox_box_file_changes(pybox_box *box, const char *path, pybox_since since,
                                              pybox_change_callback *callback, void *context);

/* What was copied, also until a failure. */
typedef struct pybox_copied {
    uint64_t files, folders, links;
    uint64_t bytes;   /* of the files, holes included */
    uint64_t skipped; /* devices, pipes, and links that would lead out of the copy */
} pybox_copied;

typedef struct pybox_export_options {
    size_t size;
    int replace;         /* files of the host that are there are replaced; default: they are an error (IO) */
    int only_changes;    /* only what was made or modified (as pybox_box_file_changes() tells), and its folders */
    pybox_since since;   /* ... since then; default: the beginning of the last run */
    uint64_t max_bytes;  /* default 1 GiB; LIMIT */
    uint64_t max_files;  /* with folders and links; default 100,000; LIMIT */
} pybox_export_options;

/* Copies a file or a folder to the host: a folder's contents into the folder `host_path`, which is made if it is not
 * there; a file to that path, or into that folder. Below `host_path` no link of the host's is followed, whatever the
 * names are; links are made if they stay inside the copy, and files appear complete. What was copied until a failure
 * stays. `copied` may be NULL. Errors: LIMIT; IO (the host's side). */
PYBOX_API pybox_status pybox_box_file_export(pybox_box *box, const char *path, const char *host_path,
                                             const pybox_export_options *options,
                                             pybox_copied *copied);

/* Copies a file or a folder of the host into the box: a folder's contents into the folder `path`, which is made; a file
 * to that path. Files that are there are replaced. Links below `host_path` are copied as links. All of it or, on a
 * failure, nothing. `copied` may be NULL. Errors: LIMIT; IO (the host's side). */
PYBOX_API pybox_status pybox_box_file_import(pybox_box *box, const char *host_path, const char *path,
                                             pybox_copied *copied);

/* ------------------------------------------------------------------------------------------
 * Checkpoint, rollback, clone
 *
 * Of a box at rest, and of one that waits for the host without a native stack (PYBOX_WAIT_HOST), which is then part
 * of the state.
 */

/* Keeps the box's state as it is now: memory, globals, file tree, open files, random state. Checkpoints nest, 1,024
 * deep at most. Files of writable host mounts are not kept. In microseconds for what few pages have changed since
 * the last one. Allocates. Errors: BUSY, DIRTY, LIMIT, UNSUPPORTED (a module that changes its tables), NO_MEMORY. */
PYBOX_API pybox_status pybox_box_checkpoint(pybox_box *box);

/* Returns to the last checkpoint, which stays; without one, to the state in which the box was made (its image,
 * arguments, environment). A dirty box works again afterwards. Every generator of random numbers that the guest did
 * not seed itself gives new ones when it is next used, which the run is not charged for (nor are boxes and clones;
 * the first 1,024 generators of each); one that it seeded goes on. The seed of hash() is the image's. If the box has
 * a fixed seed all is as it was (docs/RANDOM.md has every source). NO_MEMORY leaves the box dirty, and it may be
 * called again. Errors: BUSY, ARGUMENT (no checkpoint, and the box is a clone or without an image; with the options
 * STOPPED and ALWAYS those have a state to return to, too), NO_MEMORY. */
PYBOX_API pybox_status pybox_box_rollback(pybox_box *box);

/* Forgets the last checkpoint; the state stays as it is now. Errors: BUSY (also while a run waits that may have to be
 * undone, unless the checkpoint was made since), ARGUMENT (there is none), NO_MEMORY. */
PYBOX_API pybox_status pybox_box_drop(pybox_box *box);

/* For a box that will not run for a while, such as a session whose user has gone quiet: gives back what it keeps to
 * be quick. Of its memory only the bytes that differ from the image stay where few do, the library's own copies for
 * the option RUN go, and so does the last result with its output. State and checkpoints stay; the next call that
 * needs the memory takes 0.1 to 0.2 ms longer, as the trim does. A box that was cut off or has ended may be trimmed
 * too. Errors: ARGUMENT, BUSY, NO_MEMORY (less was given back). */
PYBOX_API pybox_status pybox_box_trim(pybox_box *box);

/* How many checkpoints there are. */
PYBOX_API uint32_t pybox_box_checkpoints(const pybox_box *box);

/* Makes a box with the same state, which then goes its own way: for the pages in which they differ from the image, in
 * microseconds. Host mounts are opened anew; callbacks are the same, with `context` in the place of both of the
 * box's contexts; checkpoints are not copied. Random numbers are fresh, as after a rollback.
 * Errors: BUSY, DIRTY, UNSUPPORTED (a module that changes its tables), IO (too many open files), NO_MEMORY. */
PYBOX_API pybox_status pybox_box_clone(pybox_box *box, void *context, pybox_box **clone);

/* Makes an image of the box's state, for boxes that start from there: what pybox_box_save() and pybox_image_open()
 * would, without a file. In milliseconds. Errors: BUSY, DIRTY, UNSUPPORTED, IO, NO_MEMORY. */
PYBOX_API pybox_status pybox_image_create(pybox_box *box, pybox_image **image);

/* Told of a run of pages of 4 KiB in each of which two memories differ: where it begins, how long it is, and how many
 * bytes of it are not the same. Returns 0 to go on. */
typedef int pybox_difference_callback(void *context, uint64_t offset, uint64_t length,
                                      uint64_t differing);

/* Compares the linear memories of two images, and calls `each` for every run of pages that differ, ascending. What one
 * memory has not counts as zeroes. Error: NO_MEMORY. */
PYBOX_API pybox_status pybox_image_compare(pybox_image *a, pybox_image *b,
                                           pybox_difference_callback *each, void *context);

/* The descriptor of the image's sealed memory, to be sent to another process of the machine (SCM_RIGHTS), which opens
 * it with pybox_image_receive(). It stays the image's; what pybox_image_create() and pybox_image_receive() made is
 * shared as it is, of another image a copy is made, once. Errors: UNSUPPORTED (the image is a file that was mapped,
 * as any process can), IO, NO_MEMORY. */
PYBOX_API pybox_status pybox_image_share(pybox_image *image, int *descriptor);

/* Opens an image that another process shares. The seals and all content are checked; the descriptor may be closed
 * afterwards. Errors: ARGUMENT (not sealed), UNSUPPORTED (not the mapped form), SNAPSHOT_*, IO, NO_MEMORY. */
PYBOX_API pybox_status pybox_image_receive(pybox_module *module, int descriptor,
                                           pybox_image **image);

/* ------------------------------------------------------------------------------------------
 * Pool
 */

/* Boxes of one image, ready to be used. After a fork() the child may use a pool only if no thread was using it at that
 * moment; parent and child then have one each. */
typedef struct pybox_pool pybox_pool;

typedef struct pybox_pool_options {
    size_t size;
    uint32_t minimum_idle; /* made in advance and kept; default 1 */
    uint32_t maximum;      /* boxes in all, idle and taken; default 64 */
    uint64_t idle_ns;      /* an idle box above the minimum goes after this time, one with each take and give: a pool
                              has no thread of its own; default 60 s */
} pybox_pool_options;

typedef struct pybox_pool_statistics {
    size_t size;
    uint32_t idle, taken;
    uint64_t takes;   /* so far */
    uint64_t waits;   /* of them had to wait */
    uint64_t created; /* boxes, so far */
    uint64_t evicted;
} pybox_pool_statistics;

/* A pool of boxes made with `options` (callbacks and contexts are those of all of its boxes). Makes the minimum.
 * Any thread; so are the functions below. Errors: as pybox_box_create(). */
PYBOX_API pybox_status pybox_pool_create(pybox_module *module, pybox_image *image,
                                         const pybox_box_options *options,
                                         const pybox_pool_options *pool_options, pybox_pool **pool);

/* Destroys the idle boxes. All taken ones must have been given back. NULL is allowed. */
PYBOX_API void pybox_pool_destroy(pybox_pool *pool);

/* Takes a box in the state of its image, with the pool's options. Waits up to `wait_ns` for one if the maximum is taken
 * (0: not at all; PYBOX_UNLIMITED: for ever), behind those that wait already.
 * Errors: BUSY (none in that time), and as pybox_box_create(). */
PYBOX_API pybox_status pybox_pool_take(pybox_pool *pool, uint64_t wait_ns, pybox_box **box);

/* Gives a box of the pool's back, which is rolled back to its image, also if it is dirty or has ended or a run of it is
 * pending; one that cannot be is destroyed. Its checkpoints and results go. The box must not be running. */
PYBOX_API void pybox_pool_give(pybox_pool *pool, pybox_box *box);

/* What the pool has and has done. */
PYBOX_API void pybox_pool_describe(pybox_pool *pool, pybox_pool_statistics *statistics);

/* ------------------------------------------------------------------------------------------
 * Snapshot
 */

/* The two forms of a snapshot file. */
typedef enum pybox_form {
    PYBOX_FORM_COMPRESSED = 0, /* zstd: small; decoded on opening */
    PYBOX_FORM_MAPPED = 1,     /* as large as the memory that is in use; mapped directly */
} pybox_form;

typedef struct pybox_save_options {
    size_t size;
    pybox_form form;
    int level;            /* zstd level 1 to 19; default 3 */
    const char *metadata; /* a JSON object to keep with it, at most 64 KiB; default "{}". Of a box with other contexts than
                             "main" it gets "contexts": {"count": ..., "names": [the first 100]}, if it has none and there is room */
    int delta;            /* store only what differs from the image that the box was made from, which is then
                             needed to open it, found by its digest; always compressed; default: everything */
} pybox_save_options;

/* Writes the box's state to `path`: to a temporary file first, synced, then renamed over it, so that the old file or
 * the new one is there at any moment. Blocks, allocates. Errors: BUSY, DIRTY, UNSUPPORTED (a module that changes its
 * tables), IO, ARGUMENT, NO_MEMORY, SNAPSHOT_PARENT (a delta of an image that is made of 64 deltas: nobody could open
 * it; pybox_snapshot_merge() makes one of some). */
PYBOX_API pybox_status pybox_box_save(pybox_box *box, const char *path,
                                      const pybox_save_options *options);

/* What a snapshot file says of itself. Owned by the caller: pybox_snapshot_info_destroy(). */
typedef struct pybox_snapshot_info {
    size_t size;
    pybox_form form;
    char digest[65];        /* names the content, in hex: both forms of one state have the same */
    char module_hash[65];   /* of the module it belongs to, in hex */
    uint32_t metering;      /* the fuel model: version of the metering pass of that module; 0: not metered */
    char costs_hash[65];    /* and SHA-256 of its table of costs, in hex; zeroes: not metered */
    uint64_t file_bytes;
    uint64_t memory_bytes;  /* linear memory */
    uint64_t stored_bytes;  /* what that takes in the file */
    uint64_t tree_bytes;    /* the encoded file tree */
    uint32_t globals;
    const char *metadata;   /* a JSON object */
    char parent[65];        /* a delta's: the digest of what it was made from; else "" */
    uint64_t created_ns;    /* when it was written, since 1970; 0: not said (reproducible) */
} pybox_snapshot_info;

/* Reads the header and the small parts of the snapshot at `path`, whatever module made it. Blocks on file
 * I/O, allocates. Any thread. Errors: IO, SNAPSHOT_*, LIMIT, NO_MEMORY. */
PYBOX_API pybox_status pybox_snapshot_describe(const char *path, pybox_snapshot_info **info);

/* NULL is allowed. */
PYBOX_API void pybox_snapshot_info_destroy(pybox_snapshot_info *info);

/* Writes the delta at `path` and its parents as one full snapshot to `output`, as pybox_box_save() would have.
 * Errors: as pybox_image_load() and pybox_box_save(). */
PYBOX_API pybox_status pybox_snapshot_merge(pybox_module *module, const char *path,
                                            const pybox_image_options *options, const char *output,
                                            const pybox_save_options *save_options);

/* Reads all of the snapshot at `path` and checks every checksum and digest; of a delta, also of its parents, which
 * are looked for in the file's own folder. SNAPSHOT_PARENT: one is not there, and the delta is well as far as can be
 * told without. Errors: as above. */
PYBOX_API pybox_status pybox_snapshot_verify(const char *path);

/* ------------------------------------------------------------------------------------------
 * Store: sessions on disk
 */

/* A folder of snapshots by digest, and of sessions by name: each the digest of its state and a revision. Any number of
 * processes may use one at the same time. */
typedef struct pybox_store pybox_store;

/* Opens the store in `folder`, which is made if it does not exist; it stays that folder if the process changes its
 * working directory. Errors: ARGUMENT, IO, NO_MEMORY. */
PYBOX_API pybox_status pybox_store_open(const char *folder, pybox_store **store);

/* NULL is allowed. */
PYBOX_API void pybox_store_close(pybox_store *store);

typedef struct pybox_session_info {
    size_t size;
    const char *name;
    char digest[65];
    uint64_t revision;  /* grows with each park; 0: the session's file is damaged, and what follows is 0, too */
    uint64_t parked_ns; /* since 1970 */
    uint64_t bytes;     /* of its own snapshot file, parents not counted */
} pybox_session_info;

/* Parks the box as session `name` (1 to 100 letters, digits, `-`, `_`, `.`; not with `.` first): as a delta of the
 * image it was made from, or of the full snapshot that this is a delta of, which is put into the store too if it is
 * not there. `revision` is what the session had when it was resumed, 0 for a new one: if somebody else has parked or
 * removed it since, nothing is changed and the status is BUSY. On success *revision is the new one: one more, and of
 * a new session 1, or more than any that was removed from the store ever had, so that nobody takes a new session of
 * the same name for the old one. A process that ends in the middle has parked it or not. Waits up to 10 s for others,
 * then BUSY too. Errors: BUSY, DIRTY, UNSUPPORTED, ARGUMENT, SNAPSHOT_FORMAT (the session's file is not one that a
 * store wrote), LIMIT (no revision after 2^53), IO, NO_MEMORY. */
PYBOX_API pybox_status pybox_store_park(pybox_store *store, const char *name, pybox_box *box,
                                        uint64_t *revision);

/* Opens the state of session `name` as an image, to make a box from; *revision is for the next park. The session
 * stays in the store: a crash loses what came after. Errors: ARGUMENT (no such session), SNAPSHOT_*, IO, NO_MEMORY. */
PYBOX_API pybox_status pybox_store_resume(pybox_store *store, pybox_module *module, const char *name,
                                          pybox_image **image, uint64_t *revision);

/* Calls `each` for all sessions, by name, until it returns other than 0; also for one whose file is not one that a
 * store wrote. Errors: IO, NO_MEMORY. */
PYBOX_API pybox_status pybox_store_list(pybox_store *store,
                                        int (*each)(void *context, const pybox_session_info *info),
                                        void *context);

/* Removes a session, also one whose file is damaged; its snapshots stay until pybox_store_collect(). Who goes on with
 * it cannot park it any more. Errors: ARGUMENT (no such session), BUSY, SNAPSHOT_FORMAT (the store's file of what was
 * removed is not one that a store wrote), IO, NO_MEMORY. */
PYBOX_API pybox_status pybox_store_remove(pybox_store *store, const char *name);

/* Deletes the snapshots that no session needs, nor a snapshot that is needed or younger than `age_ns`, and that are
 * older than that; and what writers that have ended left. Not while another process parks or resumes. If a session
 * cannot be read, nothing is deleted, as it might need anything. Errors: BUSY, SNAPSHOT_FORMAT, IO, NO_MEMORY. */
PYBOX_API pybox_status pybox_store_collect(pybox_store *store, uint64_t age_ns, uint64_t *files,
                                           uint64_t *bytes);

/* Counts what pybox_store_collect() would delete now. Errors: IO, NO_MEMORY. */
PYBOX_API pybox_status pybox_store_survey(pybox_store *store, uint64_t age_ns, uint64_t *files,
                                          uint64_t *bytes);

/* ------------------------------------------------------------------------------------------
 * Jail: a second wall
 *
 * The first wall is that a box cannot address or call anything outside. For the day on which it has a hole, the whole
 * process can be put behind a second one, the kernel's. These functions are in a library of their own, libpybox_jail.a
 * (pkg-config pybox-jail, CMake pybox::jail), which needs libseccomp; who does not use them need not have it.
 */

/* What a process in the jail may do besides computing, reading and writing what it has open, and opening files to
 * read them. */
typedef enum pybox_jail_allow {
    PYBOX_JAIL_WRITE = 1,    /* create, write, rename and remove files: writable mounts, saving, stores */
    PYBOX_JAIL_THREADS = 2,  /* start threads; without, pthread_create() gives EAGAIN, and the library decodes and
                                saves on the caller's thread alone */
    PYBOX_JAIL_MODULES = 4,  /* map code of files, never writable: pybox_module_open(), dlopen() */
    PYBOX_JAIL_TERMINAL = 8, /* change the modes of a terminal: line editors */
    PYBOX_JAIL_SOCKETS = 16, /* use sockets that are open, and accept connections of them; none is made or connected */
} pybox_jail_allow;

/* A file, or a folder and all below it. */
typedef struct pybox_jail_path {
    const char *path;
    int write; /* it may also be written and, of a folder, files made and removed, if PYBOX_JAIL_WRITE allows writing */
} pybox_jail_path;

typedef struct pybox_jail_options {
    size_t size;
    uint32_t allow; /* PYBOX_JAIL_*; default: nothing of that */
    int kill; /* every call that is not allowed ends the process (SIGSYS). Default: only those do that nothing but an
                 attack would make (exec, fork, ptrace, new sockets, mounting, changes of user, ...), others fail with
                 EPERM */
    uint32_t open_files; /* descriptors the process may have; default: as many as it may have now */
    const pybox_jail_path *paths; /* from now on only these can be opened (Landlock), by the calling thread and those
                                     that it starts; what is open stays so. Default: all that the process may open */
    size_t path_count; /* 0, and `paths` not NULL: none */
} pybox_jail_options;

enum {
    PYBOX_JAIL_CAN_FILTER = 1, /* the kernel filters system calls: without, there is no jail */
    PYBOX_JAIL_CAN_PATHS = 2,  /* and has Landlock, for options.paths */
};

/* What the kernel has for a jail: PYBOX_JAIL_CAN_* bits. Any thread. */
PYBOX_API unsigned pybox_jail_probe(void);

/* Puts the process into the jail, for good: all of its threads, and any children it has later. System calls that the
 * library does not need are refused from now on, whoever makes them: there are no new programs, processes, sockets,
 * privileges or executable pages, no signals to others, and nothing to write but what `allow` names. No core is
 * written and nobody of the same user looks into the memory (a file of /proc/self belongs to root from now on), and
 * limits of the process become hard.
 *
 * Call it when modules are open and before guest code runs, so that PYBOX_JAIL_MODULES is not needed; after the first
 * engine was made, so that rollback has opened what it needs (else it may be slower). Images, boxes, runs, clones,
 * pools, rollback and host functions work inside; host functions are in it too. May be called again, to allow less; a
 * jail never becomes wider.
 *
 * Errors: ARGUMENT (an unknown allowance; more than an earlier jail allows), PATH (one of `paths`), UNSUPPORTED (the
 * kernel has no filters, or none here; `paths` without Landlock), BUSY (another thread has a filter of its own),
 * NO_MEMORY. After ARGUMENT and PATH, and where pybox_jail_probe() says that it cannot be, all is as it was; after
 * another error parts of it may be in force. Allocates. Any thread. */
PYBOX_API pybox_status pybox_jail_enter(const pybox_jail_options *options);

#ifdef __cplusplus
}
#endif

#endif
