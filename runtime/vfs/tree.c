#include "tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "error.h"
#include "mount.h"
#include "overlay.h"

#define QUOTA_BYTES (64u << 20)
#define QUOTA_FILES 65536u
#define QUOTA_NAME 255u
#define QUOTA_DEPTH 64u
#define QUOTA_OPEN 256u

uint64_t tree_now(struct vfs *vfs)
{
    if (vfs->hooks.now_ns != NULL)
        return vfs->hooks.now_ns(vfs->hooks.context);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct place tree_root(void)
{
    return (struct place){.mount = TREE_SKELETON, .type = VFS_DIRECTORY};
}

int tree_is_root(const struct place *place)
{
    return place->mount == TREE_SKELETON && place->skeleton.length == 0;
}

/* ---- mounts ---- */

int tree_mount_root(struct vfs *vfs, uint8_t number, struct place *place)
{
    struct mount *mount = &vfs->mounts[number];
    *place = (struct place){.mount = number, .type = VFS_DIRECTORY};
    switch (mount->kind) {
    case MOUNT_OVERLAY:
        if (mount->root == NULL) {
            int error = overlay_make_root(vfs, mount);
            if (error != 0)
                return error;
        }
        place->node = mount->root;
        return 0;
    case MOUNT_MEMORY:
        if (mount->root == NULL) {
            int error;
            mount->root = memfs_create(&vfs->memfs, VFS_DIRECTORY, tree_now(vfs), &error);
            if (mount->root == NULL)
                return error;
            mount->root->links = 1;
        }
        place->node = mount->root;
        return 0;
    case MOUNT_ARCHIVE:
        place->entry = ZIP_ROOT;
        return 0;
    case MOUNT_HOST:
        return 0;
    case MOUNT_HOST_FILE:
    case MOUNT_BYTES:
        place->type = VFS_REGULAR;
        return 0;
    default:
        place->type = VFS_CHARACTER;
        return 0;
    }
}

/* The last component of a mount's path. */
static const char *tree_mount_name(const struct mount *mount, size_t *length)
{
    const char *slash = memrchr(mount->path, '/', mount->length);
    *length = mount->length - (size_t)(slash + 1 - mount->path);
    return slash + 1;
}

static int tree_same_directory(const struct vfs *vfs, const struct place *a, const struct place *b)
{
    if (a->mount != b->mount)
        return 0;
    if (a->mount == TREE_SKELETON)
        return a->skeleton.length == b->skeleton.length &&
               memcmp(vfs->mounts[a->skeleton.mount].path, vfs->mounts[b->skeleton.mount].path,
                      a->skeleton.length) == 0;
    if (mount_has_nodes(&vfs->mounts[a->mount]))
        return a->node == b->node;
    return a->entry == b->entry;
}

uint8_t tree_mount_at(const struct vfs *vfs, const struct place *directory, const char *name,
                      size_t length)
{
    for (uint32_t i = 0; i < vfs->mount_count; i++) {
        const struct mount *mount = &vfs->mounts[i];
        size_t own_length;
        if (mount->inside != directory->mount)
            continue;
        const char *own = tree_mount_name(mount, &own_length);
        if (own_length == length && memcmp(own, name, length) == 0 &&
            tree_same_directory(vfs, &mount->above, directory))
            return (uint8_t)i;
    }
    return TREE_SKELETON;
}

uint8_t tree_mount_below(const struct vfs *vfs, uint8_t outer, const char *path, size_t length)
{
    size_t start = (size_t)vfs->mounts[outer].length + 1;
    for (uint32_t i = 0; i < vfs->mount_count; i++) {
        const struct mount *mount = &vfs->mounts[i];
        if (mount->inside == outer && mount->length == start + length &&
            memcmp(mount->path + start, path, length) == 0)
            return (uint8_t)i;
    }
    return TREE_SKELETON;
}

/* ---- lookup ---- */

static int tree_lookup_skeleton(struct vfs *vfs, const struct place *directory, const char *name,
                                size_t length, struct place *found)
{
    const char *prefix = vfs->mounts[directory->skeleton.mount].path;
    size_t start = directory->skeleton.length;
    for (uint32_t i = 0; i < vfs->mount_count; i++) {
        const struct mount *mount = &vfs->mounts[i];
        size_t end = start + 1 + length;
        if (mount->inside != TREE_SKELETON || mount->length < end ||
            memcmp(mount->path, prefix, start) != 0 || mount->path[start] != '/' ||
            memcmp(mount->path + start + 1, name, length) != 0)
            continue;
        if (mount->length == end)
            return tree_mount_root(vfs, (uint8_t)i, found);
        if (mount->path[end] == '/') {
            *found = tree_root();
            found->skeleton.mount = (uint8_t)i;
            found->skeleton.length = (uint16_t)end;
            return 0;
        }
    }
    return ENOENT;
}

int tree_lookup(struct vfs *vfs, const struct place *directory, const char *name, size_t length,
                struct place *found)
{
    if (directory->mount == TREE_SKELETON)
        return tree_lookup_skeleton(vfs, directory, name, length, found);
    const struct mount *mount = &vfs->mounts[directory->mount];
    if (mount->kind == MOUNT_OVERLAY)
        return overlay_lookup(vfs, directory, name, length, found);
    *found = *directory;
    if (mount->kind == MOUNT_MEMORY) {
        const struct memfs_entry *entry = memfs_find(&vfs->memfs, directory->node, name, length);
        if (entry == NULL)
            return ENOENT;
        if (entry->node->cover != 0)
            return tree_mount_root(vfs, (uint8_t)(entry->node->cover - 1), found);
        found->node = entry->node;
        found->type = entry->node->type;
        return 0;
    }
    if (mount->children > 0) {
        uint8_t inner = tree_mount_at(vfs, directory, name, length);
        if (inner != TREE_SKELETON)
            return tree_mount_root(vfs, inner, found);
    }
    found->entry = zip_find(mount->archive, directory->entry, name, length);
    if (found->entry == ZIP_NONE)
        return ENOENT;
    found->type = mount->archive->entries[found->entry].type;
    return 0;
}

struct place tree_parent(const struct vfs *vfs, const struct place *directory)
{
    struct place parent = *directory;
    if (directory->mount == TREE_SKELETON) {
        const char *path = vfs->mounts[directory->skeleton.mount].path;
        const char *slash = memrchr(path, '/', directory->skeleton.length);
        parent.skeleton.length = slash == NULL ? 0 : (uint16_t)(slash - path);
        return parent;
    }
    const struct mount *mount = &vfs->mounts[directory->mount];
    if (mount_has_nodes(mount)) {
        if (directory->node == mount->root)
            return mount->above;
        if (directory->node->parent != NULL)
            parent.node = directory->node->parent;
        return parent;
    }
    if (mount->kind != MOUNT_ARCHIVE || directory->entry == ZIP_ROOT)
        return mount->above;
    parent.entry = mount->archive->entries[directory->entry].parent;
    return parent;
}

/* The numbers of made-up directories: mount and length of the path that they are the beginning of. */
static void tree_stat_skeleton(const struct vfs *vfs, const struct place *place,
                               struct vfs_stat *stat)
{
    uint32_t first = 0; /* the same directory begins other mounts' paths, too */
    const char *prefix = vfs->mounts[place->skeleton.mount].path;
    uint16_t length = place->skeleton.length;
    while (vfs->mounts[first].length < length ||
           memcmp(vfs->mounts[first].path, prefix, length) != 0 ||
           (length > 0 && vfs->mounts[first].path[length] != '/'))
        first++;
    stat->inode = 1 + (length == 0 ? 0 : ((uint64_t)first << 16 | length));
    stat->links = 2;
    stat->type = VFS_DIRECTORY;
}

void tree_stat(struct vfs *vfs, const struct place *place, struct vfs_stat *stat)
{
    *stat = (struct vfs_stat){.device = 1};
    if (place->mount == TREE_SKELETON) {
        tree_stat_skeleton(vfs, place, stat);
        return;
    }
    const struct mount *mount = &vfs->mounts[place->mount];
    stat->device = 2 + (uint64_t)place->mount;
    if (mount_has_nodes(mount)) {
        memfs_stat(place->node, stat);
        if (place->type == VFS_DIRECTORY)
            overlay_stat_directory(vfs, place, stat);
    } else if (mount->kind == MOUNT_ARCHIVE) {
        zip_stat(mount->archive, place->entry, stat);
    } else if (mount->kind == MOUNT_BYTES) {
        stat->inode = 1;
        stat->links = 1;
        stat->type = VFS_REGULAR;
        stat->size = mount->bytes->length;
        stat->accessed_ns = stat->modified_ns = stat->changed_ns = TREE_BYTES_TIME_NS;
    } else {
        stat->inode = 1;
        stat->links = 1;
        stat->type = VFS_CHARACTER;
    }
}

/* ---- making trees ---- */

/* Numbers of `/dev/null` and `/dev/urandom`. */
static void tree_mount_device(struct vfs *vfs, const char *path, uint8_t kind)
{
    uint8_t number = (uint8_t)vfs->mount_count++;
    struct mount *mount = &vfs->mounts[number];
    *mount = (struct mount){.path = path, .length = (uint16_t)strlen(path), .kind = kind, .by_default = 1};
    mount->inside = TREE_SKELETON;
    mount->above = tree_root();
    mount->above.skeleton.mount = number;
    mount->above.skeleton.length = 4; /* "/dev" */
}

pybox_status vfs_create(const struct vfs_quota *quota, struct vfs **vfs)
{
    *vfs = NULL;
    struct vfs_quota chosen = quota == NULL ? (struct vfs_quota){0} : *quota;
    if (chosen.bytes == 0)
        chosen.bytes = QUOTA_BYTES;
    if (chosen.files == 0)
        chosen.files = QUOTA_FILES;
    if (chosen.name_bytes == 0)
        chosen.name_bytes = QUOTA_NAME;
    if (chosen.depth == 0)
        chosen.depth = QUOTA_DEPTH;
    if (chosen.open_files == 0)
        chosen.open_files = QUOTA_OPEN;
    if (chosen.name_bytes > QUOTA_NAME || chosen.open_files > QUOTA_OPEN || chosen.depth > 1024 ||
        chosen.bytes > (uint64_t)1 << 40 || chosen.files > QUOTA_FILES)
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "a file quota is too large; expected at most 1 TiB, %u files, names of %u "
                         "bytes, a depth of 1,024 and %u open files", QUOTA_FILES, QUOTA_NAME, QUOTA_OPEN);
    struct vfs *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_set_memory("a file tree", sizeof *made);
    made->memfs.quota = chosen;
    made->mounts = made->inline_mounts;
    made->mount_capacity = TREE_INLINE_MOUNTS;
    made->files = made->inline_files;
    made->file_capacity = TREE_INLINE_FILES;
    tree_mount_device(made, "/dev/null", MOUNT_NULL);
    tree_mount_device(made, "/dev/urandom", MOUNT_RANDOM);
    *vfs = made;
    return PYBOX_OK;
}

void vfs_destroy(struct vfs *vfs)
{
    if (vfs == NULL)
        return;
    checkpoint_drop_all(vfs);
    for (uint32_t i = 0; i < vfs->file_capacity; i++)
        if (vfs->files[i].public.kind != VFS_FREE)
            tree_file_drop(&vfs->memfs, &vfs->files[i]);
    memfs_clear(&vfs->memfs);
    lost_clear(&vfs->lost);
    for (uint32_t i = 0; i < vfs->mount_count; i++)
        mount_drop(&vfs->mounts[i]);
    if (vfs->mounts != vfs->inline_mounts)
        free(vfs->mounts);
    if (vfs->files != vfs->inline_files)
        free(vfs->files);
    free(vfs);
}

void vfs_set_hooks(struct vfs *vfs, const struct vfs_hooks *hooks)
{
    vfs->hooks = *hooks;
}

void vfs_force_fallback(struct vfs *vfs)
{
    vfs->no_openat2 = 1;
}

uint64_t vfs_change_count(const struct vfs *vfs)
{
    return vfs->changes;
}

uint64_t vfs_used_bytes(const struct vfs *vfs)
{
    return vfs->memfs.used_bytes;
}
