/* Operations on paths, and times. */
#include <errno.h>
#include <string.h>

#include "overlay.h"
#include "walk.h"

/* ---- stat and times ---- */

/* Of what a walk found. */
static int paths_stat(struct vfs *vfs, const struct walk *walk, int follow, struct vfs_stat *stat)
{
    int error;
    if (walk->host) {
        error = hostfs_stat(vfs->mounts[walk->mount].host, &walk->beneath, walk->path,
                            follow || walk->slash, stat);
        if (error == 0 && walk->slash && stat->type != VFS_DIRECTORY)
            error = ENOTDIR;
        stat->device = 2 + (uint64_t)walk->mount;
        return error;
    }
    uint8_t mount = walk->found.mount;
    if (mount != TREE_SKELETON && vfs->mounts[mount].kind == MOUNT_HOST_FILE) {
        error = hostfs_stat_fd(vfs->mounts[mount].host, vfs->mounts[mount].host->fd, stat);
        stat->device = 2 + (uint64_t)mount;
        return error;
    }
    if (walk->found.lower)
        return overlay_stat(vfs, &walk->parent, walk->name, walk->length, stat);
    tree_stat(vfs, &walk->found, stat);
    return 0;
}

int vfs_stat_path(struct vfs *vfs, uint32_t directory, const char *path, size_t length, int follow,
                  struct vfs_stat *stat)
{
    struct walk walk;
    *stat = (struct vfs_stat){0};
    int error = walk_path(vfs, directory, path, length, follow ? WALK_FOLLOW : 0, &walk);
    return error == 0 ? paths_stat(vfs, &walk, follow, stat) : error;
}

int vfs_is_directory(struct vfs *vfs, const char *guest_path)
{
    struct vfs_stat stat;
    const char *path = guest_path + strspn(guest_path, "/");
    struct walk walk;
    if (guest_path[0] != '/')
        return 0;
    if (*path == '\0')
        return 1;
    int error = walk_from_root(vfs, path, strlen(path), WALK_FOLLOW, &walk);
    if (error == 0)
        error = paths_stat(vfs, &walk, 1, &stat);
    return error == 0 && stat.type == VFS_DIRECTORY;
}

static uint64_t paths_time(uint64_t wanted_ns, uint64_t old_ns, uint64_t now_ns)
{
    return wanted_ns == VFS_TIME_NOW ? now_ns : wanted_ns == VFS_TIME_KEEP ? old_ns : wanted_ns;
}

/* Of what is not in a directory of the host. `host`: descriptor of a mounted host file. */
static int paths_set_times(struct vfs *vfs, const struct place *place, int host,
                           uint64_t accessed_ns, uint64_t modified_ns)
{
    if (place->mount == TREE_SKELETON || vfs->mounts[place->mount].read_only)
        return EROFS;
    if (vfs->mounts[place->mount].kind == MOUNT_HOST_FILE)
        return hostfs_set_times_fd(host, accessed_ns, modified_ns);
    if (!mount_has_nodes(&vfs->mounts[place->mount]))
        return EPERM;
    uint64_t now = tree_now(vfs);
    struct memfs_node *node = place->node;
    int error = memfs_keep(&vfs->memfs, node);
    if (error != 0)
        return error;
    overlay_own(vfs, place);
    node->accessed_ns = paths_time(accessed_ns, node->accessed_ns, now);
    node->modified_ns = paths_time(modified_ns, node->modified_ns, now);
    node->changed_ns = now;
    vfs->changes++;
    return 0;
}

/* Copies what an overlay has of the host's at the walk's end to memory, because it is to be changed. */
static int paths_raise(struct vfs *vfs, struct walk *walk)
{
    return walk->found.lower
               ? overlay_raise(vfs, &walk->parent, walk->name, walk->length, 0, &walk->found)
               : 0;
}

int vfs_set_times_path(struct vfs *vfs, uint32_t directory, const char *path, size_t length,
                       int follow, uint64_t accessed_ns, uint64_t modified_ns)
{
    struct walk walk;
    int error = walk_path(vfs, directory, path, length, follow ? WALK_FOLLOW : 0, &walk);
    if (error != 0)
        return error;
    if (walk.host)
        return vfs->mounts[walk.mount].read_only
                   ? EROFS
                   : hostfs_set_times(&walk.beneath, walk.path, follow || walk.slash, accessed_ns,
                                      modified_ns);
    int host = -1;
    if (walk.found.mount != TREE_SKELETON && vfs->mounts[walk.found.mount].kind == MOUNT_HOST_FILE)
        host = vfs->mounts[walk.found.mount].host->fd;
    error = paths_raise(vfs, &walk);
    return error != 0 ? error : paths_set_times(vfs, &walk.found, host, accessed_ns, modified_ns);
}

