#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "error.h"
#include "pybox.h"
#include "image_path.h"
#include "options.h"
#include "snapshot_read.h"
#include "snapshot_write.h"

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
        .created_ns = facts.created_ns,
    };
    digest_hex(facts.digest, made->digest);
    if (facts.delta)
        digest_hex(facts.parent, made->parent);
    digest_hex(content->module_hash, made->module_hash);
    digest_hex(content->costs_hash, made->costs_hash);
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
    char *own = image_path_folder(path);
    if (own == NULL)
        return error_set_memory("the folder of a snapshot", strlen(path));
    const char *const folders[] = {own};
    const struct image_options options = {.folders = folders, .folder_count = 1};
    pybox_status status = image_verify(path, &options);
    free(own);
    return status;
}

pybox_status pybox_snapshot_merge(pybox_module *module, const char *path,
                                  const pybox_image_options *options, const char *output,
                                  const pybox_save_options *save_options)
{
    if (module == NULL || path == NULL || output == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "module, path or output is NULL; expected all");
    pybox_image_options open = {0};
    pybox_save_options save = {0};
    pybox_status status = options_copy(&open, sizeof open, options, "pybox_image_options");
    if (status == PYBOX_OK)
        status = options_copy(&save, sizeof save, save_options, "pybox_save_options");
    if (status != PYBOX_OK)
        return status;
    if (save.delta)
        return error_set(PYBOX_ERROR_ARGUMENT, "what is merged is a full snapshot, not a delta");
    struct image *image;
    status = image_path_load(module, path, &open, &image);
    if (status != PYBOX_OK)
        return status;
    const struct snapshot_write_options how = {
        .form = save.form, .level = save.level, .created_ns = image_created_ns(image)};
    status = image_path_write(image, output, save.metadata, &how);
    image_close(image);
    return status;
}
