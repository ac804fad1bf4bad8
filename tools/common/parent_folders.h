/* --parents and --trusted: how a snapshot is opened. */
#ifndef PARENT_FOLDERS_H
#define PARENT_FOLDERS_H

#include "box_options.h"

struct parent_folders {
    pybox_image_options open; /* for pybox_image_load() and pybox_snapshot_merge() */
    const char **folders;
    char *own;
};

/* Those of the options, then the usual ones: that of the file at `path` (NULL: the base image), and the module's. Only
 * the usual ones if memory is exhausted. parent_folders_free() when done. */
void parent_folders_collect(struct parent_folders *parents, const struct box_options *options,
                            const pybox_module *module, const char *path);

void parent_folders_free(struct parent_folders *parents);

#endif
