/* Resolving paths in a tree. */
#ifndef WALK_H
#define WALK_H

#include "tree.h"

#define WALK_FOLLOW 1u /* a symbolic link that the path ends in */
#define WALK_CREATE 2u /* the last component need not exist, and a slash behind it does not matter */
#define WALK_FILE 4u   /* with WALK_CREATE, of a file: a slash behind its name is EISDIR, whatever has the name */

/*
 * Where a path leads. `host` is 0: to `name` (not empty unless it is the starting point, a `..`, or a mount's root) in
 * `parent`, and to `found` if it exists. `host` is 1: to `path` below `base` (or below the mount) in the host directory
 * `mount`; nothing was looked up yet.
 */
struct walk {
    struct place parent, found;
    const char *name; /* not NUL-terminated; in the caller's path or in `text` */
    uint32_t length;
    uint8_t exists;
    uint8_t slash; /* the path ends in a slash: it must be a directory */
    uint8_t dot;   /* its last component is `.` */
    uint8_t host;
    uint8_t mount;
    struct hostfs_walk beneath; /* for hostfs_ */
    const char *base_path;      /* below the mount's root, of the directory that `path` begins in */
    char path[VFS_PATH_BYTES + 1]; /* NUL-terminated */
    char text[VFS_PATH_BYTES + 1]; /* what is left after a symbolic link */
};

/* Follows `path` from an open directory. An errno value; ENOENT if any but the last component is not there (and the
 * last without WALK_CREATE). */
int walk_path(struct vfs *vfs, uint32_t directory, const char *path, size_t length, uint32_t flags,
              struct walk *walk);


/* The same from "/". */
int walk_from_root(struct vfs *vfs, const char *path, size_t length, uint32_t flags,
                   struct walk *walk);

/* 1 if a symbolic link with this target, in a directory `depth` components below its mount, does not lead out of
 * the mount as far as its text says. */
int walk_target_stays(const char *target, size_t length, uint32_t depth);

/* 1 if such a link stays in the mount (or copy) for whoever follows it, whatever other links do that stay in it, too: its
 * target goes up only first. */
int walk_target_is_safe(const char *target, size_t length, uint32_t depth);

/* Number of components. */
uint32_t walk_depth(const char *path);

#endif
