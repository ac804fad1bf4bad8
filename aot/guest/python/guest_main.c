/*
 * The guest's C half: starts CPython and runs code on the runtime's behalf. The common case, a run without
 * a value and without an exception, stays in C; everything else asks the bridge (bridge/_pybox.py).
 *
 * Compiled for wasm32-wasip1 and linked with CPython's static libraries into a reactor.
 */
#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE 1
#include <Python.h>

#include "internal/pycore_ast.h"     /* mod_ty */
#include "internal/pycore_compile.h" /* _PyAST_Compile */
#include "internal/pycore_parser.h"  /* _PyParser_ASTFromString */
#include "internal/pycore_pyarena.h" /* _PyArena_New */
#include "internal/pycore_pyerrors.h" /* PyExc_IncompleteInputError */
#include "internal/pycore_pylifecycle.h" /* _PyOS_NewRandomEpoch */
#include "internal/pycore_pymem.h"   /* _PyMem_AllocationFailed */

#include <time.h>
#include <wasi/api.h>

#include "guest_abi.h"
#include "guest_profile.h"
#include "guest_stop.h"
#include "guest_texts.h"
#include "guest_where.h"

#define EXPORT(name) __attribute__((export_name(name)))

#define WIDE(text) L##text
#define WIDEN(text) WIDE(text)

/* Enough to format a traceback when the program has used up the rest. */
#define RESERVE_BYTES (512 * 1024)
#define SMALL_BYTES (32 * 1024)

/* Frames. Beyond it, formatting all of them (about 50 us each) and then leaving most out would take too long. */
#define FULL_TRACEBACK 2000

static struct guest_reply reply;
static PyObject *payload;      /* bytes behind reply.payload */
static PyObject *bridge;       /* the module _pybox */
static void *reserve;          /* memory for saying that there is none; NULL if that is in use */
static PyObject *main_globals; /* __main__.__dict__ */
static char *request;
static uint32_t request_capacity;
static PyCompilerFlags interactive_flags; /* from __future__ imports last from statement to statement */

/* Behind time.process_time(). wasi-libc's emulation of it, which this replaces, counts wall time. */
clock_t clock(void)
{
    __wasi_timestamp_t ns;
    if (__wasi_clock_time_get(__WASI_CLOCKID_PROCESS_CPUTIME_ID, 0, &ns) != 0)
        return (clock_t)-1;
    return (clock_t)(ns / (1000000000 / (uint64_t)CLOCKS_PER_SEC));
}

/* The payload of the reply is `bytes` (a new reference); NULL where one is needed means that the bridge failed. */
static uint32_t reply_with(enum guest_reply_kind kind, PyObject *bytes)
{
    Py_XSETREF(payload, bytes);
    reply = (struct guest_reply){.kind = kind};
    if (bytes != NULL && PyBytes_Check(bytes)) {
        reply.payload = (uint32_t)(uintptr_t)PyBytes_AS_STRING(bytes);
        reply.payload_bytes = (uint32_t)PyBytes_GET_SIZE(bytes);
    } else if (kind != GUEST_REPLY_DONE) {
        PyErr_Clear();
        reply.kind = GUEST_REPLY_FAILED;
    }
    return (uint32_t)(uintptr_t)&reply;
}

static uint32_t reply_exit(int code)
{
    reply_with(GUEST_REPLY_DONE, NULL);
    reply.kind = GUEST_REPLY_EXIT;
    reply.exit_code = code;
    return (uint32_t)(uintptr_t)&reply;
}

/* Python's streams are flushed after every run, so that a run's output is complete when it returns. What a
 * flush raises (a closed pipe) is dropped, as it is at the interpreter's exit. */
static void flush_streams(void)
{
    static const char *const names[] = {"stdout", "stderr"};
    for (int i = 0; i < 2; i++) {
        PyObject *stream = PySys_GetObject(names[i]);
        if (stream == NULL || stream == Py_None)
            continue;
        PyObject *done = PyObject_CallMethod(stream, "flush", NULL);
        if (done == NULL)
            PyErr_Clear();
        Py_XDECREF(done);
    }
}

