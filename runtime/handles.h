/*
 * What is behind the public handles. Engine, module and image are counted by reference and shared by threads;
 * each holds the one above it. A box belongs to one thread at a time.
 */
#ifndef HANDLES_H
#define HANDLES_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "display.h"
#include "fuel.h"
#include "functions.h"
#include "guest.h"
#include "host_function.h"
#include "host_import.h"
#include "image.h"
#include "instance.h"
#include "memory.h"
#include "module.h"
#include "output.h"
#include "pybox.h"
#include "result.h"
#include "rollback.h"
#include "run_clock.h"
#include "stack.h"
#include "stop.h"
#include "trace.h"
#include "vfs.h"
#include "wait.h"
#include "wasi.h"

struct pybox_engine {
    atomic_uint holds;
    struct stack_pool *stacks;
};

struct pybox_engine *engine_hold(struct pybox_engine *engine);

/* The exports of a Python guest, in the order of guest_exports[] in pybox_module.c. It has all of the first ones; one
 * without the others has no first step, nobody can tell where it is, and it has no host functions. */
enum guest_export {
    GUEST_START,
    GUEST_BUFFER,
    GUEST_CONFIGURE,
    GUEST_RUN,
    GUEST_FINISH,
    GUEST_RESTORE,
    GUEST_SETTLE,
    GUEST_NEEDED_COUNT,
    GUEST_STOP = GUEST_NEEDED_COUNT,
    GUEST_WHERE,
    GUEST_TRACE,
    GUEST_RESUME,
    GUEST_REQUESTS,
    GUEST_CONTEXT,
    GUEST_FUNCTIONS_KNOWN,
    GUEST_FUNCTIONS,
    GUEST_CONTEXTS,
    GUEST_VALUE,
    GUEST_ROOM,
    GUEST_EXPORT_COUNT
};

struct pybox_module {
    atomic_uint holds;
    struct pybox_engine *engine;
    struct module *native;
    const struct wasi_call **calls; /* by import number; NULL: one of host_imports */
    const struct host_import **host_imports; /* by import number; NULL: one of calls */
    const struct module_export *guest[GUEST_EXPORT_COUNT]; /* all NULL if this is no Python guest */
    int metered;
    const struct module_export *initialize; /* `_initialize` of a reactor, or NULL */
    const struct module_export *start;      /* `_start` of a command, or NULL */
    struct vfs_archive *stdlib;             /* a Python guest's; else NULL */
    char *home;                             /* the folder of module, archive and base images, or NULL */
    char hash[65];
};

/* The DIGEST_BYTES of its hash. */
static inline const uint8_t *module_hash_of(const struct pybox_module *module)
{
    return module_describe(module->native)->hash;
}

struct pybox_module *module_handle_hold(struct pybox_module *module);

struct hot_pages; /* hot_pages.h */

#define SPARE_LIMIT 4

/* Memories for the next boxes (spare.h). */
struct spares {
    pthread_mutex_t lock;
    uint32_t count, coming; /* there; being rolled back */
    struct spare {
        struct memory memory;
        struct rollback *rollback;
    } spares[SPARE_LIMIT];
};

struct pybox_image {
    atomic_uint holds;
    struct pybox_module *module;
    struct image *image;
    const uint8_t *memory; /* its mapped_bytes, read-only: what rollbacks return to; NULL if there are none */
    struct vfs_archive *packages; /* that are baked in, over its tree's bytes; NULL: none */
    const uint8_t *tree;          /* its files without them, encoded */
    size_t tree_bytes;
    char digest[65];       /* in hex, when somebody has asked; else "" */
    _Atomic(struct hot_pages *) hot; /* that runs write; NULL: not known */
    atomic_uint hot_attempts;        /* to learn them */
    struct spares spares;
};

/* A handle for an image, which it takes, also on failure. Errors: SNAPSHOT_FORMAT (a stack pointer outside the
 * memory), ARCHIVE (packages that are malformed), SNAPSHOT_VERSION, NO_MEMORY. */
pybox_status image_handle_make(struct pybox_module *module, struct image *image,
                               struct pybox_image **handle);

