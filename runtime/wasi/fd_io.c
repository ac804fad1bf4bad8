/* Reading, writing and positions. */
#include "calls.h"

#define IOVEC_BYTES 8u
#define IOVEC_COUNT 1024u /* Linux's IOV_MAX */

/* The guest's list of buffers: it stays where it is and may be overwritten by what is read, so every buffer is checked
 * again when its turn comes. */
struct iovecs {
    const struct wasi_memory *memory;
    const uint8_t *list;
    uint32_t count;
};

/* Buffer `number`, or NULL if it does not lie in memory. */
static uint8_t *iovecs_at(const struct iovecs *iovecs, uint32_t number, uint32_t *length)
{
    const uint8_t *iovec = iovecs->list + (size_t)number * IOVEC_BYTES;
    *length = bytes_load_u32(iovec + 4);
    return guest_at(iovecs->memory, bytes_load_u32(iovec), *length);
}

/* Checks the list and every buffer in it; their sum must fit the guest's ssize_t. */
static uint16_t iovecs_open(struct wasi *wasi, const struct wasi_memory *memory, uint64_t pointer,
                            uint64_t count, struct iovecs *iovecs)
{
    uint8_t *list;
    uint64_t total = 0;
    uint32_t number = (uint32_t)count;
    uint16_t error = guest_value(memory, pointer, (uint64_t)number * IOVEC_BYTES, 4, &list);
    if (error != WASI_OK)
        return error;
    if (number > IOVEC_COUNT)
        return WASI_EINVAL;
    *iovecs = (struct iovecs){memory, list, number};
    wasi->entries = number;
    for (uint32_t i = 0; i < number; i++) {
        uint32_t length;
        if (iovecs_at(iovecs, i, &length) == NULL)
            return WASI_EFAULT;
        total += length;
    }
    return total > INT32_MAX ? WASI_EINVAL : WASI_OK;
}

/* ---- reading ---- */

/* Only the first buffer that is not empty: to fill another one might block. */
static int fd_io_read_stream(struct wasi *wasi, const struct iovecs *iovecs, uint64_t *done)
{
    for (uint32_t i = 0; i < iovecs->count; i++) {
        uint32_t length;
        uint8_t *bytes = iovecs_at(iovecs, i, &length);
        if (length == 0)
            continue;
        if (wasi->read == NULL)
            return 0;
        ptrdiff_t got = wasi->read(wasi->context, bytes, length);
        if (got < 0)
            return (int)-got;
        if ((size_t)got > length)
            return EIO;
        *done = (uint64_t)got;
        return 0;
    }
    return 0;
}

static int fd_io_read_file(struct wasi *wasi, uint32_t fd, const struct iovecs *iovecs,
                           uint64_t position, uint64_t *done)
{
    for (uint32_t i = 0; i < iovecs->count; i++) {
        uint32_t length;
        size_t part;
        uint8_t *bytes = iovecs_at(iovecs, i, &length);
        int error = bytes == NULL ? EFAULT
                                  : vfs_read(wasi->vfs, fd, bytes, length, position + *done, &part);
        if (error != 0)
            return *done > 0 ? 0 : error;
        *done += part;
        if (part < length)
            return 0;
    }
    /* No buffers: the descriptor is checked all the same. */
    size_t nothing;
    return iovecs->count > 0 ? 0 : vfs_read(wasi->vfs, fd, NULL, 0, position, &nothing);
}

/* EBADF for a missing right to read or write, as POSIX has it. */
static uint16_t fd_io_descriptor(struct wasi *wasi, uint64_t fd, uint64_t right,
                                 const struct vfs_descriptor **descriptor)
{
    uint16_t error = shim_descriptor(wasi, fd, 0, descriptor);
    if (error == WASI_OK && (*descriptor)->type == VFS_DIRECTORY)
        return errno_to_wasi(EISDIR);
    if (error == WASI_OK && !((*descriptor)->rights & right))
        return WASI_EBADF;
    return error;
}

/* The parts of a call that reads or writes, all checked before anything is done. */
struct fd_io {
    const struct vfs_descriptor *descriptor;
    struct iovecs iovecs;
    uint8_t *result; /* where the guest wants the number of bytes */
};

