/* Files of an overlay's host directory that come to memory, because they are to be changed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "overlay.h"

#define PIECE_BYTES MEMFS_CHUNK
#define STEP_BYTES 4096u /* copying so many counts as a step (vfs_take_steps()) */

/* The next piece with data at or behind `position`: from where to where. 0: there is none. */
static int raise_find_data(int fd, off_t position, off_t size, off_t *start, off_t *end)
{
    *start = lseek(fd, position, SEEK_DATA);
    if (*start < 0 && errno == ENXIO)
        return 0;
    *end = *start < 0 ? -1 : lseek(fd, *start, SEEK_HOLE);
    if (*start < 0 || *end <= *start) { /* a file system that cannot tell */
        *start = position;
        *end = size;
    }
    if (*end > size)
        *end = size;
    return *start < *end;
}

static int raise_copy(struct vfs *vfs, int fd, struct memfs_node *node, uint64_t size)
{
    off_t start, end = 0;
    if (size > vfs->memfs.quota.bytes)
        return ENOSPC;
    uint8_t *piece = malloc(PIECE_BYTES);
    if (piece == NULL)
        return ENOMEM;
    int error = memfs_data_resize(&vfs->memfs, node, size);
    while (error == 0 && raise_find_data(fd, end, (off_t)size, &start, &end)) {
        /* Pieces begin where chunks do. */
        for (off_t at = start - start % (off_t)PIECE_BYTES; at < end && error == 0;) {
            size_t want = (off_t)size - at < (off_t)PIECE_BYTES ? (size_t)((off_t)size - at) : PIECE_BYTES, done;
            ssize_t got = pread(fd, piece, want, at);
            if (got <= 0) { /* it has become shorter: zeroes */
                error = got < 0 ? errno : 0;
                end = (off_t)size;
                break;
            }
            error = memfs_data_write(&vfs->memfs, node, piece, (size_t)got, (uint64_t)at, &done);
            if (error == 0 && done < (size_t)got)
                error = ENOSPC;
            vfs->steps += done / STEP_BYTES;
            at += got;
        }
    }
    free(piece);
    return error;
}

/* The node of a regular file, without a name. */
static struct memfs_node *raise_file(struct vfs *vfs, uint8_t mount, const char *path, int empty, int *error)
{
    const struct hostfs_walk walk = overlay_walk(vfs, mount);
    struct vfs_stat stat;
    uint8_t type;
    int fd;
    *error = hostfs_open(&walk, path, VFS_READ, 0, &fd, &type);
    if (*error != 0)
        return NULL;
    *error = hostfs_stat_fd(vfs->mounts[mount].host, fd, &stat);
    if (*error == 0 && type != VFS_REGULAR)
        *error = ENOENT; /* it has just become something else */
    struct memfs_node *node = *error == 0 ? memfs_create(&vfs->memfs, VFS_REGULAR, tree_now(vfs), error) : NULL;
    if (node != NULL && !empty)
        *error = raise_copy(vfs, fd, node, stat.size);
    hostfs_close(fd);
    if (node != NULL && *error != 0) {
        memfs_release(&vfs->memfs, node);
        return NULL;
    }
    if (node != NULL && stat.links == 1) /* else two names would share a number, and nothing else */
        node->inode = stat.inode | OVERLAY_INODE;
    if (node != NULL) {
        node->accessed_ns = stat.accessed_ns;
        node->modified_ns = stat.modified_ns;
    }
    return node;
}

static struct memfs_node *raise_link(struct vfs *vfs, uint8_t mount, const char *path, int *error)
{
    const struct hostfs_walk walk = overlay_walk(vfs, mount);
    struct vfs_stat stat;
    char target[VFS_PATH_BYTES];
    size_t length;
    *error = hostfs_stat(vfs->mounts[mount].host, &walk, path, 0, &stat);
    if (*error == 0)
        *error = hostfs_readlink(&walk, path, target, sizeof target, &length);
    struct memfs_node *node = *error == 0 ? memfs_create(&vfs->memfs, VFS_SYMLINK, stat.modified_ns, error) : NULL;
    if (node == NULL)
        return NULL;
    *error = length == 0 ? ENOENT : memfs_set_target(&vfs->memfs, node, target, length);
    if (*error != 0) {
        memfs_release(&vfs->memfs, node);
        return NULL;
    }
    node->inode = stat.inode | OVERLAY_INODE;
    node->accessed_ns = stat.accessed_ns;
    return node;
}

