/* Descriptors and what can be done with them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "overlay.h"

/* Most that one call reads from or writes to a file of the host, and reads of random bytes: a few milliseconds each, as
 * the limits of a run are looked at between calls only. */
#define HOST_IO_BYTES ((size_t)8 << 20)
#define RANDOM_BYTES ((size_t)1 << 20)

/* ---- the table ---- */

struct file *tree_file(struct vfs *vfs, uint32_t fd)
{
    if (fd >= vfs->file_capacity || vfs->files[fd].public.kind == VFS_FREE)
        return NULL;
    return &vfs->files[fd];
}

const struct vfs_descriptor *vfs_descriptor(struct vfs *vfs, uint32_t fd)
{
    const struct file *file = tree_file(vfs, fd);
    return file == NULL ? NULL : &file->public;
}

int vfs_change(struct vfs *vfs, uint32_t fd, struct vfs_descriptor **descriptor)
{
    struct file *file = tree_file(vfs, fd);
    if (file == NULL)
        return EBADF;
    int error = checkpoint_keep_file(vfs, fd);
    if (error != 0)
        return error;
    vfs->changes++;
    *descriptor = &file->public;
    return 0;
}

static int files_reserve(struct vfs *vfs, uint32_t fd)
{
    if (fd >= vfs->memfs.quota.open_files)
        return EMFILE;
    if (fd < vfs->file_capacity)
        return 0;
    uint32_t capacity = vfs->file_capacity;
    while (capacity <= fd)
        capacity *= 2;
    struct file *files = malloc(capacity * sizeof *files);
    if (files == NULL)
        return ENOMEM;
    memcpy(files, vfs->files, vfs->file_capacity * sizeof *files);
    memset(files + vfs->file_capacity, 0, (capacity - vfs->file_capacity) * sizeof *files);
    if (vfs->files != vfs->inline_files)
        free(vfs->files);
    vfs->files = files;
    vfs->file_capacity = capacity;
    return 0;
}

/* The lowest free number, with room for it in the table, and ready to be changed. */
static int files_find_free(struct vfs *vfs, uint32_t *fd)
{
    uint32_t number = vfs->lowest_free;
    while (number < vfs->file_capacity && vfs->files[number].public.kind != VFS_FREE)
        number++;
    vfs->lowest_free = number;
    *fd = number;
    int error = files_reserve(vfs, number);
    return error == 0 ? checkpoint_keep_file(vfs, number) : error;
}

struct opened *tree_opened_create(void)
{
    struct opened *opened = calloc(1, sizeof *opened);
    if (opened != NULL) {
        opened->holders = 1;
        opened->host = -1;
    }
    return opened;
}

void tree_opened_set_node(struct opened *opened, uint8_t mount, struct memfs_node *node)
{
    opened->place = (struct place){.mount = mount, .type = node->type, .node = node};
    opened->node = node;
    node->holds++;
}

void tree_opened_release(struct memfs *memfs, struct opened *opened)
{
    if (opened == NULL || --opened->holders > 0)
        return;
    if (opened->node != NULL)
        memfs_unhold(memfs, opened->node);
    if (opened->host >= 0)
        hostfs_close(opened->host);
    free(opened->path);
    free(opened);
}

int tree_opened_set_flags(struct opened *opened, uint16_t flags)
{
    if (opened->host < 0 || opened->host_is_file || opened->host_flags == flags)
        return 0;
    if (fcntl(opened->host, F_SETFL, O_NONBLOCK | (flags & VFS_APPEND ? O_APPEND : 0)) != 0)
        return errno;
    opened->host_flags = flags;
    return 0;
}

void tree_file_put(struct file *file, struct opened *opened)
{
    file->opened = opened;
    if (opened != NULL && opened->node != NULL) {
        opened->node->opens++;
        opened->node->dead = 0; /* a rollback may bring a closed file back */
    }
}

void tree_file_drop(struct memfs *memfs, struct file *file)
{
    struct opened *opened = file->opened;
    *file = (struct file){.stamp = file->stamp};
    if (opened != NULL && opened->node != NULL) {
        opened->node->opens--;
        memfs_release(memfs, opened->node);
    }
    tree_opened_release(memfs, opened);
}