int vfs_set_times_file(struct vfs *vfs, uint32_t fd, uint64_t accessed_ns, uint64_t modified_ns)
{
    const struct file *file = tree_file(vfs, fd);
    if (file == NULL)
        return EBADF;
    if (file->public.kind != VFS_OPEN)
        return EINVAL;
    if (file->opened->host >= 0 && vfs->mounts[file->opened->place.mount].kind == MOUNT_HOST)
        return vfs->mounts[file->opened->place.mount].read_only
                   ? EROFS
                   : hostfs_set_times_fd(file->opened->host, accessed_ns, modified_ns);
    if (file->opened->place.lower) {
        struct place found;
        int error = overlay_raise_opened(vfs, file->opened, &found);
        return error != 0 ? EROFS : paths_set_times(vfs, &found, -1, accessed_ns, modified_ns);
    }
    return paths_set_times(vfs, &file->opened->place, file->opened->host, accessed_ns, modified_ns);
}

/* ---- making and removing names ---- */

static int paths_in_memory(const struct vfs *vfs, const struct place *directory)
{
    return directory->mount != TREE_SKELETON &&
           mount_has_nodes(&vfs->mounts[directory->mount]);
}

/* Walks to a name that is to be made. 0: walk->parent is an in-memory directory that lives, or walk->host. */
static int paths_walk_new(struct vfs *vfs, uint32_t directory, const char *path, size_t length,
                          struct walk *walk)
{
    int error = walk_path(vfs, directory, path, length, WALK_CREATE, walk);
    if (error != 0)
        return error;
    if (walk->host)
        return vfs->mounts[walk->mount].read_only ? EROFS : walk->dot ? EEXIST : 0;
    if (walk->exists)
        return EEXIST;
    if (!paths_in_memory(vfs, &walk->parent))
        return EROFS;
    return walk->parent.node->links == 0 ? ENOENT : 0;
}

/* Of what is no directory, and was not found to exist in memory: a slash may not stand behind it. */
static int paths_check_slash(struct vfs *vfs, const struct walk *walk)
{
    struct vfs_stat stat;
    if (!walk->slash)
        return 0;
    return walk->host && hostfs_stat(vfs->mounts[walk->mount].host, &walk->beneath, walk->path, 0, &stat) == 0
               ? EEXIST
               : ENOENT;
}

int vfs_make_directory(struct vfs *vfs, uint32_t directory, const char *path, size_t length)
{
    struct walk walk;
    int error = paths_walk_new(vfs, directory, path, length, &walk);
    if (error == EROFS && walk.host) { /* that it exists is the better answer */
        struct vfs_stat stat;
        return hostfs_stat(vfs->mounts[walk.mount].host, &walk.beneath, walk.path, 0, &stat) == 0
                   ? EEXIST
                   : EROFS;
    }
    if (error != 0)
        return error;
    if (walk.host)
        return hostfs_make_directory(&walk.beneath, walk.path);
    if (memfs_depth(walk.parent.node) + 1 > vfs->memfs.quota.depth)
        return ENOSPC;
    uint64_t now = tree_now(vfs);
    struct memfs_node *node = memfs_create(&vfs->memfs, VFS_DIRECTORY, now, &error);
    if (node == NULL)
        return error;
    error = overlay_add(vfs, &walk.parent, walk.name, walk.length, node, now);
    if (error != 0)
        memfs_release(&vfs->memfs, node);
    vfs->changes++;
    return error;
}

/* How many directories below its mount a path of the host's is. */
static uint32_t paths_host_depth(const struct walk *walk)
{
    uint32_t depth = walk_depth(walk->path) + walk_depth(walk->base_path != NULL ? walk->base_path : "");
    return depth == 0 ? 0 : depth - 1;
}

