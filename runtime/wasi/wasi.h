/*
 * The WASI preview1 shim: what a guest's imports from wasi_snapshot_preview1 do.
 *
 * One table lists all calls (wasi_table.c): their types, prices and errors. Every pointer and length from the guest is
 * checked before anything is done. A shim and its file tree belong to one thread at a time.
 */
#ifndef WASI_H
#define WASI_H

#include <stddef.h>
#include <stdint.h>

#include "pybox.h"
#include "vfs.h"

struct wasi;

/* The guest's linear memory during one call. */
struct wasi_memory {
    uint8_t *base;
    uint64_t size; /* bytes, at most 4 GiB */
};

enum wasi_family {
    WASI_FAMILY_ARGS,   /* arguments and environment */
    WASI_FAMILY_CLOCK,
    WASI_FAMILY_FD,     /* input, output and state of descriptors */
    WASI_FAMILY_PATH,
    WASI_FAMILY_POLL,
    WASI_FAMILY_PROC,
    WASI_FAMILY_RANDOM,
    WASI_FAMILY_SOCK,   /* refused */
};

enum wasi_status {
    WASI_IMPLEMENTED,
    WASI_REFUSED, /* it only looks at its arguments, and fails */
};

/* What a call costs the guest in units of fuel, beyond the call of an import itself (aot/meter/METERING.md). */
struct wasi_price {
    uint16_t call;
    uint16_t entry;       /* each buffer, component of a path, directory entry, subscription, argument or variable */
    uint8_t bytes_a_unit; /* moved between guest and host; 0: it moves none */
};

/* An entry of the table: static, read-only. CALLS.md says the same in words, and which case tests what. */
struct wasi_call {
    const char *name;
    const char *type; /* as in module_abi.h */
    enum wasi_family family;
    enum wasi_status status;
    struct wasi_price price;
    uint64_t errors; /* what it may fail with by itself: see wasi_call_lists() */
    int is_host;     /* what the host's kernel says of files, and its lack of memory, may be passed on, too */
    void (*function)(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values);
};

/* The whole table, `*count` entries, ordered by name. */
const struct wasi_call *wasi_calls(size_t *count);

/* The call that satisfies an import, or NULL if there is none of that module, name and type. Any thread. */
const struct wasi_call *wasi_find(const char *module, const char *name, const char *type);

/* Whether the entry lists a WASI errno: 1 as the call's own, 2 as the host's, 0 not. Any thread. */
int wasi_call_lists(const struct wasi_call *call, uint16_t error);

/* "BADF" and so on; NULL if the shim does not know it. Any thread. */
const char *wasi_error_name(uint16_t error);

const char *wasi_family_name(enum wasi_family family);

/* Does a call: `values` holds the arguments (one u64 each, i32 zero-extended) and takes the result, a WASI errno, in
 * values[0]. An errno that the entry does not list becomes EIO. Look at wasi_stop() afterwards. */
void wasi_call_run(const struct wasi_call *call, struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values);

/* The last errno that became EIO because the call's entry does not list it, or 0: what tests look for. */
uint16_t wasi_unlisted_error(const struct wasi *wasi);

/* Why the guest must not be returned to. The numbers are those of enum module_trap. */
enum wasi_stop {
    WASI_STOP_NONE = 0,
    WASI_STOP_EXIT = 32,        /* proc_exit: see wasi_exit_code() */
    WASI_STOP_OUTPUT_FULL = 33, /* the write hook returned WASI_WRITE_FULL */
    WASI_STOP_HOST = 34,        /* the host cannot go on: no random numbers */
    WASI_STOP_MAX = 255,        /* the sleep hook may return any number up to this */
};

/* What the write hook returns if the output limit is reached. */
#define WASI_WRITE_FULL (-1)

struct wasi_options {
    const char *const *arguments; /* copied */
    size_t argument_count;
    const char *const *environment; /* "NAME=value"; copied */
    size_t environment_count;

    /* Directories of the tree that are open from the start, behind 3; their names are as they are here. Copied. */
    const char *const *preopens;
    size_t preopen_count;

    /* Hooks get this, run on the thread of the call, and may not call into the same shim. */
    void *context;
    /* Standard input: writes at most `capacity` bytes, returns how many, 0 at the end, or a negative errno value. May
     * block. NULL: it is at its end. */
    ptrdiff_t (*read)(void *context, void *bytes, size_t capacity);
    /* Standard output (1) and error (2). Returns 0, an errno value for the guest's write to fail with, or
     * WASI_WRITE_FULL. NULL: output is thrown away. */
    int (*write)(void *context, int stream, const void *bytes, size_t length);
    /* Sleeps until CLOCK_MONOTONIC is at `deadline_ns`. Returns 0, or the number that wasi_stop() is to give: the run
     * must end. NULL: clock_nanosleep. */
    int (*sleep)(void *context, uint64_t deadline_ns);

    int terminal; /* the standard streams say they are a terminal */

    const uint64_t *seed; /* fixes all random numbers; NULL: the kernel's */

    /* Fixed clocks: real time starts at `clock_start_ns` since 1970, the others at 0; each question for the time
     * moves all of them on by `clock_step_ns` (0: 1,000), and a sleep moves them on by its length without
     * sleeping. */
    int clock_fixed;
    uint64_t clock_start_ns;
    uint64_t clock_step_ns;
};

#define WASI_ARGUMENTS 65536      /* most arguments, and most environment variables */
#define WASI_ARGUMENT_BYTES (16u << 20) /* of all of them together, each with its NUL */

#define WASI_PREOPENS 64

/* Makes a shim over a tree, with descriptors 0, 1 and 2 (the streams), 3 (the preopened "/") and the other preopened
 * directories. The tree must have no open descriptors yet and must outlive the shim. `options` may be NULL.
 * Errors: ARGUMENT, LIMIT (arguments), PATH (no directory to be opened), NO_MEMORY. */
pybox_status wasi_create(const struct wasi_options *options, struct vfs *vfs, struct wasi **wasi);

/* Frees the shim, not the tree. NULL is allowed. */
void wasi_destroy(struct wasi *wasi);

/* Makes it ready for another run: no stop, no exit code. Descriptors, files, clocks and random numbers go on. */
void wasi_reset(struct wasi *wasi);

/* WASI_STOP_NONE, or why the guest must not be returned to. */
uint32_t wasi_stop(const struct wasi *wasi);

/* What the guest gave proc_exit, after WASI_STOP_EXIT. */
int wasi_exit_code(const struct wasi *wasi);

/* Makes a shim over `vfs`, a clone of `from`'s tree: the same arguments, environment, options and hooks (with another
 * `context`), and clocks and seeded random numbers where those of `from` stand. Errors: NO_MEMORY. */
pybox_status wasi_clone(const struct wasi *from, void *context, struct vfs *vfs, struct wasi **clone);

/* The fuel that calls have cost by their prices since this was last asked. */
uint64_t wasi_take_fuel(struct wasi *wasi);

/* Fills in random bytes, as random_get does, but does not charge them. Look at wasi_stop() afterwards. */
void wasi_random(struct wasi *wasi, void *bytes, size_t length);

/* 1 if its clocks are fixed. */
int wasi_clock_is_fixed(const struct wasi *wasi);

/* What is not in the tree but is rolled back with it: where fixed clocks and seeded random numbers stand. */
struct wasi_saved {
    uint64_t clock_ns;       /* how far fixed clocks have moved */
    uint64_t random_bytes;   /* how many a fixed seed has given */
};
struct wasi_saved wasi_save(const struct wasi *wasi);
void wasi_restore(struct wasi *wasi, const struct wasi_saved *saved);

#endif