int vfs_open_stream(struct vfs *vfs, uint32_t fd, uint8_t stream)
{
    int error = files_reserve(vfs, fd);
    if (error == 0)
        error = checkpoint_keep_file(vfs, fd);
    if (error != 0)
        return error;
    vfs->files[fd].public = (struct vfs_descriptor){
        .kind = VFS_STREAM,
        .stream = stream,
        .readable = stream == 0,
        .writable = stream != 0,
    };
    vfs->changes++;
    return 0;
}

int vfs_open_root(struct vfs *vfs, uint32_t fd)
{
    int error = files_reserve(vfs, fd);
    if (error == 0)
        error = checkpoint_keep_file(vfs, fd);
    struct opened *opened = error == 0 ? tree_opened_create() : NULL;
    if (opened == NULL)
        return error != 0 ? error : ENOMEM;
    opened->place = tree_root();
    vfs->files[fd].public = (struct vfs_descriptor){
        .kind = VFS_OPEN,
        .type = VFS_DIRECTORY,
        .preopen = 1,
        .readable = 1,
    };
    tree_file_put(&vfs->files[fd], opened);
    vfs->changes++;
    return 0;
}

int vfs_close(struct vfs *vfs, uint32_t fd)
{
    struct file *file = tree_file(vfs, fd);
    if (file == NULL)
        return EBADF;
    int error = checkpoint_keep_file(vfs, fd);
    if (error != 0)
        return error;
    tree_file_drop(&vfs->memfs, file);
    if (fd < vfs->lowest_free)
        vfs->lowest_free = fd;
    vfs->changes++;
    return 0;
}

int vfs_renumber(struct vfs *vfs, uint32_t from, uint32_t to)
{
    struct file *source = tree_file(vfs, from), *target = tree_file(vfs, to);
    if (source == NULL || target == NULL)
        return EBADF;
    if (source == target)
        return 0;
    int error = checkpoint_keep_file(vfs, from);
    if (error == 0)
        error = checkpoint_keep_file(vfs, to);
    if (error != 0)
        return error;
    tree_file_drop(&vfs->memfs, target);
    target->public = source->public;
    target->opened = source->opened;
    source->public = (struct vfs_descriptor){0};
    source->opened = NULL;
    if (from < vfs->lowest_free)
        vfs->lowest_free = from;
    vfs->changes++;
    return 0;
}

/* ---- opening ---- */

/* The path below its mount of a host file that was found by `walk`; NULL if it is too long or memory is short: then
 * the descriptor works but is not kept in snapshots. */
static char *files_host_path(const struct walk *walk)
{
    const char *base = walk->base_path;
    if (base == NULL)
        return NULL;
    if (base[0] == '\0' || strcmp(base, ".") == 0)
        return strdup(walk->path);
    size_t base_length = strlen(base), length = strlen(walk->path);
    if (base_length + 1 + length > VFS_PATH_BYTES)
        return NULL;
    char *path = malloc(base_length + length + 2);
    if (path == NULL)
        return NULL;
    memcpy(path, base, base_length);
    path[base_length] = '/';
    memcpy(path + base_length + 1, walk->path, length + 1);
    return path;
}

/* A slash is behind the path that a file is to be made of: the error, which is EISDIR if the way to it is there. */
static int files_refuse_slash(const struct walk *walk, uint32_t how)
{
    int fd;
    const char *name;
    int error = walk->dot ? EBUSY : hostfs_parent(&walk->beneath, walk->path, &fd, &name);
    if (error == 0) {
        hostfs_close(fd);
        return EISDIR;
    }
    if (error != EBUSY)
        return error;
    /* It ends in `.` or `..`: a directory, if it is there. */
    error = hostfs_open_beneath(&walk->beneath, walk->path, HOSTFS_PROBE, &fd);
    if (error != 0)
        return error;
    hostfs_close(fd);
    return how & VFS_EXCLUSIVE ? EEXIST : EISDIR;
}

