/* Deltas that are wrong. */
#include "snapshot_forge_inside.h"

#include "bytes.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/* ---- deltas: of four chunks, a page each ---- */

static uint8_t *change_entry(struct forge *forge, uint32_t number)
{
    return forge->bodies[MEMORY].bytes + SNAPSHOT_MEMORY_HEAD_BYTES +
           (size_t)number * SNAPSHOT_CHANGE_ENTRY_BYTES;
}

static uint8_t *block_size(struct forge *forge) /* of the only block */
{
    return change_entry(forge, 4);
}

static void delta_index_digest(struct forge *forge)
{
    forge->bodies[MEMORY].bytes[SNAPSHOT_MEMORY_INDEX_DIGEST] ^= 1;
    forge->keep_index_digest = 1;
}

static void delta_short(struct forge *forge)
{
    forge_resize(&forge->bodies[MEMORY], SNAPSHOT_MEMORY_HEAD_BYTES - 1);
}

static void delta_block_long(struct forge *forge)
{
    bytes_store_u32(block_size(forge), UINT32_MAX);
}

static void delta_block_short(struct forge *forge)
{
    bytes_store_u32(block_size(forge), bytes_load_u32(block_size(forge)) - 1);
}

static void delta_block_damaged(struct forge *forge)
{
    forge->bodies[MEMORY].bytes[forge->bodies[MEMORY].length - 1] ^= 1;
}

/* A block of `length` bytes, the first of which is `first`, the others zero. */
static void put_block(struct forge *forge, size_t length, uint8_t first)
{
    static uint8_t bytes[1 << 20], frame[1 << 16];
    bytes[0] = first;
    ZSTD_CCtx *encoder = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(encoder, ZSTD_c_checksumFlag, 1);
    size_t stored = ZSTD_compress2(encoder, frame, sizeof frame, bytes, length);
    ZSTD_freeCCtx(encoder);
    struct fixture_file *body = &forge->bodies[MEMORY];
    size_t data = SNAPSHOT_MEMORY_HEAD_BYTES + 4 * SNAPSHOT_CHANGE_ENTRY_BYTES + sizeof(uint32_t);
    bytes_store_u32(block_size(forge), (uint32_t)stored);
    forge_resize(body, data + stored);
    memcpy(body->bytes + data, frame, stored);
}

static void delta_bomb(struct forge *forge)
{
    put_block(forge, 1 << 20, 1);
}

static void delta_other_pages(struct forge *forge)
{
    put_block(forge, 4 * SNAPSHOT_UNIT_BYTES, 1);
}

static void delta_shrunk(struct forge *forge) /* changes only what it still has */
{
    struct fixture_file *body = &forge->bodies[MEMORY];
    size_t data = SNAPSHOT_MEMORY_HEAD_BYTES + sizeof(uint32_t) + SNAPSHOT_CHANGE_ENTRY_BYTES;
    uint8_t frame[4096];
    static const uint8_t zeroes[SNAPSHOT_UNIT_BYTES];
    ZSTD_CCtx *encoder = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(encoder, ZSTD_c_checksumFlag, 1);
    size_t stored = ZSTD_compress2(encoder, frame, sizeof frame, zeroes, sizeof zeroes);
    ZSTD_freeCCtx(encoder);
    forge->head.sections[MEMORY].content_bytes = SNAPSHOT_PAGE_BYTES;
    bytes_store_u32(body->bytes + SNAPSHOT_MEMORY_CHUNK_COUNT, 1);
    bytes_store_u64(body->bytes + SNAPSHOT_MEMORY_DATA_OFFSET, data);
    bytes_store_u32(change_entry(forge, 1), (uint32_t)stored);
    forge_resize(body, data + stored);
    memcpy(body->bytes + data, frame, stored);
}

static void delta_no_parent(struct forge *forge)
{
    memset(forge->head.parent, 0, DIGEST_BYTES);
}

static void delta_other_parent(struct forge *forge)
{
    forge->head.parent[5] ^= 1;
}

static void delta_circle(struct fixture_file *file) /* of one */
{
    memcpy(file->bytes + SNAPSHOT_HEADER_PARENT, file->bytes + SNAPSHOT_HEADER_DIGEST,
           DIGEST_BYTES);
    forge_reseal(file);
}

static void tree_of_no_parent(struct forge *forge)
{
    forge->head.sections[TREE].encoding = SNAPSHOT_ENCODING_PARENT;
    forge_resize(&forge->bodies[TREE], 0);
}

static void delta_other_tree(struct forge *forge)
{
    tree_of_no_parent(forge);
}