/* A link that gets another name in a directory of the host must not lead out from there, for other programs either. */
static int paths_check_host_link(const struct walk *old, const struct walk *new)
{
    char target[VFS_PATH_BYTES];
    size_t length;
    if (paths_host_depth(new) >= paths_host_depth(old))
        return 0;
    int error = hostfs_readlink(&old->beneath, old->path, target, sizeof target, &length);
    if (error != 0)
        return 0; /* no link */
    return walk_target_is_safe(target, length, paths_host_depth(new)) ? 0 : EPERM;
}

int vfs_symlink(struct vfs *vfs, const char *target, size_t target_length, uint32_t directory,
                const char *path, size_t length)
{
    struct walk walk;
    if (target_length == 0)
        return ENOENT;
    if (target_length >= VFS_PATH_BYTES)
        return ENAMETOOLONG;
    if (memchr(target, '\0', target_length) != NULL)
        return EINVAL;
    int error = paths_walk_new(vfs, directory, path, length, &walk);
    if (error == 0)
        error = paths_check_slash(vfs, &walk);
    if (error != 0)
        return error;
    if (walk.host) {
        char text[VFS_PATH_BYTES];
        memcpy(text, target, target_length);
        text[target_length] = '\0';
        return hostfs_symlink(text, paths_host_depth(&walk), &walk.beneath, walk.path);
    }
    uint64_t now = tree_now(vfs);
    struct memfs_node *node = memfs_create(&vfs->memfs, VFS_SYMLINK, now, &error);
    if (node == NULL)
        return error;
    error = memfs_set_target(&vfs->memfs, node, target, target_length);
    if (error == 0)
        error = overlay_add(vfs, &walk.parent, walk.name, walk.length, node, now);
    if (error != 0)
        memfs_release(&vfs->memfs, node);
    vfs->changes++;
    return error;
}

int vfs_readlink(struct vfs *vfs, uint32_t directory, const char *path, size_t length, char *target,
                 size_t capacity, size_t *target_length)
{
    struct walk walk;
    *target_length = 0;
    int error = walk_path(vfs, directory, path, length, 0, &walk);
    if (error != 0)
        return error;
    if (walk.host)
        return walk.slash ? EINVAL
                          : hostfs_readlink(&walk.beneath, walk.path, target, capacity, target_length);
    if (walk.found.type != VFS_SYMLINK)
        return EINVAL;
    if (walk.found.lower)
        return overlay_readlink(vfs, &walk.parent, walk.name, walk.length, target, capacity, target_length);
    const struct memfs_node *node = walk.found.node;
    *target_length = capacity < node->size ? capacity : (size_t)node->size;
    memcpy(target, node->target, *target_length);
    return 0;
}

/* Walks to a name that is to be taken away or moved. */
static int paths_walk_old(struct vfs *vfs, uint32_t directory, const char *path, size_t length,
                          struct walk *walk)
{
    int error = walk_path(vfs, directory, path, length, WALK_CREATE, walk);
    if (error != 0)
        return error;
    if (walk->host)
        return strcmp(walk->path, ".") == 0            ? EBUSY
               : vfs->mounts[walk->mount].read_only ? EROFS
               : walk->dot                          ? EINVAL
                                                    : 0;
    if (!walk->exists)
        return ENOENT;
    if (walk->dot)
        return EINVAL;
    if (walk->slash && walk->found.type != VFS_DIRECTORY)
        return ENOTDIR;
    if (walk->length == 0)
        return EBUSY; /* the starting point, a `..` or a mount */
    if (!paths_in_memory(vfs, &walk->parent))
        return walk->parent.mount != walk->found.mount ? EBUSY : EROFS;
    if (!paths_in_memory(vfs, &walk->found) || walk->found.mount != walk->parent.mount)
        return EBUSY;
    return 0;
}

static int paths_keep_entry(struct vfs *vfs, const struct walk *walk)
{
    return memfs_keep_entry(&vfs->memfs, walk->parent.node, walk->name, walk->length);
}

/* Takes the name away, or puts a whiteout (NULL: none) there. The entry was kept. */
static void paths_take(struct vfs *vfs, const struct walk *walk, struct memfs_node *whiteout, uint64_t now)
{
    if (whiteout != NULL)
        memfs_swap(&vfs->memfs, walk->parent.node, walk->name, walk->length, whiteout, now);
    else
        memfs_remove(&vfs->memfs, walk->parent.node, walk->name, walk->length, now);
}

