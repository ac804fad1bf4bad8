/* How pybox-snap tells that it could not do what it should. */
#ifndef SNAP_FAILURE_H
#define SNAP_FAILURE_H

#include "pybox.h"

/* The exit code of a call that failed: damaged snapshots have their own. */
int snap_failure_code(pybox_status status);

/* Tells why: a line on standard error, or with `json` {"failure":{"status":...,"message":...}} on standard output, as
 * pybox has it; PYBOX_OK stands for a failure that is no call's, and is null there. Returns `code`. */
__attribute__((format(printf, 4, 5))) int snap_failure(int json, int code, pybox_status status,
                                                       const char *format, ...);

/* The same for the last call that failed, with its message, and `path` before it unless that is NULL. */
int snap_failure_of(int json, const char *path, pybox_status status);

#endif
