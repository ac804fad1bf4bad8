/* Wheels made in memory, file by file, with a RECORD that is right; so that each field can be forged. */
#ifndef WHEEL_FIXTURE_H
#define WHEEL_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#define WHEEL_FILES 32

struct wheel_file {
    char name[300];
    uint8_t *bytes;
    size_t length;
    int deflated, unlisted;     /* not in RECORD */
    size_t local, central, data; /* offsets, after wheel_fixture_end() */
    size_t stored;               /* bytes */
};

struct wheel_fixture {
    struct wheel_file files[WHEEL_FILES];
    size_t count;
    uint8_t *bytes;
    size_t length;
    size_t directory, end; /* offsets */
};

/* An empty one, and one of the distribution `name` with the METADATA and WHEEL of a pure wheel; `more` are lines of
 * METADATA. */
void wheel_fixture_start(struct wheel_fixture *wheel);
void wheel_fixture_distribution(struct wheel_fixture *wheel, const char *name, const char *version, const char *more);

/* Returns the file, whose fields may be changed until wheel_fixture_end(). */
struct wheel_file *wheel_fixture_add(struct wheel_fixture *wheel, const char *name, const char *text);
struct wheel_file *wheel_fixture_add_bytes(struct wheel_fixture *wheel, const char *name, const void *bytes,
                                           size_t length);

/* Adds STEM.dist-info/RECORD. */
void wheel_fixture_record(struct wheel_fixture *wheel, const char *stem);

/* Writes the ZIP file to `bytes`. */
void wheel_fixture_end(struct wheel_fixture *wheel);

/* The record of it and the rest at once. */
void wheel_fixture_finish(struct wheel_fixture *wheel, const char *stem);

/* Writes it to a file. */
void wheel_fixture_save(const struct wheel_fixture *wheel, const char *path);

void wheel_fixture_put(struct wheel_fixture *wheel, size_t offset, uint32_t value, int size);

void wheel_fixture_free(struct wheel_fixture *wheel);

#endif
