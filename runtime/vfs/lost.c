/* The list of descriptors that could not be opened again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tree.h"

int lost_add(struct lost *lost, uint32_t fd, const char *mount, size_t mount_length, const char *below,
             size_t below_length)
{
    struct vfs_lost *files = realloc(lost->files, (lost->count + (size_t)1) * sizeof *files);
    if (files == NULL)
        return ENOMEM;
    lost->files = files;
    if (below_length == 1 && below[0] == '.')
        below_length = 0; /* the mount itself */
    char *path = malloc(mount_length + below_length + 2);
    if (path == NULL)
        return ENOMEM;
    size_t length = mount_length;
    memcpy(path, mount, mount_length);
    if (length == 0 || below_length > 0)
        path[length++] = '/';
    size_t skip = below_length > 0 && below[0] == '/'; /* made-up directories */
    memcpy(path + length, below + skip, below_length - skip);
    path[length + below_length - skip] = '\0';
    lost->files[lost->count++] = (struct vfs_lost){fd, path};
    return 0;
}

void lost_clear(struct lost *lost)
{
    for (uint32_t i = 0; i < lost->count; i++)
        free((void *)lost->files[i].path);
    free(lost->files);
    *lost = (struct lost){0};
}

const struct vfs_lost *vfs_lost_files(const struct vfs *vfs, uint32_t *count)
{
    *count = vfs->lost.count;
    return vfs->lost.files;
}
