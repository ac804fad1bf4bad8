#include "walk.h"

#include "overlay.h"

#include <errno.h>
#include <string.h>

#define NAME_BYTES 255u

/* A walk in progress. */
struct cursor {
    struct vfs *vfs;
    struct walk *walk;
    uint32_t flags;
    const char *rest; /* what is still to do */
    size_t left;
    struct place at;
    uint32_t links;
    uint32_t depth; /* directories below the one where the walk began */
    uint8_t free;   /* it began in the root: no floor to fall through */
    const char *start; /* where in a host mount the walk comes back to from a mount inside it */
    size_t start_length;
};

/* Takes the next component of what is left; 0: there is none. `.` components are skipped. */
static size_t cursor_take(struct cursor *cursor, const char **name)
{
    for (;;) {
        while (cursor->left > 0 && *cursor->rest == '/') {
            cursor->rest++;
            cursor->left--;
        }
        if (cursor->left == 0)
            return 0;
        const char *slash = memchr(cursor->rest, '/', cursor->left);
        size_t length = slash == NULL ? cursor->left : (size_t)(slash - cursor->rest);
        *name = cursor->rest;
        cursor->rest += length;
        cursor->left -= length;
        cursor->walk->dot = length == 1 && **name == '.';
        cursor->vfs->steps++;
        if (!cursor->walk->dot)
            return length;
        cursor->walk->slash = 1; /* `x/.` is a directory as `x/` is */
    }
}

/* 1 if no component follows. Notes whether a slash does. */
static int cursor_is_last(struct cursor *cursor)
{
    for (size_t i = 0; i < cursor->left; i++)
        if (cursor->rest[i] != '/')
            return 0;
    cursor->walk->slash = cursor->left > 0;
    cursor->left = 0;
    return 1;
}

/* 1 if a file is to be made of the component that was just taken, and a slash stands behind it: no directories are made
 * by that, so Linux says EISDIR before it looks whether there is a file, a link or nothing. */
static int cursor_refuses_slash(struct cursor *cursor)
{
    return (cursor->flags & WALK_FILE) && cursor->left > 0 && cursor_is_last(cursor);
}

static int is_dot_dot(const char *name, size_t length)
{
    return length == 2 && name[0] == '.' && name[1] == '.';
}

/* Puts a symbolic link's target (in a buffer of its own) before what is left. */
static int cursor_expand(struct cursor *cursor, const char *target, size_t length)
{
    struct walk *walk = cursor->walk;
    if (++cursor->links > TREE_LINKS)
        return ELOOP;
    if (length == 0)
        return ENOENT;
    size_t left = cursor->left;
    size_t total = length + (left > 0 ? left : walk->slash);
    if (total > VFS_PATH_BYTES)
        return ENAMETOOLONG;
    /* What is left begins with a slash, or is nothing but perhaps one that was taken off already. */
    memmove(walk->text + length, cursor->rest, left);
    if (left == 0 && walk->slash)
        walk->text[length] = '/';
    memcpy(walk->text, target, length);
    cursor->rest = walk->text;
    cursor->left = total;
    walk->slash = 0;
    if (target[0] == '/') {
        if (!cursor->free)
            return EPERM;
        cursor->at = tree_root();
    }
    return 0;
}

/* ---- directories of the host ---- */

static void cursor_host_result(struct cursor *cursor, uint8_t mount, int base, const char *base_path,
                               int no_links)
{
    struct walk *walk = cursor->walk;
    walk->host = 1;
    walk->mount = mount;
    walk->beneath = (struct hostfs_walk){base, &cursor->vfs->no_openat2, (uint8_t)no_links};
    walk->base_path = base_path;
    if (walk->path[0] == '\0')
        strcpy(walk->path, ".");
}

/* The `..` behind walk->path leads above the mount if what is before it is the mount's root. */
static int cursor_leave_host(struct cursor *cursor, uint8_t mount)
{
    struct walk *walk = cursor->walk;
    if (walk->path[0] != '\0') {
        const struct hostfs_walk root = {cursor->vfs->mounts[mount].host->fd,
                                         &cursor->vfs->no_openat2, 1};
        int fd;
        int error = hostfs_open_beneath(&root, walk->path, O_PATH | O_DIRECTORY, &fd);
        if (error != 0)
            return error == ELOOP ? EPERM : error;
        hostfs_close(fd);
    }
    cursor->at = cursor->vfs->mounts[mount].above;
    return 0;
}

