/* What a run's guest displays: passed to the host's callback, or kept for the result. It counts as output. */
#ifndef DISPLAY_H
#define DISPLAY_H

#include <stdint.h>

#include "pybox.h"

struct pybox_box;

/* Longest MIME type, in bytes. */
#define DISPLAY_MIME_MOST 100

struct display {
    pybox_display_callback *callback; /* NULL: keep */
    void *context;
    pybox_display *kept; /* each owns its texts */
    size_t count, capacity;
    uint64_t kept_bytes; /* of their data */
};

/* Forgets what was kept: a new run begins. */
void display_reset(struct display *display);

void display_free(struct display *display);

/* The import "display" (guest_abi.h, host_import.h). */
void display_import(struct pybox_box *box, uint64_t *values);

#endif
