/* Following a program by sys.monitoring: which events, and the functions they call. */
#ifndef GUEST_MONITOR_H
#define GUEST_MONITOR_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

struct monitor_callback {
    int event; /* bit number in sys.monitoring's masks */
    PyMethodDef *method;
};

struct monitor {
    const struct monitor_callback *callbacks;
    int count;
    int tool; /* of sys.monitoring; -1: none. To begin with */
};

/* Calls the functions from now on. 0, or -1 with an exception: a program holds the tools. */
int monitor_begin(struct monitor *monitor);

/* Ends it, if it has begun. */
void monitor_end(struct monitor *monitor);

/* Asks again at the places where a function has answered sys.monitoring.DISABLE. */
void monitor_enable_all(void);

#endif
