#include "snapshot_delta.h"

#include "bytes.h"
#include "error.h"
#include "snapshot_writer.h"

#include <stdlib.h>
#include <string.h>

#define UNIT SNAPSHOT_UNIT_BYTES
#define BLOCK_BYTES (SNAPSHOT_BLOCK_UNITS * UNIT)

/* A delta that is being written. */
struct making {
    struct writer *writer;
    struct image *parent;
    struct page_source source; /* the parent's memory */
    uint8_t *digests;          /* of the chunks of the new memory */
    struct snapshot_change *changes;
    uint32_t change_count, change_capacity;
    uint8_t *pages; /* as they are stored */
    uint32_t page_count, page_capacity;
};

/* 1 if the XOR of two pages compresses better than the page: where most of it is the same. */
static int delta_is_patch(const uint8_t *page, const uint8_t *parent)
{
    uint32_t same = 0;
    for (size_t i = 0; i < UNIT; i += sizeof(uint64_t)) {
        uint64_t a, b;
        memcpy(&a, page + i, sizeof a);
        memcpy(&b, parent + i, sizeof b);
        same += a == b;
    }
    return same > UNIT / sizeof(uint64_t) / 2;
}

/* `*capacity` becomes more than `count`, of items of `bytes`. */
static pybox_status delta_reserve(void **items, uint32_t count, uint32_t *capacity, size_t bytes)
{
    if (count < *capacity)
        return PYBOX_OK;
    uint32_t more = *capacity < 64 ? 64 : *capacity * 2; /* at most 2^21 */
    void *grown = realloc(*items, more * bytes);
    if (grown == NULL)
        return error_set_memory("writing a delta", more * bytes);
    *items = grown;
    *capacity = more;
    return PYBOX_OK;
}

/* Puts a page that differs from the parent's into the delta, in the last change. */
static pybox_status delta_add_page(struct making *making, uint32_t unit, const uint8_t *page,
                                   const uint8_t *parent)
{
    struct snapshot_change *change = &making->changes[making->change_count - 1];
    pybox_status status =
        delta_reserve((void **)&making->pages, making->page_count, &making->page_capacity, UNIT);
    if (status != PYBOX_OK)
        return status;
    uint8_t *to = making->pages + (size_t)making->page_count++ * UNIT;
    change->pages |= (uint16_t)(1u << unit);
    if (delta_is_patch(page, parent)) {
        change->patched |= (uint16_t)(1u << unit);
        for (size_t i = 0; i < UNIT; i++)
            to[i] = page[i] ^ parent[i];
    } else
        memcpy(to, page, UNIT);
    return PYBOX_OK;
}

/* The digest of the last change's chunk: of the parent's pages and the changed ones. */
static pybox_status delta_close_change(struct making *making)
{
    if (making->change_count == 0)
        return PYBOX_OK;
    struct snapshot_change *change = &making->changes[making->change_count - 1];
    const uint8_t *chunk =
        making->writer->content->memory + (uint64_t)change->number * SNAPSHOT_CHUNK_BYTES;
    uint8_t units[SNAPSHOT_CHUNK_UNITS][DIGEST_BYTES];
    pybox_status status = image_digest_units(making->parent, change->number, units);
    if (status != PYBOX_OK)
        return status;
    for (uint32_t unit = 0; unit < SNAPSHOT_CHUNK_UNITS; unit++)
        if ((change->pages >> unit & 1) != 0)
            snapshot_format_unit_digest(chunk + (size_t)unit * UNIT, units[unit]);
    snapshot_format_units_digest((const uint8_t(*)[DIGEST_BYTES])units, change->digest);
    memcpy(making->digests + (size_t)change->number * DIGEST_BYTES, change->digest, DIGEST_BYTES);
    return PYBOX_OK;
}

