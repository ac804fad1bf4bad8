/* What a person is told of a run that ended badly: why, where, and what to raise. */
#ifndef STOPPED_H
#define STOPPED_H

#include "pybox.h"

/* Whether the run did not come to an end of its own, so that nothing of it may run any more. A
 * KeyboardInterrupt that comes out of it is an end of its own. */
int stopped_is(const pybox_result *result);

#define STOPPED_BYTES 768

/* "the fuel of 1M was used up at line 3 of x.py, in f; try --fuel 2M": one line, whatever the
 * guest's names are; "" if the run was not stopped. `limits` are those that it was given.
 * Returns `text`. */
const char *stopped_explain(const pybox_result *result, const pybox_limits *limits,
                            const char *filename, char text[STOPPED_BYTES]);

#define STOPPED_PLACE_BYTES 256

/* "line 3 of x.py, in f": where a limit was met or an exception was raised; "" if that is not
 * known. Returns `text`. */
const char *stopped_place(const pybox_result *result, const char *filename,
                          char text[STOPPED_PLACE_BYTES]);

#endif
