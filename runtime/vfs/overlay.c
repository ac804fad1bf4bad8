#include "overlay.h"

#include <errno.h>
#include <string.h>

int overlay_make_root(struct vfs *vfs, struct mount *mount)
{
    struct vfs_stat stat;
    int error = hostfs_stat_fd(mount->host, mount->host->fd, &stat);
    if (error != 0)
        return error;
    mount->root = memfs_create_proxy(&vfs->memfs, ".", stat.modified_ns, &error);
    if (mount->root == NULL)
        return error;
    mount->root->links = 1;
    mount->root->inode = stat.inode | OVERLAY_INODE;
    return 0;
}

int overlay_path(const struct place *directory, const char *name, size_t length, char *path)
{
    const char *lower = directory->node->directory.lower;
    size_t used = strcmp(lower, ".") == 0 ? 0 : strlen(lower);
    if (used + 1 + length > VFS_PATH_BYTES)
        return ENAMETOOLONG;
    memcpy(path, lower, used);
    if (used > 0)
        path[used++] = '/';
    memcpy(path + used, name, length);
    path[used + length] = '\0';
    return 0;
}

/* What the host has at the path; ENOENT also where a directory on the way has become something else. */
static int overlay_look(struct vfs *vfs, uint8_t mount, const char *path, struct vfs_stat *stat)
{
    const struct hostfs_walk walk = overlay_walk(vfs, mount);
    int error = hostfs_stat(vfs->mounts[mount].host, &walk, path, 0, stat);
    stat->inode |= OVERLAY_INODE;
    return error == ENOTDIR || error == ELOOP ? ENOENT : error;
}

int overlay_stat(struct vfs *vfs, const struct place *directory, const char *name, size_t length,
                 struct vfs_stat *stat)
{
    char path[VFS_PATH_BYTES + 1];
    int error = overlay_path(directory, name, length, path);
    if (error == 0)
        error = overlay_look(vfs, directory->mount, path, stat);
    stat->device = 2 + (uint64_t)directory->mount;
    stat->links = 1; /* as the copy will have */
    return error;
}

int overlay_stat_fd(const struct vfs *vfs, const struct opened *opened, struct vfs_stat *stat)
{
    int error = hostfs_stat_fd(vfs->mounts[opened->place.mount].host, opened->host, stat);
    stat->inode |= OVERLAY_INODE;
    stat->links = 1;
    return error;
}

void overlay_stat_directory(struct vfs *vfs, const struct place *directory, struct vfs_stat *stat)
{
    struct vfs_stat host;
    if (!overlay_is_merged(vfs, directory))
        return;
    stat->links = 1; /* how many directories are in it is not known */
    if (!directory->node->pure || overlay_look(vfs, directory->mount, directory->node->directory.lower, &host) != 0)
        return;
    stat->accessed_ns = host.accessed_ns;
    stat->modified_ns = host.modified_ns;
    stat->changed_ns = host.changed_ns;
}

void overlay_own(struct vfs *vfs, const struct place *directory)
{
    struct memfs_node *node = directory->node;
    struct vfs_stat host;
    if (node->pure && overlay_look(vfs, directory->mount, node->directory.lower, &host) == 0) {
        node->accessed_ns = host.accessed_ns;
        node->modified_ns = host.modified_ns;
    }
    node->pure = 0;
}

/* ---- looking up ---- */

/* Adds an entry for what the host has there: nothing has changed by that. */
static int overlay_note(struct vfs *vfs, struct memfs_node *directory, const char *name, size_t length,
                        struct memfs_node *node)
{
    const uint8_t pure = directory->pure;
    const uint64_t modified_ns = directory->modified_ns, changed_ns = directory->changed_ns;
    const uint64_t own_changed_ns = node->changed_ns;
    int error = memfs_add(&vfs->memfs, directory, name, length, node, modified_ns);
    if (error != 0)
        return error;
    directory->pure = pure;
    directory->modified_ns = modified_ns;
    directory->changed_ns = changed_ns;
    node->changed_ns = own_changed_ns;
    return 0;
}

/* Makes the node of a directory of the host. */
static int overlay_make_proxy(struct vfs *vfs, const struct place *directory, const char *name, size_t length,
                              const char *path, const struct vfs_stat *stat, struct place *found)
{
    int error;
    if (memfs_depth(directory->node) + 1 > vfs->memfs.quota.depth)
        return ENOSPC;
    struct memfs_node *node = memfs_create_proxy(&vfs->memfs, path, stat->modified_ns, &error);
    if (node == NULL)
        return error;
    node->inode = stat->inode;
    node->accessed_ns = stat->accessed_ns;
    node->changed_ns = stat->changed_ns;
    error = overlay_note(vfs, directory->node, name, length, node);
    if (error != 0) {
        memfs_release(&vfs->memfs, node);
        return error;
    }
    found->node = node;
    found->type = VFS_DIRECTORY;
    return 0;
}