static pybox_status delta_look_at(struct making *making, uint32_t page)
{
    const uint8_t *now = making->writer->content->memory + (uint64_t)page * UNIT;
    const uint8_t *parent = page_source_at(&making->source, page);
    if (memcmp(now, parent, UNIT) == 0)
        return PYBOX_OK;
    uint32_t number = page / SNAPSHOT_CHUNK_UNITS;
    pybox_status status = PYBOX_OK;
    if (making->change_count == 0 || making->changes[making->change_count - 1].number != number) {
        status = delta_close_change(making);
        if (status == PYBOX_OK)
            status = delta_reserve((void **)&making->changes, making->change_count,
                                   &making->change_capacity, sizeof *making->changes);
        if (status != PYBOX_OK)
            return status;
        making->changes[making->change_count++] = (struct snapshot_change){.number = number};
    }
    return delta_add_page(making, page % SNAPSHOT_CHUNK_UNITS, now, parent);
}

/* Finds what changed. */
static pybox_status delta_compare(struct making *making, const struct snapshot_pages *pages)
{
    uint64_t total = making->writer->content->memory_bytes / UNIT;
    pybox_status status = PYBOX_OK;
    if (pages == NULL)
        for (uint64_t page = 0; page < total && status == PYBOX_OK; page++)
            status = delta_look_at(making, (uint32_t)page);
    else
        for (uint32_t i = 0; i < pages->count && status == PYBOX_OK; i++) {
            if (pages->pages[i] >= total || (i > 0 && pages->pages[i] <= pages->pages[i - 1]))
                return error_set(PYBOX_ERROR_ARGUMENT,
                                 "the pages of a delta are not ascending, or beyond its memory");
            status = delta_look_at(making, pages->pages[i]);
        }
    return status == PYBOX_OK ? delta_close_change(making) : status;
}

/* Compresses the blocks behind the index in `section`, which is as long as they can get. */
static pybox_status delta_put_blocks(struct making *making, uint8_t *section, uint64_t capacity,
                                     uint64_t table, uint64_t *end)
{
    for (uint32_t first = 0; first < making->page_count; first += SNAPSHOT_BLOCK_UNITS) {
        uint32_t left = making->page_count - first;
        uint32_t count = left < SNAPSHOT_BLOCK_UNITS ? left : SNAPSHOT_BLOCK_UNITS;
        size_t stored;
        pybox_status status = writer_compress(making->writer, 0, section + *end, capacity - *end,
                                              making->pages + (size_t)first * UNIT,
                                              (size_t)count * UNIT, &stored);
        if (status != PYBOX_OK)
            return status;
        bytes_store_u32(section + table, (uint32_t)stored);
        table += sizeof(uint32_t);
        *end += stored;
    }
    return PYBOX_OK;
}

/* The whole section MEMORY, in memory. */
static pybox_status delta_encode(struct making *making, uint8_t **result)
{
    uint64_t blocks = (making->page_count + SNAPSHOT_BLOCK_UNITS - 1) / SNAPSHOT_BLOCK_UNITS;
    uint64_t table = SNAPSHOT_MEMORY_HEAD_BYTES +
                     (uint64_t)making->change_count * SNAPSHOT_CHANGE_ENTRY_BYTES;
    uint64_t data = table + blocks * sizeof(uint32_t), end = data;
    uint64_t capacity = data + blocks * ZSTD_compressBound(BLOCK_BYTES);
    uint8_t *section = *result = malloc(capacity);
    if (section == NULL)
        return error_set_memory("encoding a delta", capacity);
    bytes_store_u32(section + SNAPSHOT_MEMORY_CHUNK_BYTES, SNAPSHOT_CHUNK_BYTES);
    bytes_store_u32(section + SNAPSHOT_MEMORY_CHUNK_COUNT, making->change_count);
    bytes_store_u64(section + SNAPSHOT_MEMORY_DATA_OFFSET, data);
    for (uint32_t i = 0; i < making->change_count; i++)
        snapshot_format_encode_change(&making->changes[i],
                                      section + SNAPSHOT_MEMORY_HEAD_BYTES +
                                          (size_t)i * SNAPSHOT_CHANGE_ENTRY_BYTES);
    pybox_status status = delta_put_blocks(making, section, capacity, table, &end);
    if (status != PYBOX_OK)
        return status;
    struct digest digest;
    digest_start(&digest);
    digest_add(&digest, section, SNAPSHOT_MEMORY_INDEX_DIGEST);
    digest_add(&digest, section + SNAPSHOT_MEMORY_HEAD_BYTES, data - SNAPSHOT_MEMORY_HEAD_BYTES);
    digest_finish(&digest, section + SNAPSHOT_MEMORY_INDEX_DIGEST);

    struct writer *writer = making->writer;
    struct snapshot_section *memory = &writer->head.sections[SNAPSHOT_SECTION_MEMORY - 1];
    memory->encoding = SNAPSHOT_ENCODING_DELTA;
    memory->stored_bytes = end;
    snapshot_format_memory_digest(SNAPSHOT_VERSION,
                                  (uint32_t)(memory->content_bytes / SNAPSHOT_CHUNK_BYTES),
                                  making->digests, DIGEST_BYTES, memory->digest);
    writer->bodies[SNAPSHOT_SECTION_MEMORY - 1] = section;
    return PYBOX_OK;
}

