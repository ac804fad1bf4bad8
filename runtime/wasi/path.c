/* Paths. */
#include "calls.h"
#include "filestat.h"

#define LOOKUP_FOLLOW 1u
#define OFLAGS_ALL (VFS_CREATE | VFS_ONLY_DIRECTORY | VFS_EXCLUSIVE | VFS_TRUNCATE)
#define FDFLAGS_ALL (VFS_APPEND | VFS_DSYNC | VFS_NONBLOCK | VFS_RSYNC | VFS_SYNC)

/* A directory and a path in the guest's memory, of three values: descriptor, pointer, length. */
struct path {
    uint32_t directory;
    const char *bytes;
    size_t length;
};

static uint16_t path_take(const struct wasi_memory *memory, uint64_t directory, uint64_t pointer,
                          uint64_t length, struct path *path)
{
    path->directory = (uint32_t)directory;
    path->length = (uint32_t)length;
    path->bytes = (const char *)guest_at(memory, pointer, path->length);
    return path->bytes == NULL ? WASI_EFAULT : WASI_OK;
}

/* ENOTDIR before ENOTCAPABLE: only directories can have the rights. */
static uint16_t path_directory(struct wasi *wasi, const struct path *path, uint64_t rights,
                               const struct vfs_descriptor **directory)
{
    uint16_t error = shim_descriptor(wasi, path->directory, 0, directory);
    if (error == WASI_OK && (*directory)->type != VFS_DIRECTORY)
        return errno_to_wasi(ENOTDIR);
    if (error == WASI_OK && ((*directory)->rights & rights) != rights)
        return WASI_ENOTCAPABLE;
    return error;
}

static uint16_t path_check(struct wasi *wasi, const struct path *path, uint64_t rights)
{
    const struct vfs_descriptor *directory;
    return path_directory(wasi, path, rights, &directory);
}

/* The three calls that take a directory and a path, and nothing else. */
static void path_simple(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values,
                        uint64_t right, int (*function)(struct vfs *, uint32_t, const char *, size_t))
{
    struct path path;
    uint16_t error = path_take(memory, values[0], values[1], values[2], &path);
    if (error == WASI_OK)
        error = path_check(wasi, &path, right);
    if (error == WASI_OK)
        error = errno_to_wasi(function(wasi->vfs, path.directory, path.bytes, path.length));
    values[0] = error;
}

void path_create_directory(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    path_simple(wasi, memory, values, RIGHT_PATH_CREATE_DIRECTORY, vfs_make_directory);
}

void path_remove_directory(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    path_simple(wasi, memory, values, RIGHT_PATH_REMOVE_DIRECTORY, vfs_remove_directory);
}

void path_unlink_file(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    path_simple(wasi, memory, values, RIGHT_PATH_UNLINK_FILE, vfs_unlink);
}

void path_filestat_get(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    struct path path;
    struct vfs_stat stat;
    uint8_t *at;
    uint16_t error = path_take(memory, values[0], values[2], values[3], &path);
    if (error == WASI_OK)
        error = guest_value(memory, values[4], FILESTAT_BYTES, 8, &at);
    if (error == WASI_OK)
        error = path_check(wasi, &path, RIGHT_PATH_FILESTAT_GET);
    if (error == WASI_OK && (uint32_t)values[1] > LOOKUP_FOLLOW)
        error = WASI_EINVAL;
    if (error == WASI_OK)
        error = errno_to_wasi(vfs_stat_path(wasi->vfs, path.directory, path.bytes, path.length,
                                            (uint32_t)values[1] == LOOKUP_FOLLOW, &stat));
    if (error == WASI_OK)
        filestat_store(at, &stat);
    values[0] = error;
}

void path_filestat_set_times(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    struct path path;
    uint64_t accessed = values[4], modified = values[5];
    uint16_t error = path_take(memory, values[0], values[2], values[3], &path);
    if (error == WASI_OK)
        error = path_check(wasi, &path, RIGHT_PATH_FILESTAT_SET_TIMES);
    if (error == WASI_OK && (uint32_t)values[1] > LOOKUP_FOLLOW)
        error = WASI_EINVAL;
    if (error == WASI_OK)
        error = filestat_times(values[6], &accessed, &modified);
    if (error == WASI_OK)
        error = errno_to_wasi(vfs_set_times_path(wasi->vfs, path.directory, path.bytes, path.length,
                                                 (uint32_t)values[1] == LOOKUP_FOLLOW, accessed,
                                                 modified));
    values[0] = error;
}

void path_link(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    struct path old, new;
    uint16_t error = path_take(memory, values[0], values[2], values[3], &old);
    if (error == WASI_OK)
        error = path_take(memory, values[4], values[5], values[6], &new);
    if (error == WASI_OK)
        error = path_check(wasi, &old, RIGHT_PATH_LINK_SOURCE);
    if (error == WASI_OK)
        error = path_check(wasi, &new, RIGHT_PATH_LINK_TARGET);
    if (error == WASI_OK && (uint32_t)values[1] != 0)
        error = WASI_EINVAL; /* links are made to links, not to what they lead to */
    if (error == WASI_OK)
        error = errno_to_wasi(vfs_link(wasi->vfs, old.directory, old.bytes, old.length,
                                       new.directory, new.bytes, new.length));
    values[0] = error;
}

