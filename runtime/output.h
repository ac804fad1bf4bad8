/*
 * A box's standard output and error: passed to the host's callback, or captured for the result. What both
 * streams together may write in one run is limited.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdint.h>

#include "pybox.h"

struct output_buffer {
    char *bytes; /* NULL while nothing was written */
    size_t length, capacity;
};

/* The bytes at the end of a piece that begin a character of UTF-8 and are not all of it. */
struct output_rest {
    char bytes[4];
    size_t length, whole; /* there, and of the character */
};

struct output {
    pybox_output_callback *callback; /* NULL: capture */
    void *context;
    uint64_t limit_bytes;
    uint64_t written_bytes; /* in this run */
    struct output_buffer captured[2]; /* by stream: stdout, stderr */
    struct output_rest rests[2];      /* the callback gets them with what follows */
};

/* What output_write() returns when the limit is reached: the run must be stopped. */
#define OUTPUT_IS_FULL (-1)

/* Takes what the guest writes. The callback gets whole characters: what the guest's buffers cut in two is joined. Up
 * to the limit it is kept or passed on even if the rest is not. Returns 0, an errno value for the guest's write to
 * fail with, or OUTPUT_IS_FULL. */
int output_write(struct output *output, pybox_stream stream, const void *bytes, size_t length);

/* The run is over: the callback gets what was waiting for the rest of its character. */
void output_finish(struct output *output);

/* Forgets what was captured: a new run begins. Keeps the buffers. */
void output_reset(struct output *output);

/* Forgets it, and gives large buffers back. */
void output_trim(struct output *output);

void output_free(struct output *output);

/* The captured bytes of a stream with a NUL behind them, until the next write or reset. */
pybox_bytes output_captured(const struct output *output, pybox_stream stream);

#endif