/* The parent's name, memory, and the digests of its chunks. */
static pybox_status delta_take_parent(struct making *making)
{
    const struct image_view *view = image_describe(making->parent);
    const struct snapshot_content *content = making->writer->content;
    if (content->memory_bytes < view->content.memory_bytes ||
        memcmp(content->module_hash, view->content.module_hash, DIGEST_BYTES) != 0)
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "a delta has its parent's module, and at least its memory");
    if (image_depth(making->parent) >= IMAGE_DEPTH_LIMIT)
        return error_set(PYBOX_ERROR_SNAPSHOT_PARENT,
                         "a delta of this could not be opened: it is made of %d deltas itself; merge some of them",
                         IMAGE_DEPTH_LIMIT);
    pybox_status status = image_digest_name(making->parent, making->writer->head.parent);
    if (status == PYBOX_OK)
        status = image_page_source(making->parent, &making->source);
    const uint8_t *digests = NULL;
    if (status == PYBOX_OK)
        status = image_digest_chunks(making->parent, &digests);
    if (status != PYBOX_OK)
        return status;
    size_t count = content->memory_bytes / SNAPSHOT_CHUNK_BYTES;
    making->digests = calloc(count + 1, DIGEST_BYTES);
    if (making->digests == NULL)
        return error_set_memory("writing a delta", count * DIGEST_BYTES);
    memcpy(making->digests, digests,
           view->content.memory_bytes / SNAPSHOT_CHUNK_BYTES * DIGEST_BYTES);
    return PYBOX_OK;
}

pybox_status snapshot_write_delta(const char *path, const struct snapshot_content *content,
                                  struct image *parent, const struct snapshot_pages *pages,
                                  const struct snapshot_write_options *options)
{
    static const struct snapshot_write_options defaults;
    if (options == NULL)
        options = &defaults;
    struct making making = {.parent = parent};
    uint8_t *section = NULL;
    pybox_status status =
        writer_begin(content, &image_describe(parent)->content, options, &making.writer);
    if (status == PYBOX_OK)
        status = delta_take_parent(&making);
    if (status == PYBOX_OK)
        status = delta_compare(&making, pages);
    if (status == PYBOX_OK)
        status = delta_encode(&making, &section);
    if (status == PYBOX_OK)
        status = file_io_draft_create(path, &making.writer->draft);
    if (status == PYBOX_OK)
        status = writer_finish(making.writer);
    if (status == PYBOX_OK && options->digest != NULL)
        memcpy(options->digest, making.writer->head.digest, DIGEST_BYTES);
    writer_release(making.writer);
    free(section);
    free(making.digests);
    free(making.changes);
    free(making.pages);
    return status;
}
