/* Copies of trees. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "tree.h"

struct clone {
    struct vfs *from;
    struct vfs *to;
    struct memfs_node **nodes; /* of `to`: by the marks of those of `from`, less 1 */
    uint32_t count;
};

/* NULL for NULL. */
static struct memfs_node *clone_node_of(const struct clone *clone, const struct memfs_node *node)
{
    return node == NULL ? NULL : clone->nodes[node->mark - 1];
}

/* A copy of a table; `*copy` is NULL if it has no bytes. 0 or ENOMEM. */
static int clone_table(const void *table, size_t bytes, void **copy)
{
    *copy = bytes == 0 ? NULL : malloc(bytes);
    if (bytes == 0)
        return 0;
    if (*copy == NULL)
        return ENOMEM;
    memcpy(*copy, table, bytes);
    return 0;
}

/* ---- nodes ---- */

static int clone_file(const struct memfs_node *old, struct memfs_node *new)
{
    void *chunks;
    if (clone_table(old->file.chunks, old->file.count * sizeof *old->file.chunks, &chunks) != 0)
        return ENOMEM;
    new->file.chunks = chunks;
    new->file.count = old->file.count;
    for (uint32_t i = 0; i < new->file.count; i++) {
        memfs_block_hold(new->file.chunks[i].block);
        new->file.chunks[i].stamp = 0;
    }
    return 0;
}

static int clone_directory(const struct clone *clone, const struct memfs_node *old, struct memfs_node *new)
{
    void *entries, *index;
    const size_t count = old->directory.count;
    if (clone_table(old->directory.entries, old->directory.capacity * sizeof *old->directory.entries,
                    &entries) != 0)
        return ENOMEM;
    new->directory.entries = entries; /* freed with the node, `count` names included */
    for (size_t i = 0; i < count; i++) {
        struct memfs_entry *entry = &new->directory.entries[i];
        void *name = NULL;
        if (entry->name != NULL && clone_table(entry->name, entry->length, &name) != 0)
            return ENOMEM;
        entry->name = name;
        entry->node = clone_node_of(clone, entry->node);
        entry->stamp = entry->born = 0;
        new->directory.count++;
    }
    if (clone_table(old->directory.index, old->directory.index_size * sizeof *old->directory.index,
                    &index) != 0)
        return ENOMEM;
    new->directory = old->directory;
    new->directory.entries = entries;
    new->directory.index = index;
    new->directory.floor = 0;
    if (old->directory.lower != NULL)
        new->directory.lower = strdup(old->directory.lower);
    return old->directory.lower != NULL && new->directory.lower == NULL ? ENOMEM : 0;
}

static int clone_contents(const struct clone *clone, const struct memfs_node *old, struct memfs_node *new)
{
    void *target;
    switch (old->type) {
    case VFS_REGULAR:
        return clone_file(old, new);
    case VFS_DIRECTORY:
        return clone_directory(clone, old, new);
    case MEMFS_WHITEOUT:
        return 0;
    default:
        if (clone_table(old->target, (size_t)old->size, &target) != 0)
            return ENOMEM;
        new->target = target;
        return 0;
    }
}

/* The nodes alone first, so that entries can point to them. The newest stays first. */
static int clone_nodes(struct clone *clone)
{
    struct memfs_node *last = NULL;
    for (struct memfs_node *old = clone->from->memfs.nodes; old != NULL; old = old->next) {
        if (old->dead)
            continue;
        struct memfs_node *new = calloc(1, sizeof *new);
        if (new == NULL)
            return ENOMEM;
        new->type = old->type;
        new->previous = last;
        if (last == NULL)
            clone->to->memfs.nodes = new;
        else
            last->next = new;
        last = new;
        clone->nodes[clone->count++] = new;
        old->mark = clone->count;
    }
    for (struct memfs_node *old = clone->from->memfs.nodes; old != NULL; old = old->next) {
        if (old->dead)
            continue;
        struct memfs_node *new = clone_node_of(clone, old);
        if (clone_contents(clone, old, new) != 0)
            return ENOMEM;
        new->parent = clone_node_of(clone, old->parent);
        new->inode = old->inode;
        new->size = old->size;
        new->accessed_ns = old->accessed_ns;
        new->modified_ns = old->modified_ns;
        new->changed_ns = old->changed_ns;
        new->links = old->links;
        new->cover = old->cover;
        new->proxy = old->proxy;
        new->pure = old->pure;
        new->pins = old->pins;
    }
    return 0;
}

/* ---- mounts ---- */