/* Takes the name away, and the node if it was the last. */
static int paths_drop(struct vfs *vfs, const struct walk *walk)
{
    struct memfs_node *whiteout;
    int error = overlay_cover(vfs, &walk->parent, walk->name, walk->length, &whiteout);
    if (error == 0)
        error = paths_keep_entry(vfs, walk);
    if (error != 0) {
        if (whiteout != NULL)
            memfs_release(&vfs->memfs, whiteout);
        return error;
    }
    paths_take(vfs, walk, whiteout, tree_now(vfs));
    memfs_release(&vfs->memfs, walk->found.node);
    vfs->changes++;
    return 0;
}

int vfs_remove_directory(struct vfs *vfs, uint32_t directory, const char *path, size_t length)
{
    struct walk walk;
    int error = paths_walk_old(vfs, directory, path, length, &walk);
    if (error != 0)
        return error;
    if (walk.host)
        return hostfs_remove(&walk.beneath, walk.path, 1);
    if (walk.found.type != VFS_DIRECTORY)
        return ENOTDIR;
    if (walk.found.node->pins > 0)
        return EBUSY;
    error = overlay_check_empty(vfs, &walk.found);
    return error == 0 ? paths_drop(vfs, &walk) : error;
}

int vfs_unlink(struct vfs *vfs, uint32_t directory, const char *path, size_t length)
{
    struct walk walk;
    int error = paths_walk_old(vfs, directory, path, length, &walk);
    if (error != 0)
        return error;
    if (walk.host) {
        if (!walk.slash)
            return hostfs_remove(&walk.beneath, walk.path, 0);
        struct vfs_stat stat;
        error = hostfs_stat(vfs->mounts[walk.mount].host, &walk.beneath, walk.path, 0, &stat);
        return error != 0 ? error : stat.type == VFS_DIRECTORY ? EISDIR : ENOTDIR;
    }
    if (walk.found.type == VFS_DIRECTORY)
        return EISDIR;
    if (!walk.found.lower)
        return paths_drop(vfs, &walk);
    vfs->changes++;
    return overlay_hide(vfs, &walk.parent, walk.name, walk.length);
}

/* ---- two paths ---- */

int vfs_link(struct vfs *vfs, uint32_t from_directory, const char *from, size_t from_length,
             uint32_t to_directory, const char *to, size_t to_length)
{
    struct walk old, new;
    int error = walk_path(vfs, from_directory, from, from_length, 0, &old);
    if (error == 0)
        error = paths_walk_new(vfs, to_directory, to, to_length, &new);
    if (error != 0)
        return error;
    if (old.host && new.host) {
        if (old.mount != new.mount)
            return EXDEV;
        error = old.slash ? ENOTDIR : paths_check_slash(vfs, &new);
        if (error == 0)
            error = paths_check_host_link(&old, &new);
        return error != 0 ? error : hostfs_link(&old.beneath, old.path, &new.beneath, new.path);
    }
    if (old.host || new.host || !paths_in_memory(vfs, &old.found) ||
        old.found.mount != new.parent.mount)
        return EXDEV;
    if (old.found.type == VFS_DIRECTORY)
        return EPERM;
    if (new.slash)
        return ENOENT;
    error = paths_raise(vfs, &old);
    if (error != 0)
        return error;
    vfs->changes++;
    return overlay_add(vfs, &new.parent, new.name, new.length, old.found.node, tree_now(vfs));
}

/* 1 if `directory` is `ancestor` or below it. */
static int paths_is_below(const struct memfs_node *directory, const struct memfs_node *ancestor)
{
    for (; directory != NULL; directory = directory->parent)
        if (directory == ancestor)
            return 1;
    return 0;
}

/* May a directory go to that place? */
static int paths_check_directory(const struct vfs *vfs, const struct memfs_node *node, const struct memfs_node *parent)
{
    const uint32_t limit = vfs->memfs.quota.depth, depth = memfs_depth(parent) + 1;
    if (paths_is_below(parent, node))
        return EINVAL;
    return depth > limit || memfs_height(node, limit + 1) > limit - depth ? ENOSPC : 0;
}

/* Both are names of one file. */
static int paths_is_same(const struct walk *old, const struct walk *new)
{
    if (!new->exists || new->length == 0 || old->parent.mount != new->parent.mount ||
        old->found.mount != new->found.mount || old->found.lower != new->found.lower)
        return 0;
    if (!old->found.lower)
        return old->found.node == new->found.node;
    return old->parent.node == new->parent.node && old->length == new->length &&
           memcmp(old->name, new->name, old->length) == 0;
}

