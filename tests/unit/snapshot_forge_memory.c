/* Full snapshots whose memory is wrong. */
#include "snapshot_forge_inside.h"

#include "bytes.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/* ---- the memory's index ---- */

static void index_digest(struct forge *forge)
{
    forge->bodies[MEMORY].bytes[SNAPSHOT_MEMORY_INDEX_DIGEST] ^= 1;
    forge->keep_index_digest = 1;
}

static void chunk_roomy(struct forge *forge) /* more than the worst compression needs */
{
    bytes_store_u32(forge_index_entry(forge, 3) + SNAPSHOT_CHUNK_STORED_BYTES, 100000);
    forge_resize(&forge->bodies[MEMORY], forge->bodies[MEMORY].length + 100000);
}

static void bytes_behind_chunks(struct forge *forge)
{
    forge_resize(&forge->bodies[MEMORY], forge->bodies[MEMORY].length + 8);
}

static void mapped_length(struct forge *forge)
{
    forge_resize(&forge->bodies[MEMORY], forge->bodies[MEMORY].length + 4096);
}

static void mapped_gap(struct forge *forge)
{
    struct snapshot_memory_layout layout = forge_memory_layout(forge);
    forge->bodies[MEMORY].bytes[layout.data_offset - 1] = 1;
}

static void mapped_damaged(struct forge *forge)
{
    forge->bodies[MEMORY].bytes[forge_memory_layout(forge).data_offset + 77] ^= 1;
}

static void mapped_zero_damaged(struct forge *forge)
{
    forge->bodies[MEMORY].bytes[forge_memory_layout(forge).data_offset + SNAPSHOT_PAGE_BYTES] = 1;
}

/* ---- frames ---- */

/* Replaces the frame of the last chunk, whose digest stays. */
static void put_frame(struct forge *forge, const void *frame, size_t length)
{
    uint8_t *entry = forge_index_entry(forge, 3);
    uint32_t before = bytes_load_u32(entry + SNAPSHOT_CHUNK_STORED_BYTES);
    struct fixture_file *body = &forge->bodies[MEMORY];
    bytes_store_u32(entry + SNAPSHOT_CHUNK_STORED_BYTES, (uint32_t)length);
    forge_resize(body, body->length - before + length);
    memcpy(body->bytes + body->length - length, frame, length);
}

/* A frame of `length` bytes of zeroes and a last one. */
static void put_encoded(struct forge *forge, size_t length, int checksum, int content_size,
                        uint8_t last)
{
    static uint8_t bytes[1 << 20], frame[1 << 16];
    bytes[length - 1] = last;
    ZSTD_CCtx *encoder = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(encoder, ZSTD_c_checksumFlag, checksum);
    ZSTD_CCtx_setParameter(encoder, ZSTD_c_contentSizeFlag, content_size);
    size_t stored = ZSTD_compress2(encoder, frame, sizeof frame, bytes, length);
    ZSTD_freeCCtx(encoder);
    bytes[length - 1] = 0;
    put_frame(forge, frame, stored);
}

static void frame_unchecked(struct forge *forge)
{
    put_encoded(forge, SNAPSHOT_CHUNK_BYTES, 0, 1, 0xff);
}

static void frame_unsized(struct forge *forge)
{
    put_encoded(forge, SNAPSHOT_CHUNK_BYTES, 1, 0, 0xff);
}

static void frame_bomb(struct forge *forge)
{
    put_encoded(forge, 1 << 20, 1, 1, 0xff);
}

static void frame_small(struct forge *forge)
{
    put_encoded(forge, 4096, 1, 1, 0xff);
}

static void
frame_other(struct forge *forge) /* well-formed, but of other bytes than the index says */
{
    put_encoded(forge, SNAPSHOT_CHUNK_BYTES, 1, 1, 0xfe);
}

static void frame_empty(struct forge *forge)
{
    put_frame(forge, "", 0);
}

static void frame_skippable(struct forge *forge)
{
    put_frame(forge, "\x50\x2a\x4d\x18\x04\0\0\0skip", 12);
}

static void frame_twice(struct forge *forge)
{
    uint8_t frames[4096];
    uint32_t length = bytes_load_u32(forge_index_entry(forge, 3) + SNAPSHOT_CHUNK_STORED_BYTES);
    const struct fixture_file *body = &forge->bodies[MEMORY];
    memcpy(frames, body->bytes + body->length - length, length);
    memcpy(frames + length, frames, length);
    put_frame(forge, frames, 2 * (size_t)length);
}

static void frame_cut(struct forge *forge)
{
    uint32_t length = bytes_load_u32(forge_index_entry(forge, 3) + SNAPSHOT_CHUNK_STORED_BYTES);
    uint8_t frame[4096];
    const struct fixture_file *body = &forge->bodies[MEMORY];
    memcpy(frame, body->bytes + body->length - length, length);
    put_frame(forge, frame, length - 1);
}

static void chunk_stored_zero(struct forge *forge) /* a second form of the same state */
{
    put_encoded(forge, SNAPSHOT_CHUNK_BYTES, 1, 1, 0);
    static const uint8_t zeroes[SNAPSHOT_CHUNK_BYTES];
    digest_bytes(zeroes, sizeof zeroes, forge_index_entry(forge, 3) + SNAPSHOT_CHUNK_DIGEST);
}