/*
 * All that is left is handed to the kernel in one piece, cleaned of `.` and doubled slashes. `*left` is set if the path
 * leaves the mount by a `..`: then the walk goes on. `began` is the open directory the walk began in, or NULL if the
 * path came into the mount's root.
 */
static int cursor_host(struct cursor *cursor, uint8_t mount, const struct opened *began, int *left)
{
    struct walk *walk = cursor->walk;
    size_t used = 0;
    uint32_t below = 0;
    const char *name;
    size_t length;
    *left = 0;
    walk->path[0] = '\0';
    while ((length = cursor_take(cursor, &name)) != 0) {
        if (is_dot_dot(name, length)) {
            if (below == 0) {
                if (began != NULL || (!cursor->free && cursor->depth == 0))
                    return EPERM;
                *left = 1;
                cursor->depth--;
                return cursor_leave_host(cursor, mount);
            }
            below--;
        } else {
            below++;
        }
        if (used + length + 1 > VFS_PATH_BYTES)
            return ENAMETOOLONG;
        if (used > 0)
            walk->path[used++] = '/';
        memcpy(walk->path + used, name, length);
        used += length;
        walk->path[used] = '\0';
        walk->slash = cursor->left > 0;
    }
    cursor_host_result(cursor, mount, began != NULL ? began->host : cursor->vfs->mounts[mount].host->fd,
                       began != NULL ? began->path : "", 0);
    return 0;
}

/* 0 if following a link with this target from a directory with `depth` components would lead out of the mount. */
int walk_target_stays(const char *target, size_t length, uint32_t depth)
{
    if (length > 0 && target[0] == '/')
        return 0;
    for (size_t start = 0; start < length;) {
        const char *slash = memchr(target + start, '/', length - start);
        size_t size = slash == NULL ? length - start : (size_t)(slash - (target + start));
        if (is_dot_dot(target + start, size)) {
            if (depth == 0)
                return 0;
            depth--;
        } else if (size > 0 && !(size == 1 && target[start] == '.')) {
            depth++;
        }
        start += size + 1;
    }
    return 1;
}

int walk_target_is_safe(const char *target, size_t length, uint32_t depth)
{
    int down = 0;
    if (length == 0 || target[0] == '/')
        return 0;
    for (size_t start = 0; start < length;) {
        const char *slash = memchr(target + start, '/', length - start);
        size_t size = slash == NULL ? length - start : (size_t)(slash - (target + start));
        if (is_dot_dot(target + start, size)) {
            if (down || depth == 0)
                return 0;
            depth--;
        } else if (size > 0 && !(size == 1 && target[start] == '.')) {
            down = 1;
        }
        start += size + 1;
    }
    return 1;
}

uint32_t walk_depth(const char *path)
{
    uint32_t depth = 0;
    for (size_t i = 0; path[i] != '\0'; i++)
        depth += path[i] != '/' && (i == 0 || path[i - 1] == '/');
    return depth;
}

/* Looks at walk->path, of which `before` bytes were there before the last step down. It has no links before that. */
static int cursor_host_look(struct cursor *cursor, uint8_t mount, size_t before, int *done)
{
    struct walk *walk = cursor->walk;
    const struct hostfs *host = cursor->vfs->mounts[mount].host;
    const struct hostfs_walk root = {host->fd, &cursor->vfs->no_openat2, 1};
    int last = cursor_is_last(cursor);
    *done = last;
    if (last && !(cursor->flags & WALK_FOLLOW) && !walk->slash)
        return 0;
    struct vfs_stat stat;
    int error = hostfs_stat(host, &root, walk->path, 0, &stat);
    if (error == ENOENT && last)
        return 0; /* the operation finds out, or makes it */
    if (error != 0)
        return error;
    if (stat.type != VFS_SYMLINK)
        return last || stat.type == VFS_DIRECTORY ? 0 : ENOTDIR;
    char target[VFS_PATH_BYTES];
    size_t length;
    error = hostfs_readlink(&root, walk->path, target, sizeof target, &length);
    if (error != 0)
        return error;
    *done = 0;
    walk->path[before] = '\0';
    if (!walk_target_stays(target, length, walk_depth(walk->path)))
        return EPERM;
    return cursor_expand(cursor, target, length);
}

