/* Boxes of the sample guest (sample_guest.h) through the public API. */
#ifndef SAMPLE_RUN_H
#define SAMPLE_RUN_H

#include "pybox.h"
#include "sample_guest.h"

/* Group set-up and tear-down: an engine with stacks of 1 MiB, and a folder for PYBOX_HOME with an archive that is
 * empty but for one file. */
int sample_run_set_up(void **state);
int sample_run_tear_down(void **state);

/* A box started from nothing; `options` may be NULL. The caller destroys it. It has all the time for its grace, unless
 * the limits say how much: on a busy machine the usual one may pass before the guest has had a moment. Makes sure that
 * the library's signal handlers are in place, of which cmocka takes two for itself in each test. */
pybox_box *sample_run_box(const struct module_descriptor *guest, const pybox_box_options *options);

/* The same with limits only. */
pybox_box *sample_run_limited(const pybox_limits *limits);

/* Runs code, which must work as a call. */
const pybox_result *sample_run(pybox_box *box, const char *code);

/* Fails unless a text of a result is `text`. */
void sample_run_is(pybox_bytes bytes, const char *text);

#endif
