/*
 * Overlays: a directory of the host that is never written, and in memory what was changed of it.
 *
 * Directories that were looked into have a node, a *proxy*, that knows where it is in the host's directory (its `lower`
 * path, without links, which never changes: a directory that was renamed still shows what is there). What is not in the
 * node's entries is looked up there; an entry hides what is there, and a whiteout is an entry that hides it without
 * showing anything. A directory without `lower` is all in memory. Other files and links of the host have no node until
 * they are changed: then they are copied to memory (overlay_raise.c). Everything of the host is reached without
 * following its links; they are followed in the guest's tree.
 *
 * Functions return 0 or an errno value. Directories that are given have a node, and live.
 */
#ifndef OVERLAY_H
#define OVERLAY_H

#include "tree.h"

#define OVERLAY_INODE ((uint64_t)1 << 63) /* in the numbers of the host's files */

/* Whether the directory shows anything of the host. */
static inline int overlay_is_merged(const struct vfs *vfs, const struct place *directory)
{
    return directory->mount != TREE_SKELETON && vfs->mounts[directory->mount].kind == MOUNT_OVERLAY &&
           directory->node->directory.lower != NULL && directory->node->links > 0;
}

/* How the host's directory of an overlay is walked. */
static inline struct hostfs_walk overlay_walk(struct vfs *vfs, uint8_t mount)
{
    return (struct hostfs_walk){vfs->mounts[mount].host->fd, &vfs->no_openat2, 1};
}

/* The mount's root. */
int overlay_make_root(struct vfs *vfs, struct mount *mount);

/* tree_lookup(). */
int overlay_lookup(struct vfs *vfs, const struct place *directory, const char *name, size_t length,
                   struct place *found);

/* The path of what has that name, from the overlay's root; `path` has VFS_PATH_BYTES + 1 bytes. */
int overlay_path(const struct place *directory, const char *name, size_t length, char *path);

/* Of a file or link that has no node. */
int overlay_stat(struct vfs *vfs, const struct place *directory, const char *name, size_t length,
                 struct vfs_stat *stat);
int overlay_readlink(struct vfs *vfs, const struct place *directory, const char *name, size_t length, char *target,
                     size_t capacity, size_t *target_length);

/* What the host says of an open file that has no node. */
int overlay_stat_fd(const struct vfs *vfs, const struct opened *opened, struct vfs_stat *stat);

/* Opens a file that has no node, for reading. */
int overlay_open(struct vfs *vfs, const struct place *directory, const char *name, size_t length,
                 struct opened *opened);

/* The times of a directory that was not changed: the host's. */
void overlay_stat_directory(struct vfs *vfs, const struct place *directory, struct vfs_stat *stat);

/* Gives such a directory times of its own: it is changed, or goes elsewhere. It was kept. */
void overlay_own(struct vfs *vfs, const struct place *directory);

/* memfs_add(), also where there is a whiteout. */
int overlay_add(struct vfs *vfs, const struct place *directory, const char *name, size_t length,
                struct memfs_node *node, uint64_t now_ns);

/* Makes the whiteout that must take the place of a name when it is taken away, without a name yet; `*whiteout` is NULL
 * if none is needed. */
int overlay_cover(struct vfs *vfs, const struct place *directory, const char *name, size_t length,
                  struct memfs_node **whiteout);

/* Hides a file of the host that has no node. */
int overlay_hide(struct vfs *vfs, const struct place *directory, const char *name, size_t length);

/* 0: nothing is in the directory; ENOTEMPTY. */
int overlay_check_empty(struct vfs *vfs, const struct place *directory);

/* Opens the host's side of a merged directory, to be listed. ENOENT: it is gone. */
int overlay_open_lower(struct vfs *vfs, const struct place *directory, int *fd);

/* Copies a file or link that has no node to memory; with `empty`, its name and times alone. `found` becomes its place.
 * Descriptors that are open to it go to the copy. (overlay_raise.c) */
int overlay_raise(struct vfs *vfs, const struct place *directory, const char *name, size_t length, int empty,
                  struct place *found);

/* The same for an open file, by its path. ENOENT: that shows something else now. */
int overlay_raise_opened(struct vfs *vfs, const struct opened *opened, struct place *found);

#endif