static int clone_host(const struct hostfs *old, int is_directory, struct hostfs **copy)
{
    struct hostfs *host = malloc(sizeof *host);
    if (host == NULL)
        return ENOMEM;
    host->device = old->device;
    /* A directory is opened anew: listing it moves the descriptor's position. */
    host->fd = is_directory ? openat(old->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                            : fcntl(old->fd, F_DUPFD_CLOEXEC, 3);
    if (host->fd < 0) {
        int error = errno;
        free(host);
        return error;
    }
    *copy = host;
    return 0;
}

static int clone_mount(const struct clone *clone, const struct mount *old, struct mount *new)
{
    *new = *old;
    if (old->owned && (new->path = strdup(old->path)) == NULL)
        return ENOMEM;
    new->kind = MOUNT_NULL; /* holds nothing yet */
    new->host = NULL;
    int error = 0;
    if (old->inside != TREE_SKELETON && mount_has_nodes(&clone->from->mounts[old->inside]))
        new->above.node = clone_node_of(clone, old->above.node);
    if (mount_has_nodes(old))
        new->root = clone_node_of(clone, old->root);
    else if (old->kind == MOUNT_ARCHIVE)
        vfs_archive_hold(old->archive);
    else if (old->kind == MOUNT_BYTES)
        atomic_fetch_add_explicit(&old->bytes->holders, 1, memory_order_relaxed);
    if (old->host != NULL)
        error = clone_host(old->host, old->kind != MOUNT_HOST_FILE, &new->host);
    if (error == 0)
        new->kind = old->kind;
    return error;
}

static int clone_mounts(const struct clone *clone)
{
    const struct vfs *from = clone->from;
    struct vfs *to = clone->to;
    if (from->mount_count > TREE_INLINE_MOUNTS) {
        struct mount *mounts = malloc(from->mount_capacity * sizeof *mounts);
        if (mounts == NULL)
            return ENOMEM;
        to->mounts = mounts;
        to->mount_capacity = from->mount_capacity;
    }
    for (to->mount_count = 0; to->mount_count < from->mount_count; to->mount_count++) {
        struct mount *mount = &to->mounts[to->mount_count];
        int error = clone_mount(clone, &from->mounts[to->mount_count], mount);
        if (error != 0) {
            to->mount_count += mount->path != NULL; /* it is dropped with the others */
            return error;
        }
    }
    return 0;
}

/* ---- descriptors ---- */

/* Opens the same file of the host again. ENOMEM, or another errno value if it is lost. */
static int clone_host_file(struct vfs *to, const struct vfs_descriptor *public, const struct opened *old,
                           struct opened *new)
{
    struct vfs_stat was, is;
    const uint8_t number = old->place.mount;
    const struct hostfs *host = to->mounts[number].host;
    if (old->host_is_file)
        return tree_opened_whole(&to->mounts[number], public->writable, new);
    if (old->path == NULL)
        return ENAMETOOLONG;
    new->path = strdup(old->path);
    if (new->path == NULL)
        return ENOMEM;
    int error = tree_opened_reopen(to, number, public, new);
    if (error == 0)
        error = hostfs_stat_fd(host, old->host, &was);
    if (error == 0)
        error = hostfs_stat_fd(host, new->host, &is);
    if (error == 0 && (was.inode != is.inode || was.device != is.device || was.type != is.type))
        error = ESTALE;
    return error;
}

static int clone_lose(struct vfs *to, uint32_t fd, const struct opened *old)
{
    const struct mount *mount = &to->mounts[old->place.mount];
    const char *path = old->path == NULL ? "" : old->path;
    return lost_add(&to->lost, fd, mount->path, mount->length, path, strlen(path));
}

static int clone_descriptor(const struct clone *clone, uint32_t fd)
{
    const struct file *file = &clone->from->files[fd];
    const struct opened *old = file->opened;
    struct vfs *to = clone->to;
    if (old == NULL) {
        to->files[fd].public = file->public;
        return 0;
    }
    struct opened *new = tree_opened_create();
    if (new == NULL)
        return ENOMEM;
    new->place = old->place;
    new->bytes = old->bytes;
    new->size = old->size;
    int error = 0;
    if (old->node != NULL)
        tree_opened_set_node(new, old->place.mount, clone_node_of(clone, old->node));
    else if (old->host >= 0)
        error = clone_host_file(to, &file->public, old, new);
    if (error != 0) {
        tree_opened_release(&to->memfs, new);
        return error == ENOMEM ? ENOMEM : clone_lose(to, fd, old);
    }
    to->files[fd].public = file->public;
    tree_file_put(&to->files[fd], new);
    return 0;
}

static int clone_descriptors(const struct clone *clone)
{
    const struct vfs *from = clone->from;
    struct vfs *to = clone->to;
    if (from->file_capacity > TREE_INLINE_FILES) {
        struct file *files = calloc(from->file_capacity, sizeof *files);
        if (files == NULL)
            return ENOMEM;
        to->files = files;
        to->file_capacity = from->file_capacity;
    }
    for (uint32_t i = 0; i < from->file_capacity; i++) {
        int error = clone_descriptor(clone, i);
        if (error != 0)
            return error;
    }
    return 0;
}

/* ---- the whole ---- */

static int clone_all(struct clone *clone)
{
    const struct memfs *from = &clone->from->memfs;
    struct memfs *to = &clone->to->memfs;
    clone->nodes = malloc(((size_t)from->used_files + 1) * sizeof *clone->nodes);
    if (clone->nodes == NULL)
        return ENOMEM;
    to->next_inode = from->next_inode;
    to->hash_key = from->hash_key;
    int error = clone_nodes(clone);
    if (error == 0)
        error = clone_mounts(clone);
    if (error == 0)
        error = clone_descriptors(clone);
    to->used_bytes = from->used_bytes;
    to->used_files = from->used_files;
    to->used_proxies = from->used_proxies;
    free(clone->nodes);
    vfs_begin_image(clone->to);
    return error;
}

pybox_status vfs_clone(struct vfs *from, struct vfs **made)
{
    struct clone clone = {.from = from};
    *made = NULL;
    pybox_status status = vfs_create(&from->memfs.quota, &clone.to);
    if (status != PYBOX_OK)
        return status;
    clone.to->no_openat2 = from->no_openat2;
    int error = clone_all(&clone);
    if (error != 0) {
        vfs_destroy(clone.to);
        if (error == ENOMEM)
            return error_set(PYBOX_ERROR_NO_MEMORY, "cannot copy a file tree: out of memory");
        return error_set(PYBOX_ERROR_IO, "cannot open the host's mounts for a copy of a file tree: %s",
                         strerrordesc_np(error));
    }
    *made = clone.to;
    return PYBOX_OK;
}