const struct forgery forge_memory_list[] = {
    BODY_POKE(chunk_size, FORMAT, "chunks of 4096", AT(MEMORY, SNAPSHOT_MEMORY_CHUNK_BYTES, uint32_t, SET, 4096)),
    BODY_POKE(chunk_count, FORMAT, "its size needs 4",
              AT(MEMORY, SNAPSHOT_MEMORY_CHUNK_COUNT, uint32_t, SET, UINT32_MAX)),
    BODY_POKE(data_offset, FORMAT, "byte 1048576 of its section",
              AT(MEMORY, SNAPSHOT_MEMORY_DATA_OFFSET, uint64_t, SET, 1 << 20)),
    BODY(index_digest, CORRUPT, "memory index"),
    BODY_POKE(kind_parent, FORMAT, "unknown kind 3", AT(MEMORY, CHUNK(1) + SNAPSHOT_CHUNK_KIND, uint8_t, SET, 3)),
    BODY_POKE(kind_huge, FORMAT, "unknown kind 4278190080",
              AT(MEMORY, CHUNK(1) + SNAPSHOT_CHUNK_KIND + 3, uint8_t, SET, 0xff)),
    BODY_POKE(kind_raw, FORMAT, "chunk 0",
              AT(MEMORY, CHUNK(0) + SNAPSHOT_CHUNK_KIND, uint8_t, SET, SNAPSHOT_CHUNK_RAW)),
    BODY_POKE(zero_with_length, FORMAT, "chunk 1", AT(MEMORY, CHUNK(1) + SNAPSHOT_CHUNK_STORED_BYTES, uint8_t, SET, 1)),
    BODY_POKE(zero_with_offset, FORMAT, "chunk 1", AT(MEMORY, CHUNK(1) + SNAPSHOT_CHUNK_OFFSET, uint8_t, SET, 1)),
    BODY_POKE(zero_with_digest, FORMAT, "chunk 1", AT(MEMORY, CHUNK(1) + SNAPSHOT_CHUNK_DIGEST, uint8_t, SET, 1)),
    BODY_POKE(chunk_overlap, FORMAT, "chunk 2", AT(MEMORY, CHUNK(2) + SNAPSHOT_CHUNK_OFFSET, uint64_t, SET, 0)),
    BODY_POKE(chunk_gap, FORMAT, "chunk 2", AT(MEMORY, CHUNK(2) + SNAPSHOT_CHUNK_OFFSET, uint8_t, ADD, 1)),
    BODY_POKE(chunk_far, FORMAT, "chunk 2", AT(MEMORY, CHUNK(2) + SNAPSHOT_CHUNK_OFFSET, uint64_t, SET, UINT64_MAX)),
    BODY_POKE(chunk_long, FORMAT, "chunk 3",
              AT(MEMORY, CHUNK(3) + SNAPSHOT_CHUNK_STORED_BYTES, uint32_t, SET, UINT32_MAX)),
    BODY(chunk_roomy, FORMAT, "chunk 3"),
    BODY(bytes_behind_chunks, FORMAT, "8 bytes behind its last chunk"),
    {"chunk_digest", FORGE_COMPRESSED, FORGE_BODY, NULL, NULL, PYBOX_OK, CORRUPT, "chunk 0",
     AT(MEMORY, CHUNK(0) + SNAPSHOT_CHUNK_DIGEST, uint8_t, FLIP, 1)},
    BODY(frame_unchecked, FORMAT, "no checksum"),
    BODY(frame_unsized, FORMAT, "not of the size"),
    BODY(frame_bomb, FORMAT, "not of the size"),
    BODY(frame_small, FORMAT, "not of the size"),
    {"frame_other", FORGE_COMPRESSED, FORGE_BODY, frame_other, NULL, PYBOX_OK, CORRUPT, "chunk 3", NO_POKE},
    BODY(frame_empty, FORMAT, "no zstd frame"),
    BODY(frame_skippable, FORMAT, "no zstd frame"),
    BODY(frame_twice, FORMAT, "does not end where it should"),
    BODY(frame_cut, FORMAT, "does not end where it should"),
    {"chunk_stored_zero", FORGE_COMPRESSED, FORGE_BODY, chunk_stored_zero, NULL, PYBOX_OK, FORMAT,
     "is zero, but stored", NO_POKE},
    MAPPED_POKE(kind_zstd, FORMAT, "chunk 0",
                AT(MEMORY, CHUNK(0) + SNAPSHOT_CHUNK_KIND, uint8_t, SET, SNAPSHOT_CHUNK_ZSTD)),
    MAPPED_POKE(mapped_offset, FORMAT, "chunk 2", AT(MEMORY, CHUNK(2) + SNAPSHOT_CHUNK_OFFSET, uint64_t, SET, 0)),
    MAPPED(mapped_length, FORMAT, "section MEMORY has"),
    MAPPED(mapped_gap, FORMAT, "gap"),
    MAPPED(mapped_damaged, CORRUPT, "chunk 0"),
    {"mapped_zero_damaged", FORGE_MAPPED, FORGE_BODY, mapped_zero_damaged, NULL, PYBOX_OK, FORMAT,
     "gap", NO_POKE},
};
const size_t forge_memory_count = sizeof forge_memory_list / sizeof *forge_memory_list;