/* The exit status that SystemExit asks for, by the rules of the interpreter's own exit. */
static int exit_code_of(PyObject *exception)
{
    PyObject *code = PyObject_GetAttrString(exception, "code");
    if (code == NULL) {
        PyErr_Clear();
        return 1;
    }
    int result = 1;
    if (code == Py_None)
        result = 0;
    else if (PyLong_Check(code))
        result = (int)PyLong_AsLong(code);
    else {
        PyObject *stream = PySys_GetObject("stderr");
        flush_streams();
        if (stream != NULL && stream != Py_None &&
            (PyFile_WriteObject(code, stream, Py_PRINT_RAW) < 0 ||
             PyFile_WriteString("\n", stream) < 0))
            PyErr_Clear();
    }
    if (PyErr_Occurred()) {
        PyErr_Clear();
        result = -1;
    }
    Py_DECREF(code);
    return result;
}

static void take_reserve(void)
{
    if (reserve == NULL)
        reserve = malloc(RESERVE_BYTES);
}

static void use_reserve(void)
{
    free(reserve);
    reserve = NULL;
}

/* Before a MemoryError is raised. Not all that is refused means that memory is used up; if it is, the exception and its
 * traceback need some. */
static void on_no_memory(void)
{
    void *volatile some = malloc(SMALL_BYTES); /* or the compiler takes it for granted */
    if (some == NULL) {
        use_reserve();
        return;
    }
    free(some);
    take_reserve();
}

/* The reply that the bridge would have made, with as little as possible and without an allocation. */
static uint32_t reply_undescribed(PyObject *exception)
{
    static struct guest_texts texts;
    const PyBaseExceptionObject *base = (const PyBaseExceptionObject *)exception;
    const char *type = Py_TYPE(exception)->tp_name;
    const int line = where_raised((const PyTracebackObject *)base->traceback);
    texts.used = 0;
    texts_put(&texts, type);
    if (base->args != NULL && PyTuple_GET_SIZE(base->args) > 0)
        texts_put_unicode(&texts, PyTuple_GET_ITEM(base->args, 0));
    else
        texts_put(&texts, "");
    texts_put(&texts, type);
    texts_put_number(&texts, line > 0 ? (uint32_t)line : 0);
    reply_with(GUEST_REPLY_DONE, NULL);
    reply.kind = GUEST_REPLY_EXCEPTION;
    reply.payload = (uint32_t)(uintptr_t)texts.bytes;
    reply.payload_bytes = texts.used;
    return (uint32_t)(uintptr_t)&reply;
}

/* Lets go of what the frames that an exception has gone through still hold. */
static void clear_frames(PyObject *exception)
{
    PyObject *first = PyException_GetTraceback(exception);
    for (PyTracebackObject *step = (PyTracebackObject *)first; step != NULL; step = step->tb_next) {
        PyObject *done = PyObject_CallMethod((PyObject *)step->tb_frame, "clear", NULL);
        if (done == NULL)
            PyErr_Clear();
        Py_XDECREF(done);
    }
    Py_XDECREF(first);
}

/* The bridge's payload for an exception, or NULL with another one. If it is to be brief, it calls no code of the
 * program's, and costs little memory and fuel. */
static PyObject *ask_for_description(PyObject *exception, int brief)
{
    PyTracebackObject *traceback =
        (PyTracebackObject *)((PyBaseExceptionObject *)exception)->traceback;
    if (where_depth(traceback) > FULL_TRACEBACK)
        brief = 1;
    PyObject *frames = brief ? where_frames(traceback) : Py_NewRef(Py_None);
    if (frames == NULL)
        return NULL;
    return PyObject_CallMethod(bridge, "describe_exception", "(OiN)", exception,
                               where_raised(traceback), frames);
}

/* The payload for an exception, or NULL. A full description may fail for want of memory, or be stopped. */
static PyObject *describe_exception(PyObject *exception)
{
    PyObject *description = ask_for_description(exception, stop_was_raised());
    if (description == NULL) {
        PyObject *error = PyErr_GetRaisedException();
        if (PyErr_GivenExceptionMatches(error, PyExc_MemoryError))
            clear_frames(exception);
        Py_DECREF(error);
        description = ask_for_description(exception, 1);
        PyErr_Clear();
    }
    return description;
}

