/* Writes snapshot files. */
#ifndef SNAPSHOT_WRITE_H
#define SNAPSHOT_WRITE_H

#include "snapshot_content.h"

struct snapshot_write_options {
    pybox_form form;
    int level;           /* zstd level 1 to 19; 0: 3. In the mapped form for the tree only */
    unsigned threads;    /* 0: the processors this thread may use, at most 4 */
    uint64_t created_ns; /* since 1970, to be kept with it; not part of the digest. 0: not said */
    /* The last component of the path is replaced by <digest>.snap, and a file that is there stays: it
     * is the same state. */
    int by_digest;
    uint8_t *digest; /* if not NULL, receives the DIGEST_BYTES that name the snapshot */
};

/*
 * Writes `content` to `path` as a full snapshot in version 2 of the format. NULL options: all zeroes.
 *
 * The bytes depend on the content, the options (and the zstd library), never on the number of
 * threads or the machine. They go to a temporary file in the same directory,
 * which is synced and renamed over `path`; then the directory is synced. At any moment, also after
 * a crash, `path` is the old file or the whole new one. On failure no temporary file is left and
 * the old file is untouched, except for a failed sync of the directory, after which the new file is
 * in place. The file's mode is 0644 less the umask. A symbolic link at `path` is replaced.
 *
 * Blocks on file I/O and until its own threads have ended. Any thread. The memory must not change
 * meanwhile (a change gives a file that is valid but mixed).
 * Errors: ARGUMENT (content or options), IO, NO_MEMORY.
 */
pybox_status snapshot_write(const char *path, const struct snapshot_content *content,
                            const struct snapshot_write_options *options);

/* The same bytes to `fd`, an empty file that the caller has opened for reading and writing, and which is
 * not synced. `options` without `digest`. On failure its contents are unspecified. Errors: ARGUMENT, IO,
 * NO_MEMORY. */
pybox_status snapshot_write_descriptor(int fd, const struct snapshot_content *content,
                                       const struct snapshot_write_options *options);

#endif