static int files_open_host(struct vfs *vfs, const struct walk *walk, uint32_t how, uint16_t flags,
                           struct opened *opened)
{
    if (walk->slash && (how & VFS_CREATE))
        return files_refuse_slash(walk, how);
    if (vfs->mounts[walk->mount].read_only && (how & (VFS_WRITE | VFS_TRUNCATE)))
        return EROFS;
    if (vfs->mounts[walk->mount].read_only && (how & VFS_CREATE)) {
        struct vfs_stat stat; /* what is there may be opened */
        int error = hostfs_stat(vfs->mounts[walk->mount].host, &walk->beneath, walk->path, 1, &stat);
        if (error != 0)
            return error == ENOENT ? EROFS : error;
        if (how & VFS_EXCLUSIVE)
            return EEXIST;
        how &= ~VFS_CREATE;
    }
    if (walk->slash)
        how |= VFS_ONLY_DIRECTORY;
    int error = hostfs_open(&walk->beneath, walk->path, how, flags, &opened->host, &opened->place.type);
    if (error != 0) {
        opened->host = -1;
        return error;
    }
    opened->place.mount = walk->mount;
    opened->host_flags = flags;
    opened->path = files_host_path(walk);
    return 0;
}

static int files_create(struct vfs *vfs, struct walk *walk)
{
    if (walk->parent.mount == TREE_SKELETON || !mount_has_nodes(&vfs->mounts[walk->parent.mount]))
        return EROFS;
    struct memfs_node *directory = walk->parent.node;
    if (directory->links == 0)
        return ENOENT;
    int error;
    uint64_t now = tree_now(vfs);
    struct memfs_node *node = memfs_create(&vfs->memfs, VFS_REGULAR, now, &error);
    if (node == NULL)
        return error;
    error = overlay_add(vfs, &walk->parent, walk->name, walk->length, node, now);
    if (error != 0) {
        memfs_release(&vfs->memfs, node);
        return error;
    }
    walk->found = (struct place){.mount = walk->parent.mount, .type = VFS_REGULAR, .node = node};
    return 0;
}

/* The single host file that is a mount. */
static int files_open_mounted(const struct mount *mount, uint32_t how, struct opened *opened)
{
    int error = tree_opened_whole(mount, (how & (VFS_WRITE | VFS_TRUNCATE)) != 0, opened);
    if (error == 0 && (how & VFS_TRUNCATE) && ftruncate(opened->host, 0) != 0)
        error = errno;
    return error;
}

/* Opens what was found in the tree. */
static int files_open_found(struct vfs *vfs, struct walk *walk, uint32_t how, struct opened *opened)
{
    struct place *found = &walk->found;
    opened->place = *found;
    if (found->type == VFS_SYMLINK)
        return how & VFS_ONLY_DIRECTORY ? ENOTDIR : ELOOP;
    if (found->type == VFS_DIRECTORY && (how & (VFS_WRITE | VFS_CREATE | VFS_TRUNCATE)))
        return EISDIR;
    if (found->type != VFS_DIRECTORY && ((how & VFS_ONLY_DIRECTORY) || walk->slash))
        return ENOTDIR;
    if (found->mount == TREE_SKELETON)
        return 0;
    const struct mount *mount = &vfs->mounts[found->mount];
    switch (mount->kind) {
    case MOUNT_OVERLAY:
        if (found->lower && !(how & (VFS_WRITE | VFS_TRUNCATE)))
            return overlay_open(vfs, &walk->parent, walk->name, walk->length, opened);
        if (found->lower) {
            int error = overlay_raise(vfs, &walk->parent, walk->name, walk->length, (how & VFS_TRUNCATE) != 0, found);
            if (error != 0)
                return error;
            if (how & VFS_TRUNCATE)
                found->node->modified_ns = found->node->changed_ns = tree_now(vfs);
        }
        /* fall through */
    case MOUNT_MEMORY:
        if ((how & VFS_TRUNCATE) && found->node->size > 0) {
            int error = memfs_data_resize(&vfs->memfs, found->node, 0);
            if (error != 0)
                return error;
            found->node->modified_ns = found->node->changed_ns = tree_now(vfs);
        }
        tree_opened_set_node(opened, found->mount, found->node);
        return 0;
    case MOUNT_ARCHIVE:
        if (how & (VFS_WRITE | VFS_TRUNCATE))
            return EROFS;
        if (found->type != VFS_REGULAR)
            return 0;
        opened->bytes = zip_data(mount->archive, found->entry);
        opened->size = mount->archive->entries[found->entry].size;
        return opened->bytes == NULL ? EIO : 0;
    case MOUNT_BYTES:
        if (how & (VFS_WRITE | VFS_TRUNCATE))
            return EROFS;
        opened->bytes = mount->bytes->bytes;
        opened->size = mount->bytes->length;
        return 0;
    case MOUNT_HOST_FILE:
        return files_open_mounted(mount, how, opened);
    default:
        return 0;
    }
}