/* `result` is the guest's address for it; the buffers are arguments 1 and 2 of all these calls. */
static uint16_t fd_io_begin(struct wasi *wasi, const struct wasi_memory *memory,
                            const uint64_t *values, uint64_t right, uint64_t result,
                            struct fd_io *call)
{
    uint16_t error = fd_io_descriptor(wasi, (uint32_t)values[0], right, &call->descriptor);
    if (error == WASI_OK)
        error = guest_value(memory, result, 4, 4, &call->result);
    if (error == WASI_OK)
        error = iovecs_open(wasi, memory, values[1], values[2], &call->iovecs);
    return error;
}

/* Tells the guest how much was done. */
static void fd_io_end(struct wasi *wasi, const struct fd_io *call, uint16_t error, uint64_t done,
                      uint64_t *values)
{
    wasi->moved_bytes = done;
    if (error == WASI_OK)
        bytes_store_u32(call->result, (uint32_t)done);
    values[0] = error;
}

void fd_io_read(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    struct fd_io call;
    struct vfs_descriptor *descriptor;
    uint64_t done = 0;
    uint32_t fd = (uint32_t)values[0];
    uint16_t error = fd_io_begin(wasi, memory, values, RIGHT_FD_READ, values[3], &call);
    if (error == WASI_OK && call.descriptor->kind == VFS_STREAM) {
        error = errno_to_wasi(fd_io_read_stream(wasi, &call.iovecs, &done));
    } else if (error == WASI_OK) {
        error = errno_to_wasi(vfs_change(wasi->vfs, fd, &descriptor));
        if (error == WASI_OK) {
            error = errno_to_wasi(fd_io_read_file(wasi, fd, &call.iovecs, descriptor->offset, &done));
            descriptor->offset += done;
        }
    }
    fd_io_end(wasi, &call, error, done, values);
}

void fd_io_pread(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    struct fd_io call;
    uint64_t done = 0;
    uint32_t fd = (uint32_t)values[0];
    uint16_t error = fd_io_begin(wasi, memory, values, RIGHT_FD_READ, values[4], &call);
    if (error == WASI_OK && call.descriptor->kind == VFS_STREAM)
        error = errno_to_wasi(ESPIPE);
    if (error == WASI_OK && values[3] > INT64_MAX)
        error = WASI_EINVAL;
    if (error == WASI_OK)
        error = errno_to_wasi(fd_io_read_file(wasi, fd, &call.iovecs, values[3], &done));
    fd_io_end(wasi, &call, error, done, values);
}

/* ---- writing ---- */

static int fd_io_write_stream(struct wasi *wasi, int stream, const struct iovecs *iovecs,
                              uint64_t *done)
{
    for (uint32_t i = 0; i < iovecs->count; i++) {
        uint32_t length;
        const uint8_t *bytes = iovecs_at(iovecs, i, &length);
        if (length == 0)
            continue;
        int error = wasi->write == NULL ? 0 : wasi->write(wasi->context, stream, bytes, length);
        if (error < 0) {
            wasi->stop = WASI_STOP_OUTPUT_FULL;
            return EIO;
        }
        if (error != 0)
            return *done > 0 ? 0 : error;
        *done += length;
    }
    return 0;
}

/* `*position`: VFS_APPEND_POSITION or where to write; becomes the position behind what was written. */
static int fd_io_write_file(struct wasi *wasi, uint32_t fd, const struct iovecs *iovecs,
                            uint64_t *position, uint64_t *done)
{
    const int append = *position == VFS_APPEND_POSITION;
    for (uint32_t i = 0; i < iovecs->count; i++) {
        uint32_t length;
        size_t part;
        uint64_t end;
        const uint8_t *bytes = iovecs_at(iovecs, i, &length);
        if (length == 0)
            continue;
        int error = vfs_write(wasi->vfs, fd, bytes, length, append ? VFS_APPEND_POSITION : *position,
                              &part, &end);
        if (error != 0)
            return *done > 0 ? 0 : error;
        *position = end;
        *done += part;
        if (part < length)
            return 0;
    }
    return 0;
}

