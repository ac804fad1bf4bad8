/* Source code from a file of the host's or from standard input. */
#ifndef SOURCE_FILE_H
#define SOURCE_FILE_H

#include <stddef.h>

struct source {
    char *text; /* with a NUL behind it */
    size_t length;
};

#define SOURCE_FILE_FAILURE_BYTES 512

/* Reads all of the file at `path`, "-" for standard input; source_file_free() when done. 0, or
 * -1 with what is wrong in `failure`. */
int source_file_read(const char *path, struct source *source,
                     char failure[SOURCE_FILE_FAILURE_BYTES]);

void source_file_free(struct source *source);

#endif
