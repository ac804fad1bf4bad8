#include "parent_folders.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

void parent_folders_collect(struct parent_folders *parents, const struct box_options *options,
                            const pybox_module *module, const char *path)
{
    *parents = (struct parent_folders){
        .open = {.size = sizeof parents->open, .trusted = options->trusted},
    };
    if (options->parent_count == 0 || path == NULL)
        return; /* the library knows the usual ones */
    size_t count = options->parent_count;
    parents->folders = calloc(count + 2, sizeof *parents->folders);
    parents->own = strdup(path);
    if (parents->folders == NULL || parents->own == NULL)
        return;
    memcpy(parents->folders, options->parents, count * sizeof *parents->folders);
    parents->folders[count++] = dirname(parents->own);
    pybox_module_info info;
    pybox_module_describe(module, &info);
    if (info.home != NULL)
        parents->folders[count++] = info.home;
    parents->open.folders = parents->folders;
    parents->open.folder_count = count;
}

void parent_folders_free(struct parent_folders *parents)
{
    free(parents->folders);
    free(parents->own);
    *parents = (struct parent_folders){0};
}