/* Adds a component to walk->path. */
static int cursor_host_append(struct walk *walk, const char *name, size_t length)
{
    size_t used = strlen(walk->path);
    if (used + length + 1 > VFS_PATH_BYTES)
        return ENAMETOOLONG;
    if (used > 0)
        walk->path[used++] = '/';
    memcpy(walk->path + used, name, length);
    walk->path[used + length] = '\0';
    return 0;
}

/* Component by component, because a mount may be met on the way. walk->path is where we are, without links. */
static int cursor_host_slowly(struct cursor *cursor, uint8_t mount, int *left)
{
    struct walk *walk = cursor->walk;
    struct vfs *vfs = cursor->vfs;
    const char *name;
    size_t length;
    *left = 0;
    for (int done = 0; !done && (length = cursor_take(cursor, &name)) != 0;) {
        size_t before = strlen(walk->path);
        if (is_dot_dot(name, length)) {
            if (!cursor->free && cursor->depth == 0)
                return EPERM;
            cursor->depth--;
            if (before == 0) {
                *left = 1;
                cursor->at = vfs->mounts[mount].above;
                return 0;
            }
            char *slash = memrchr(walk->path, '/', before);
            *(slash == NULL ? walk->path : slash) = '\0';
            continue;
        }
        int error = cursor_refuses_slash(cursor) ? EISDIR : cursor_host_append(walk, name, length);
        if (error != 0)
            return error;
        uint8_t inner = tree_mount_below(vfs, mount, walk->path, strlen(walk->path));
        if (inner != TREE_SKELETON) {
            *left = 1;
            cursor->depth++;
            return tree_mount_root(vfs, inner, &cursor->at);
        }
        error = cursor_host_look(cursor, mount, before, &done);
        if (error != 0)
            return error;
        cursor->depth += strlen(walk->path) > before;
    }
    cursor_host_result(cursor, mount, vfs->mounts[mount].host->fd, "", 1);
    return 0;
}

static int cursor_enter_host(struct cursor *cursor, uint8_t mount, const struct opened *began, int *left)
{
    struct walk *walk = cursor->walk;
    if (cursor->vfs->mounts[mount].children == 0)
        return cursor_host(cursor, mount, began, left);
    memcpy(walk->path, cursor->start, cursor->start_length);
    walk->path[cursor->start_length] = '\0';
    cursor->start_length = 0;
    if (began != NULL) {
        if (began->path == NULL)
            return ENAMETOOLONG;
        strcpy(walk->path, strcmp(began->path, ".") == 0 ? "" : began->path);
    }
    return cursor_host_slowly(cursor, mount, left);
}

/* ---- the rest of the tree ---- */

static int is_host_directory(const struct vfs *vfs, const struct place *place)
{
    return place->mount != TREE_SKELETON && vfs->mounts[place->mount].kind == MOUNT_HOST;
}

static int cursor_up(struct cursor *cursor)
{
    if (tree_is_root(&cursor->at))
        return 0;
    if (!cursor->free && cursor->depth == 0)
        return EPERM;
    cursor->depth--;
    const uint8_t from = cursor->at.mount;
    cursor->at = tree_parent(cursor->vfs, &cursor->at);
    if (from != cursor->at.mount && is_host_directory(cursor->vfs, &cursor->at)) {
        const struct mount *inner = &cursor->vfs->mounts[from];
        size_t skip = (size_t)cursor->vfs->mounts[cursor->at.mount].length + 1;
        const char *slash = memrchr(inner->path, '/', inner->length);
        cursor->start = inner->path + skip;
        cursor->start_length = slash < cursor->start ? 0 : (size_t)(slash - cursor->start);
    }
    return 0;
}

/* The same for a link of an overlay's host directory. */
static int cursor_expand_lower(struct cursor *cursor, const char *name, size_t length)
{
    char target[VFS_PATH_BYTES];
    size_t target_length;
    int error = overlay_readlink(cursor->vfs, &cursor->at, name, length, target, sizeof target, &target_length);
    return error == 0 ? cursor_expand(cursor, target, target_length) : error;
}

