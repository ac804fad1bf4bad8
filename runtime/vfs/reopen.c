/* Opening files of the host again: by the path that was kept. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "tree.h"

/* A path below a mount must not lead under a mount that is inside it. */
static int reopen_is_covered(const struct vfs *vfs, uint8_t mount, const char *path)
{
    size_t length = strlen(path);
    for (size_t end = 1; end <= length; end++)
        if ((path[end] == '/' || path[end] == '\0') &&
            tree_mount_below(vfs, mount, path, end) != TREE_SKELETON)
            return 1;
    return 0;
}

int tree_opened_reopen(struct vfs *vfs, uint8_t number, const struct vfs_descriptor *public,
                       struct opened *opened)
{
    const struct mount *mount = &vfs->mounts[number];
    const uint32_t how =
        VFS_FOLLOW | (public->readable ? VFS_READ : 0) | (public->writable ? VFS_WRITE : 0);
    const int overlay = mount->kind == MOUNT_OVERLAY;
    const struct hostfs_walk walk = {mount->host->fd, &vfs->no_openat2, overlay || mount->children > 0};
    if (public->writable && mount->read_only)
        return EROFS;
    if (!overlay && mount->children > 0 && reopen_is_covered(vfs, number, opened->path))
        return ENOENT;
    int error = hostfs_open(&walk, opened->path, how, public->flags, &opened->host, &opened->place.type);
    if (error != 0) {
        opened->host = -1;
        return error;
    }
    if (overlay && opened->place.type != VFS_REGULAR)
        return ENOENT;
    opened->place.mount = number;
    opened->place.lower = (uint8_t)overlay;
    opened->host_flags = public->flags;
    return 0;
}

int tree_opened_whole(const struct mount *mount, int write, struct opened *opened)
{
    if (write && mount->read_only)
        return EROFS;
    opened->host = fcntl(mount->host->fd, F_DUPFD_CLOEXEC, 3);
    if (opened->host < 0)
        return errno;
    opened->host_is_file = 1;
    opened->place.type = VFS_REGULAR;
    return 0;
}
