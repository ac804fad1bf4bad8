/*
 * The C extension pybox._native: pybox.h as Python objects. Its interface is told in ../pybox/_native.pyi.
 *
 * The limited API of CPython 3.9, so that one build serves all versions from there on. State is static: there is one
 * interpreter (ext_main.c refuses others). Everything here runs with the GIL held unless it says otherwise.
 */
#ifndef EXT_H
#define EXT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include <pybox.h>

#define EXT_PRIVATE __attribute__((visibility("hidden")))

static inline PyObject *ext_none(void)
{
    Py_INCREF(Py_None);
    return Py_None;
}

/* ---- ext_error.c ---- */

EXT_PRIVATE int ext_error_init(PyObject *module);
/* Raises the exception of a status, with the library's message of this thread's last call. Returns NULL. */
EXT_PRIVATE void *ext_error_raise(pybox_status status);
/* Raises one with a message of our own. Returns NULL. */
EXT_PRIVATE void *ext_error_say(pybox_status status, const char *format, ...);
EXT_PRIVATE void *ext_error_closed(const char *what);

/* ---- ext_convert.c: between C and Python ---- */

/* Arguments that are copied or encoded, freed with all that was taken for a call. Starts as {0}. */
struct ext_keep {
    PyObject *held;     /* a list, or NULL */
    void *blocks[24];   /* to free */
    unsigned block_count;
};

EXT_PRIVATE void ext_keep_free(struct ext_keep *keep);
/* Zeroed memory for `count` items; at least one byte. NULL with an exception. */
EXT_PRIVATE void *ext_keep_array(struct ext_keep *keep, Py_ssize_t count, size_t item_bytes);
/* These return 0, or -1 with an exception. The text lives as long as the object, or as `keep`. */
EXT_PRIVATE int ext_text_of(PyObject *object, const char *what, const char **text, Py_ssize_t *length);
EXT_PRIVATE int ext_path_of(struct ext_keep *keep, PyObject *object, const char **path);
/* Of an encoded path, whose reference it takes; NULL: an exception is set. */
EXT_PRIVATE int ext_path_take(struct ext_keep *keep, PyObject *encoded, const char **path);
EXT_PRIVATE int ext_bytes_of(struct ext_keep *keep, PyObject *object, const char *what, const char **bytes,
                             Py_ssize_t *length);
EXT_PRIVATE int ext_source_of(struct ext_keep *keep, PyObject *object, const char *what, const char **bytes,
                              Py_ssize_t *length);
EXT_PRIVATE int ext_value_of(struct ext_keep *keep, PyObject *object, pybox_value *value);
/* A sequence (no str or bytes) as a tuple or list that `keep` holds; None: NULL. */
EXT_PRIVATE int ext_sequence_of(struct ext_keep *keep, PyObject *object, const char *what, PyObject **sequence,
                                Py_ssize_t *count);
EXT_PRIVATE int ext_texts_of(struct ext_keep *keep, PyObject *object, const char *what, const char ***texts,
                             size_t *count);
EXT_PRIVATE int ext_paths_of(struct ext_keep *keep, PyObject *object, const char *what, const char ***paths,
                             size_t *count);
/* 0 to 2^64 - 1. */
EXT_PRIVATE int ext_uint64_of(PyObject *object, void *number);
/* A callable, or None for NULL; borrowed. */
EXT_PRIVATE int ext_callable_of(PyObject *object, const char *what, PyObject **callable);

EXT_PRIVATE PyObject *ext_text(const char *bytes, size_t length);
EXT_PRIVATE PyObject *ext_text_or_none(const char *text);
EXT_PRIVATE PyObject *ext_string(const char *text); /* NULL: "" */
EXT_PRIVATE PyObject *ext_bytes(pybox_bytes bytes);

/* ---- ext_type.c ---- */

