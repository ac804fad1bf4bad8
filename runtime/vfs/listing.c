/* Listing directories. */
#include <errno.h>
#include <string.h>

#include "files.h"
#include "listing_overlay.h"

/* Cookies: 1 is behind `.`, 2 behind `..`, then what the directory's kind counts by, then mounts. Directories of the
 * host have the kernel's cookies, `.` and `..` included. */
#define COOKIE_DOT 1u
#define COOKIE_DOT_DOT 2u
#define COOKIE_MOUNT ((uint64_t)1 << 63)

struct listing {
    struct vfs *vfs;
    const struct opened *opened;
    const struct mount *mount; /* NULL: made-up directory */
    vfs_each *each;
    void *context;
};

/* The inode number of the directory above. */
static uint64_t listing_parent(struct vfs *vfs, const struct place *place)
{
    struct vfs_stat stat;
    struct place parent = tree_parent(vfs, place);
    if (parent.mount != TREE_SKELETON && vfs->mounts[parent.mount].kind == MOUNT_HOST)
        return 1;
    tree_stat(vfs, &parent, &stat);
    return stat.inode;
}

static int listing_give(const struct listing *listing, uint64_t next, uint64_t inode,
                        const char *name, size_t length, uint8_t type)
{
    const struct vfs_entry entry = {next, inode, name, (uint32_t)length, type};
    return listing->each(listing->context, &entry);
}

/* Gives `.` and `..`; 0: no more wanted. */
static int listing_dots(const struct listing *listing, uint64_t cookie)
{
    struct vfs_stat stat;
    if (cookie < COOKIE_DOT) {
        tree_stat(listing->vfs, &listing->opened->place, &stat);
        if (!listing_give(listing, COOKIE_DOT, stat.inode, ".", 1, VFS_DIRECTORY))
            return 0;
    }
    if (cookie < COOKIE_DOT_DOT) {
        const uint64_t inode = listing_parent(listing->vfs, &listing->opened->place);
        if (!listing_give(listing, COOKIE_DOT_DOT, inode, "..", 2, VFS_DIRECTORY))
            return 0;
    }
    return 1;
}

static uint8_t listing_mount_type(const struct mount *mount)
{
    return mount->kind == MOUNT_HOST_FILE || mount->kind == MOUNT_BYTES ? VFS_REGULAR
           : mount->kind == MOUNT_NULL || mount->kind == MOUNT_RANDOM   ? VFS_CHARACTER
                                                                          : VFS_DIRECTORY;
}

/* 1 if the mount lies in this made-up directory or below: `name` is where it goes on from here. */
static int listing_in_skeleton(const struct listing *listing, const struct mount *mount,
                               const char **name, size_t *length)
{
    const struct place *place = &listing->opened->place;
    size_t start = place->skeleton.length;
    const char *prefix = listing->vfs->mounts[place->skeleton.mount].path;
    if (mount->inside != TREE_SKELETON || mount->length <= start || mount->path[start] != '/' ||
        memcmp(mount->path, prefix, start) != 0)
        return 0;
    *name = mount->path + start + 1;
    *length = strcspn(*name, "/");
    return 1;
}

/* Each name that mounts begin with here, once: at the first mount that has it. */
static int listing_skeleton(const struct listing *listing, uint64_t cookie)
{
    const struct vfs *vfs = listing->vfs;
    for (uint64_t i = cookie <= COOKIE_DOT_DOT ? 0 : cookie - COOKIE_DOT_DOT; i < vfs->mount_count; i++) {
        const struct mount *mount = &vfs->mounts[i];
        const char *name, *other;
        size_t length, other_length;
        if (!listing_in_skeleton(listing, mount, &name, &length))
            continue;
        int seen = 0;
        for (uint64_t j = 0; j < i && !seen; j++)
            seen = listing_in_skeleton(listing, &vfs->mounts[j], &other, &other_length) &&
                   other_length == length && memcmp(other, name, length) == 0;
        uint8_t type = name[length] == '\0' ? listing_mount_type(mount) : VFS_DIRECTORY;
        if (!seen && !listing_give(listing, i + 1 + COOKIE_DOT_DOT, i + 2, name, length, type))
            return 0;
    }
    return 1;
}

uint8_t listing_node_type(const struct vfs *vfs, const struct memfs_node *node)
{
    return node->cover != 0 ? listing_mount_type(&vfs->mounts[node->cover - 1]) : node->type;
}

static int listing_memory(const struct listing *listing, uint64_t cookie)
{
    struct memfs_node *directory = listing->opened->place.node;
    uint64_t from = cookie <= COOKIE_DOT_DOT ? 0 : cookie - COOKIE_DOT_DOT + 1;
    for (;;) {
        const struct memfs_entry *entry = memfs_entry_from(directory, from);
        if (entry == NULL)
            return 1;
        uint8_t type = listing_node_type(listing->vfs, entry->node);
        if (entry->node->type != MEMFS_WHITEOUT &&
            !listing_give(listing, entry->cookie + COOKIE_DOT_DOT, entry->node->inode, entry->name,
                          entry->length, type))
            return 0;
        from = entry->cookie + 1;
    }
}