void path_rename(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    struct path old, new;
    uint16_t error = path_take(memory, values[0], values[1], values[2], &old);
    if (error == WASI_OK)
        error = path_take(memory, values[3], values[4], values[5], &new);
    if (error == WASI_OK)
        error = path_check(wasi, &old, RIGHT_PATH_RENAME_SOURCE);
    if (error == WASI_OK)
        error = path_check(wasi, &new, RIGHT_PATH_RENAME_TARGET);
    if (error == WASI_OK)
        error = errno_to_wasi(vfs_rename(wasi->vfs, old.directory, old.bytes, old.length,
                                         new.directory, new.bytes, new.length));
    values[0] = error;
}

void path_symlink(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    struct path target, path;
    uint16_t error = path_take(memory, values[2], values[0], values[1], &target);
    if (error == WASI_OK)
        error = path_take(memory, values[2], values[3], values[4], &path);
    if (error == WASI_OK)
        error = path_check(wasi, &path, RIGHT_PATH_SYMLINK);
    if (error == WASI_OK)
        error = errno_to_wasi(vfs_symlink(wasi->vfs, target.bytes, target.length, path.directory,
                                          path.bytes, path.length));
    values[0] = error;
}

void path_readlink(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    struct path path;
    uint8_t *result;
    size_t length;
    uint32_t capacity = (uint32_t)values[4];
    char *target = (char *)guest_at(memory, values[3], capacity);
    uint16_t error = path_take(memory, values[0], values[1], values[2], &path);
    if (error == WASI_OK && target == NULL)
        error = WASI_EFAULT;
    if (error == WASI_OK)
        error = guest_value(memory, values[5], 4, 4, &result);
    if (error == WASI_OK)
        error = path_check(wasi, &path, RIGHT_PATH_READLINK);
    if (error == WASI_OK)
        error = errno_to_wasi(vfs_readlink(wasi->vfs, path.directory, path.bytes, path.length,
                                           target, capacity, &length));
    if (error == WASI_OK) {
        bytes_store_u32(result, (uint32_t)length);
        wasi->moved_bytes = length;
    }
    values[0] = error;
}

/* What the call asks for, and whether the directory may give it. */
static uint16_t path_open_check(struct wasi *wasi, const struct path *path, const uint64_t *values)
{
    const struct vfs_descriptor *directory;
    uint32_t oflags = (uint32_t)values[4];
    uint64_t needed = RIGHT_PATH_OPEN;
    if (oflags & VFS_CREATE)
        needed |= RIGHT_PATH_CREATE_FILE;
    if (oflags & VFS_TRUNCATE)
        needed |= RIGHT_PATH_FILESTAT_SET_SIZE;
    uint16_t error = path_directory(wasi, path, needed, &directory);
    if (error != WASI_OK)
        return error;
    if ((uint32_t)values[1] > LOOKUP_FOLLOW || (oflags & ~OFLAGS_ALL) != 0 ||
        ((uint32_t)values[7] & ~FDFLAGS_ALL) != 0)
        return WASI_EINVAL;
    const uint64_t known = RIGHTS_DIRECTORY | RIGHTS_FILE;
    return ((values[5] | values[6]) & known & ~directory->inheriting) == 0 ? WASI_OK
                                                                            : WASI_ENOTCAPABLE;
}

void path_open(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    struct path path;
    uint8_t *result;
    uint32_t fd;
    uint32_t how = (uint32_t)values[4];
    uint16_t error = path_take(memory, values[0], values[2], values[3], &path);
    if (error == WASI_OK)
        error = guest_value(memory, values[8], 4, 4, &result);
    if (error == WASI_OK)
        error = path_open_check(wasi, &path, values);
    if (error != WASI_OK) {
        values[0] = error;
        return;
    }
    if ((uint32_t)values[1] == LOOKUP_FOLLOW)
        how |= VFS_FOLLOW;
    if (values[5] & RIGHT_FD_READ)
        how |= VFS_READ;
    if (values[5] & RIGHT_FD_WRITE)
        how |= VFS_WRITE;
    error = errno_to_wasi(vfs_open(wasi->vfs, path.directory, path.bytes, path.length, how,
                                   (uint16_t)values[7], &fd));
    struct vfs_descriptor *opened;
    if (error == WASI_OK) /* it was just opened, so it need not be kept */
        error = errno_to_wasi(vfs_change(wasi->vfs, fd, &opened));
    if (error == WASI_OK) {
        opened->rights = values[5] & shim_rights(opened->type);
        opened->inheriting = values[6] & (RIGHTS_DIRECTORY | RIGHTS_FILE);
        bytes_store_u32(result, fd);
    }
    values[0] = error;
}
