#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "error.h"
#include "pybox.h"
#include "snapshot_read.h"

pybox_status pybox_snapshot_describe(const char *path, pybox_snapshot_info **info)
{
    if (path == NULL || info == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "path or info is NULL; expected both");
    *info = NULL;
    struct snapshot *snapshot;
    pybox_status status = snapshot_open(path, NULL, &snapshot);
    if (status != PYBOX_OK)
        return status;
    const struct snapshot_content *content = snapshot_describe(snapshot);
    struct snapshot_info facts;
    snapshot_inform(snapshot, &facts);
    pybox_snapshot_info *made = calloc(1, sizeof *made + content->metadata_bytes + 1);
    if (made == NULL) {
        snapshot_close(snapshot);
        return error_set_memory("a snapshot's facts", sizeof *made + content->metadata_bytes + 1);
    }
    char *metadata = (char *)(made + 1); /* in the same allocation */
    if (content->metadata_bytes > 0)
        memcpy(metadata, content->metadata, content->metadata_bytes);
    *made = (pybox_snapshot_info){
        .size = sizeof *made,
        .form = facts.form,
        .metering = content->metering,
        .file_bytes = facts.file_bytes,
        .memory_bytes = content->memory_bytes,
        .stored_bytes = facts.memory_stored_bytes,
        .tree_bytes = content->tree_bytes,
        .globals = content->global_count,
        .metadata = metadata,
    };
    digest_hex(facts.digest, made->digest);
    digest_hex(content->module_hash, made->module_hash);
    snapshot_close(snapshot);
    *info = made;
    return PYBOX_OK;
}

void pybox_snapshot_info_destroy(pybox_snapshot_info *info)
{
    free(info);
}

pybox_status pybox_snapshot_verify(const char *path)
{
    if (path == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "path is NULL; expected a snapshot file");
    return snapshot_verify(path, NULL, 0);
}
