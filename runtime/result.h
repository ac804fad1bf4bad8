/* Builds the result of a run. The texts in it are copies, owned by the builder. */
#ifndef RESULT_H
#define RESULT_H

#include "pybox.h"

#define RESULT_MAX_TEXTS 16

struct result {
    pybox_result public_result;
    char *texts[RESULT_MAX_TEXTS];
    int text_count;
};

/* Frees the texts; all fields are zero and all bytes empty, not NULL. */
void result_reset(struct result *result);

/* Copies `length` bytes into `field`. Errors: NO_MEMORY (the field stays empty). */
pybox_status result_set(struct result *result, pybox_bytes *field, const void *bytes,
                        size_t length);

#endif
