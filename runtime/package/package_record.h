/* RECORD, the list of a wheel's files with their digests: CSV with three fields, path, ALGORITHM=DIGEST, size. */
#ifndef PACKAGE_RECORD_H
#define PACKAGE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "pybox.h"

struct package_record_line {
    const char *path; /* in `text` */
    size_t path_length;
    const char *digest; /* ALGORITHM=DIGEST; may be "" */
    const char *size;
    int seen; /* a file of that name has been checked */
};

struct package_record {
    char *text; /* the fields, NUL-terminated */
    struct package_record_line *lines; /* by path */
    size_t count;
};

/* Reads a RECORD, which is copied. Errors: ARCHIVE (malformed, a path twice), LIMIT, NO_MEMORY. */
pybox_status package_record_read(const char *text, size_t length, uint32_t most, struct package_record *record);

/* Is this what the list says of the file? Errors: ARCHIVE (not in the list, another digest or size, no digest). */
pybox_status package_record_check(struct package_record *record, const char *path, size_t path_length,
                                  const uint8_t *bytes, size_t length, const struct package_record_line **line);

void package_record_free(struct package_record *record);

#endif
