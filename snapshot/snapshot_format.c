#include "snapshot_format.h"

#include "bytes.h"
#include "error.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static_assert(sizeof SNAPSHOT_MAGIC - 1 == SNAPSHOT_MAGIC_BYTES, "magic");
static_assert(SNAPSHOT_HEADER_TABLE_DIGEST + DIGEST_BYTES == SNAPSHOT_HEADER_BYTES, "header");
static_assert(SNAPSHOT_ENTRY_DIGEST + DIGEST_BYTES == SNAPSHOT_ENTRY_BYTES, "section entry");
static_assert(SNAPSHOT_MEMORY_INDEX_DIGEST + DIGEST_BYTES == SNAPSHOT_MEMORY_HEAD_BYTES, "memory");
static_assert(SNAPSHOT_CHUNK_DIGEST + DIGEST_BYTES == SNAPSHOT_CHUNK_ENTRY_BYTES, "chunk entry");
static_assert(SNAPSHOT_GLOBAL_VALUE + sizeof(uint64_t) == SNAPSHOT_GLOBAL_BYTES, "global");
static_assert(SNAPSHOT_MODULE_RESERVED + sizeof(uint32_t) == SNAPSHOT_MODULE_BYTES, "module");
static_assert(SNAPSHOT_PAGE_BYTES % SNAPSHOT_CHUNK_BYTES == 0, "a memory is whole chunks");
static_assert(SNAPSHOT_MEMORY_LIMIT_BYTES / SNAPSHOT_CHUNK_BYTES <= UINT32_MAX, "chunk count");

static_assert(SNAPSHOT_CHANGE_DIGEST + DIGEST_BYTES == SNAPSHOT_CHANGE_ENTRY_BYTES, "change");
static_assert(SNAPSHOT_CHUNK_UNITS == 16, "a bit for each page of a chunk");

/* What digests start with, by version, so that they are no digests of anything else. */
static const char *const content_domains[] = {"", "pybox snapshot content 1",
                                              "pybox snapshot content 2"};
static const char *const memory_domains[] = {"", "pybox snapshot memory 1",
                                             "pybox snapshot memory 2"};

size_t snapshot_format_head_bytes(uint32_t section_count)
{
    return SNAPSHOT_HEADER_BYTES + (size_t)section_count * SNAPSHOT_ENTRY_BYTES;
}

static void format_table_digest(const uint8_t *head, uint32_t section_count,
                                uint8_t result[DIGEST_BYTES])
{
    struct digest digest;
    digest_start(&digest);
    digest_add(&digest, head, SNAPSHOT_HEADER_TABLE_DIGEST);
    digest_add(&digest, head + SNAPSHOT_HEADER_BYTES,
               snapshot_format_head_bytes(section_count) - SNAPSHOT_HEADER_BYTES);
    digest_finish(&digest, result);
}

static void format_encode_entry(const struct snapshot_section *section, uint8_t *bytes)
{
    bytes_store_u32(bytes + SNAPSHOT_ENTRY_TYPE, section->type);
    bytes_store_u32(bytes + SNAPSHOT_ENTRY_FLAGS, section->flags);
    bytes_store_u64(bytes + SNAPSHOT_ENTRY_OFFSET, section->offset);
    bytes_store_u64(bytes + SNAPSHOT_ENTRY_STORED_BYTES, section->stored_bytes);
    bytes_store_u64(bytes + SNAPSHOT_ENTRY_CONTENT_BYTES, section->content_bytes);
    bytes_store_u32(bytes + SNAPSHOT_ENTRY_ENCODING, section->encoding);
    bytes_store_u32(bytes + SNAPSHOT_ENTRY_RESERVED, 0);
    memcpy(bytes + SNAPSHOT_ENTRY_DIGEST, section->digest, DIGEST_BYTES);
}

