/* Full snapshots whose memory is wrong. */
#include "snapshot_forge_inside.h"

#include "bytes.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/* ---- the memory's index ---- */

static void chunk_size(struct forge *forge)
{
    bytes_store_u32(forge->bodies[MEMORY].bytes + SNAPSHOT_MEMORY_CHUNK_BYTES, 4096);
}

static void chunk_count(struct forge *forge)
{
    bytes_store_u32(forge->bodies[MEMORY].bytes + SNAPSHOT_MEMORY_CHUNK_COUNT, UINT32_MAX);
}

static void data_offset(struct forge *forge)
{
    bytes_store_u64(forge->bodies[MEMORY].bytes + SNAPSHOT_MEMORY_DATA_OFFSET, 1 << 20);
}

static void index_digest(struct forge *forge)
{
    forge->bodies[MEMORY].bytes[SNAPSHOT_MEMORY_INDEX_DIGEST] ^= 1;
    forge->keep_index_digest = 1;
}

static void kind_parent(struct forge *forge)
{
    forge_index_entry(forge, 1)[SNAPSHOT_CHUNK_KIND] = 3;
}

static void kind_huge(struct forge *forge)
{
    forge_index_entry(forge, 1)[SNAPSHOT_CHUNK_KIND + 3] = 0xff;
}

static void kind_raw(struct forge *forge)
{
    forge_index_entry(forge, 0)[SNAPSHOT_CHUNK_KIND] = SNAPSHOT_CHUNK_RAW;
}

static void kind_zstd(struct forge *forge)
{
    forge_index_entry(forge, 0)[SNAPSHOT_CHUNK_KIND] = SNAPSHOT_CHUNK_ZSTD;
}

static void zero_with_length(struct forge *forge)
{
    forge_index_entry(forge, 1)[SNAPSHOT_CHUNK_STORED_BYTES] = 1;
}

static void zero_with_offset(struct forge *forge)
{
    forge_index_entry(forge, 1)[SNAPSHOT_CHUNK_OFFSET] = 1;
}

static void zero_with_digest(struct forge *forge)
{
    forge_index_entry(forge, 1)[SNAPSHOT_CHUNK_DIGEST] = 1;
}

static void chunk_overlap(struct forge *forge)
{
    bytes_store_u64(forge_index_entry(forge, 2) + SNAPSHOT_CHUNK_OFFSET, 0);
}

static void chunk_gap(struct forge *forge)
{
    forge_index_entry(forge, 2)[SNAPSHOT_CHUNK_OFFSET]++;
}

static void chunk_far(struct forge *forge)
{
    bytes_store_u64(forge_index_entry(forge, 2) + SNAPSHOT_CHUNK_OFFSET, UINT64_MAX);
}

static void chunk_long(struct forge *forge)
{
    bytes_store_u32(forge_index_entry(forge, 3) + SNAPSHOT_CHUNK_STORED_BYTES, UINT32_MAX);
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

static void chunk_digest(struct forge *forge)
{
    forge_index_entry(forge, 0)[SNAPSHOT_CHUNK_DIGEST] ^= 1;
}

static void mapped_offset(struct forge *forge)
{
    bytes_store_u64(forge_index_entry(forge, 2) + SNAPSHOT_CHUNK_OFFSET, 0);
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

#define FORMAT PYBOX_ERROR_SNAPSHOT_FORMAT
#define CORRUPT PYBOX_ERROR_SNAPSHOT_CORRUPT
#define BODY(f, s, m) {#f, FORGE_COMPRESSED, FORGE_BODY, f, NULL, s, s, m}
#define MAPPED(f, s, m) {#f, FORGE_MAPPED, FORGE_BODY, f, NULL, s, s, m}

const struct forgery forge_memory_list[] = {
    BODY(chunk_size, FORMAT, "chunks of 4096"),
    BODY(chunk_count, FORMAT, "its size needs 4"),
    BODY(data_offset, FORMAT, "byte 1048576 of its section"),
    BODY(index_digest, CORRUPT, "memory index"),
    BODY(kind_parent, FORMAT, "unknown kind 3"),
    BODY(kind_huge, FORMAT, "unknown kind 4278190080"),
    BODY(kind_raw, FORMAT, "chunk 0"),
    BODY(zero_with_length, FORMAT, "chunk 1"),
    BODY(zero_with_offset, FORMAT, "chunk 1"),
    BODY(zero_with_digest, FORMAT, "chunk 1"),
    BODY(chunk_overlap, FORMAT, "chunk 2"),
    BODY(chunk_gap, FORMAT, "chunk 2"),
    BODY(chunk_far, FORMAT, "chunk 2"),
    BODY(chunk_long, FORMAT, "chunk 3"),
    BODY(chunk_roomy, FORMAT, "chunk 3"),
    BODY(bytes_behind_chunks, FORMAT, "8 bytes behind its last chunk"),
    {"chunk_digest", FORGE_COMPRESSED, FORGE_BODY, chunk_digest, NULL, PYBOX_OK, CORRUPT,
     "chunk 0"},
    BODY(frame_unchecked, FORMAT, "no checksum"),
    BODY(frame_unsized, FORMAT, "not of the size"),
    BODY(frame_bomb, FORMAT, "not of the size"),
    BODY(frame_small, FORMAT, "not of the size"),
    {"frame_other", FORGE_COMPRESSED, FORGE_BODY, frame_other, NULL, PYBOX_OK, CORRUPT, "chunk 3"},
    BODY(frame_empty, FORMAT, "no zstd frame"),
    BODY(frame_skippable, FORMAT, "no zstd frame"),
    BODY(frame_twice, FORMAT, "does not end where it should"),
    BODY(frame_cut, FORMAT, "does not end where it should"),
    {"chunk_stored_zero", FORGE_COMPRESSED, FORGE_BODY, chunk_stored_zero, NULL, PYBOX_OK, FORMAT,
     "is zero, but stored"},
    MAPPED(kind_zstd, FORMAT, "chunk 0"),
    MAPPED(mapped_offset, FORMAT, "chunk 2"),
    MAPPED(mapped_length, FORMAT, "section MEMORY has"),
    MAPPED(mapped_gap, FORMAT, "gap"),
    MAPPED(mapped_damaged, CORRUPT, "chunk 0"),
    {"mapped_zero_damaged", FORGE_MAPPED, FORGE_BODY, mapped_zero_damaged, NULL, PYBOX_OK, FORMAT,
     "gap"},
};
const size_t forge_memory_count = sizeof forge_memory_list / sizeof *forge_memory_list;
