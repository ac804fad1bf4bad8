#include "snapshot_read.h"

#include "error.h"
#include "snapshot_file.h"

#include <string.h>

/* The other sections are stored as they are and their digests were checked on opening. */
pybox_status snapshot_verify_tree(const struct snapshot *snapshot)
{
    uint8_t digest[DIGEST_BYTES];
    digest_bytes(snapshot->content.tree, snapshot->content.tree_bytes, digest);
    if (memcmp(digest, snapshot->head.sections[SNAPSHOT_SECTION_TREE - 1].digest, DIGEST_BYTES) !=
        0)
        return error_set(PYBOX_ERROR_SNAPSHOT_CORRUPT,
                         "the checksum of the snapshot's section TREE does not match");
    return PYBOX_OK;
}

pybox_status snapshot_verify(struct snapshot *snapshot, unsigned threads)
{
    pybox_status status = snapshot_verify_tree(snapshot);
    if (status == PYBOX_OK)
        status = snapshot_file_walk(snapshot, threads, 1, NULL, NULL);
    return status;
}