int files_open(struct vfs *vfs, struct walk *walk, uint32_t how, uint16_t flags, struct opened *opened)
{
    if (walk->host)
        return files_open_host(vfs, walk, how, flags, opened);
    if (walk->exists)
        return how & VFS_CREATE && how & VFS_EXCLUSIVE ? EEXIST
                                                        : files_open_found(vfs, walk, how, opened);
    int error = files_create(vfs, walk);
    return error == 0 ? files_open_found(vfs, walk, how & ~VFS_CREATE, opened) : error;
}

int vfs_open(struct vfs *vfs, uint32_t directory, const char *path, size_t length, uint32_t how,
             uint16_t flags, uint32_t *fd)
{
    struct walk walk;
    uint32_t walk_flags = how & VFS_CREATE ? WALK_CREATE | WALK_FILE : 0;
    int exclusive = (how & (VFS_CREATE | VFS_EXCLUSIVE)) == (VFS_CREATE | VFS_EXCLUSIVE);
    if ((how & VFS_CREATE) && (how & VFS_ONLY_DIRECTORY))
        return EINVAL;
    if (exclusive)
        how &= ~VFS_FOLLOW;
    if (how & VFS_FOLLOW)
        walk_flags |= WALK_FOLLOW;
    int error = files_find_free(vfs, fd);
    if (error == 0)
        error = walk_path(vfs, directory, path, length, walk_flags, &walk);
    if (error != 0)
        return error;
    struct opened *opened = tree_opened_create();
    if (opened == NULL)
        return ENOMEM;
    error = files_open(vfs, &walk, how, flags, opened);
    if (error != 0) {
        tree_opened_release(&vfs->memfs, opened);
        return error;
    }
    struct file *file = &vfs->files[*fd];
    file->public = (struct vfs_descriptor){
        .kind = VFS_OPEN,
        .type = opened->place.type,
        .flags = flags,
        .readable = (how & VFS_READ) != 0,
        .writable = (how & VFS_WRITE) != 0,
    };
    tree_file_put(file, opened);
    vfs->changes++;
    return 0;
}

/* ---- input and output ---- */

static enum mount_kind files_kind(const struct vfs *vfs, const struct file *file)
{
    return vfs->mounts[file->opened->place.mount].kind;
}

/* A file that can be read or written: not a stream, not a directory. */
static int files_check(const struct file *file, int allowed)
{
    if (file == NULL || file->public.kind != VFS_OPEN)
        return EBADF;
    if (file->public.type == VFS_DIRECTORY)
        return EISDIR;
    return allowed ? 0 : EBADF;
}

int files_read(struct vfs *vfs, const struct file *file, void *bytes, size_t length, uint64_t position,
               size_t *done)
{
    *done = 0;
    int error = files_check(file, file != NULL && file->public.readable);
    if (error != 0)
        return error;
    switch (files_kind(vfs, file)) {
    case MOUNT_MEMORY:
    case MOUNT_OVERLAY:
        if (file->opened->node == NULL)
            break;
        *done = memfs_data_read(file->opened->node, bytes, length, position);
        return 0;
    case MOUNT_ARCHIVE:
    case MOUNT_BYTES:
        if (position >= file->opened->size)
            return 0;
        *done = length < file->opened->size - position ? length : (size_t)(file->opened->size - position);
        memcpy(bytes, file->opened->bytes + position, *done);
        return 0;
    case MOUNT_NULL:
        return 0;
    case MOUNT_RANDOM:
        if (vfs->hooks.random == NULL)
            return ENOSYS;
        if (length > RANDOM_BYTES)
            length = RANDOM_BYTES;
        error = vfs->hooks.random(vfs->hooks.context, bytes, length);
        *done = error == 0 ? length : 0;
        return error;
    default:
        break;
    }
    if (position > INT64_MAX)
        return EINVAL;
    if (length > INT64_MAX - position)
        length = (size_t)(INT64_MAX - position); /* Linux would say EINVAL; there is nothing */
    ssize_t got = pread(file->opened->host, bytes, length < HOST_IO_BYTES ? length : HOST_IO_BYTES,
                        (off_t)position);
    if (got < 0)
        return errno;
    *done = (size_t)got;
    return 0;
}