void fd_io_write(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    struct fd_io call;
    struct vfs_descriptor *descriptor;
    uint64_t done = 0;
    uint32_t fd = (uint32_t)values[0];
    uint16_t error = fd_io_begin(wasi, memory, values, RIGHT_FD_WRITE, values[3], &call);
    if (error == WASI_OK && call.descriptor->kind == VFS_STREAM && call.descriptor->stream == 0) {
        error = WASI_EBADF; /* standard input: a file that was made up may say that it can be written */
    } else if (error == WASI_OK && call.descriptor->kind == VFS_STREAM) {
        error = errno_to_wasi(
            fd_io_write_stream(wasi, call.descriptor->stream, &call.iovecs, &done));
    } else if (error == WASI_OK) {
        error = errno_to_wasi(vfs_change(wasi->vfs, fd, &descriptor));
        if (error == WASI_OK) {
            uint64_t position =
                descriptor->flags & VFS_APPEND ? VFS_APPEND_POSITION : descriptor->offset;
            error = errno_to_wasi(fd_io_write_file(wasi, fd, &call.iovecs, &position, &done));
            if (done > 0)
                descriptor->offset = position;
        }
    }
    fd_io_end(wasi, &call, error, done, values);
}

void fd_io_pwrite(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    struct fd_io call;
    uint64_t done = 0, position = values[3];
    uint32_t fd = (uint32_t)values[0];
    uint16_t error = fd_io_begin(wasi, memory, values, RIGHT_FD_WRITE, values[4], &call);
    if (error == WASI_OK && call.descriptor->kind == VFS_STREAM)
        error = errno_to_wasi(ESPIPE);
    if (error == WASI_OK && position > INT64_MAX)
        error = WASI_EINVAL;
    if (error == WASI_OK)
        error = errno_to_wasi(fd_io_write_file(wasi, fd, &call.iovecs, &position, &done));
    fd_io_end(wasi, &call, error, done, values);
}

/* ---- positions ---- */

static uint16_t fd_io_seekable(struct wasi *wasi, uint64_t fd, uint64_t right,
                               const struct vfs_descriptor **descriptor)
{
    uint16_t error = shim_descriptor(wasi, fd, 0, descriptor);
    if (error == WASI_OK && (*descriptor)->kind == VFS_STREAM)
        return errno_to_wasi(ESPIPE);
    if (error == WASI_OK && (*descriptor)->type == VFS_DIRECTORY)
        return errno_to_wasi(EISDIR);
    if (error == WASI_OK && !((*descriptor)->rights & right))
        return WASI_ENOTCAPABLE;
    return error;
}

static uint16_t fd_io_target(struct wasi *wasi, uint32_t fd, const struct vfs_descriptor *descriptor,
                             int64_t offset, uint32_t whence, uint64_t *target)
{
    struct vfs_stat stat;
    uint64_t base = 0;
    if (whence > 2)
        return WASI_EINVAL;
    if (whence == 1)
        base = descriptor->offset;
    if (whence == 2) {
        int error = vfs_stat_file(wasi->vfs, fd, &stat);
        if (error != 0)
            return errno_to_wasi(error);
        base = stat.size;
    }
    if (descriptor->type == VFS_CHARACTER) {
        *target = 0; /* /dev/null */
        return WASI_OK;
    }
    int64_t sum;
    if (base > INT64_MAX || __builtin_add_overflow((int64_t)base, offset, &sum))
        return WASI_EOVERFLOW;
    if (sum < 0)
        return WASI_EINVAL;
    *target = (uint64_t)sum;
    return WASI_OK;
}

void fd_io_seek(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    const struct vfs_descriptor *descriptor;
    uint8_t *result;
    uint64_t target = 0;
    uint16_t error = fd_io_seekable(wasi, values[0], RIGHT_FD_SEEK, &descriptor);
    if (error == WASI_OK)
        error = guest_value(memory, values[3], 8, 8, &result);
    if (error == WASI_OK)
        error = fd_io_target(wasi, (uint32_t)values[0], descriptor, (int64_t)values[1],
                             (uint32_t)values[2], &target);
    if (error == WASI_OK) {
        struct vfs_descriptor *moved;
        if (target != descriptor->offset) {
            error = errno_to_wasi(vfs_change(wasi->vfs, (uint32_t)values[0], &moved));
            if (error == WASI_OK)
                moved->offset = target;
        }
    }
    if (error == WASI_OK)
        bytes_store_u64(result, target);
    values[0] = error;
}

void fd_io_tell(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    const struct vfs_descriptor *descriptor;
    uint8_t *result;
    uint16_t error = fd_io_seekable(wasi, values[0], RIGHT_FD_TELL, &descriptor);
    if (error == WASI_OK)
        error = guest_value(memory, values[1], 8, 8, &result);
    if (error == WASI_OK)
        bytes_store_u64(result, descriptor->offset);
    values[0] = error;
}
