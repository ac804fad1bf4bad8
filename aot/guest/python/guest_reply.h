/* What an export of the guest answers: one reply, whose payload lives until the next one (guest_abi.h). */
#ifndef GUEST_REPLY_H
#define GUEST_REPLY_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "guest_abi.h"
#include "guest_value.h"

/* Before each call into Python on behalf of the runtime. */
void reply_begin(void);

/* Each of these makes the reply and returns its address. */

/* The payload is `bytes` (a new reference); NULL where one is needed means that the bridge failed. */
uint32_t reply_with(enum guest_reply_kind kind, PyObject *bytes);

uint32_t reply_exit(int code);

/* Nothing has been done, for that reason. */
__attribute__((format(printf, 2, 3))) uint32_t reply_refused(enum guest_refusal refusal,
                                                             const char *why, ...);

/* For the exception that is set. */
uint32_t reply_exception(void);

/* For the value of a run, which it takes. Classes of `__main__` are looked for in `names`. */
uint32_t reply_value(uint32_t mode, PyObject *value, PyObject *names);

/* For a value, which it takes, in that form; with its repr() if that is asked for. */
uint32_t reply_object(PyObject *value, const struct value_options *options, int repr);

/* For a run that waits for the host. */
uint32_t reply_waiting(void);

/* The last reply also gives a profile. */
void reply_add_profile(const char *profile, uint32_t bytes);

/* Python's streams are flushed after every run, so that a run's output is complete when it returns. What a
 * flush raises (a closed pipe) is dropped, as it is at the interpreter's exit. */
void reply_flush_streams(void);

/* Before a MemoryError is raised. Not all that is refused means that memory is used up; if it is, the exception and its
 * traceback need some. */
void reply_on_no_memory(void);

#endif
