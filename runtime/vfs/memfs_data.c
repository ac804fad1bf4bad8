/* Contents of in-memory files: a table of chunks, each allocated when something is written to it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memfs.h"

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
        if (number < file->file.count && file->file.chunks[number].bytes != NULL)
            held = file->file.chunks[number].capacity;
        size_t copied = offset >= held ? 0 : held - offset < part ? held - offset : part;
        if (copied > 0)
            memcpy(to, file->file.chunks[number].bytes + offset, copied);
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
    memset(chunks + file->file.count, 0, more);
    file->file.chunks = chunks;
    file->file.count = (uint32_t)wanted;
    return 0;
}

/* Makes a chunk hold at least `bytes` bytes. */
static int memfs_data_extend(struct memfs *memfs, struct memfs_chunk *chunk, uint32_t bytes)
{
    uint32_t held = chunk->bytes == NULL ? 0 : chunk->capacity;
    if (bytes <= held)
        return 0;
    uint32_t capacity = held == 0 ? 64 : held;
    while (capacity < bytes)
        capacity *= 2;
    int error = memfs_charge(memfs, capacity - held);
    if (error != 0)
        return error;
    uint8_t *larger = realloc(chunk->bytes, capacity);
    if (larger == NULL) {
        memfs_refund(memfs, capacity - held);
        return ENOMEM;
    }
    memset(larger + held, 0, capacity - held);
    chunk->bytes = larger;
    chunk->capacity = capacity;
    return 0;
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
    int error = 0;
    while (*done < length) {
        uint64_t number = position / MEMFS_CHUNK;
        uint32_t offset = (uint32_t)(position % MEMFS_CHUNK);
        size_t left = length - *done;
        uint32_t part = MEMFS_CHUNK - offset < left ? MEMFS_CHUNK - offset : (uint32_t)left;
        error = memfs_data_grow(memfs, file, number + 1);
        if (error == 0)
            error = memfs_data_extend(memfs, &file->file.chunks[number], offset + part);
        if (error != 0)
            break;
        memcpy(file->file.chunks[number].bytes + offset, from + *done, part);
        *done += part;
        position += part;
        if (position > file->size)
            file->size = position;
    }
    return *done > 0 ? 0 : error;
}

static void memfs_data_drop(struct memfs *memfs, struct memfs_chunk *chunk)
{
    if (chunk->bytes == NULL)
        return;
    memfs_refund(memfs, chunk->capacity);
    free(chunk->bytes);
    *chunk = (struct memfs_chunk){0};
}

int memfs_data_resize(struct memfs *memfs, struct memfs_node *file, uint64_t size)
{
    if (size > memfs->quota.bytes)
        return EFBIG;
    if (size < file->size) {
        uint64_t first = (size + MEMFS_CHUNK - 1) / MEMFS_CHUNK;
        for (uint64_t i = first; i < file->file.count; i++)
            memfs_data_drop(memfs, &file->file.chunks[i]);
        uint32_t offset = (uint32_t)(size % MEMFS_CHUNK);
        if (offset != 0 && first <= file->file.count) {
            struct memfs_chunk *last = &file->file.chunks[first - 1];
            if (last->bytes != NULL && last->capacity > offset)
                memset(last->bytes + offset, 0, last->capacity - offset);
        }
        if (size == 0)
            memfs_data_free(memfs, file);
    }
    file->size = size;
    return 0;
}

void memfs_data_free(struct memfs *memfs, struct memfs_node *file)
{
    for (uint32_t i = 0; i < file->file.count; i++)
        memfs_data_drop(memfs, &file->file.chunks[i]);
    memfs_refund(memfs, file->file.count * sizeof(struct memfs_chunk));
    free(file->file.chunks);
    file->file.chunks = NULL;
    file->file.count = 0;
}
