/*
 * Whether a thread had page faults since a moment: a page that was not writable becomes so only by
 * a fault, and the kernel counts each on the thread that had it, also those of its system calls.
 */
#ifndef FAULT_MARK_H
#define FAULT_MARK_H

#include <stdint.h>

/* Zeroes: no moment. */
struct fault_mark {
    uint64_t epoch;  /* of the process; 0: none is kept */
    uint64_t thread; /* a number of the thread's own, never used again */
    uint64_t faults;
};

/* The calling thread, now. About 0.2 us (getrusage). */
struct fault_mark fault_mark_now(void);

/* Whether the calling thread is that of the mark, in the same process, and had no fault since. */
int fault_mark_is_quiet(const struct fault_mark *mark);

/* Whether the mark is of the calling thread in this process. */
int fault_mark_is_mine(const struct fault_mark *mark);

#endif