int vfs_read(struct vfs *vfs, uint32_t fd, void *bytes, size_t length, uint64_t position,
             size_t *done)
{
    return files_read(vfs, tree_file(vfs, fd), bytes, length, position, done);
}

static int files_write_memory(struct vfs *vfs, struct memfs_node *node, const void *bytes,
                              size_t length, uint64_t position, size_t *done, uint64_t *end)
{
    if (position == VFS_APPEND_POSITION)
        position = node->size;
    int error = memfs_data_write(&vfs->memfs, node, bytes, length, position, done);
    if (*done > 0) {
        node->modified_ns = node->changed_ns = tree_now(vfs);
        vfs->changes++;
    }
    *end = position + *done;
    return error;
}

static int files_write_host(const struct file *file, const void *bytes, size_t length,
                            uint64_t position, size_t *done, uint64_t *end)
{
    if (length > HOST_IO_BYTES)
        length = HOST_IO_BYTES;
    int append = position == VFS_APPEND_POSITION;
    if (append) {
        off_t size = lseek(file->opened->host, 0, SEEK_END);
        if (size < 0)
            return errno;
        position = (uint64_t)size;
    }
    if (position >= INT64_MAX)
        return EFBIG;
    if (length > INT64_MAX - position)
        length = (size_t)(INT64_MAX - position);
    /* With O_APPEND Linux lets pwrite append, wherever the end is by then. That is what is wanted of write, not of
     * pwrite: POSIX has it write at the position, as files in memory do. */
    const uint16_t flags = file->opened->host_flags;
    const int at_position = !append && !file->opened->host_is_file && (flags & VFS_APPEND) != 0;
    int error = at_position ? tree_opened_set_flags(file->opened, flags & (uint16_t)~VFS_APPEND) : 0;
    if (error != 0)
        return error;
    ssize_t put = pwrite(file->opened->host, bytes, length, (off_t)position);
    error = put < 0 ? errno : 0;
    if (at_position)
        tree_opened_set_flags(file->opened, flags);
    if (error != 0)
        return error;
    *done = (size_t)put;
    *end = position + *done;
    if (append && !file->opened->host_is_file) {
        off_t size = lseek(file->opened->host, 0, SEEK_END);
        if (size >= 0)
            *end = (uint64_t)size;
    }
    return 0;
}

int files_write(struct vfs *vfs, const struct file *file, const void *bytes, size_t length,
                uint64_t position, size_t *done, uint64_t *end)
{
    uint64_t ignored;
    *done = 0;
    if (end == NULL)
        end = &ignored;
    *end = position == VFS_APPEND_POSITION ? 0 : position;
    int error = files_check(file, file != NULL && file->public.writable);
    if (error != 0)
        return error;
    switch (files_kind(vfs, file)) {
    case MOUNT_MEMORY:
    case MOUNT_OVERLAY:
        if (file->opened->node == NULL)
            return EBADF; /* the host's: it is only read */
        return files_write_memory(vfs, file->opened->node, bytes, length, position, done, end);
    case MOUNT_NULL:
    case MOUNT_RANDOM:
        *done = length;
        return 0;
    default:
        return files_write_host(file, bytes, length, position, done, end);
    }
}

int vfs_write(struct vfs *vfs, uint32_t fd, const void *bytes, size_t length, uint64_t position,
              size_t *done, uint64_t *end)
{
    return files_write(vfs, tree_file(vfs, fd), bytes, length, position, done, end);
}

