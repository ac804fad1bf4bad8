#include "listing_overlay.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define COOKIE_UPPER ((uint64_t)1 << 63)

struct merging {
    struct vfs *vfs;
    const struct place *directory;
    uint64_t parent; /* inode number of `..` */
    vfs_each *each;
    void *context;
};

/* vfs_each, of what the host has. */
static int merging_lower(void *context, const struct vfs_entry *entry)
{
    const struct merging *merging = context;
    struct memfs_node *directory = merging->directory->node;
    struct vfs_entry shown = *entry;
    if (entry->length == 1 && entry->name[0] == '.') {
        shown.inode = directory->inode;
    } else if (entry->length == 2 && memcmp(entry->name, "..", 2) == 0) {
        shown.inode = merging->parent;
    } else {
        const struct memfs_entry *upper =
            memfs_find(&merging->vfs->memfs, directory, entry->name, entry->length);
        if (upper != NULL && upper->node->type == MEMFS_WHITEOUT)
            return 1;
        shown.inode = upper != NULL ? upper->node->inode : entry->inode | OVERLAY_INODE;
        if (upper != NULL)
            shown.type = listing_node_type(merging->vfs, upper->node);
    }
    return merging->each(merging->context, &shown);
}

/* The host's directory is gone: what it always has is still there. */
static int merging_dots(const struct merging *merging, uint64_t cookie)
{
    const struct vfs_entry dot = {1, merging->directory->node->inode, ".", 1, VFS_DIRECTORY};
    const struct vfs_entry dot_dot = {2, merging->parent, "..", 2, VFS_DIRECTORY};
    if (cookie < 1 && !merging->each(merging->context, &dot))
        return ECANCELED;
    return cookie < 2 && !merging->each(merging->context, &dot_dot) ? ECANCELED : 0;
}

/* What only memory has. `fd`: the host's directory, or -1. */
static void merging_upper(const struct merging *merging, int fd, uint64_t cookie)
{
    struct memfs_node *directory = merging->directory->node;
    uint64_t from = cookie < COOKIE_UPPER ? 0 : cookie - COOKIE_UPPER + 1;
    const struct memfs_entry *entry;
    for (; (entry = memfs_entry_from(directory, from)) != NULL; from = entry->cookie + 1) {
        char name[256];
        struct stat stat;
        if (entry->node->type == MEMFS_WHITEOUT || entry->length >= sizeof name)
            continue;
        memcpy(name, entry->name, entry->length);
        name[entry->length] = '\0';
        if (fd >= 0 && fstatat(fd, name, &stat, AT_SYMLINK_NOFOLLOW) == 0)
            continue; /* it came with the host's */
        const struct vfs_entry shown = {
            .next = COOKIE_UPPER + entry->cookie,
            .inode = entry->node->inode,
            .name = name,
            .length = entry->length,
            .type = listing_node_type(merging->vfs, entry->node),
        };
        if (!merging->each(merging->context, &shown))
            return;
    }
}

int listing_overlay(struct vfs *vfs, const struct place *directory, uint64_t parent, uint64_t cookie, vfs_each *each,
                    void *context)
{
    struct merging merging = {vfs, directory, parent, each, context};
    int fd;
    int error = overlay_open_lower(vfs, directory, &fd);
    if (error != 0 && error != ENOENT)
        return error;
    if (error == ENOENT)
        fd = -1;
    error = 0;
    if (cookie < COOKIE_UPPER)
        error = fd < 0 ? merging_dots(&merging, cookie) : hostfs_list(fd, cookie, merging_lower, &merging);
    if (error == 0)
        merging_upper(&merging, fd, cookie);
    if (fd >= 0)
        hostfs_close(fd);
    return error == ECANCELED ? 0 : error;
}
