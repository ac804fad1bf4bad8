/* What descriptors are. */
#include "calls.h"
#include "filestat.h"

#define ADVICE_COUNT 6u
#define FLAGS_ALL (VFS_APPEND | VFS_DSYNC | VFS_NONBLOCK | VFS_RSYNC | VFS_SYNC)

void filestat_store(uint8_t *at, const struct vfs_stat *stat)
{
    memset(at, 0, FILESTAT_BYTES);
    bytes_store_u64(at, stat->device);
    bytes_store_u64(at + 8, stat->inode);
    at[16] = stat->type;
    bytes_store_u64(at + 24, stat->links);
    bytes_store_u64(at + 32, stat->size);
    bytes_store_u64(at + 40, stat->accessed_ns);
    bytes_store_u64(at + 48, stat->modified_ns);
    bytes_store_u64(at + 56, stat->changed_ns);
}

uint16_t filestat_times(uint64_t flags, uint64_t *accessed_ns, uint64_t *modified_ns)
{
    flags = (uint32_t)flags;
    if (flags > 15 || (flags & 3) == 3 || (flags & 12) == 12)
        return WASI_EINVAL;
    /* The two largest numbers have a meaning of their own in the tree; no clock gets there. */
    if ((flags & 1 && *accessed_ns >= VFS_TIME_KEEP) || (flags & 4 && *modified_ns >= VFS_TIME_KEEP))
        return WASI_EINVAL;
    if (!(flags & 1))
        *accessed_ns = flags & 2 ? VFS_TIME_NOW : VFS_TIME_KEEP;
    if (!(flags & 4))
        *modified_ns = flags & 8 ? VFS_TIME_NOW : VFS_TIME_KEEP;
    return WASI_OK;
}

/* A stream that is no terminal is of unknown type, as a pipe is. */
static uint8_t fd_state_type(const struct wasi *wasi, const struct vfs_descriptor *descriptor)
{
    if (descriptor->kind != VFS_STREAM)
        return descriptor->type;
    return wasi->terminal ? VFS_CHARACTER : VFS_UNKNOWN;
}

void fd_state_advise(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    (void)memory;
    const struct vfs_descriptor *descriptor;
    uint16_t error = shim_descriptor(wasi, values[0], 0, &descriptor);
    if (error == WASI_OK && descriptor->kind == VFS_STREAM)
        error = errno_to_wasi(ESPIPE);
    if (error == WASI_OK && ((uint32_t)values[3] >= ADVICE_COUNT || values[1] > INT64_MAX ||
                             values[2] > INT64_MAX))
        error = WASI_EINVAL;
    if (error == WASI_OK && !(descriptor->rights & RIGHT_FD_ADVISE))
        error = WASI_ENOTCAPABLE;
    values[0] = error;
}

void fd_state_allocate(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    (void)memory;
    const struct vfs_descriptor *descriptor;
    uint16_t error = shim_descriptor(wasi, values[0], 0, &descriptor);
    if (error == WASI_OK && descriptor->kind == VFS_STREAM)
        error = errno_to_wasi(ESPIPE);
    if (error == WASI_OK && descriptor->type == VFS_REGULAR &&
        !(descriptor->rights & RIGHT_FD_ALLOCATE))
        error = WASI_EBADF;
    if (error == WASI_OK)
        error = errno_to_wasi(vfs_allocate(wasi->vfs, (uint32_t)values[0], values[1], values[2]));
    values[0] = error;
}

void fd_state_close(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    (void)memory;
    values[0] = errno_to_wasi(vfs_close(wasi->vfs, (uint32_t)values[0]));
}

static void fd_state_sync_any(struct wasi *wasi, uint64_t *values, uint64_t right, int data_only)
{
    const struct vfs_descriptor *descriptor;
    uint16_t error = shim_descriptor(wasi, values[0], 0, &descriptor);
    if (error == WASI_OK && descriptor->kind != VFS_STREAM && !(descriptor->rights & right))
        error = WASI_ENOTCAPABLE;
    if (error == WASI_OK)
        error = errno_to_wasi(vfs_sync(wasi->vfs, (uint32_t)values[0], data_only));
    values[0] = error;
}

void fd_state_datasync(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    (void)memory;
    fd_state_sync_any(wasi, values, RIGHT_FD_DATASYNC, 1);
}

void fd_state_sync(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    (void)memory;
    fd_state_sync_any(wasi, values, RIGHT_FD_SYNC, 0);
}

void fd_state_fdstat_get(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    const struct vfs_descriptor *descriptor;
    uint8_t *at;
    uint16_t error = shim_descriptor(wasi, values[0], 0, &descriptor);
    if (error == WASI_OK)
        error = guest_value(memory, values[1], 24, 8, &at);
    if (error == WASI_OK) {
        memset(at, 0, 24);
        at[0] = fd_state_type(wasi, descriptor);
        guest_store_u16(at + 2, descriptor->flags);
        bytes_store_u64(at + 8, descriptor->rights);
        bytes_store_u64(at + 16, descriptor->inheriting);
    }
    values[0] = error;
}

