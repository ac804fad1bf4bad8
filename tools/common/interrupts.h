/* Signals that a person or a system ends a command with, while a program runs in a box: they
 * stop the program, and not the command. At other times they do what they did before. */
#ifndef INTERRUPTS_H
#define INTERRUPTS_H

#include "pybox.h"

/* From here on SIGINT raises KeyboardInterrupt in the box, a second one cuts the run; SIGTERM
 * stops it in two steps. One box at a time. */
void interrupts_to(pybox_box *box);

/* The run is over. Returns the number of the signal that came last, or 0. */
int interrupts_end(void);

/* Waits until `fd` has one of the poll() `events`, an interrupt has come since the run began,
 * or the time is `until_ns` (of CLOCK_MONOTONIC; UINT64_MAX: never). 0, or EINTR for the last
 * two. An interrupt is told once. */
int interrupts_wait(int fd, short events, uint64_t until_ns);

#endif