static int listing_archive(const struct listing *listing, uint64_t cookie)
{
    const struct vfs_archive *archive = listing->mount->archive;
    uint32_t directory = listing->opened->place.entry;
    uint32_t at = archive->entries[directory].first;
    if (cookie > COOKIE_DOT_DOT) {
        uint64_t last = cookie - COOKIE_DOT_DOT;
        if (last >= archive->count || archive->entries[last].parent != directory || last == ZIP_ROOT)
            return 1;
        at = archive->entries[last].next;
    }
    for (; at != ZIP_NONE; at = archive->entries[at].next) {
        size_t length;
        const char *name = zip_name(archive, at, &length);
        if (listing->mount->children > 0 &&
            tree_mount_at(listing->vfs, &listing->opened->place, name, length) != TREE_SKELETON)
            continue; /* it comes with the mounts */
        if (!listing_give(listing, (uint64_t)at + COOKIE_DOT_DOT, (uint64_t)at + 1, name, length,
                          archive->entries[at].type))
            return 0;
    }
    return 1;
}

/* The last component of a mount's path, if the mount lies in this directory of an archive or of the host. */
static const char *listing_inner_name(const struct listing *listing, const struct mount *mount)
{
    const struct opened *opened = listing->opened;
    if (mount->inside != opened->place.mount)
        return NULL;
    const char *slash = strrchr(mount->path, '/');
    if (listing->mount->kind == MOUNT_ARCHIVE)
        return mount->above.entry == opened->place.entry ? slash + 1 : NULL;
    const char *below = mount->path + listing->mount->length + 1;
    size_t length = slash < below ? 0 : (size_t)(slash - below);
    const char *path = opened->path == NULL || strcmp(opened->path, ".") == 0 ? "" : opened->path;
    return strlen(path) == length && memcmp(path, below, length) == 0 ? slash + 1 : NULL;
}

static int listing_mounts(const struct listing *listing, uint64_t cookie)
{
    const struct vfs *vfs = listing->vfs;
    if (listing->mount->children == 0)
        return 1;
    for (uint64_t i = cookie < COOKIE_MOUNT ? 0 : cookie - COOKIE_MOUNT; i < vfs->mount_count; i++) {
        const char *name = listing_inner_name(listing, &vfs->mounts[i]);
        if (name != NULL && !listing_give(listing, COOKIE_MOUNT + i + 1, i + 2, name, strlen(name),
                                          listing_mount_type(&vfs->mounts[i])))
            return 0;
    }
    return 1;
}

/* Passes on what the kernel lists, unless a mount is in its place. */
static int listing_filter(void *context, const struct vfs_entry *entry)
{
    const struct listing *listing = context;
    if (listing->mount->children > 0)
        for (uint32_t i = 0; i < listing->vfs->mount_count; i++) {
            const char *name = listing_inner_name(listing, &listing->vfs->mounts[i]);
            if (name != NULL && strcmp(name, entry->name) == 0)
                return 1;
        }
    return listing->each(listing->context, entry);
}

int listing_of(struct vfs *vfs, const struct file *file, uint64_t cookie, vfs_each *each, void *context)
{
    if (file == NULL)
        return EBADF;
    if (file->public.kind != VFS_OPEN || file->public.type != VFS_DIRECTORY)
        return ENOTDIR;
    struct listing listing = {vfs, file->opened, NULL, each, context};
    if (file->opened->place.mount != TREE_SKELETON)
        listing.mount = &vfs->mounts[file->opened->place.mount];
    if (listing.mount != NULL && listing.mount->kind == MOUNT_HOST) {
        int error = cookie < COOKIE_MOUNT ? hostfs_list(file->opened->host, cookie, listing_filter, &listing) : 0;
        if (error == 0)
            listing_mounts(&listing, cookie);
        return error == ECANCELED ? 0 : error;
    }
    if (listing.mount != NULL && overlay_is_merged(vfs, &file->opened->place))
        return listing_overlay(vfs, &file->opened->place, listing_parent(vfs, &file->opened->place), cookie, each,
                               context);
    if (cookie < COOKIE_MOUNT) {
        int more = listing_dots(&listing, cookie);
        if (more)
            more = listing.mount == NULL                  ? listing_skeleton(&listing, cookie)
                   : mount_has_nodes(listing.mount)      ? listing_memory(&listing, cookie)
                                                          : listing_archive(&listing, cookie);
        if (!more)
            return 0;
    }
    if (listing.mount != NULL && listing.mount->kind == MOUNT_ARCHIVE)
        listing_mounts(&listing, cookie);
    return 0;
}

int vfs_list(struct vfs *vfs, uint32_t fd, uint64_t cookie, vfs_each *each, void *context)
{
    return listing_of(vfs, tree_file(vfs, fd), cookie, each, context);
}
