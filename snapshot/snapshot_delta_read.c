#include "snapshot_delta.h"

#include "bytes.h"
#include "error.h"
#include "file_io.h"
#include "parallel.h"
#include "snapshot_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES (SNAPSHOT_BLOCK_UNITS * SNAPSHOT_UNIT_BYTES)

/* The blocks of a delta, while they are read. */
struct blocks {
    const struct snapshot *snapshot;
    const struct page_source *parent;
    struct snapshot_delta *delta;
    uint8_t *patched;  /* of each page: 1 if it is stored as a difference */
    uint8_t *sizes;    /* stored bytes of each block, encoded */
    uint64_t *offsets; /* of each block in the file */
    uint32_t count;
    struct blocks_worker {
        ZSTD_DCtx *decoder;
        uint8_t *frame;
    } workers[PARALLEL_THREADS_LIMIT];
};

static pybox_status delta_check_change(const struct snapshot_change *change,
                                       const struct snapshot_change *before, uint32_t chunk_count)
{
    if (change->number >= chunk_count || (before != NULL && change->number <= before->number))
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the delta changes chunk %" PRIu32
                         " of the memory: out of order, or behind its end at chunk %" PRIu32,
                         change->number, chunk_count);
    if (change->pages == 0 || (change->patched & ~change->pages) != 0)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the delta's entry for chunk %" PRIu32 " names no pages, or differences "
                         "in pages that it does not have",
                         change->number);
    return PYBOX_OK;
}

/* Reads the entries, `count` of them, and numbers their pages. */
static pybox_status delta_decode_changes(struct blocks *blocks, const uint8_t *entries,
                                         uint32_t count)
{
    struct snapshot_delta *delta = blocks->delta;
    uint32_t pages = 0;
    delta->changes = malloc(count * sizeof *delta->changes + 1);
    if (delta->changes == NULL)
        return error_set_memory("the index of a delta", count * sizeof *delta->changes);
    for (uint32_t i = 0; i < count; i++) {
        struct snapshot_change *change = &delta->changes[i];
        snapshot_format_decode_change(entries + (size_t)i * SNAPSHOT_CHANGE_ENTRY_BYTES, change);
        pybox_status status = delta_check_change(change, i > 0 ? change - 1 : NULL,
                                                 blocks->snapshot->layout.chunk_count);
        if (status != PYBOX_OK)
            return status;
        pages += (uint32_t)__builtin_popcount(change->pages);
    }
    delta->change_count = count;
    delta->pages.count = pages; /* at most 2^20: those of the memory */
    blocks->count = (pages + SNAPSHOT_BLOCK_UNITS - 1) / SNAPSHOT_BLOCK_UNITS;
    return PYBOX_OK;
}

/* The numbers of the pages, and which of them are differences. */
static pybox_status delta_number_pages(struct blocks *blocks)
{
    struct snapshot_delta *delta = blocks->delta;
    uint32_t count = delta->pages.count, at = 0;
    delta->pages.pages = malloc(count * sizeof *delta->pages.pages + 1);
    blocks->patched = malloc(count + 1);
    if (delta->pages.pages == NULL || blocks->patched == NULL)
        return error_set_memory("the index of a delta", count * sizeof *delta->pages.pages);
    for (uint32_t i = 0; i < delta->change_count; i++) {
        const struct snapshot_change *change = &delta->changes[i];
        for (uint32_t unit = 0; unit < SNAPSHOT_CHUNK_UNITS; unit++)
            if ((change->pages >> unit & 1) != 0) {
                delta->pages.pages[at] = change->number * SNAPSHOT_CHUNK_UNITS + unit;
                blocks->patched[at++] = change->patched >> unit & 1;
            }
    }
    return PYBOX_OK;
}

/* Where each block is: one behind the other, from `start` on to the end of the section. */
static pybox_status delta_place_blocks(struct blocks *blocks, uint64_t start, uint64_t end)
{
    blocks->offsets = malloc(blocks->count * sizeof *blocks->offsets + 1);
    if (blocks->offsets == NULL)
        return error_set_memory("the index of a delta", blocks->count * sizeof *blocks->offsets);
    for (uint32_t i = 0; i < blocks->count; i++) {
        uint32_t stored = bytes_load_u32(blocks->sizes + (size_t)i * sizeof stored);
        if (stored > end - start || stored > ZSTD_compressBound(BLOCK_BYTES))
            return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                             "block %" PRIu32 " of the delta has a wrong length, %" PRIu32, i,
                             stored);
        blocks->offsets[i] = start;
        start += stored;
    }
    if (start != end)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the delta has %" PRIu64 " bytes behind its last block", end - start);
    return PYBOX_OK;
}