void fd_state_fdstat_set_flags(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    (void)memory;
    const struct vfs_descriptor *descriptor;
    uint32_t flags = (uint32_t)values[1];
    uint16_t error = shim_descriptor(wasi, values[0], RIGHT_FD_FDSTAT_SET_FLAGS, &descriptor);
    if (error == WASI_OK && (flags & ~FLAGS_ALL) != 0)
        error = WASI_EINVAL;
    if (error == WASI_OK)
        error = errno_to_wasi(vfs_set_flags(wasi->vfs, (uint32_t)values[0], (uint16_t)flags));
    values[0] = error;
}

void fd_state_fdstat_set_rights(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    (void)memory;
    const struct vfs_descriptor *descriptor;
    uint16_t error = shim_descriptor(wasi, values[0], 0, &descriptor);
    if (error == WASI_OK &&
        ((values[1] & ~descriptor->rights) != 0 || (values[2] & ~descriptor->inheriting) != 0))
        error = WASI_ENOTCAPABLE;
    struct vfs_descriptor *narrowed;
    if (error == WASI_OK)
        error = errno_to_wasi(vfs_change(wasi->vfs, (uint32_t)values[0], &narrowed));
    if (error == WASI_OK) {
        narrowed->rights = values[1];
        narrowed->inheriting = values[2];
    }
    values[0] = error;
}

void fd_state_filestat_get(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    const struct vfs_descriptor *descriptor;
    struct vfs_stat stat;
    uint8_t *at;
    uint16_t error = shim_descriptor(wasi, values[0], RIGHT_FD_FILESTAT_GET, &descriptor);
    if (error == WASI_OK)
        error = guest_value(memory, values[1], FILESTAT_BYTES, 8, &at);
    if (error == WASI_OK)
        error = errno_to_wasi(vfs_stat_file(wasi->vfs, (uint32_t)values[0], &stat));
    if (error == WASI_OK) {
        stat.type = fd_state_type(wasi, descriptor);
        filestat_store(at, &stat);
    }
    values[0] = error;
}

void fd_state_filestat_set_size(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    (void)memory;
    const struct vfs_descriptor *descriptor;
    uint16_t error = shim_descriptor(wasi, values[0], 0, &descriptor);
    if (error == WASI_OK && values[1] > INT64_MAX)
        error = WASI_EINVAL;
    if (error == WASI_OK && descriptor->writable && descriptor->type == VFS_REGULAR &&
        !(descriptor->rights & RIGHT_FD_FILESTAT_SET_SIZE))
        error = WASI_ENOTCAPABLE;
    if (error == WASI_OK)
        error = errno_to_wasi(vfs_set_size(wasi->vfs, (uint32_t)values[0], values[1]));
    values[0] = error;
}

void fd_state_filestat_set_times(struct wasi *wasi, const struct wasi_memory *memory,
                                 uint64_t *values)
{
    (void)memory;
    const struct vfs_descriptor *descriptor;
    uint64_t accessed = values[1], modified = values[2];
    uint16_t error = shim_descriptor(wasi, values[0], 0, &descriptor);
    if (error == WASI_OK)
        error = filestat_times(values[3], &accessed, &modified);
    if (error == WASI_OK && descriptor->kind != VFS_STREAM &&
        !(descriptor->rights & RIGHT_FD_FILESTAT_SET_TIMES))
        error = WASI_ENOTCAPABLE;
    if (error == WASI_OK)
        error = errno_to_wasi(vfs_set_times_file(wasi->vfs, (uint32_t)values[0], accessed, modified));
    values[0] = error;
}

/* Always "/", and what the host has preopened besides. */
void fd_state_prestat_get(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    const struct vfs_descriptor *descriptor;
    uint8_t *at;
    uint16_t error = shim_descriptor(wasi, values[0], 0, &descriptor);
    const char *name = error == WASI_OK ? shim_preopen_name(wasi, descriptor) : NULL;
    if (error == WASI_OK && name == NULL)
        error = WASI_EBADF;
    if (error == WASI_OK)
        error = guest_value(memory, values[1], 8, 4, &at);
    if (error == WASI_OK) {
        memset(at, 0, 8); /* the tag: a directory */
        bytes_store_u32(at + 4, (uint32_t)strlen(name));
    }
    values[0] = error;
}

void fd_state_prestat_dir_name(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    const struct vfs_descriptor *descriptor;
    uint8_t *at = guest_at(memory, values[1], (uint32_t)values[2]);
    uint16_t error = shim_descriptor(wasi, values[0], 0, &descriptor);
    const char *name = error == WASI_OK ? shim_preopen_name(wasi, descriptor) : NULL;
    if (error == WASI_OK && name == NULL)
        error = WASI_ENOTDIR;
    if (error == WASI_OK && at == NULL)
        error = WASI_EFAULT;
    if (error == WASI_OK && (uint32_t)values[2] < strlen(name))
        error = WASI_ENAMETOOLONG;
    if (error == WASI_OK)
        memcpy(at, name, strlen(name));
    values[0] = error;
}

void fd_state_renumber(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    (void)memory;
    values[0] = errno_to_wasi(vfs_renumber(wasi->vfs, (uint32_t)values[0], (uint32_t)values[1]));
}
