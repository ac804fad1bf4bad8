/* Contents of in-memory files: a table of chunks, each allocated when something is written to it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memfs.h"

void memfs_block_hold(struct memfs_block *block)
{
    if (block != NULL)
        atomic_fetch_add_explicit(&block->holders, 1, memory_order_relaxed);
}

void memfs_block_release(struct memfs_block *block)
{
    if (block != NULL && atomic_fetch_sub_explicit(&block->holders, 1, memory_order_acq_rel) == 1)
        free(block);
}

size_t memfs_data_read(const struct memfs_node *file, void *bytes, size_t length, uint64_t position)
{
    if (position >= file->size)
        return 0;
    if (length > file->size - position)
        length = (size_t)(file->size - position);
    uint8_t *to = bytes;
    for (size_t left = length; left > 0;) {
        uint64_t number = position / MEMFS_CHUNK;
        uint32_t offset = (uint32_t)(position % MEMFS_CHUNK);
        size_t part = MEMFS_CHUNK - offset < left ? MEMFS_CHUNK - offset : left;
        uint32_t held = 0; /* bytes of the chunk that are not just zero */
        if (number < file->file.count && file->file.chunks[number].block != NULL)
            held = file->file.chunks[number].capacity;
        size_t copied = offset >= held ? 0 : held - offset < part ? held - offset : part;
        if (copied > 0)
            memcpy(to, file->file.chunks[number].block->bytes + offset, copied);
        memset(to + copied, 0, part - copied);
        to += part;
        position += part;
        left -= part;
    }
    return length;
}

/* Makes the table at least `count` chunks long. */
static int memfs_data_grow(struct memfs *memfs, struct memfs_node *file, uint64_t count)
{
    if (count <= file->file.count)
        return 0;
    uint64_t wanted = file->file.count + file->file.count / 2;
    if (wanted < count)
        wanted = count;
    if (wanted > UINT32_MAX)
        return EFBIG;
    uint64_t more = (wanted - file->file.count) * sizeof(struct memfs_chunk);
    int error = memfs_charge(memfs, more);
    if (error != 0)
        return error;
    struct memfs_chunk *chunks = realloc(file->file.chunks, wanted * sizeof *chunks);
    if (chunks == NULL) {
        memfs_refund(memfs, more);
        return ENOMEM;
    }
    for (uint64_t i = file->file.count; i < wanted; i++)
        chunks[i] = (struct memfs_chunk){.stamp = memfs->undo.epoch};
    file->file.chunks = chunks;
    file->file.count = (uint32_t)wanted;
    return 0;
}

/* Makes a chunk hold at least `bytes` bytes that are its own. */
static int memfs_data_extend(struct memfs *memfs, struct memfs_chunk *chunk, uint32_t bytes)
{
    struct memfs_block *old = chunk->block;
    const uint32_t held = old == NULL ? 0 : chunk->capacity;
    const int own = old != NULL && atomic_load_explicit(&old->holders, memory_order_acquire) == 1;
    if (bytes <= held && own)
        return 0;
    uint32_t capacity = held == 0 ? 64 : held;
    while (capacity < bytes)
        capacity *= 2;
    int error = memfs_charge(memfs, capacity - held);
    if (error != 0)
        return error;
    struct memfs_block *block = realloc(own ? old : NULL, sizeof *block + capacity);
    if (block == NULL) {
        memfs_refund(memfs, capacity - held);
        return ENOMEM;
    }
    if (!own) {
        atomic_init(&block->holders, 1);
        if (held > 0)
            memcpy(block->bytes, old->bytes, held);
        memfs_block_release(old);
    }
    memset(block->bytes + held, 0, capacity - held);
    chunk->block = block;
    chunk->capacity = capacity;
    return 0;
}

/* The same for a chunk by number, after keeping it. */
static int memfs_data_open(struct memfs *memfs, struct memfs_node *file, uint32_t number, uint32_t bytes)
{
    struct memfs_chunk *chunk = &file->file.chunks[number];
    int error = chunk->stamp < memfs->undo.epoch ? undo_keep_chunk(memfs, file, number) : 0;
    return error == 0 ? memfs_data_extend(memfs, chunk, bytes) : error;
}