void snapshot_format_encode_head(const struct snapshot_head *head, uint8_t *bytes)
{
    memcpy(bytes + SNAPSHOT_HEADER_MAGIC, SNAPSHOT_MAGIC, SNAPSHOT_MAGIC_BYTES);
    bytes_store_u32(bytes + SNAPSHOT_HEADER_VERSION, head->version);
    bytes_store_u32(bytes + SNAPSHOT_HEADER_FEATURES, 0);
    bytes_store_u32(bytes + SNAPSHOT_HEADER_SECTION_COUNT, head->section_count);
    bytes_store_u32(bytes + SNAPSHOT_HEADER_RESERVED, 0);
    bytes_store_u64(bytes + SNAPSHOT_HEADER_FILE_BYTES, head->file_bytes);
    memcpy(bytes + SNAPSHOT_HEADER_DIGEST, head->digest, DIGEST_BYTES);
    memcpy(bytes + SNAPSHOT_HEADER_PARENT, head->parent, DIGEST_BYTES);
    for (uint32_t i = 0; i < head->section_count; i++)
        format_encode_entry(&head->sections[i], bytes + snapshot_format_head_bytes(i));
    format_table_digest(bytes, head->section_count, bytes + SNAPSHOT_HEADER_TABLE_DIGEST);
}

static pybox_status format_decode_entry(const uint8_t *bytes, struct snapshot_section *section)
{
    section->type = bytes_load_u32(bytes + SNAPSHOT_ENTRY_TYPE);
    section->flags = bytes_load_u32(bytes + SNAPSHOT_ENTRY_FLAGS);
    section->offset = bytes_load_u64(bytes + SNAPSHOT_ENTRY_OFFSET);
    section->stored_bytes = bytes_load_u64(bytes + SNAPSHOT_ENTRY_STORED_BYTES);
    section->content_bytes = bytes_load_u64(bytes + SNAPSHOT_ENTRY_CONTENT_BYTES);
    section->encoding = bytes_load_u32(bytes + SNAPSHOT_ENTRY_ENCODING);
    memcpy(section->digest, bytes + SNAPSHOT_ENTRY_DIGEST, DIGEST_BYTES);
    if (bytes_load_u32(bytes + SNAPSHOT_ENTRY_RESERVED) != 0)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "a reserved field of the snapshot's section table is not 0");
    return PYBOX_OK;
}

/* Magic, version, features, reserved field and section count. */
static pybox_status format_check_header(const uint8_t *bytes, size_t length)
{
    size_t magic_bytes = length < SNAPSHOT_MAGIC_BYTES ? length : SNAPSHOT_MAGIC_BYTES;
    if (length == 0 || memcmp(bytes, SNAPSHOT_MAGIC, magic_bytes) != 0)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "not a pybox snapshot: the file does not start with its signature");
    if (length < SNAPSHOT_HEADER_BYTES)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the snapshot is truncated: %zu bytes do not hold its header", length);
    uint32_t version = bytes_load_u32(bytes + SNAPSHOT_HEADER_VERSION);
    if (version < SNAPSHOT_VERSION_OLDEST || version > SNAPSHOT_VERSION)
        return error_set(PYBOX_ERROR_SNAPSHOT_VERSION,
                         "the snapshot has format version %" PRIu32
                         ", this library reads versions %u to %u; write it anew with this library",
                         version, SNAPSHOT_VERSION_OLDEST, SNAPSHOT_VERSION);
    uint32_t features = bytes_load_u32(bytes + SNAPSHOT_HEADER_FEATURES);
    if ((features & ~SNAPSHOT_FEATURES) != 0)
        return error_set(PYBOX_ERROR_SNAPSHOT_VERSION,
                         "the snapshot needs features 0x%" PRIx32
                         " that this library does not have; use a newer one",
                         features & ~SNAPSHOT_FEATURES);
    uint32_t count = bytes_load_u32(bytes + SNAPSHOT_HEADER_SECTION_COUNT);
    if (count < SNAPSHOT_SECTION_KNOWN || count > SNAPSHOT_SECTION_LIMIT)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the snapshot has %" PRIu32 " sections; expected %d to %u", count,
                         SNAPSHOT_SECTION_KNOWN, SNAPSHOT_SECTION_LIMIT);
    if (length < snapshot_format_head_bytes(count))
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the snapshot is truncated: %zu bytes do not hold its section table",
                         length);
    return PYBOX_OK;
}

pybox_status snapshot_format_decode_head(const uint8_t *bytes, size_t length,
                                         struct snapshot_head *head)
{
    pybox_status status = format_check_header(bytes, length);
    if (status != PYBOX_OK)
        return status;
    head->version = bytes_load_u32(bytes + SNAPSHOT_HEADER_VERSION);
    head->section_count = bytes_load_u32(bytes + SNAPSHOT_HEADER_SECTION_COUNT);
    head->file_bytes = bytes_load_u64(bytes + SNAPSHOT_HEADER_FILE_BYTES);
    memcpy(head->digest, bytes + SNAPSHOT_HEADER_DIGEST, DIGEST_BYTES);
    memcpy(head->parent, bytes + SNAPSHOT_HEADER_PARENT, DIGEST_BYTES);