/* Makes a type and adds it to the module under the last part of its name. */
EXT_PRIVATE PyTypeObject *ext_type_make(PyObject *module, PyType_Spec *spec);
EXT_PRIVATE PyTypeObject *ext_record_make(PyObject *module, PyStructSequence_Desc *description);
/* For Py_tp_new of what only this extension makes. */
EXT_PRIVATE PyObject *ext_type_no_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords);
EXT_PRIVATE void *ext_type_alloc(PyTypeObject *type);
EXT_PRIVATE void ext_type_free(PyObject *self);
/* Sets the fields of a record, whose references it takes; one that is NULL makes it fail. */
EXT_PRIVATE PyObject *ext_record(PyTypeObject *type, Py_ssize_t count, PyObject *const *fields);

/* ---- ext_process.c: forks, the engine, its signal handlers ---- */

EXT_PRIVATE int ext_process_init(void);
/* Objects that were made before a fork that nobody can go on from are told by this number. */
EXT_PRIVATE unsigned ext_process_generation(void);
/* Raises if the object is of a process that is gone. 0 or -1. */
EXT_PRIVATE int ext_process_check(unsigned generation);
EXT_PRIVATE int ext_process_is_alive(unsigned generation);
/* The thread is in a call of the library, in which others may run: from now on, or no more. */
EXT_PRIVATE void ext_process_enter(void);
EXT_PRIVATE void ext_process_leave(void);
EXT_PRIVATE int ext_process_is_main_thread(void);
/* Has guests' faults come to the library, whoever has taken their signals meanwhile. */
EXT_PRIVATE void ext_process_watch_faults(void);
EXT_PRIVATE pybox_engine *ext_process_engine(void); /* NULL with an exception */
EXT_PRIVATE const char *ext_process_home(void);     /* the package's folder of module and image */

/* A call of the library's without the GIL, that runs no callbacks:
 *     EXT_WITHOUT_GIL(status = pybox_...()); */
#define EXT_WITHOUT_GIL(call)                      \
    do {                                           \
        PyThreadState *state_ = PyEval_SaveThread(); \
        ext_process_enter();                       \
        call;                                      \
        ext_process_leave();                       \
        PyEval_RestoreThread(state_);              \
    } while (0)

/* ---- ext_interrupt.c: Ctrl-C ---- */

/* Around the outermost run of the main thread: SIGINT interrupts the box. */
EXT_PRIVATE void ext_interrupt_watch(pybox_box *box, pybox_box **outer);
EXT_PRIVATE void ext_interrupt_renew(void); /* after a callback, which may have set a handler of its own */
EXT_PRIVATE int ext_interrupt_end(pybox_box *outer); /* whether there was a SIGINT */

/* ---- ext_module.c, ext_image.c ---- */

struct ext_module {
    PyObject_HEAD
    pybox_module *module;
    unsigned generation;
};

struct ext_image {
    PyObject_HEAD
    pybox_image *image;
    struct ext_module *module;
    unsigned generation;
};

EXT_PRIVATE extern PyTypeObject *ext_module_type, *ext_image_type;
EXT_PRIVATE int ext_module_init(PyObject *module);
EXT_PRIVATE int ext_image_init(PyObject *module);
EXT_PRIVATE struct ext_module *ext_module_default(void); /* a new reference */
EXT_PRIVATE struct ext_image *ext_image_default(void);
/* Takes the image. */
EXT_PRIVATE PyObject *ext_image_wrap(struct ext_module *module, pybox_image *image);
/* From arguments that may be None: new references. `image` may come out as NULL if `from_nothing`. */
EXT_PRIVATE int ext_image_choose(PyObject *module, PyObject *image, int from_nothing,
                                 struct ext_module **chosen_module, struct ext_image **chosen_image);

/* ---- ext_limits.c ---- */

EXT_PRIVATE int ext_limits_init(PyObject *module);
EXT_PRIVATE PyObject *ext_limits(const pybox_limits *limits); /* copied */
/* None: NULL. What it points to lives as long as the object. */
EXT_PRIVATE int ext_limits_of(PyObject *object, const pybox_limits **limits);

/* ---- ext_functions.c ---- */

