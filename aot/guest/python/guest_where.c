#define Py_BUILD_CORE 1
#include "guest_where.h"

#include "internal/pycore_code.h"  /* _PyCode_CODE */
#include "internal/pycore_frame.h" /* _PyInterpreterFrame */

#include <string.h>

#include "guest_abi.h"
#include "guest_texts.h"

#define SHOWN_FRAMES 10  /* of a brief traceback, at each end */
#define MAX_FRAMES 10000 /* looked at; library code is never that deep above a program's */

static struct guest_reply reply;
static struct guest_texts texts;

static int starts_with(PyObject *text, const char *prefix, Py_ssize_t length)
{
    return PyUnicode_IS_ASCII(text) && PyUnicode_GET_LENGTH(text) >= length &&
           memcmp(PyUnicode_DATA(text), prefix, (size_t)length) == 0;
}

static int is_library(PyObject *filename)
{
    static const char folder[] = GUEST_STDLIB_PATH "/", frozen[] = "<frozen ";
    return PyUnicode_Check(filename) &&
           (starts_with(filename, folder, sizeof folder - 1) ||
            starts_with(filename, frozen, sizeof frozen - 1));
}

static void put_place(PyCodeObject *code, int line)
{
    texts_put_unicode(&texts, code != NULL ? code->co_filename : NULL);
    texts_put_unicode(&texts, code != NULL ? code->co_qualname : NULL);
    texts_put_number(&texts, line > 0 ? (uint32_t)line : 0);
}

/* The frame's code if it can be told which line runs: not for what the interpreter itself puts on the stack. */
static PyCodeObject *code_of(const _PyInterpreterFrame *frame)
{
    if (frame->owner == FRAME_OWNED_BY_CSTACK || frame->f_executable == NULL ||
        !PyCode_Check(frame->f_executable))
        return NULL;
    PyCodeObject *code = (PyCodeObject *)frame->f_executable;
    return PyUnicode_Check(code->co_filename) ? code : NULL;
}

static int line_of(const _PyInterpreterFrame *frame, PyCodeObject *code)
{
    const Py_ssize_t at = frame->instr_ptr - _PyCode_CODE(code);
    if (at < 0 || at >= Py_SIZE(code))
        return code->co_firstlineno;
    return PyCode_Addr2Line(code, (int)at * (int)sizeof(_Py_CODEUNIT));
}

int where_in_library(const PyThreadState *thread)
{
    const _PyInterpreterFrame *frame = thread->current_frame;
    while (frame != NULL && code_of(frame) == NULL)
        frame = frame->previous;
    return frame != NULL && is_library(code_of(frame)->co_filename);
}

/* Not inlined: see pybox_where(). */
static __attribute__((noinline)) void find_running(void)
{
    const PyThreadState *thread = PyInterpreterState_ThreadHead(PyInterpreterState_Main());
    const _PyInterpreterFrame *frame = thread != NULL ? thread->current_frame : NULL;
    const _PyInterpreterFrame *found = NULL;
    for (int i = 0; i < MAX_FRAMES && frame != NULL; i++, frame = frame->previous) {
        PyCodeObject *code = code_of(frame);
        if (code == NULL)
            continue;
        const int library = is_library(code->co_filename);
        if (found == NULL || !library)
            found = frame;
        if (!library)
            break;
    }
    PyCodeObject *code = found != NULL ? code_of(found) : NULL;
    texts.used = 0;
    put_place(code, code != NULL ? line_of(found, code) : 0);
}

/* Called in the middle of other guest code: nothing is allocated or changed but what is this file's. A function that
 * calls no other may keep up to 128 bytes below the stack pointer; they are left alone. */
__attribute__((export_name(GUEST_EXPORT_WHERE))) uint32_t pybox_where(void)
{
    char below[128];
    __asm__ volatile("" : : "r"(below) : "memory");
    find_running();
    __asm__ volatile("" : : "r"(below) : "memory");
    reply = (struct guest_reply){
        .kind = GUEST_REPLY_WHERE,
        .payload = (uint32_t)(uintptr_t)texts.bytes,
        .payload_bytes = texts.used,
    };
    return (uint32_t)(uintptr_t)&reply;
}

static PyCodeObject *raised_code(const PyTracebackObject *step)
{
    return _PyFrame_GetCode(step->tb_frame->f_frame);
}

static int raised_line(const PyTracebackObject *step)
{
    return step->tb_lineno >= 0 ? step->tb_lineno
                                : PyCode_Addr2Line(raised_code(step), step->tb_lasti);
}

int where_raised(const PyTracebackObject *step)
{
    const PyTracebackObject *found = NULL;
    for (; step != NULL; step = step->tb_next)
        if (!is_library(raised_code(step)->co_filename))
            found = step;
    return found != NULL ? raised_line(found) : 0;
}

Py_ssize_t where_depth(const PyTracebackObject *step)
{
    Py_ssize_t count = 0;
    for (; step != NULL; step = step->tb_next)
        count++;
    return count;
}

PyObject *where_frames(const PyTracebackObject *step)
{
    const Py_ssize_t count = where_depth(step);
    PyObject *frames = PyList_New(0);
    for (Py_ssize_t i = 0; frames != NULL && step != NULL; i++, step = step->tb_next) {
        PyObject *item = NULL;
        if (i < SHOWN_FRAMES || i >= count - SHOWN_FRAMES)
            item = Py_BuildValue("OiO", raised_code(step)->co_filename, raised_line(step),
                                 raised_code(step)->co_name);
        else if (i == SHOWN_FRAMES)
            item = PyLong_FromSsize_t(count - 2 * SHOWN_FRAMES);
        else
            continue;
        if (item == NULL || PyList_Append(frames, item) < 0)
            Py_CLEAR(frames);
        Py_XDECREF(item);
    }
    return frames;
}