/* Checks head and index, of which `bytes` are all and `count` are the entries. */
static pybox_status delta_check_index(const uint8_t *bytes, uint32_t count, uint64_t length)
{
    if (bytes_load_u32(bytes + SNAPSHOT_MEMORY_CHUNK_BYTES) != SNAPSHOT_CHUNK_BYTES ||
        bytes_load_u64(bytes + SNAPSHOT_MEMORY_DATA_OFFSET) != length)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the delta's memory has chunks of %" PRIu32 " bytes, and data at byte %"
                         PRIu64 " of its section; its %" PRIu32 " changes need %u and %" PRIu64,
                         bytes_load_u32(bytes + SNAPSHOT_MEMORY_CHUNK_BYTES),
                         bytes_load_u64(bytes + SNAPSHOT_MEMORY_DATA_OFFSET), count,
                         SNAPSHOT_CHUNK_BYTES, length);
    struct digest digest;
    uint8_t found[DIGEST_BYTES];
    digest_start(&digest);
    digest_add(&digest, bytes, SNAPSHOT_MEMORY_INDEX_DIGEST);
    digest_add(&digest, bytes + SNAPSHOT_MEMORY_HEAD_BYTES, length - SNAPSHOT_MEMORY_HEAD_BYTES);
    digest_finish(&digest, found);
    if (memcmp(found, bytes + SNAPSHOT_MEMORY_INDEX_DIGEST, DIGEST_BYTES) != 0)
        return error_set(PYBOX_ERROR_SNAPSHOT_CORRUPT,
                         "the checksum of the delta's memory index does not match");
    return PYBOX_OK;
}

/* Reads head and index; *bytes is what `sizes` points into. */
static pybox_status delta_read_index(struct blocks *blocks, uint8_t **bytes)
{
    const struct snapshot *snapshot = blocks->snapshot;
    const struct snapshot_section *section = &snapshot->head.sections[SNAPSHOT_SECTION_MEMORY - 1];
    uint8_t head[SNAPSHOT_MEMORY_HEAD_BYTES];
    pybox_status status = file_io_read(snapshot->fd, head, sizeof head, section->offset);
    if (status != PYBOX_OK)
        return status;
    uint64_t data = bytes_load_u64(head + SNAPSHOT_MEMORY_DATA_OFFSET);
    uint32_t count = bytes_load_u32(head + SNAPSHOT_MEMORY_CHUNK_COUNT);
    uint64_t entries = (uint64_t)count * SNAPSHOT_CHANGE_ENTRY_BYTES;
    if (count > snapshot->layout.chunk_count || data > section->stored_bytes ||
        data < sizeof head || entries > data - sizeof head)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the delta says that it has %" PRIu32 " changes; that is more than its "
                         "memory or its file has room for",
                         count);
    uint64_t most = (uint64_t)count * sizeof(uint32_t); /* a chunk's pages fill a block at most */
    uint64_t length = data < sizeof head + entries + most ? data : sizeof head + entries + most;
    *bytes = malloc(length);
    if (*bytes == NULL)
        return error_set_memory("the index of a delta", length);
    memcpy(*bytes, head, sizeof head);
    status = file_io_read(snapshot->fd, *bytes + sizeof head, length - sizeof head,
                          section->offset + sizeof head);
    if (status == PYBOX_OK)
        status = delta_decode_changes(blocks, *bytes + sizeof head, count);
    if (status != PYBOX_OK)
        return status;
    uint64_t needed = sizeof head + entries + (uint64_t)blocks->count * sizeof(uint32_t);
    if (needed > length)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT, "the delta has no room for its block table");
    status = delta_check_index(*bytes, count, needed);
    blocks->sizes = *bytes + sizeof head + entries;
    if (status == PYBOX_OK)
        status = delta_place_blocks(blocks, section->offset + needed,
                                    section->offset + section->stored_bytes);
    return status == PYBOX_OK ? delta_number_pages(blocks) : status;
}

