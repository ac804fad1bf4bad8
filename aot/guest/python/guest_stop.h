/*
 * Stops: the first step of ending a run, an exception that `except Exception` does not swallow. The runtime asks for one
 * through pybox_stop(), at any loop or function entry of the guest; it is raised where the interpreter handles signals
 * (patches/stop.patch), and again for as long as code goes on without handling it.
 */
#ifndef GUEST_STOP_H
#define GUEST_STOP_H

#include <Python.h>

/* Finds the exceptions' classes in the module pybox. 0, or -1 with an exception. Once, at the guest's start. */
int stop_start(void);

/* Code has ended as if nothing was. If a stop is in force that it has swallowed: -1 with that exception, else 0. */
int stop_swallowed(void);

/* Has the stop that is in force been raised? */
int stop_was_raised(void);

/* From where code begins to where it has ended a stop is raised again and again; behind it once more at most, so that what
 * is left to do (describing the exception, flushing streams) gets done. */
void stop_code_begins(void);
void stop_code_ended(void);

/* Within a host function other code begins with no stop in force, and what is in force goes on behind it. */
struct stop_saved {
    void *hook;
    int held, was_raised, has_ended, patience;
    uint32_t in_force;
};
void stop_put_aside(struct stop_saved *saved);
void stop_take_back(const struct stop_saved *saved);

#endif
