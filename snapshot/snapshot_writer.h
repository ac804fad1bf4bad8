/* A snapshot file that is being written: shared by the parts that write one, no one else's. */
#ifndef SNAPSHOT_WRITER_H
#define SNAPSHOT_WRITER_H

#include "file_io.h"
#include "parallel.h"
#include "snapshot_format.h"
#include "snapshot_write.h"

#include <zstd.h>

#define WRITER_SECTIONS 6 /* that it may write */

struct writer {
    const struct snapshot_content *content;
    const struct snapshot_content *parent; /* of a delta; else NULL */
    pybox_form form;
    int level;
    unsigned threads;
    struct file_io_draft draft;
    int by_digest;
    char name[DIGEST_HEX_BYTES + 5]; /* then: the file's */
    struct snapshot_head head;
    uint32_t sections; /* that the file will have */
    const uint8_t *bodies[WRITER_SECTIONS]; /* what to store; NULL: has been written */
    uint8_t module[SNAPSHOT_MODULE_BYTES];
    uint8_t created[SNAPSHOT_CREATED_BYTES];
    uint8_t *globals;
    uint8_t *tree; /* encoded; NULL: stored as it is */
    struct snapshot_memory_layout layout;
    uint8_t *index;
    uint8_t *slots; /* encoded chunks of a batch, each in slot_bytes */
    size_t slot_bytes;
    uint32_t batch; /* number of its first chunk */
    ZSTD_CCtx *encoders[PARALLEL_THREADS_LIMIT];
};

/* Checks content and options and plans the sections before MEMORY, whose entry is then the last of the table, without
 * encoding and size. `parent`: that of a delta, or NULL. To be freed with writer_release() if it is not NULL. Errors:
 * ARGUMENT, NO_MEMORY. */
pybox_status writer_begin(const struct snapshot_content *content,
                          const struct snapshot_content *parent,
                          const struct snapshot_write_options *options, struct writer **writer);

/* Writes what is left, when the entry of MEMORY is complete: what follows it, the header, and every
 * body. Puts the file in place. Errors: IO. */
pybox_status writer_finish(struct writer *writer);

void writer_release(struct writer *writer);

/* Compresses as one frame with content size and checksum, by thread number `worker`.
 * Error: NO_MEMORY. */
pybox_status writer_compress(struct writer *writer, unsigned worker, uint8_t *to, size_t capacity,
                             const uint8_t *from, size_t length, size_t *stored);

#endif
