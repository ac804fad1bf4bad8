#include "snapshot_read.h"

#include "bytes.h"
#include "error.h"
#include "snapshot_file.h"

#include <inttypes.h>
#include <string.h>

/* snapshot_file_take: a chunk of zeroes that is stored would give one state two digests. */
static pybox_status verify_chunk(void *context, uint32_t number, const uint8_t *bytes)
{
    (void)context;
    if (bytes_are_zero(bytes, SNAPSHOT_CHUNK_BYTES))
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "chunk %" PRIu32 " of the snapshot's memory is zero, but stored", number);
    return PYBOX_OK;
}

/* The other sections are stored as they are and their digests were checked on opening. */
static pybox_status verify_tree(const struct snapshot *snapshot)
{
    uint8_t digest[DIGEST_BYTES];
    digest_bytes(snapshot->content.tree, snapshot->content.tree_bytes, digest);
    if (memcmp(digest, snapshot->head.sections[SNAPSHOT_SECTION_TREE - 1].digest, DIGEST_BYTES) !=
        0)
        return error_set(PYBOX_ERROR_SNAPSHOT_CORRUPT,
                         "the checksum of the snapshot's section TREE does not match");
    return PYBOX_OK;
}

pybox_status snapshot_verify(const char *path, const struct snapshot_limits *limits,
                             unsigned threads)
{
    struct snapshot *snapshot;
    pybox_status status = snapshot_open(path, limits, &snapshot);
    if (status == PYBOX_OK)
        status = verify_tree(snapshot);
    if (status == PYBOX_OK)
        status = snapshot_file_walk(snapshot, threads, 1, verify_chunk, NULL);
    snapshot_close(snapshot);
    return status;
}
