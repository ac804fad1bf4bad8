/* Finds snapshot files by the digest that names them. */
#ifndef SNAPSHOT_FIND_H
#define SNAPSHOT_FIND_H

#include "snapshot_read.h"

/*
 * Looks for the snapshot named `digest` in `folder`: as <digest>.snap, then in all files that end in
 * .image or .snap, of which the headers are read (10,000 at most; what is no snapshot, or no
 * regular file, is passed over). Opens it. *snapshot is NULL if there is none, or none that can be
 * opened, and then the status is OK or that of the last one that could not.
 * `full`: deltas are passed over. Errors: those of snapshot_open(), NO_MEMORY. A folder that is not there is empty.
 */
pybox_status snapshot_find(const char *folder, const uint8_t digest[DIGEST_BYTES], int full,
                           const struct snapshot_limits *limits, struct snapshot **snapshot);

#endif