    uint8_t table_digest[DIGEST_BYTES];
    format_table_digest(bytes, head->section_count, table_digest);
    if (memcmp(table_digest, bytes + SNAPSHOT_HEADER_TABLE_DIGEST, DIGEST_BYTES) != 0)
        return error_set(PYBOX_ERROR_SNAPSHOT_CORRUPT,
                         "the checksum of the snapshot's header and section table does not match");
    if (bytes_load_u32(bytes + SNAPSHOT_HEADER_RESERVED) != 0)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "a reserved field of the snapshot's header is not 0");
    for (uint32_t i = 0; i < head->section_count; i++) {
        status = format_decode_entry(bytes + snapshot_format_head_bytes(i), &head->sections[i]);
        if (status != PYBOX_OK)
            return status;
    }
    return PYBOX_OK;
}

void snapshot_format_content_digest(const struct snapshot_head *head, uint8_t result[DIGEST_BYTES])
{
    struct digest digest;
    const char *domain = content_domains[head->version];
    digest_start(&digest);
    digest_add(&digest, domain, strlen(domain) + 1);
    if (head->version == 1)
        digest_add(&digest, head->parent, DIGEST_BYTES);
    for (uint32_t i = 0; i < head->section_count; i++) {
        const struct snapshot_section *section = &head->sections[i];
        if (head->version > 1 && (section->flags & SNAPSHOT_SECTION_OPTIONAL) != 0)
            continue;
        digest_add_u32(&digest, section->type);
        digest_add_u32(&digest, section->flags);
        digest_add_u64(&digest, section->content_bytes);
        digest_add(&digest, section->digest, DIGEST_BYTES);
    }
    digest_finish(&digest, result);
}

void snapshot_format_encode_module(const struct snapshot_content *content,
                                   uint8_t bytes[SNAPSHOT_MODULE_BYTES])
{
    memcpy(bytes + SNAPSHOT_MODULE_HASH, content->module_hash, DIGEST_BYTES);
    memcpy(bytes + SNAPSHOT_MODULE_COSTS_HASH, content->costs_hash, DIGEST_BYTES);
    bytes_store_u32(bytes + SNAPSHOT_MODULE_METERING, content->metering);
    bytes_store_u32(bytes + SNAPSHOT_MODULE_RESERVED, 0);
}

pybox_status snapshot_format_decode_module(const uint8_t bytes[SNAPSHOT_MODULE_BYTES],
                                           struct snapshot_content *content)
{
    memcpy(content->module_hash, bytes + SNAPSHOT_MODULE_HASH, DIGEST_BYTES);
    memcpy(content->costs_hash, bytes + SNAPSHOT_MODULE_COSTS_HASH, DIGEST_BYTES);
    content->metering = bytes_load_u32(bytes + SNAPSHOT_MODULE_METERING);
    if (bytes_load_u32(bytes + SNAPSHOT_MODULE_RESERVED) != 0)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "a reserved field of the snapshot's section MODULE is not 0");
    return PYBOX_OK;
}

void snapshot_format_encode_global(const struct snapshot_global *global,
                                   uint8_t bytes[SNAPSHOT_GLOBAL_BYTES])
{
    bytes_store_u32(bytes + SNAPSHOT_GLOBAL_INDEX, global->index);
    bytes_store_u32(bytes + SNAPSHOT_GLOBAL_TYPE, (uint8_t)global->type);
    bytes_store_u64(bytes + SNAPSHOT_GLOBAL_VALUE, global->value);
}

pybox_status snapshot_format_decode_global(const uint8_t bytes[SNAPSHOT_GLOBAL_BYTES],
                                           struct snapshot_global *global)
{
    uint32_t type = bytes_load_u32(bytes + SNAPSHOT_GLOBAL_TYPE);
    if (type > 0x7f)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "a global of the snapshot has the unknown type %" PRIu32, type);
    global->index = bytes_load_u32(bytes + SNAPSHOT_GLOBAL_INDEX);
    global->type = (char)type;
    global->value = bytes_load_u64(bytes + SNAPSHOT_GLOBAL_VALUE);
    return PYBOX_OK;
}

