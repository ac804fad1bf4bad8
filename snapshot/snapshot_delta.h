/* Deltas: snapshots that hold the pages in which they differ from a parent. */
#ifndef SNAPSHOT_DELTA_H
#define SNAPSHOT_DELTA_H

#include "image.h"
#include "page_source.h"
#include "snapshot_format.h"
#include "snapshot_read.h"
#include "snapshot_write.h"

/* What a delta says of the memory, decoded. */
struct snapshot_delta {
    struct snapshot_change *changes; /* of chunks, ascending by number */
    uint32_t change_count;
    struct page_overlay pages; /* those that the changes name */
};

/*
 * Reads the memory of a snapshot that is a delta. `parent` is the memory of its parent. NULL: pages
 * that are stored as differences stay so, which is good for checking that they can be decoded.
 * `threads` as in snapshot_write_options. Free it with snapshot_delta_free(), also after an error.
 * Errors: IO, SNAPSHOT_FORMAT, SNAPSHOT_CORRUPT, NO_MEMORY.
 */
pybox_status snapshot_delta_read(const struct snapshot *snapshot, const struct page_source *parent,
                                 unsigned threads, struct snapshot_delta *delta);

void snapshot_delta_free(struct snapshot_delta *delta);

/* Pages of 4096 bytes, ascending. */
struct snapshot_pages {
    const uint32_t *pages;
    uint32_t count;
};

/*
 * Writes `content` to `path` as a delta of `parent`, of which it has the module, and at least its
 * memory. `pages` are those that may differ from the parent's; what is in no other is not looked at.
 * NULL: all of the memory is compared. The digest is that of a full snapshot of `content`.
 * Options, atomicity and errors as snapshot_write(), but for the form, which is not looked at; and SNAPSHOT_PARENT: the
 * parent is made of as many deltas as can be opened.
 */
pybox_status snapshot_write_delta(const char *path, const struct snapshot_content *content,
                                  struct image *parent, const struct snapshot_pages *pages,
                                  const struct snapshot_write_options *options);

#endif