static void delta_apply_parent(const struct blocks *blocks, uint32_t first, uint32_t count)
{
    const struct page_overlay *pages = &blocks->delta->pages;
    for (uint32_t i = first; i < first + count; i++) {
        if (!blocks->patched[i])
            continue;
        uint8_t *to = pages->bytes + (size_t)i * SNAPSHOT_UNIT_BYTES;
        const uint8_t *from = page_source_at(blocks->parent, pages->pages[i]);
        for (size_t k = 0; k < SNAPSHOT_UNIT_BYTES; k++)
            to[k] ^= from[k];
    }
}

static pybox_status delta_prepare(struct blocks_worker *worker)
{
    size_t length = ZSTD_compressBound(BLOCK_BYTES);
    if (worker->frame == NULL)
        worker->frame = malloc(length);
    if (worker->decoder == NULL && worker->frame != NULL)
        worker->decoder = ZSTD_createDCtx();
    return worker->decoder != NULL ? PYBOX_OK : error_set_memory("decoding a delta", length);
}

/* parallel_function. */
static pybox_status delta_read_block(void *context, unsigned number, uint32_t item)
{
    struct blocks *blocks = context;
    struct blocks_worker *worker = &blocks->workers[number];
    const struct page_overlay *pages = &blocks->delta->pages;
    uint32_t first = item * SNAPSHOT_BLOCK_UNITS;
    uint32_t left = pages->count - first;
    uint32_t count = left < SNAPSHOT_BLOCK_UNITS ? left : SNAPSHOT_BLOCK_UNITS;
    size_t stored = bytes_load_u32(blocks->sizes + (size_t)item * sizeof(uint32_t));
    size_t length = (size_t)count * SNAPSHOT_UNIT_BYTES;
    pybox_status status = delta_prepare(worker);
    if (status == PYBOX_OK)
        status = file_io_read(blocks->snapshot->fd, worker->frame, stored, blocks->offsets[item]);
    if (status == PYBOX_OK)
        status = snapshot_file_check_frame(worker->frame, stored, length);
    if (status == PYBOX_OK)
        status = snapshot_file_decode_frame(worker->decoder, worker->frame, stored,
                                            pages->bytes + (size_t)first * SNAPSHOT_UNIT_BYTES,
                                            length);
    if (status == PYBOX_OK && blocks->parent != NULL)
        delta_apply_parent(blocks, first, count);
    return status;
}

static pybox_status delta_read_blocks(struct blocks *blocks, unsigned threads)
{
    struct page_overlay *pages = &blocks->delta->pages;
    size_t length = (size_t)pages->count * SNAPSHOT_UNIT_BYTES;
    pages->bytes = malloc(length + 1);
    if (pages->bytes == NULL)
        return error_set_memory("the pages of a delta", length);
    return parallel_run(parallel_threads(threads, blocks->count), blocks->count, delta_read_block,
                        blocks);
}

pybox_status snapshot_delta_read(const struct snapshot *snapshot, const struct page_source *parent,
                                 unsigned threads, struct snapshot_delta *delta)
{
    *delta = (struct snapshot_delta){0};
    struct blocks *blocks = calloc(1, sizeof *blocks);
    if (blocks == NULL)
        return error_set_memory("reading a delta", sizeof *blocks);
    blocks->snapshot = snapshot;
    blocks->parent = parent;
    blocks->delta = delta;
    uint8_t *index = NULL;
    pybox_status status = delta_read_index(blocks, &index);
    if (status == PYBOX_OK)
        status = delta_read_blocks(blocks, threads);
    for (int i = 0; i < PARALLEL_THREADS_LIMIT; i++) {
        ZSTD_freeDCtx(blocks->workers[i].decoder);
        free(blocks->workers[i].frame);
    }
    free(blocks->patched);
    free(blocks->offsets);
    free(blocks);
    free(index);
    return status;
}

void snapshot_delta_free(struct snapshot_delta *delta)
{
    free(delta->changes);
    page_overlay_free(&delta->pages);
    *delta = (struct snapshot_delta){0};
}
