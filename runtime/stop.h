/*
 * Why and how far a run is being stopped: what was asked for from outside, what was reached, which of the two steps
 * has been taken, and where the guest was. The run's thread owns all of it but `asked`. What is done about it is
 * guard.c's.
 */
#ifndef STOP_H
#define STOP_H

#include <stdatomic.h>
#include <stdint.h>

#include "pybox.h"

/* What stops a run. The first one stays, whatever else is reached while the guest winds up. */
enum stop_cause {
    STOP_NOTHING,
    STOP_FUEL,
    STOP_WALL,
    STOP_CPU,
    STOP_INTERRUPT,
    STOP_HOST_CALLS,
    STOP_OUTPUT,
    STOP_STACK,
    STOP_SETUP, /* what comes before and after a run did not end: no limit of the host's */
};

/* What ended the grace. */
enum stop_end { STOP_END_NONE, STOP_END_FUEL, STOP_END_TIME, STOP_END_OTHER };

enum stop_step {
    STOP_GOING,  /* the run is not being stopped */
    STOP_GRACE,  /* the guest has been told, and has its grace to wind up */
    STOP_CUT,    /* it is not to be returned to */
};

#define STOP_FILE_BYTES 256
#define STOP_FUNCTION_BYTES 128

/* A place in the guest's program: printable texts, cut if too long. */
struct stop_place {
    char file[STOP_FILE_BYTES];         /* "": unknown, and the rest too */
    char function[STOP_FUNCTION_BYTES]; /* "": unknown, or no function's code */
    uint32_t line;                      /* 0: unknown */
};

struct stop {
    atomic_uint asked; /* by other threads and signal handlers: enum stop_request; a futex */
    enum stop_step step;
    enum stop_cause cause;
    enum stop_end end;
    int told;             /* the guest may have an exception to raise that it has not raised yet */
    int keyboard;         /* it has been told of a KeyboardInterrupt */
    int is_unseen;        /* and that was during an import, so that it may sleep before it comes to raise it */
    uint64_t grace_ns;    /* that it was given */
    uint32_t naps;        /* sleeps in it that ended at once */
    uint64_t deadline_ns; /* CLOCK_MONOTONIC: of the run, then of its grace; RUN_CLOCK_NEVER: none */
    struct stop_place reached; /* where the guest was when the first step was taken */
    struct stop_place cut;     /* where it was cut */
};

/* Bits of `asked`. */
enum stop_request {
    STOP_ASKED_STOP = 1u << PYBOX_INTERRUPT_STOP,
    STOP_ASKED_KEYBOARD = 1u << PYBOX_INTERRUPT_KEYBOARD,
    STOP_ASKED_CUT = 1u << PYBOX_INTERRUPT_CUT,
};

/* Before a run: nothing is asked or reached. */
void stop_begin(struct stop *stop);

/* Before a run within it: what was asked for is kept. */
void stop_begin_nested(struct stop *stop);

/* Asks the run to stop, and wakes it if it sleeps. Any thread, async-signal-safe. */
void stop_ask(struct stop *stop, pybox_interrupt how);

/* All of it but what was asked for. */
void stop_copy(struct stop *to, const struct stop *from);

/* What was asked for since the last time. */
static inline unsigned stop_take_asked(struct stop *stop)
{
    return atomic_load_explicit(&stop->asked, memory_order_relaxed) == 0
               ? 0
               : atomic_exchange(&stop->asked, 0);
}

/* Sleeps until CLOCK_MONOTONIC is at `until_ns` or something is asked. */
void stop_sleep(struct stop *stop, uint64_t until_ns);

/* Of a cause: the outcome it gives, the name of the limit ("fuel", ...), and the enum guest_stop that the guest is told
 * (GUEST_STOP_NONE: there is no first step). */
pybox_outcome stop_outcome(enum stop_cause cause);
const char *stop_limit(enum stop_cause cause);
uint32_t stop_guest_kind(enum stop_cause cause);

#endif
