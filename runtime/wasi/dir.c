/* Listing directories. */
#include "calls.h"

#define DIRENT_BYTES 24u

/* The guest's buffer as it fills. */
struct dir_buffer {
    uint8_t *at;
    uint32_t left;
    uint32_t entries;
};

static void dir_put(struct dir_buffer *buffer, const void *bytes, uint32_t length)
{
    if (length > buffer->left)
        length = buffer->left;
    memcpy(buffer->at, bytes, length);
    buffer->at += length;
    buffer->left -= length;
}

/* An entry that does not fit is cut off, by which the guest knows that there are more. */
static int dir_each(void *context, const struct vfs_entry *entry)
{
    struct dir_buffer *buffer = context;
    uint8_t header[DIRENT_BYTES] = {0};
    buffer->entries++;
    bytes_store_u64(header, entry->next);
    bytes_store_u64(header + 8, entry->inode);
    bytes_store_u32(header + 16, entry->length);
    header[20] = entry->type;
    dir_put(buffer, header, sizeof header);
    dir_put(buffer, entry->name, entry->length);
    return buffer->left > 0;
}

void dir_readdir(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    const struct vfs_descriptor *descriptor;
    uint8_t *result;
    uint32_t length = (uint32_t)values[2];
    struct dir_buffer buffer = {guest_at(memory, values[1], length), length, 0};
    uint16_t error = shim_descriptor(wasi, values[0], 0, &descriptor);
    if (error == WASI_OK && descriptor->type != VFS_DIRECTORY)
        error = errno_to_wasi(ENOTDIR);
    if (error == WASI_OK && !(descriptor->rights & RIGHT_FD_READDIR))
        error = WASI_ENOTCAPABLE;
    if (error == WASI_OK && buffer.at == NULL)
        error = WASI_EFAULT;
    if (error == WASI_OK)
        error = guest_value(memory, values[4], 4, 4, &result);
    if (error == WASI_OK && length > 0)
        error = errno_to_wasi(vfs_list(wasi->vfs, (uint32_t)values[0], values[3], dir_each, &buffer));
    wasi->moved_bytes = length - buffer.left;
    wasi->entries = buffer.entries;
    if (error == WASI_OK)
        bytes_store_u32(result, length - buffer.left);
    values[0] = error;
}