/* May `old` take the place of `new`? */
static int paths_check_rename(struct vfs *vfs, const struct walk *old, const struct walk *new)
{
    const uint8_t type = old->found.type, target = new->found.type;
    if (new->exists && (new->length == 0 || new->found.mount != new->parent.mount))
        return EBUSY;
    if (new->parent.mount != old->parent.mount)
        return EXDEV;
    if (new->parent.node->links == 0)
        return ENOENT;
    if (!old->found.lower && old->found.node->pins > 0)
        return EBUSY;
    int error = type != VFS_DIRECTORY ? new->slash ? ENOTDIR : 0
                                      : paths_check_directory(vfs, old->found.node, new->parent.node);
    if (error != 0 || !new->exists || paths_is_same(old, new))
        return error;
    if (target == VFS_DIRECTORY && type != VFS_DIRECTORY)
        return EISDIR;
    if (target != VFS_DIRECTORY && type == VFS_DIRECTORY)
        return ENOTDIR;
    if (!new->found.lower && new->found.node->pins > 0)
        return EBUSY;
    return target == VFS_DIRECTORY ? overlay_check_empty(vfs, &new->found) : 0;
}

/* Gives the node of `old` the name that `new` is. What has an entry was kept. */
static int paths_give(struct vfs *vfs, const struct walk *old, const struct walk *new, uint64_t now)
{
    if (!new->exists || new->found.lower)
        return overlay_add(vfs, &new->parent, new->name, new->length, old->found.node, now);
    memfs_swap(&vfs->memfs, new->parent.node, new->name, new->length, old->found.node, now);
    memfs_release(&vfs->memfs, new->found.node);
    return 0;
}

/* Both in one mount in memory. `old` has a node. */
static int paths_move(struct vfs *vfs, const struct walk *old, const struct walk *new)
{
    struct memfs_node *node = old->found.node, *whiteout;
    int error = overlay_cover(vfs, &old->parent, old->name, old->length, &whiteout);
    if (error == 0)
        error = paths_keep_entry(vfs, old);
    if (error == 0 && new->exists && !new->found.lower)
        error = paths_keep_entry(vfs, new);
    const uint64_t now = error == 0 ? tree_now(vfs) : 0;
    if (error == 0)
        error = paths_give(vfs, old, new, now);
    if (error != 0) {
        if (whiteout != NULL)
            memfs_release(&vfs->memfs, whiteout);
        return error;
    }
    paths_take(vfs, old, whiteout, now);
    if (node->type == VFS_DIRECTORY)
        node->parent = new->parent.node;
    overlay_own(vfs, &old->found);
    node->changed_ns = now;
    vfs->changes++;
    return 0;
}

static int paths_rename_host(struct vfs *vfs, const struct walk *old, const struct walk *new)
{
    struct vfs_stat stat;
    if (old->mount != new->mount)
        return EXDEV;
    if (old->slash || new->slash) {
        int error = hostfs_stat(vfs->mounts[old->mount].host, &old->beneath, old->path, 0, &stat);
        if (error != 0 || stat.type != VFS_DIRECTORY)
            return error != 0 ? error : ENOTDIR;
    }
    int refused = paths_check_host_link(old, new);
    if (refused != 0)
        return refused;
    return hostfs_rename(&old->beneath, old->path, &new->beneath, new->path);
}

int vfs_rename(struct vfs *vfs, uint32_t from_directory, const char *from, size_t from_length,
               uint32_t to_directory, const char *to, size_t to_length)
{
    struct walk old, new;
    int error = paths_walk_old(vfs, from_directory, from, from_length, &old);
    if (error == 0)
        error = walk_path(vfs, to_directory, to, to_length, WALK_CREATE, &new);
    if (error != 0)
        return error;
    if (old.host && new.host)
        return paths_rename_host(vfs, &old, &new);
    if (old.host || new.host)
        return EXDEV;
    if (!paths_in_memory(vfs, &new.parent))
        return new.exists && new.length == 0 ? EBUSY : EXDEV;
    error = paths_check_rename(vfs, &old, &new);
    if (error != 0 || paths_is_same(&old, &new))
        return error; /* two names of one file: POSIX wants nothing done */
    error = paths_raise(vfs, &old);
    return error == 0 ? paths_move(vfs, &old, &new) : error;
}
