/* Telling the host what a program does, event by event: calls, lines, returns, raised exceptions. */
#ifndef GUEST_TRACE_H
#define GUEST_TRACE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>

/* What the next traced run is to tell of: `events` of enum guest_trace, in files whose names fit the pattern. */
void trace_configure(uint32_t events, const char *pattern, uint32_t length);

/* Tells from now on. 0, or -1 with an exception: a program holds the tools of sys.monitoring. */
int trace_begin(void);

void trace_end(void);

#endif
