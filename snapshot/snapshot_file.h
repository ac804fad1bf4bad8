/* The inside of an open snapshot file: shared by the parts that read it, no one else's. */
#ifndef SNAPSHOT_FILE_H
#define SNAPSHOT_FILE_H

#include "snapshot_format.h"
#include "snapshot_read.h"

#include <zstd.h>

struct snapshot {
    int fd;
    uint64_t file_bytes;
    struct snapshot_head head;
    struct snapshot_memory_layout layout;
    int delta;
    int without_tree; /* it is not to be read */
    uint64_t created_ns; /* 0: not said */
    uint8_t *digests;    /* of the chunks, once the index was read; NULL in a delta, or version 1 */
    struct snapshot_content content; /* points to the three below */
    uint8_t *metadata;
    struct snapshot_global *globals;
    uint8_t *tree;
};

/* Checks that `length` bytes are exactly one zstd frame, with a checksum, that says it holds
 * `content_bytes`. Error: SNAPSHOT_FORMAT. */
pybox_status snapshot_file_check_frame(const uint8_t *frame, size_t length, size_t content_bytes);

/* Decodes a checked frame. Error: SNAPSHOT_CORRUPT. */
pybox_status snapshot_file_decode_frame(ZSTD_DCtx *decoder, const uint8_t *frame, size_t length,
                                        uint8_t *to, size_t content_bytes);

/* Gets each chunk of the memory that is not zero. Called by several threads at once. */
typedef pybox_status snapshot_file_take(void *context, uint32_t number, const uint8_t *bytes);

/* Reads and checks the index of the memory (kinds, places, checksums), then reads, decodes and
 * checks each chunk that is not zero and gives it to `take` (NULL: to nobody). With `verify` the
 * digest of every chunk is recomputed, zero chunks are looked at, and a chunk of zeroes that is
 * stored, which would give one state two names, is refused; else the compressed form relies on the
 * checksums of its frames. Errors: as snapshot_extract(), or what `take` returns. */
pybox_status snapshot_file_walk(struct snapshot *snapshot, unsigned threads, int verify,
                                snapshot_file_take *take, void *context);

#endif
