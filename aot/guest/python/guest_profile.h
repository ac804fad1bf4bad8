/*
 * The profile of a run: its fuel by function, by line and by stack. It is counted, not sampled: at every line, call and
 * return the fuel used since the last one is given to the line that was running. docs/PROFILE.md says what it holds.
 */
#ifndef GUEST_PROFILE_H
#define GUEST_PROFILE_H

#include <Python.h>

#include <stdint.h>

/* Measures what following a program costs, so that it can be left out. Before an image is saved; else the first
 * profile does it. */
void profile_calibrate(void);

/* Follows what runs from now on. 0, or -1 with an exception: a program holds the tools of sys.monitoring. */
int profile_begin(void);

/* The run has waited in between: its fuel may be counted from another start. */
void profile_go_on(void);

/* Ends it. The profile is a JSON text of *bytes bytes that lasts until the next profile_begin(), or NULL without memory. */
const char *profile_end(uint32_t *bytes);

#endif
