#include "fuzz_seal.h"

#include "bytes.h"
#include "snapshot_format.h"

#include <stdlib.h>
#include <string.h>

#define SEAL_LIMIT_BYTES (16u << 20) /* of a delta's memory */

/* Index and section of a delta: as far as entries are, they change the parent's digests. */
static void seal_delta(uint8_t *head, size_t size, struct image *parent,
                       struct snapshot_section *section)
{
    uint32_t chunks = (uint32_t)(section->content_bytes / SNAPSHOT_CHUNK_BYTES);
    uint32_t count = bytes_load_u32(head + SNAPSHOT_MEMORY_CHUNK_COUNT);
    uint64_t data = bytes_load_u64(head + SNAPSHOT_MEMORY_DATA_OFFSET);
    uint32_t inherited =
        (uint32_t)(image_describe(parent)->content.memory_bytes / SNAPSHOT_CHUNK_BYTES);
    const uint8_t *below;
    uint8_t *digests = calloc(chunks + inherited, DIGEST_BYTES);
    if (digests == NULL || image_digest_chunks(parent, &below) != PYBOX_OK)
        abort();
    memcpy(digests, below, (size_t)inherited * DIGEST_BYTES);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = SNAPSHOT_MEMORY_HEAD_BYTES + (uint64_t)i * SNAPSHOT_CHANGE_ENTRY_BYTES;
        struct snapshot_change change;
        if (at + SNAPSHOT_CHANGE_ENTRY_BYTES > size)
            break;
        snapshot_format_decode_change(head + at, &change);
        if (change.number < chunks)
            memcpy(digests + (size_t)change.number * DIGEST_BYTES, change.digest, DIGEST_BYTES);
    }
    snapshot_format_memory_digest(SNAPSHOT_VERSION, chunks, digests, DIGEST_BYTES, section->digest);
    free(digests);
    if (data < SNAPSHOT_MEMORY_HEAD_BYTES || data > size)
        return;
    struct digest digest;
    digest_start(&digest);
    digest_add(&digest, head, SNAPSHOT_MEMORY_INDEX_DIGEST);
    digest_add(&digest, head + SNAPSHOT_MEMORY_HEAD_BYTES, data - SNAPSHOT_MEMORY_HEAD_BYTES);
    digest_finish(&digest, head + SNAPSHOT_MEMORY_INDEX_DIGEST);
}

/* Digests of the raw sections and of the memory. */
static void seal_section(uint8_t *bytes, size_t size, uint32_t version,
                         struct image *parent, struct snapshot_section *section)
{
    if (section->encoding == SNAPSHOT_ENCODING_RAW && section->offset <= size &&
        section->stored_bytes <= size - section->offset)
        digest_bytes(bytes + section->offset, section->stored_bytes, section->digest);
    if (section->type == SNAPSHOT_SECTION_MEMORY && section->content_bytes <= SEAL_LIMIT_BYTES &&
        section->encoding == SNAPSHOT_ENCODING_DELTA && section->offset <= size &&
        size - section->offset >= SNAPSHOT_MEMORY_HEAD_BYTES)
        seal_delta(bytes + section->offset, size - section->offset, parent, section);
    if (section->type != SNAPSHOT_SECTION_MEMORY ||
        section->content_bytes > SNAPSHOT_MEMORY_LIMIT_BYTES ||
        (section->encoding != SNAPSHOT_ENCODING_CHUNKS &&
         section->encoding != SNAPSHOT_ENCODING_MAPPED))
        return;
    struct snapshot_memory_layout layout =
        snapshot_format_memory_layout(section->offset, section->encoding, section->content_bytes);
    if (section->offset > size ||
        SNAPSHOT_MEMORY_HEAD_BYTES + layout.index_bytes > size - section->offset)
        return;
    uint8_t *head = bytes + section->offset;
    struct digest digest;
    digest_start(&digest);
    digest_add(&digest, head, SNAPSHOT_MEMORY_INDEX_DIGEST);
    digest_add(&digest, head + SNAPSHOT_MEMORY_HEAD_BYTES, layout.index_bytes);
    digest_finish(&digest, head + SNAPSHOT_MEMORY_INDEX_DIGEST);
    snapshot_format_memory_digest(version, layout.chunk_count,
                                  head + SNAPSHOT_MEMORY_HEAD_BYTES + SNAPSHOT_CHUNK_DIGEST,
                                  SNAPSHOT_CHUNK_ENTRY_BYTES, section->digest);
}

/* Recomputes what it can; reads entries by hand, as the decoder would stop at the digest. */
void fuzz_seal(uint8_t *bytes, size_t size, struct image *parent)
{
    if (size < SNAPSHOT_HEADER_BYTES)
        return;
    struct snapshot_head head = {.version = bytes_load_u32(bytes + SNAPSHOT_HEADER_VERSION),
                                 .section_count =
                                     bytes_load_u32(bytes + SNAPSHOT_HEADER_SECTION_COUNT)};
    if (head.version < SNAPSHOT_VERSION_OLDEST || head.version > SNAPSHOT_VERSION ||
        head.section_count > SNAPSHOT_SECTION_LIMIT ||
        size < snapshot_format_head_bytes(head.section_count))
        return;
    memcpy(head.parent, bytes + SNAPSHOT_HEADER_PARENT, DIGEST_BYTES);
    for (uint32_t i = 0; i < head.section_count; i++) {
        uint8_t *entry = bytes + snapshot_format_head_bytes(i);
        struct snapshot_section *section = &head.sections[i];
        section->type = bytes_load_u32(entry + SNAPSHOT_ENTRY_TYPE);
        section->flags = bytes_load_u32(entry + SNAPSHOT_ENTRY_FLAGS);
        section->encoding = bytes_load_u32(entry + SNAPSHOT_ENTRY_ENCODING);
        section->offset = bytes_load_u64(entry + SNAPSHOT_ENTRY_OFFSET);
        section->stored_bytes = bytes_load_u64(entry + SNAPSHOT_ENTRY_STORED_BYTES);
        section->content_bytes = bytes_load_u64(entry + SNAPSHOT_ENTRY_CONTENT_BYTES);
        memcpy(section->digest, entry + SNAPSHOT_ENTRY_DIGEST, DIGEST_BYTES);
        seal_section(bytes, size, head.version, parent, section);
        memcpy(entry + SNAPSHOT_ENTRY_DIGEST, section->digest, DIGEST_BYTES);
    }
    snapshot_format_content_digest(&head, bytes + SNAPSHOT_HEADER_DIGEST);
    struct digest digest;
    digest_start(&digest);
    digest_add(&digest, bytes, SNAPSHOT_HEADER_TABLE_DIGEST);
    digest_add(&digest, bytes + SNAPSHOT_HEADER_BYTES,
               snapshot_format_head_bytes(head.section_count) - SNAPSHOT_HEADER_BYTES);
    digest_finish(&digest, bytes + SNAPSHOT_HEADER_TABLE_DIGEST);
}