struct snapshot_memory_layout
snapshot_format_memory_layout(uint64_t section_offset, uint32_t encoding, uint64_t memory_bytes)
{
    struct snapshot_memory_layout layout;
    layout.chunk_count = (uint32_t)(memory_bytes / SNAPSHOT_CHUNK_BYTES);
    layout.index_bytes = (uint64_t)layout.chunk_count * SNAPSHOT_CHUNK_ENTRY_BYTES;
    layout.data_offset = SNAPSHOT_MEMORY_HEAD_BYTES + layout.index_bytes;
    if (encoding == SNAPSHOT_ENCODING_DELTA) { /* its index says how long it is */
        layout.index_bytes = 0;
        layout.data_offset = SNAPSHOT_MEMORY_HEAD_BYTES;
    } else if (encoding == SNAPSHOT_ENCODING_MAPPED)
        layout.data_offset =
            bytes_round_up(section_offset + layout.data_offset, SNAPSHOT_MAPPED_ALIGNMENT) -
            section_offset;
    return layout;
}

static void format_index_digest(const uint8_t *bytes, const uint8_t *index, uint64_t index_bytes,
                                uint8_t result[DIGEST_BYTES])
{
    struct digest digest;
    digest_start(&digest);
    digest_add(&digest, bytes, SNAPSHOT_MEMORY_INDEX_DIGEST);
    digest_add(&digest, index, index_bytes);
    digest_finish(&digest, result);
}

void snapshot_format_encode_memory(const struct snapshot_memory_layout *layout,
                                   const uint8_t *index, uint8_t bytes[SNAPSHOT_MEMORY_HEAD_BYTES])
{
    bytes_store_u32(bytes + SNAPSHOT_MEMORY_CHUNK_BYTES, SNAPSHOT_CHUNK_BYTES);
    bytes_store_u32(bytes + SNAPSHOT_MEMORY_CHUNK_COUNT, layout->chunk_count);
    bytes_store_u64(bytes + SNAPSHOT_MEMORY_DATA_OFFSET, layout->data_offset);
    format_index_digest(bytes, index, layout->index_bytes, bytes + SNAPSHOT_MEMORY_INDEX_DIGEST);
}

pybox_status snapshot_format_check_memory(const struct snapshot_memory_layout *layout,
                                          const uint8_t bytes[SNAPSHOT_MEMORY_HEAD_BYTES],
                                          const uint8_t *index)
{
    uint8_t digest[DIGEST_BYTES];
    format_index_digest(bytes, index, layout->index_bytes, digest);
    if (memcmp(digest, bytes + SNAPSHOT_MEMORY_INDEX_DIGEST, DIGEST_BYTES) != 0)
        return error_set(PYBOX_ERROR_SNAPSHOT_CORRUPT,
                         "the checksum of the snapshot's memory index does not match");
    uint32_t chunk_bytes = bytes_load_u32(bytes + SNAPSHOT_MEMORY_CHUNK_BYTES);
    if (chunk_bytes != SNAPSHOT_CHUNK_BYTES)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the snapshot's memory is in chunks of %" PRIu32 " bytes; expected %u",
                         chunk_bytes, SNAPSHOT_CHUNK_BYTES);
    uint32_t count = bytes_load_u32(bytes + SNAPSHOT_MEMORY_CHUNK_COUNT);
    if (count != layout->chunk_count)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the snapshot's memory has %" PRIu32 " chunks; its size needs %" PRIu32,
                         count, layout->chunk_count);
    uint64_t offset = bytes_load_u64(bytes + SNAPSHOT_MEMORY_DATA_OFFSET);
    if (offset != layout->data_offset)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the snapshot's memory starts at byte %" PRIu64
                         " of its section; expected %" PRIu64,
                         offset, layout->data_offset);
    return PYBOX_OK;
}

void snapshot_format_encode_chunk(const struct snapshot_chunk *chunk,
                                  uint8_t bytes[SNAPSHOT_CHUNK_ENTRY_BYTES])
{
    bytes_store_u64(bytes + SNAPSHOT_CHUNK_OFFSET, chunk->offset);
    bytes_store_u32(bytes + SNAPSHOT_CHUNK_STORED_BYTES, chunk->stored_bytes);
    bytes_store_u32(bytes + SNAPSHOT_CHUNK_KIND, chunk->kind);
    memcpy(bytes + SNAPSHOT_CHUNK_DIGEST, chunk->digest, DIGEST_BYTES);
}

