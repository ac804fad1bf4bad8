#include "image_path.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

char *image_path_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static pybox_status image_path_check(const pybox_image_options *options)
{
    if (options->folder_count > 0 && options->folders == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "folder_count is %zu but folders is NULL",
                         options->folder_count);
    for (size_t i = 0; i < options->folder_count; i++)
        if (options->folders[i] == NULL)
            return error_set(PYBOX_ERROR_ARGUMENT, "folder %zu is NULL; expected a path", i);
    return PYBOX_OK;
}

pybox_status image_path_load(struct pybox_module *module, const char *path,
                             const pybox_image_options *options, struct image **image)
{
    pybox_status status = image_path_check(options);
    if (status != PYBOX_OK)
        return status;
    char *own = image_path_folder(path);
    if (own == NULL)
        return error_set_memory("the folder of a snapshot", strlen(path));
    const char *const folders[] = {own};
    struct image_options chosen = {.trusted_file = options->trusted,
                                   .layered = 1,
                                   .max_memory_bytes = options->memory_bytes,
                                   .max_tree_bytes = options->files_bytes};
    if (options->folders != NULL) {
        chosen.folders = options->folders;
        chosen.folder_count = options->folder_count;
    } else {
        chosen.trusted_folder = module->home;
        chosen.folders = folders;
        chosen.folder_count = 1;
    }
    status = image_open(path, module_hash_of(module), &chosen, image);
    free(own);
    return status;
}

pybox_status image_path_write(const struct image *image, const char *path, const char *metadata,
                              const struct snapshot_write_options *how)
{
    struct snapshot_content content = image_describe(image)->content;
    uint8_t *memory;
    pybox_status status = image_map(image, &memory);
    content.memory = memory;
    if (metadata != NULL) {
        content.metadata = metadata;
        content.metadata_bytes = strlen(metadata);
    }
    if (status == PYBOX_OK)
        status = snapshot_write(path, &content, how);
    image_unmap(image, memory);
    return status;
}