struct ext_functions {
    PyObject_HEAD
    pybox_functions *functions;
    struct ext_function *entries; /* the contexts of the set's functions */
    unsigned users;               /* boxes that are being made with it, without the GIL */
    unsigned generation;
};

EXT_PRIVATE extern PyTypeObject *ext_functions_type;
EXT_PRIVATE int ext_functions_init(PyObject *module);

/* ---- ext_result.c ---- */

EXT_PRIVATE int ext_result_init(PyObject *module);
EXT_PRIVATE PyObject *ext_result(const pybox_result *result);
EXT_PRIVATE PyObject *ext_result_requests(const pybox_request *requests, size_t count);

/* ---- ext_box.c ---- */

struct ext_frame;

struct ext_box {
    PyObject_HEAD
    pybox_box *box;           /* NULL: closed */
    struct ext_module *module;
    struct ext_functions *functions;
    struct ext_pool *pool;    /* to which it goes back, or NULL */
    PyObject *output, *display, *input; /* callables, or NULL */
    PyObject *run_output, *run_display; /* of the last run, in their place */
    PyObject *refill, *trace;           /* of the last run: the contexts of its callbacks */
    PyObject *weak_references;
    struct ext_frame *frame;  /* of the innermost call, NULL: it is not running */
    int is_redirected;        /* the box's callbacks are not those that it was made with */
    unsigned generation;
};

EXT_PRIVATE extern PyTypeObject *ext_box_type;
EXT_PRIVATE int ext_box_init(PyObject *module);
/* Takes the box; module, functions and so on are the pattern's. NULL with an exception, the box destroyed. */
EXT_PRIVATE struct ext_box *ext_box_wrap(pybox_box *box, const struct ext_box *pattern, struct ext_pool *pool);

/* ---- ext_frame.c: a call that may run guest code ---- */

enum ext_callback {
    EXT_NO_CALLBACK = 0,
    EXT_HOST_FUNCTION = 1,
    EXT_OTHER_CALLBACK = 2,
};

/* A thread's calls of boxes, on its stack, the innermost first. */
struct ext_frame {
    struct ext_box *box;
    struct ext_frame *outer;     /* of this thread */
    struct ext_frame *around;    /* of this box: nested calls */
    PyThreadState *state;        /* while the GIL is released */
    unsigned long thread;
    enum ext_callback callback;  /* that is running */
    int is_released;             /* the GIL is, and the library runs */
    int is_stopping;             /* what a callback raised stops the guest */
    int is_watched;              /* Ctrl-C interrupts it */
    pybox_box *watched_before;
    PyObject *type, *value, *traceback; /* to be raised when the guest has ended */
};

/* Begins a call of the box's: 0, or -1 with BusyError or another exception. `box` must be held by the caller. */
EXT_PRIVATE int ext_frame_enter(struct ext_frame *frame, struct ext_box *box);
EXT_PRIVATE void ext_frame_release(struct ext_frame *frame); /* the GIL */
EXT_PRIVATE void ext_frame_retake(struct ext_frame *frame);
/* Ends it. Returns `made`, or NULL with the exception of a callback, a signal handler or the status, `made` dropped. */
EXT_PRIVATE PyObject *ext_frame_leave(struct ext_frame *frame, pybox_status status, PyObject *made);
/* A whole call whose result is None. */
#define EXT_FRAME_CALL(self, call)                              \
    do {                                                        \
        struct ext_frame frame_;                                \
        pybox_status status_;                                   \
        if (ext_frame_enter(&frame_, self) != 0)                \
            return NULL;                                        \
        ext_frame_release(&frame_);                             \
        status_ = (call);                                       \
        ext_frame_retake(&frame_);                              \
        return ext_frame_leave(&frame_, status_, ext_none()); \
    } while (0)

/* In a callback, without the GIL: the frame of the run, with the GIL taken; NULL: Python is ending, or the guest is
 * started from nothing, which has no frame. */