struct pybox_image *image_handle_hold(struct pybox_image *image);

#define CONTEXT_NAME_BYTES (GUEST_CONTEXT_NAME_MOST + 1) /* with the NUL */
#define EXPLAIN_BYTES 1280 /* room for what explain.c says */

enum box_state {
    BOX_IDLE,
    BOX_RUNNING,
    BOX_PENDING,  /* a run waits on `suspended` to be gone on with */
    BOX_WAITING,  /* a run waits for the host, without a stack */
    BOX_DIRTY,    /* cut off mid-run: its state is undefined */
    BOX_FINISHED, /* its program has ended */
};

/* What guest code is running for, and so what it may use (guard.h). */
enum box_phase {
    BOX_SETUP,  /* the library's own, before and between runs */
    BOX_RUN,
    BOX_NESTED, /* the library's own, within a host call of the others */
};

struct point; /* point.h */
struct host_frame; /* host_frame.h */

/* How a run in a host function was cut, for the run around it. */
struct nested_end {
    int is_set;
    pybox_outcome outcome;
    const char *limit;
    char text[EXPLAIN_BYTES];
};

struct pybox_box {
    struct module_env env; /* first: the module code's pointer to it is a pointer to the box */
    struct pybox_module *module;
    struct pybox_image *image; /* NULL: started from nothing */
    pybox_limits limits; /* all fields set */
    struct memory memory;
    struct rollback *rollback; /* of the memory */
    struct instance *instance;
    struct vfs *vfs;
    struct vfs_archive *packages; /* that are mounted, held; NULL: none */
    struct wasi *wasi;
    struct output output;
    struct display display;
    struct trace trace; /* of the run */
    struct result result;
    enum box_state state;

    /* Of the run in progress, or the last one. */
    enum box_phase phase;
    pybox_limits run_limits; /* all fields set */
    pybox_refill_callback *refill;
    void *refill_context;
    int profiling;
    struct run_clock clock;
    struct fuel fuel;
    struct stop stop;
    uint64_t host_calls;
    uint64_t values[3];     /* arguments and results of the export, for as long as the guest may write them */
    struct stack suspended; /* while PENDING */
    char context[CONTEXT_NAME_BYTES]; /* in which the run is; cut if the name is too long for one */
    pthread_t runner;       /* the thread of a PENDING run */
    struct wait wait;       /* what a PENDING or WAITING one waits for */
    struct host_frame *host_frame; /* of the innermost call of a host function; NULL: there is none in progress */
    struct nested_end nested_end;

    struct point *top; /* of the states it can return to; NULL: none */
    uint32_t checkpoints; /* of them, the host's */
    pybox_rollback policy;
    int has_run;      /* since it was made or rolled back */
    int first_run;    /* that is the first at all */
    int run_is_kept;  /* the top point is the state before the run in progress, or the last one */
    int is_kept;      /* the run is the host's work on variables: undone only if it is stopped */
    int keeps_set_up; /* the set-up is done once and becomes part of what the box rolls back to */
    int seeded;       /* its random numbers are fixed */

    struct pybox_functions *functions; /* of the host; NULL: none */
    struct host_answer answer;         /* of a host function, that was too long for the guest's buffer */

    struct pybox_pool *pool; /* that it has been taken from and is to be given back to; or NULL */

    void *file_bytes;      /* what pybox_box_file_read() has given last, or NULL */
    struct box_file *file; /* what pybox_box_file_stat() has, or NULL (pybox_files.c) */

    int unrestored; /* new random numbers are due before the next run */
    uint32_t renewals; /* generators that have been given them since, uncharged */
    int configured; /* the guest has been told its configuration, and the host's functions */
    char *configuration; /* JSON, or NULL if there is nothing to tell; of cJSON's */
    const char **lost_files; /* `lost_file_count` guest paths, the file tree's; NULL: none */
    size_t lost_file_count;
    pybox_input_callback *input_callback;
    void *input_context;
    char *input; /* bytes for standard input, copied */
    size_t input_length, input_used;
};

#endif