int memfs_data_write(struct memfs *memfs, struct memfs_node *file, const void *bytes, size_t length,
                     uint64_t position, size_t *done)
{
    *done = 0;
    if (length == 0)
        return 0;
    if (position >= memfs->quota.bytes)
        return EFBIG;
    if (length > memfs->quota.bytes - position)
        length = (size_t)(memfs->quota.bytes - position);
    const uint8_t *from = bytes;
    int error = memfs_keep(memfs, file);
    while (error == 0 && *done < length) {
        uint64_t number = position / MEMFS_CHUNK;
        uint32_t offset = (uint32_t)(position % MEMFS_CHUNK);
        size_t left = length - *done;
        uint32_t part = MEMFS_CHUNK - offset < left ? MEMFS_CHUNK - offset : (uint32_t)left;
        error = memfs_data_grow(memfs, file, number + 1);
        if (error == 0)
            error = memfs_data_open(memfs, file, (uint32_t)number, offset + part);
        if (error != 0)
            break;
        memcpy(file->file.chunks[number].block->bytes + offset, from + *done, part);
        *done += part;
        position += part;
        if (position > file->size)
            file->size = position;
    }
    return *done > 0 ? 0 : error;
}

/* Keeps what resizing to fewer bytes changes, and makes the last chunk ready for it. */
static int memfs_data_keep_tail(struct memfs *memfs, struct memfs_node *file, uint64_t size)
{
    const uint64_t first = (size + MEMFS_CHUNK - 1) / MEMFS_CHUNK; /* to be dropped */
    for (uint64_t i = first; i < file->file.count; i++) {
        const struct memfs_chunk *chunk = &file->file.chunks[i];
        if (chunk->block != NULL && chunk->stamp < memfs->undo.epoch &&
            undo_keep_chunk(memfs, file, (uint32_t)i) != 0)
            return ENOMEM;
    }
    const uint32_t offset = (uint32_t)(size % MEMFS_CHUNK);
    if (offset == 0 || first > file->file.count)
        return 0;
    const struct memfs_chunk *last = &file->file.chunks[first - 1];
    if (last->block == NULL || last->capacity <= offset)
        return 0;
    return memfs_data_open(memfs, file, (uint32_t)first - 1, offset);
}

static void memfs_data_cut(struct memfs *memfs, struct memfs_node *file, uint64_t size)
{
    const uint64_t first = (size + MEMFS_CHUNK - 1) / MEMFS_CHUNK;
    for (uint64_t i = first; i < file->file.count; i++) {
        struct memfs_chunk *chunk = &file->file.chunks[i];
        if (chunk->block == NULL)
            continue;
        memfs_refund(memfs, chunk->capacity);
        memfs_block_release(chunk->block);
        chunk->block = NULL;
    }
    const uint32_t offset = (uint32_t)(size % MEMFS_CHUNK);
    if (offset != 0 && first <= file->file.count) {
        struct memfs_chunk *last = &file->file.chunks[first - 1];
        if (last->block != NULL && last->capacity > offset)
            memset(last->block->bytes + offset, 0, last->capacity - offset);
    }
    /* The table of an old file stays: its chunks were kept by number. */
    if (size == 0 && file->born >= memfs->undo.epoch) {
        memfs_refund(memfs, memfs_data_charged(file));
        memfs_data_free(file);
    }
}

int memfs_data_resize(struct memfs *memfs, struct memfs_node *file, uint64_t size)
{
    if (size > memfs->quota.bytes)
        return EFBIG;
    int error = memfs_keep(memfs, file);
    if (error == 0 && size < file->size)
        error = memfs_data_keep_tail(memfs, file, size);
    if (error != 0)
        return error;
    if (size < file->size)
        memfs_data_cut(memfs, file, size);
    file->size = size;
    return 0;
}

uint64_t memfs_data_charged(const struct memfs_node *file)
{
    uint64_t bytes = file->file.count * sizeof(struct memfs_chunk);
    for (uint32_t i = 0; i < file->file.count; i++)
        bytes += file->file.chunks[i].block != NULL ? file->file.chunks[i].capacity : 0;
    return bytes;
}

void memfs_data_free(struct memfs_node *file)
{
    for (uint32_t i = 0; i < file->file.count; i++)
        memfs_block_release(file->file.chunks[i].block);
    free(file->file.chunks);
    file->file.chunks = NULL;
    file->file.count = 0;
}