void snapshot_format_decode_chunk(const uint8_t bytes[SNAPSHOT_CHUNK_ENTRY_BYTES],
                                  struct snapshot_chunk *chunk)
{
    chunk->offset = bytes_load_u64(bytes + SNAPSHOT_CHUNK_OFFSET);
    chunk->stored_bytes = bytes_load_u32(bytes + SNAPSHOT_CHUNK_STORED_BYTES);
    chunk->kind = bytes_load_u32(bytes + SNAPSHOT_CHUNK_KIND);
    memcpy(chunk->digest, bytes + SNAPSHOT_CHUNK_DIGEST, DIGEST_BYTES);
}

void snapshot_format_encode_change(const struct snapshot_change *change,
                                   uint8_t bytes[SNAPSHOT_CHANGE_ENTRY_BYTES])
{
    bytes_store_u32(bytes + SNAPSHOT_CHANGE_NUMBER, change->number);
    bytes_store_u32(bytes + SNAPSHOT_CHANGE_PAGES,
                    change->pages | (uint32_t)change->patched << 16); /* both fields */
    memcpy(bytes + SNAPSHOT_CHANGE_DIGEST, change->digest, DIGEST_BYTES);
}

void snapshot_format_decode_change(const uint8_t bytes[SNAPSHOT_CHANGE_ENTRY_BYTES],
                                   struct snapshot_change *change)
{
    uint32_t masks = bytes_load_u32(bytes + SNAPSHOT_CHANGE_PAGES);
    change->number = bytes_load_u32(bytes + SNAPSHOT_CHANGE_NUMBER);
    change->pages = (uint16_t)masks;
    change->patched = (uint16_t)(masks >> 16);
    memcpy(change->digest, bytes + SNAPSHOT_CHANGE_DIGEST, DIGEST_BYTES);
}

void snapshot_format_unit_digest(const uint8_t *bytes, uint8_t digest[DIGEST_BYTES])
{
    if (bytes_are_zero(bytes, SNAPSHOT_UNIT_BYTES))
        memset(digest, 0, DIGEST_BYTES);
    else
        digest_bytes(bytes, SNAPSHOT_UNIT_BYTES, digest);
}

void snapshot_format_units_digest(const uint8_t units[SNAPSHOT_CHUNK_UNITS][DIGEST_BYTES],
                                  uint8_t digest[DIGEST_BYTES])
{
    const size_t length = (size_t)SNAPSHOT_CHUNK_UNITS * DIGEST_BYTES;
    if (bytes_are_zero(units, length))
        memset(digest, 0, DIGEST_BYTES);
    else
        digest_bytes(units, length, digest);
}

void snapshot_format_chunk_digest(uint32_t version, const uint8_t bytes[SNAPSHOT_CHUNK_BYTES],
                                  uint8_t digest[DIGEST_BYTES])
{
    if (version == 1) {
        digest_bytes(bytes, SNAPSHOT_CHUNK_BYTES, digest);
        return;
    }
    uint8_t units[SNAPSHOT_CHUNK_UNITS][DIGEST_BYTES];
    for (uint32_t i = 0; i < SNAPSHOT_CHUNK_UNITS; i++)
        snapshot_format_unit_digest(bytes + (size_t)i * SNAPSHOT_UNIT_BYTES, units[i]);
    snapshot_format_units_digest((const uint8_t(*)[DIGEST_BYTES])units, digest);
}

void snapshot_format_memory_digest(uint32_t version, uint32_t chunk_count, const uint8_t *digests,
                                   size_t stride, uint8_t result[DIGEST_BYTES])
{
    const char *domain = memory_domains[version];
    struct digest digest;
    digest_start(&digest);
    digest_add(&digest, domain, strlen(domain) + 1);
    digest_add_u32(&digest, SNAPSHOT_CHUNK_BYTES);
    digest_add_u32(&digest, chunk_count);
    for (uint32_t i = 0; i < chunk_count; i++) {
        const uint8_t *chunk = digests + i * stride;
        if (bytes_are_zero(chunk, DIGEST_BYTES))
            continue;
        digest_add_u32(&digest, i);
        digest_add(&digest, chunk, DIGEST_BYTES);
    }
    digest_finish(&digest, result);
}