/* Descriptors of the host's file go to the copy. */
static int raise_adopt(struct vfs *vfs, const struct place *place, const char *path)
{
    for (uint32_t fd = 0; fd < vfs->file_capacity; fd++) {
        struct opened *old = vfs->files[fd].opened;
        if (vfs->files[fd].public.kind != VFS_OPEN || !old->place.lower || old->place.mount != place->mount ||
            strcmp(old->path, path) != 0)
            continue;
        int error = checkpoint_keep_file(vfs, fd);
        struct opened *new = error == 0 ? tree_opened_create() : NULL;
        if (new == NULL)
            return ENOMEM;
        tree_opened_set_node(new, place->mount, place->node);
        tree_file_put(&vfs->files[fd], new);
        tree_opened_release(&vfs->memfs, old);
    }
    return 0;
}

int overlay_raise(struct vfs *vfs, const struct place *directory, const char *name, size_t length, int empty,
                  struct place *found)
{
    char path[VFS_PATH_BYTES + 1];
    const uint8_t mount = directory->mount;
    int error = overlay_path(directory, name, length, path);
    if (error != 0)
        return error;
    if (found->type != VFS_REGULAR && found->type != VFS_SYMLINK)
        return EACCES; /* a device or a pipe */
    struct memfs_node *node = found->type == VFS_REGULAR ? raise_file(vfs, mount, path, empty, &error)
                                                         : raise_link(vfs, mount, path, &error);
    if (node == NULL)
        return error;
    struct memfs_node *parent = directory->node;
    const uint64_t modified_ns = parent->modified_ns, changed_ns = parent->changed_ns;
    const uint8_t pure = parent->pure;
    error = memfs_add(&vfs->memfs, parent, name, length, node, tree_now(vfs));
    if (error != 0) {
        memfs_release(&vfs->memfs, node);
        return error;
    }
    parent->pure = pure; /* it has the same names as before */
    parent->modified_ns = modified_ns;
    parent->changed_ns = changed_ns;
    vfs->changes++;
    *found = (struct place){.mount = mount, .type = node->type, .node = node};
    return raise_adopt(vfs, found, path);
}

/* The living directory of an overlay that stands for `lower`, of `length` bytes, or NULL. */
static struct memfs_node *raise_find(const struct vfs *vfs, uint8_t mount, const char *lower, size_t length)
{
    for (struct memfs_node *node = vfs->memfs.nodes; node != NULL; node = node->next) {
        if (node->type != VFS_DIRECTORY || node->dead || node->directory.lower == NULL ||
            strlen(node->directory.lower) != length || memcmp(node->directory.lower, lower, length) != 0)
            continue;
        const struct memfs_node *root = node;
        while (root->parent != NULL)
            root = root->parent;
        if (root == vfs->mounts[mount].root)
            return node;
    }
    return NULL;
}

int overlay_raise_opened(struct vfs *vfs, const struct opened *opened, struct place *found)
{
    const char *slash = strrchr(opened->path, '/');
    const char *name = slash == NULL ? opened->path : slash + 1;
    struct place directory = {.mount = opened->place.mount, .type = VFS_DIRECTORY};
    directory.node = raise_find(vfs, directory.mount, slash == NULL ? "." : opened->path,
                                slash == NULL ? 1 : (size_t)(slash - opened->path));
    if (directory.node == NULL)
        return ENOENT;
    char *copy = strdup(name); /* the opened file may go */
    if (copy == NULL)
        return ENOMEM;
    int error = overlay_lookup(vfs, &directory, copy, strlen(copy), found);
    if (error == 0)
        error = found->lower ? overlay_raise(vfs, &directory, copy, strlen(copy), 0, found) : ENOENT;
    free(copy);
    return error;
}
