/* What the tests of snapshot/ share: a small state, files, and a place for them. */
#ifndef SNAPSHOT_FIXTURE_H
#define SNAPSHOT_FIXTURE_H

#include "snapshot_content.h"

#include <stddef.h>
#include <stdint.h>

struct fixture_file {
    uint8_t *bytes; /* malloc()ed */
    size_t length;
};

/* A state of four pages: one full, one zero, two almost zero; three globals, a tree, metadata. The
 * same on every call; static storage, writable through fixture_memory(). */
const struct snapshot_content *fixture_content(void);
uint8_t *fixture_memory(void);

/* A later state of the same guest: of five pages, the first with two bytes changed, the second no longer
 * zero, the third zero, the fourth as it was; another global, tree and metadata. The same on every
 * call; static storage. */
const struct snapshot_content *fixture_later(void);

/* A path in a temporary directory of this process. Static storage, until the next call. */
const char *fixture_path(const char *name);
/* To be called first: the directory is in memory, if it can be. For tests that write thousands of
 * files: a disk would be waited for. */
void fixture_use_memory(void);
/* Removes the directory with everything in it. */
void fixture_remove(void);
/* The number of entries in the directory, and of open descriptors of the process. */
int fixture_count_files(void);
int fixture_count_descriptors(void);

/* Whole files. A name that ends in ".zst" is decoded. They end the process on failure. */
struct fixture_file fixture_load(const char *path);
void fixture_store(const char *path, const void *bytes, size_t length);

/* Opens the snapshot file at `path` as an image, and maps it: 1 if memory, globals, tree, metadata
 * and module are those of `content`, else 0. On an error of image_open() -status. */
int fixture_opens_as(const char *path, const struct snapshot_content *content, int trusted);
struct image_options;
int fixture_opens_with(const char *path, const struct snapshot_content *content,
                       const struct image_options *options);

/* Writes the first state to `parent`, and the later one to `delta` as a delta of it. `pages` as in
 * snapshot_write_delta(). Returns the status. */
struct snapshot_pages;
int fixture_write_delta(const char *parent, const char *delta, const struct snapshot_pages *pages,
                        uint8_t digest[DIGEST_BYTES]);

#endif