/* ---- state ---- */

int files_stat(struct vfs *vfs, const struct file *file, struct vfs_stat *stat)
{
    *stat = (struct vfs_stat){0};
    if (file == NULL)
        return EBADF;
    if (file->public.kind == VFS_STREAM) {
        stat->links = 1;
        stat->inode = 1 + (uint64_t)file->public.stream;
        return 0;
    }
    if (file->opened->host < 0) {
        tree_stat(vfs, &file->opened->place, stat);
        return 0;
    }
    int error = file->opened->place.lower
                    ? overlay_stat_fd(vfs, file->opened, stat)
                    : hostfs_stat_fd(vfs->mounts[file->opened->place.mount].host, file->opened->host, stat);
    stat->device = 2 + (uint64_t)file->opened->place.mount;
    return error;
}

int vfs_stat_file(struct vfs *vfs, uint32_t fd, struct vfs_stat *stat)
{
    return files_stat(vfs, tree_file(vfs, fd), stat);
}

int vfs_set_size(struct vfs *vfs, uint32_t fd, uint64_t size)
{
    struct file *file = tree_file(vfs, fd);
    if (file == NULL)
        return EBADF;
    if (file->public.kind != VFS_OPEN || file->public.type != VFS_REGULAR || !file->public.writable)
        return EINVAL;
    struct memfs_node *node = file->opened->node;
    if (node != NULL) {
        int error = memfs_data_resize(&vfs->memfs, node, size);
        if (error == 0)
            node->modified_ns = node->changed_ns = tree_now(vfs);
        vfs->changes++;
        return error;
    }
    if (size > INT64_MAX)
        return EFBIG;
    return ftruncate(file->opened->host, (off_t)size) == 0 ? 0 : errno;
}

int vfs_allocate(struct vfs *vfs, uint32_t fd, uint64_t offset, uint64_t length)
{
    struct file *file = tree_file(vfs, fd);
    int error = files_check(file, file != NULL && file->public.writable);
    if (error != 0)
        return error == EISDIR ? EBADF : error; /* as Linux has it: no directory is open for writing */
    if (file->public.type != VFS_REGULAR)
        return ENODEV;
    if (length == 0)
        return EINVAL;
    if (length > INT64_MAX || offset > INT64_MAX - length)
        return EFBIG;
    struct memfs_node *node = file->opened->node;
    if (node == NULL) {
        error = posix_fallocate(file->opened->host, (off_t)offset, (off_t)length);
        return error;
    }
    if (offset + length <= node->size)
        return 0;
    /* Nothing is set aside, but what cannot fit is refused now. */
    if (offset + length - node->size > vfs->memfs.quota.bytes - vfs->memfs.used_bytes)
        return ENOSPC;
    vfs->changes++;
    error = memfs_data_resize(&vfs->memfs, node, offset + length);
    if (error == 0)
        node->modified_ns = node->changed_ns = tree_now(vfs);
    return error;
}

int vfs_sync(struct vfs *vfs, uint32_t fd, int data_only)
{
    const struct file *file = tree_file(vfs, fd);
    if (file == NULL)
        return EBADF;
    if (file->public.kind == VFS_STREAM)
        return EINVAL;
    if (file->opened->host < 0 || file->opened->place.lower)
        return 0;
    return (data_only ? fdatasync(file->opened->host) : fsync(file->opened->host)) == 0 ? 0 : errno;
}

int vfs_set_flags(struct vfs *vfs, uint32_t fd, uint16_t flags)
{
    struct file *file = tree_file(vfs, fd);
    const uint16_t synchronous = VFS_DSYNC | VFS_RSYNC | VFS_SYNC;
    if (file == NULL)
        return EBADF;
    if ((flags ^ file->public.flags) & synchronous)
        return ENOTSUP; /* Linux cannot change these either */
    int error = checkpoint_keep_file(vfs, fd);
    if (error == 0 && file->opened != NULL)
        error = tree_opened_set_flags(file->opened, flags);
    if (error != 0)
        return error;
    file->public.flags = flags;
    vfs->changes++;
    return 0;
}
