/* What the parts of the guest's C half share. */
#ifndef GUEST_MAIN_H
#define GUEST_MAIN_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define GUEST_EXPORT(name) __attribute__((export_name(name)))

extern PyObject *guest_bridge; /* the module _pybox */
extern char *guest_request;    /* what the runtime has written for this call; changes with the next one */

/* The request of a run stays where it is while a host function runs other code. */
struct request_saved {
    char *bytes;
    uint32_t capacity;
};
void request_put_aside(struct request_saved *saved);
void request_take_back(const struct request_saved *saved);

/* Calls a function of the bridge that returns nothing; `argument` may be NULL. -> reply */
uint32_t call_bridge(const char *name, PyObject *argument);

struct context;

/* The reply to the run of a mode in a context, whose code has come to its end (with `value`, or an exception), or waits. */
uint32_t reply_run(struct context *context, uint32_t mode, PyObject *value);

/* The reply to a request that cannot be done as a run waits for the host. */
uint32_t reply_waits(void);

/* The request has been read: a large buffer goes. */
void request_shrink(void);

#endif