int overlay_lookup(struct vfs *vfs, const struct place *directory, const char *name, size_t length,
                   struct place *found)
{
    char path[VFS_PATH_BYTES + 1];
    struct vfs_stat stat;
    const struct memfs_entry *entry = memfs_find(&vfs->memfs, directory->node, name, length);
    *found = (struct place){.mount = directory->mount};
    if (entry != NULL) {
        if (entry->node->type == MEMFS_WHITEOUT)
            return ENOENT;
        if (entry->node->cover != 0)
            return tree_mount_root(vfs, (uint8_t)(entry->node->cover - 1), found);
        found->node = entry->node;
        found->type = entry->node->type;
        return 0;
    }
    if (!overlay_is_merged(vfs, directory))
        return ENOENT;
    int error = overlay_path(directory, name, length, path);
    if (error == 0)
        error = overlay_look(vfs, directory->mount, path, &stat);
    if (error != 0)
        return error;
    if (stat.type == VFS_DIRECTORY)
        return overlay_make_proxy(vfs, directory, name, length, path, &stat, found);
    found->type = stat.type;
    found->lower = 1;
    found->node = directory->node;
    return 0;
}

int overlay_readlink(struct vfs *vfs, const struct place *directory, const char *name, size_t length, char *target,
                     size_t capacity, size_t *target_length)
{
    char path[VFS_PATH_BYTES + 1];
    const struct hostfs_walk walk = overlay_walk(vfs, directory->mount);
    *target_length = 0;
    int error = overlay_path(directory, name, length, path);
    return error == 0 ? hostfs_readlink(&walk, path, target, capacity, target_length) : error;
}

int overlay_open(struct vfs *vfs, const struct place *directory, const char *name, size_t length,
                 struct opened *opened)
{
    char path[VFS_PATH_BYTES + 1];
    const struct hostfs_walk walk = overlay_walk(vfs, directory->mount);
    uint8_t type;
    int error = overlay_path(directory, name, length, path);
    if (error == 0)
        error = hostfs_open(&walk, path, VFS_READ, 0, &opened->host, &type);
    if (error != 0) {
        opened->host = -1;
        return error;
    }
    if (type != VFS_REGULAR)
        return ENOENT; /* it has just become something else */
    opened->place = (struct place){.mount = directory->mount, .type = VFS_REGULAR, .lower = 1};
    opened->path = strdup(path);
    return opened->path == NULL ? ENOMEM : 0;
}

int overlay_open_lower(struct vfs *vfs, const struct place *directory, int *fd)
{
    const struct hostfs_walk walk = overlay_walk(vfs, directory->mount);
    int error = hostfs_open_beneath(&walk, directory->node->directory.lower, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, fd);
    return error == ENOTDIR || error == ELOOP ? ENOENT : error;
}

/* ---- changing ---- */

int overlay_add(struct vfs *vfs, const struct place *directory, const char *name, size_t length,
                struct memfs_node *node, uint64_t now_ns)
{
    struct memfs *memfs = &vfs->memfs;
    const struct memfs_entry *entry = memfs_find(memfs, directory->node, name, length);
    if (entry == NULL)
        return memfs_add(memfs, directory->node, name, length, node, now_ns);
    struct memfs_node *whiteout = entry->node;
    int error = memfs_keep_entry(memfs, directory->node, name, length);
    if (error == 0)
        error = memfs_keep(memfs, node);
    if (error != 0)
        return error;
    memfs_swap(memfs, directory->node, name, length, node, now_ns);
    node->changed_ns = now_ns;
    memfs_release(memfs, whiteout);
    return 0;
}

int overlay_cover(struct vfs *vfs, const struct place *directory, const char *name, size_t length,
                  struct memfs_node **whiteout)
{
    struct vfs_stat stat;
    *whiteout = NULL;
    if (!overlay_is_merged(vfs, directory))
        return 0;
    int error = overlay_stat(vfs, directory, name, length, &stat);
    if (error != 0)
        return error == ENOENT ? 0 : error;
    *whiteout = memfs_create(&vfs->memfs, MEMFS_WHITEOUT, tree_now(vfs), &error);
    return error;
}

int overlay_hide(struct vfs *vfs, const struct place *directory, const char *name, size_t length)
{
    int error;
    const uint64_t now = tree_now(vfs);
    struct memfs_node *whiteout = memfs_create(&vfs->memfs, MEMFS_WHITEOUT, now, &error);
    if (whiteout == NULL)
        return error;
    error = memfs_add(&vfs->memfs, directory->node, name, length, whiteout, now);
    if (error != 0)
        memfs_release(&vfs->memfs, whiteout);
    return error;
}

struct overlay_search {
    struct vfs *vfs;
    struct memfs_node *directory;
    int found;
};

/* vfs_each, of the host's side: ends at the first name that is not hidden. */
static int overlay_find_shown(void *context, const struct vfs_entry *entry)
{
    struct overlay_search *search = context;
    if (entry->name[0] == '.' && (entry->length == 1 || (entry->length == 2 && entry->name[1] == '.')))
        return 1;
    /* What has an entry was looked at there. */
    if (memfs_find(&search->vfs->memfs, search->directory, entry->name, entry->length) != NULL)
        return 1;
    search->found = 1;
    return 0;
}

int overlay_check_empty(struct vfs *vfs, const struct place *directory)
{
    int fd;
    for (uint32_t i = 0; i < directory->node->directory.count; i++) {
        const struct memfs_node *node = directory->node->directory.entries[i].node;
        if (node != NULL && node->type != MEMFS_WHITEOUT)
            return ENOTEMPTY;
    }
    if (!overlay_is_merged(vfs, directory))
        return 0;
    int error = overlay_open_lower(vfs, directory, &fd);
    if (error != 0)
        return error == ENOENT ? 0 : error;
    struct overlay_search search = {vfs, directory->node, 0};
    error = hostfs_list(fd, 0, overlay_find_shown, &search);
    hostfs_close(fd);
    return search.found ? ENOTEMPTY : error == ECANCELED ? 0 : error;
}