/* The reply for the exception that is set. */
static uint32_t reply_exception(void)
{
    PyObject *exception = PyErr_GetRaisedException();
    const int no_memory = _PyMem_AllocationFailed &&
                          PyErr_GivenExceptionMatches(exception, PyExc_MemoryError);
    stop_code_ended();
    if (_PyMem_AllocationFailed)
        use_reserve();
    if (PyErr_GivenExceptionMatches(exception, PyExc_SystemExit)) {
        int code = exit_code_of(exception);
        Py_DECREF(exception);
        flush_streams();
        return reply_exit(code);
    }
    PyObject *description = describe_exception(exception);
    uint32_t address = description != NULL ? reply_with(GUEST_REPLY_EXCEPTION, description)
                                           : reply_undescribed(exception);
    Py_DECREF(exception); /* and what its frames hold, which may write */
    flush_streams();
    if (no_memory)
        reply.flags |= GUEST_REPLY_NO_MEMORY;
    return address;
}

/* Remembers the source under its file name for tracebacks, warnings and inspect. 0, or -1 with an exception. */
static int remember_source(PyObject *filename, const char *code, uint32_t length)
{
    PyObject *done = PyObject_CallMethod(bridge, "remember_source", "Oy#", filename, code,
                                         (Py_ssize_t)length);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static PyObject *evaluate(struct _mod *tree, PyObject *filename, PyCompilerFlags *flags,
                          PyArena *arena)
{
    PyCodeObject *code = _PyAST_Compile(tree, filename, flags, -1, arena);
    if (code == NULL)
        return NULL;
    PyObject *value = PyEval_EvalCode((PyObject *)code, main_globals, main_globals);
    Py_DECREF(code);
    return value;
}

/* MODE_EVAL: all statements run; the value is that of the last one if it is an expression, else None. */
static PyObject *run_for_value(const char *code, PyObject *filename)
{
    PyArena *arena = _PyArena_New();
    if (arena == NULL)
        return NULL;
    PyObject *value = NULL;
    PyCompilerFlags flags = _PyCompilerFlags_INIT;
    struct _mod *tree = _PyParser_ASTFromString(code, filename, Py_file_input, &flags, arena);
    if (tree == NULL)
        goto out;
    asdl_stmt_seq *body = tree->v.Module.body;
    Py_ssize_t count = asdl_seq_LEN(body);
    stmt_ty last = count > 0 ? (stmt_ty)asdl_seq_GET(body, count - 1) : NULL;
    if (last == NULL || last->kind != Expr_kind) {
        value = evaluate(tree, filename, &flags, arena);
        goto out;
    }
    struct _mod *expression = _PyAST_Expression(last->v.Expr.value, arena);
    if (expression == NULL)
        goto out;
    body->size = count - 1;
    PyObject *before = evaluate(tree, filename, &flags, arena);
    if (before == NULL)
        goto out;
    Py_DECREF(before);
    value = evaluate(expression, filename, &flags, arena);
out:
    _PyArena_Free(arena);
    return value;
}

/* One interactive statement, given without the newline of its last line. The parser calls it incomplete if
 * a line more could complete it, and sometimes also if none could: then the error is what the parser says to
 * that statement with an empty line more. (This is the rule of Python's codeop module.) */
static PyObject *compile_statement(const char *code, PyObject *filename)
{
    interactive_flags.cf_flags |= PyCF_ALLOW_INCOMPLETE_INPUT | PyCF_DONT_IMPLY_DEDENT;
    PyObject *compiled =
        Py_CompileStringObject(code, filename, Py_single_input, &interactive_flags, -1);
    if (compiled != NULL || !PyErr_ExceptionMatches(PyExc_IncompleteInputError))
        return compiled;
    PyObject *incomplete = PyErr_GetRaisedException();
    PyObject *longer = PyBytes_FromFormat("%s\n", code);
    compiled = longer == NULL ? NULL
                              : Py_CompileStringObject(PyBytes_AS_STRING(longer), filename,
                                                       Py_single_input, &interactive_flags, -1);
    Py_XDECREF(longer);
    if (compiled == NULL && !PyErr_ExceptionMatches(PyExc_IncompleteInputError)) {
        Py_DECREF(incomplete);
        return NULL;
    }
    Py_XDECREF(compiled);
    PyErr_SetRaisedException(incomplete);
    return NULL;
}

static PyObject *run_code(uint32_t mode, const char *code, PyObject *filename)
{
    if (mode == GUEST_MODE_EVAL)
        return run_for_value(code, filename);
    /* A script knows its own name, as with python3 FILE; code that comes from no file does not. */
    if (mode == GUEST_MODE_EXEC && PyUnicode_GET_LENGTH(filename) > 0 &&
        PyUnicode_READ_CHAR(filename, 0) != '<' &&
        PyDict_SetItemString(main_globals, "__file__", filename) < 0)
        return NULL;
    PyCompilerFlags flags = _PyCompilerFlags_INIT;
    PyObject *compiled = mode == GUEST_MODE_SINGLE
                             ? compile_statement(code, filename)
                             : Py_CompileStringObject(code, filename, Py_file_input, &flags, -1);
    if (compiled == NULL)
        return NULL;
    if (mode == GUEST_MODE_SINGLE)
        interactive_flags.cf_flags |= ((PyCodeObject *)compiled)->co_flags & PyCF_MASK;
    PyObject *value = PyEval_EvalCode(compiled, main_globals, main_globals);
    Py_DECREF(compiled);
    return value;
}

EXPORT(GUEST_EXPORT_BUFFER) uint32_t pybox_buffer(uint32_t bytes)
{
    if (bytes > request_capacity) {
        free(request);
        request = malloc(bytes);
        request_capacity = request != NULL ? bytes : 0;
    }
    return (uint32_t)(uintptr_t)request;
}

/* Before each call into Python. */
static void begin(void)
{
    take_reserve();
    _PyMem_AllocationFailed = 0;
    stop_code_begins();
}

/* The value of the requested code, or NULL with an exception. */
static PyObject *run_request(uint32_t mode, uint32_t code_length, uint32_t filename_length)
{
    const char *code = request;
    PyObject *filename = PyUnicode_DecodeFSDefaultAndSize(request + code_length + 1,
                                                          (Py_ssize_t)filename_length);
    if (filename == NULL)
        return NULL;
    PyObject *value = NULL;
    if (strlen(code) != code_length)
        PyErr_SetString(PyExc_SyntaxError, "source code cannot contain null bytes");
    else if (remember_source(filename, code, code_length) == 0)
        value = run_code(mode, code, filename);
    Py_DECREF(filename);
    if (value != NULL && stop_swallowed())
        Py_CLEAR(value);
    return value;
}

/* Takes the value. */
static uint32_t reply_value(uint32_t mode, PyObject *value)
{
    if (mode != GUEST_MODE_EVAL || value == Py_None) {
        Py_DECREF(value);
        stop_code_ended();
        flush_streams();
        return reply_with(GUEST_REPLY_DONE, NULL);
    }
    PyObject *description = PyObject_CallMethod(bridge, "describe_value", "(O)", value);
    Py_DECREF(value);
    if (description == NULL)
        return reply_exception();
    stop_code_ended();
    flush_streams();
    return reply_with(GUEST_REPLY_VALUE, description);
}

EXPORT(GUEST_EXPORT_RUN) uint32_t pybox_run(uint32_t mode, uint32_t code_length,
                                            uint32_t filename_length)
{
    const int profiled = (mode & GUEST_RUN_PROFILE) != 0;
    const char *profile = NULL;
    uint32_t profile_bytes = 0;
    PyObject *value = NULL;
    mode &= ~GUEST_RUN_PROFILE;
    begin();
    if (!profiled)
        value = run_request(mode, code_length, filename_length);
    else if (profile_begin() == 0) {
        value = run_request(mode, code_length, filename_length);
        PyObject *exception = PyErr_GetRaisedException();
        stop_code_ended();
        profile = profile_end(&profile_bytes);
        PyErr_SetRaisedException(exception);
    }
    const uint32_t address = value != NULL ? reply_value(mode, value) : reply_exception();
    if (profile != NULL) {
        reply.profile = (uint32_t)(uintptr_t)profile;
        reply.profile_bytes = profile_bytes;
    }
    return address;
}

/* Calls a function of the bridge that returns nothing. */
static uint32_t call_bridge(const char *name, PyObject *argument)
{
    begin();
    PyObject *done = argument != NULL ? PyObject_CallMethod(bridge, name, "(O)", argument)
                                      : PyObject_CallMethod(bridge, name, NULL);
    if (done == NULL)
        return reply_exception();
    Py_DECREF(done);
    flush_streams();
    return reply_with(GUEST_REPLY_DONE, NULL);
}

EXPORT(GUEST_EXPORT_CONFIGURE) uint32_t pybox_configure(uint32_t length)
{
    PyObject *text = PyBytes_FromStringAndSize(request, (Py_ssize_t)length);
    if (text == NULL)
        return reply_exception();
    uint32_t result = call_bridge("configure", text);
    Py_DECREF(text);
    return result;
}

EXPORT(GUEST_EXPORT_FINISH) uint32_t pybox_finish(void)
{
    return call_bridge("finish", NULL);
}

EXPORT(GUEST_EXPORT_RESTORE) void pybox_restore(void)
{
    _PyOS_NewRandomEpoch(); /* no two boxes may share random numbers */
}

EXPORT(GUEST_EXPORT_SETTLE) void pybox_settle(void)
{
    profile_calibrate();
    call_bridge("settle", NULL);
    free(request); /* the first run's buffer would be part of every image */
    request = NULL;
    request_capacity = 0;
}

static PyStatus configure_interpreter(PyConfig *config)
{
    config->install_signal_handlers = 0;
    config->site_import = 1; /* exit, quit, help */
    config->write_bytecode = 0;
    config->parse_argv = 0;
    config->pathconfig_warnings = 0;
    /* Part of the base image, so it is the same in every box; randomising it would gain nothing. */
    config->use_hash_seed = 1;
    config->hash_seed = 0;
    config->module_search_paths_set = 1;
    const struct {
        wchar_t **field;
        const wchar_t *value;
    } strings[] = {
        {&config->home, L"/usr"},          {&config->prefix, L"/usr"},
        {&config->exec_prefix, L"/usr"},   {&config->base_prefix, L"/usr"},
        {&config->base_exec_prefix, L"/usr"}, {&config->stdlib_dir, WIDEN(GUEST_STDLIB_PATH)},
        {&config->executable, L""},        {&config->program_name, L"python3"},
        {&config->stdio_encoding, L"utf-8"}, {&config->stdio_errors, L"strict"},
    };
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        PyStatus status = PyConfig_SetString(config, strings[i].field, strings[i].value);
        if (PyStatus_Exception(status))
            return status;
    }
    return PyWideStringList_Append(&config->module_search_paths, WIDEN(GUEST_STDLIB_PATH));
}

static PyStatus initialise(void)
{
    PyPreConfig preconfig;
    PyPreConfig_InitIsolatedConfig(&preconfig);
    preconfig.utf8_mode = 1;
    PyStatus status = Py_PreInitialize(&preconfig);
    if (PyStatus_Exception(status))
        return status;
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    status = configure_interpreter(&config);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    return status;
}

EXPORT(GUEST_EXPORT_START) int32_t pybox_start(void)
{
    PyStatus status = initialise();
    if (PyStatus_Exception(status)) {
        fprintf(stderr, "Python's start-up failed: %s\n",
                status.err_msg != NULL ? status.err_msg : "no message");
        return -1;
    }
    bridge = PyImport_ImportModule("_pybox");
    PyObject *main_module = PyImport_AddModule("__main__");
    if (bridge == NULL || main_module == NULL || stop_start() < 0) {
        PyErr_Print();
        return -1;
    }
    main_globals = PyModule_GetDict(main_module);
    _PyErr_NoMemoryHook = on_no_memory;
    return 0;
}