EXT_PRIVATE struct ext_frame *ext_frame_begin_callback(enum ext_callback kind);
EXT_PRIVATE void ext_frame_end_callback(struct ext_frame *frame);
/* The exception that is set stops the guest, and is raised when it has ended. */
EXT_PRIVATE void ext_frame_stop(struct ext_frame *frame);
EXT_PRIVATE int ext_frame_init(PyObject *module);

/* ---- ext_callback.c: what the library calls ---- */

EXT_PRIVATE int ext_callback_output(void *context, pybox_stream stream, const void *bytes, size_t length);
EXT_PRIVATE int ext_callback_display(void *context, uint32_t number, const char *mime, const void *bytes,
                                     size_t length);
EXT_PRIVATE ptrdiff_t ext_callback_input(void *context, void *bytes, size_t capacity);
EXT_PRIVATE uint64_t ext_callback_refill(void *context, pybox_box *box, uint64_t used);
EXT_PRIVATE int ext_callback_trace(void *context, pybox_trace_event event, const char *file, uint32_t line,
                                   const char *function);

/* ---- ext_options.c: how a box is made ---- */

/* How arguments of boxes and pools are parsed. `o` is a struct ext_options. */
#define EXT_OPTIONS_FORMAT "OOOOOOOOOiOOpiOO"
#define EXT_OPTIONS_NAMES                                                                                            \
    "arguments", "environment", "mounts", "packages", "directory", "input", "output", "display", "limits", "preset", \
        "seed", "clock_ns", "terminal", "rollback", "functions", "preopens"
#define EXT_OPTIONS_PLACES(o)                                                                              \
    &(o).arguments, &(o).environment, &(o).mounts, &(o).packages, &(o).directory, &(o).input, &(o).output, \
        &(o).display, &(o).limits, &(o).preset, &(o).seed, &(o).clock_ns, &(o).terminal, &(o).rollback,    \
        &(o).functions, &(o).preopens

struct ext_options {
    PyObject *arguments, *environment, *mounts, *packages, *directory, *input, *output, *display, *limits, *seed,
        *clock_ns, *functions, *preopens;
    int preset, terminal, rollback;
    uint64_t seed_number, clock_number;
    pybox_box_options options;
};

EXT_PRIVATE void ext_options_start(struct ext_options *options); /* all defaults */
/* Fills options.options from what was parsed. What it points to lives as long as `keep` and the arguments. */
EXT_PRIVATE int ext_options_fill(struct ext_options *options, struct ext_keep *keep);
/* Around the making of a box or a pool without the GIL: nobody changes what the options refer to. */
EXT_PRIVATE void ext_options_use(const struct ext_options *options);
EXT_PRIVATE void ext_options_used(const struct ext_options *options);
/* Gives a box what its options hold. */
EXT_PRIVATE void ext_options_hold(const struct ext_options *options, struct ext_box *box);

/* ---- the box's methods, by subject: ext_run.c, ext_context.c, ext_state.c, ext_files.c ---- */

EXT_PRIVATE extern const PyMethodDef ext_run_methods[], ext_context_methods[], ext_state_methods[],
    ext_files_methods[];
EXT_PRIVATE int ext_files_init(PyObject *module);

/* ---- ext_pool.c, ext_store.c, ext_snapshot.c, ext_constants.c ---- */

EXT_PRIVATE int ext_pool_init(PyObject *module);
EXT_PRIVATE void ext_pool_take_back(struct ext_pool *pool, pybox_box *box);
EXT_PRIVATE int ext_store_init(PyObject *module);
EXT_PRIVATE int ext_snapshot_init(PyObject *module);
EXT_PRIVATE int ext_package_init(PyObject *module);
/* A sequence of packages, or None. What it points to lives as long as `keep`. */
EXT_PRIVATE int ext_package_array(PyObject *given, struct ext_keep *keep, const pybox_package *const **packages,
                                  size_t *count);
EXT_PRIVATE int ext_preset_init(PyObject *module);
EXT_PRIVATE int ext_constants_init(PyObject *module);

#endif
