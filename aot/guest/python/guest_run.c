#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE 1
#include "guest_run.h"

#include "internal/pycore_ast.h"     /* mod_ty */
#include "internal/pycore_compile.h" /* _PyAST_Compile */
#include "internal/pycore_parser.h"  /* _PyParser_ASTFromString */
#include "internal/pycore_pyarena.h" /* _PyArena_New */
#include "internal/pycore_pyerrors.h" /* PyExc_IncompleteInputError */

#include "guest_abi.h"
#include "guest_async.h"
#include "guest_main.h"
#include "guest_stop.h"

/* Remembers the source under its file name for tracebacks, warnings and inspect. 0, or -1 with an exception. */
static int remember_source(PyObject *filename, const char *code, uint32_t length)
{
    PyObject *done = PyObject_CallMethod(guest_bridge, "remember_source", "Oy#", filename, code,
                                         (Py_ssize_t)length);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* Code may await at the top level, where its locals are its globals. */
#define TOP_LEVEL (PyCF_ALLOW_TOP_LEVEL_AWAIT | PyCF_LOCALS_ARE_GLOBALS)
#define RUN_FLAGS {.cf_flags = TOP_LEVEL, .cf_feature_version = PY_MINOR_VERSION}

static int awaits(const PyCodeObject *code)
{
    return (code->co_flags & CO_COROUTINE) != 0;
}

/* Evaluates code (taken), and then the code of an expression (taken) if there is one: the value of the last. */
static PyObject *evaluate(PyObject *names, PyCodeObject *code, PyCodeObject *then)
{
    PyObject *value;
    if (awaits(code) || (then != NULL && awaits(then))) {
        value = async_run((PyObject *)code, (PyObject *)then, names);
    } else {
        value = PyEval_EvalCode((PyObject *)code, names, names);
        if (value != NULL && then != NULL) {
            Py_DECREF(value);
            value = PyEval_EvalCode((PyObject *)then, names, names);
        }
    }
    Py_DECREF(code);
    Py_XDECREF(then);
    return value;
}

/* MODE_EVAL: all statements run; the value is that of the last one if it is an expression, else None. */
static PyObject *run_for_value(PyObject *globals, const char *source, PyObject *filename)
{
    PyArena *arena = _PyArena_New();
    if (arena == NULL)
        return NULL;
    PyObject *value = NULL;
    PyCodeObject *code = NULL, *then = NULL;
    PyCompilerFlags flags = RUN_FLAGS;
    struct _mod *tree = _PyParser_ASTFromString(source, filename, Py_file_input, &flags, arena);
    if (tree == NULL)
        goto out;
    asdl_stmt_seq *body = tree->v.Module.body;
    Py_ssize_t count = asdl_seq_LEN(body);
    stmt_ty last = count > 0 ? (stmt_ty)asdl_seq_GET(body, count - 1) : NULL;
    struct _mod *expression = NULL;
    if (last != NULL && last->kind == Expr_kind) {
        expression = _PyAST_Expression(last->v.Expr.value, arena);
        if (expression == NULL)
            goto out;
        body->size = count - 1;
    }
    code = _PyAST_Compile(tree, filename, &flags, -1, arena);
    if (code == NULL)
        goto out;
    if (expression != NULL && (then = _PyAST_Compile(expression, filename, &flags, -1, arena)) == NULL) {
        Py_DECREF(code);
        goto out;
    }
    value = evaluate(globals, code, then);
out:
    _PyArena_Free(arena);
    return value;
}

/* One interactive statement, given without the newline of its last line. The parser calls it incomplete if
 * a line more could complete it, and sometimes also if none could: then the error is what the parser says to
 * that statement with an empty line more. (This is the rule of Python's codeop module.) */
static PyObject *compile_statement(PyCompilerFlags *flags, const char *code, PyObject *filename)
{
    flags->cf_flags |= PyCF_ALLOW_INCOMPLETE_INPUT | PyCF_DONT_IMPLY_DEDENT | TOP_LEVEL;
    PyObject *compiled =
        Py_CompileStringObject(code, filename, Py_single_input, flags, -1);
    if (compiled != NULL || !PyErr_ExceptionMatches(PyExc_IncompleteInputError))
        return compiled;
    PyObject *incomplete = PyErr_GetRaisedException();
    PyObject *longer = PyBytes_FromFormat("%s\n", code);
    compiled = longer == NULL ? NULL
                              : Py_CompileStringObject(PyBytes_AS_STRING(longer), filename,
                                                       Py_single_input, flags, -1);
    Py_XDECREF(longer);
    if (compiled == NULL && !PyErr_ExceptionMatches(PyExc_IncompleteInputError)) {
        Py_DECREF(incomplete);
        return NULL;
    }
    Py_XDECREF(compiled);
    PyErr_SetRaisedException(incomplete);
    return NULL;
}

static int bind_file(struct context *context, PyObject *filename)
{
    PyObject *name = PyUnicode_InternFromString("__file__");
    const int result = name != NULL ? context_bind(context, name, filename) : -1;
    Py_XDECREF(name);
    return result;
}

static PyObject *run_code(struct context *context, uint32_t mode, const char *code,
                          PyObject *filename)
{
    PyObject *globals = context_globals(context);
    if (mode == GUEST_MODE_EVAL)
        return run_for_value(globals, code, filename);
    /* A script knows its own name, as with python3 FILE; code that comes from no file does not. */
    if (mode == GUEST_MODE_EXEC && PyUnicode_GET_LENGTH(filename) > 0 &&
        PyUnicode_READ_CHAR(filename, 0) != '<' && bind_file(context, filename) < 0)
        return NULL;
    PyCompilerFlags flags = RUN_FLAGS;
    PyObject *compiled = mode == GUEST_MODE_SINGLE
                             ? compile_statement(context_flags(context), code, filename)
                             : Py_CompileStringObject(code, filename, Py_file_input, &flags, -1);
    if (compiled == NULL)
        return NULL;
    if (mode == GUEST_MODE_SINGLE)
        context_flags(context)->cf_flags |= ((PyCodeObject *)compiled)->co_flags & PyCF_MASK;
    return evaluate(globals, (PyCodeObject *)compiled, NULL);
}

const char *run_context_name(uint32_t code_length, uint32_t filename_length)
{
    return guest_request + code_length + 1 + filename_length + 1;
}

PyObject *run_request(struct context *context, uint32_t mode, uint32_t code_length,
                      uint32_t filename_length)
{
    const char *code = guest_request;
    PyObject *filename = PyUnicode_DecodeFSDefaultAndSize(guest_request + code_length + 1,
                                                          (Py_ssize_t)filename_length);
    if (filename == NULL)
        return NULL;
    PyObject *value = NULL;
    struct context_visit visit;
    context_enter(context, &visit);
    if (strlen(code) != code_length)
        PyErr_SetString(PyExc_SyntaxError, "source code cannot contain null bytes");
    else if (remember_source(filename, code, code_length) == 0)
        value = run_code(context, mode & GUEST_RUN_MODE, code, filename);
    context_leave(&visit);
    Py_DECREF(filename);
    if (value != NULL && stop_swallowed())
        Py_CLEAR(value);
    return value;
}