const struct forgery forge_delta_list[] = {
    DELTA_POKE(delta_twice, FORMAT, "chunk 0 of the memory: out of order",
               AT(MEMORY, CHANGE(1) + SNAPSHOT_CHANGE_NUMBER, uint32_t, SET, 0)),
    DELTA_POKE(delta_order, FORMAT, "chunk 1 of the memory: out of order",
               AT(MEMORY, CHANGE(0) + SNAPSHOT_CHANGE_NUMBER, uint32_t, SET, 3)),
    DELTA_POKE(delta_far, FORMAT, "chunk 5 of the memory",
               AT(MEMORY, CHANGE(3) + SNAPSHOT_CHANGE_NUMBER, uint32_t, SET, 5)),
    DELTA_POKE(delta_farthest, FORMAT, "behind its end at chunk 5",
               AT(MEMORY, CHANGE(3) + SNAPSHOT_CHANGE_NUMBER, uint32_t, SET, UINT32_MAX)),
    DELTA_POKE(delta_no_pages, FORMAT, "chunk 0 names no pages",
               AT(MEMORY, CHANGE(0) + SNAPSHOT_CHANGE_PAGES, uint32_t, SET, 0)),
    DELTA_POKE(delta_patched, FORMAT, "pages that it does not have",
               AT(MEMORY, CHANGE(0) + SNAPSHOT_CHANGE_PATCHED, uint8_t, OR, 1)),
    DELTA_POKE(delta_more_pages, FORMAT, "not of the size",
               AT(MEMORY, CHANGE(0) + SNAPSHOT_CHANGE_PAGES, uint8_t, OR, 1)),
    DELTA_POKE(delta_many, FORMAT, "4294967295 changes",
               AT(MEMORY, SNAPSHOT_MEMORY_CHUNK_COUNT, uint32_t, SET, UINT32_MAX)),
    DELTA_POKE(delta_few, FORMAT, "3 changes need", AT(MEMORY, SNAPSHOT_MEMORY_CHUNK_COUNT, uint32_t, SET, 3)),
    DELTA_POKE(delta_offset, FORMAT, "4 changes need", AT(MEMORY, SNAPSHOT_MEMORY_DATA_OFFSET, uint8_t, ADD, 4)),
    DELTA_POKE(delta_offset_far, FORMAT, "has room for",
               AT(MEMORY, SNAPSHOT_MEMORY_DATA_OFFSET, uint64_t, SET, UINT64_MAX)),
    DELTA_POKE(delta_chunk_size, FORMAT, "chunks of 4096 bytes",
               AT(MEMORY, SNAPSHOT_MEMORY_CHUNK_BYTES, uint32_t, SET, 4096)),
    DELTA(delta_index_digest, CORRUPT, "memory index"),
    DELTA(delta_short, FORMAT, "or more"),
    DELTA(delta_block_long, FORMAT, "block 0"),
    DELTA(delta_block_short, FORMAT, "1 bytes behind its last block"),
    DELTA(delta_block_damaged, CORRUPT, "cannot be decoded"),
    DELTA(delta_bomb, FORMAT, "not of the size"),
    {"delta_other_pages", FORGE_DELTA, FORGE_BODY, delta_other_pages, NULL, PYBOX_OK, CORRUPT,
     "chunk 0 of the delta", NO_POKE},
    DELTA_POKE(delta_change_digest, CORRUPT, "of the delta's memory does not match",
               AT(MEMORY, CHANGE(2) + SNAPSHOT_CHANGE_DIGEST, uint8_t, FLIP, 1)),
    {"delta_memory_digest", FORGE_DELTA, FORGE_TABLE, NULL, NULL, CORRUPT, CORRUPT, "and its parent's", DIGEST(MEMORY)},
    DELTA(delta_shrunk, PARENT, "more memory: 262144 bytes, not 65536"),
    DELTA_POKE(delta_other_module, PARENT, "another module", AT(MODULE, SNAPSHOT_MODULE_HASH, uint8_t, FLIP, 1)),
    DELTA(delta_no_parent, FORMAT, "names no parent"),
    DELTA(delta_other_parent, PARENT, "put it there"),
    {"delta_circle", FORGE_DELTA, FORGE_BYTES, NULL, delta_circle, PARENT, PARENT, "circle", NO_POKE},
    {"delta_version_1", FORGE_DELTA, FORGE_BYTES, NULL, NULL, FORMAT, FORMAT, "but is not a delta",
     SEALED(SNAPSHOT_HEADER_VERSION, uint32_t, SET, 1)},
    DELTA_POKE(delta_is_full, FORMAT, "but is not a delta", FIELD(MEMORY, encoding, SET, SNAPSHOT_ENCODING_CHUNKS)),
    BODY(tree_of_no_parent, FORMAT, "TREE has an encoding"),
    DELTA(delta_other_tree, CORRUPT, "that has another digest"),
    DELTA_POKE(delta_stored_tree, FORMAT, "TREE has an encoding", FIELD(TREE, encoding, SET, SNAPSHOT_ENCODING_PARENT)),
};
const size_t forge_delta_count = sizeof forge_delta_list / sizeof *forge_delta_list;