/* One component down. `*done`: the walk's result is complete. */
static int cursor_down(struct cursor *cursor, const char *name, size_t length, int *done)
{
    struct walk *walk = cursor->walk;
    struct place found;
    if (cursor_refuses_slash(cursor))
        return EISDIR;
    if (length > NAME_BYTES)
        return ENAMETOOLONG;
    int last = cursor_is_last(cursor);
    int error = tree_lookup(cursor->vfs, &cursor->at, name, length, &found);
    if (error == ENOENT && !last)
        return ENOENT;
    if (error != 0 && error != ENOENT)
        return error;
    walk->parent = cursor->at;
    walk->name = name;
    walk->length = (uint32_t)length;
    if (error == ENOENT) {
        *done = 1;
        return cursor->flags & WALK_CREATE ? 0 : ENOENT;
    }
    if (found.type == VFS_SYMLINK &&
        (!last || (cursor->flags & WALK_FOLLOW) || (walk->slash && !(cursor->flags & WALK_CREATE))))
        return found.lower ? cursor_expand_lower(cursor, name, length)
                           : cursor_expand(cursor, found.node->target, (size_t)found.node->size);
    if (found.type == VFS_DIRECTORY) {
        cursor->at = found;
        cursor->depth++;
        if (is_host_directory(cursor->vfs, &found))
            return 0;
    } else if (!last || (walk->slash && !(cursor->flags & WALK_CREATE))) {
        return ENOTDIR;
    }
    if (last) {
        walk->found = found;
        walk->exists = 1;
        *done = 1;
    }
    return 0;
}

static int cursor_run(struct cursor *cursor, const struct opened *began)
{
    struct walk *walk = cursor->walk;
    for (int done = 0; !done;) {
        const char *name;
        if (is_host_directory(cursor->vfs, &cursor->at)) {
            int left;
            int error = cursor_enter_host(cursor, cursor->at.mount, began, &left);
            if (error != 0 || !left)
                return error;
            began = NULL;
            walk->length = 0;
            if (cursor->at.type != VFS_DIRECTORY && cursor->left > 0)
                return ENOTDIR;
            continue;
        }
        size_t length = cursor_take(cursor, &name);
        int error = 0;
        if (length == 0) {
            walk->parent = walk->found = cursor->at;
            walk->length = 0;
            walk->exists = 1;
            return 0;
        }
        if (is_dot_dot(name, length)) {
            error = cursor_up(cursor);
            walk->slash = cursor->left > 0;
        } else {
            error = cursor_down(cursor, name, length, &done);
        }
        if (error != 0)
            return error;
    }
    return 0;
}

/* `began`: the open directory of the host that it is in, or NULL. */
static int walk_from(struct vfs *vfs, const struct place *place, const struct opened *began,
                     const char *path, size_t length, uint32_t flags, struct walk *walk)
{
    if (length == 0)
        return ENOENT;
    if (length > VFS_PATH_BYTES)
        return ENAMETOOLONG;
    if (memchr(path, '\0', length) != NULL)
        return EINVAL;
    if (path[0] == '/')
        return EPERM;
    walk->length = 0;
    walk->exists = walk->slash = walk->dot = walk->host = 0;
    struct cursor cursor = {
        .vfs = vfs,
        .walk = walk,
        .flags = flags,
        .rest = path,
        .left = length,
        .at = *place,
        .start = "",
        .free = (uint8_t)tree_is_root(place),
    };
    return cursor_run(&cursor, began);
}

uint64_t vfs_take_steps(struct vfs *vfs)
{
    const uint64_t steps = vfs->steps;
    vfs->steps = 0;
    return steps;
}

int walk_path(struct vfs *vfs, uint32_t directory, const char *path, size_t length, uint32_t flags,
              struct walk *walk)
{
    const struct file *file = directory == VFS_AT ? vfs->at : tree_file(vfs, directory);
    if (file == NULL)
        return EBADF;
    if (file->public.type != VFS_DIRECTORY)
        return ENOTDIR;
    return walk_from(vfs, &file->opened->place,
                     is_host_directory(vfs, &file->opened->place) ? file->opened : NULL, path, length, flags, walk);
}

int walk_from_root(struct vfs *vfs, const char *path, size_t length, uint32_t flags,
                   struct walk *walk)
{
    const struct place root = tree_root();
    return walk_from(vfs, &root, NULL, path, length, flags, walk);
}
