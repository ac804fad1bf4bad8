#include "snapshot_forge.h"

#include "bytes.h"
#include "snapshot_write.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum { MODULE = 0, METADATA, GLOBALS, TREE, MEMORY }; /* indices into table and bodies */

/* ---- taking apart and putting together ---- */

static void body_resize(struct fixture_file *body, size_t length)
{
    uint8_t *bytes = calloc(1, length + 1);
    if (bytes == NULL)
        abort();
    if (body->length > 0)
        memcpy(bytes, body->bytes, body->length < length ? body->length : length);
    free(body->bytes);
    *body = (struct fixture_file){.bytes = bytes, .length = length};
}

static void body_set(struct fixture_file *body, const void *bytes, size_t length)
{
    body_resize(body, 0);
    body_resize(body, length);
    memcpy(body->bytes, bytes, length);
}

static struct forge forge_open(struct fixture_file good)
{
    struct forge forge = {0};
    if (snapshot_format_decode_head(good.bytes, good.length, &forge.head) != PYBOX_OK)
        abort();
    for (uint32_t i = 0; i < forge.head.section_count; i++)
        body_set(&forge.bodies[i], good.bytes + forge.head.sections[i].offset,
                 forge.head.sections[i].stored_bytes);
    return forge;
}

static struct snapshot_memory_layout memory_layout(const struct forge *forge)
{
    const struct snapshot_section *memory = &forge->head.sections[MEMORY];
    return snapshot_format_memory_layout(memory->offset, memory->encoding, memory->content_bytes);
}

static uint8_t *index_entry(struct forge *forge, uint32_t number)
{
    return forge->bodies[MEMORY].bytes + SNAPSHOT_MEMORY_HEAD_BYTES +
           (size_t)number * SNAPSHOT_CHUNK_ENTRY_BYTES;
}

/* Digest of the index over its head as it is: fields that an edit made wrong stay. */
static void forge_digest_delta(struct forge *forge)
{
    struct fixture_file *body = &forge->bodies[MEMORY];
    uint64_t end = bytes_load_u64(body->bytes + SNAPSHOT_MEMORY_DATA_OFFSET);
    struct digest digest;
    digest_start(&digest);
    digest_add(&digest, body->bytes, SNAPSHOT_MEMORY_INDEX_DIGEST);
    if (end <= body->length)
        digest_add(&digest, body->bytes + SNAPSHOT_MEMORY_HEAD_BYTES,
                   end - SNAPSHOT_MEMORY_HEAD_BYTES);
    if (!forge->keep_index_digest)
        digest_finish(&digest, body->bytes + SNAPSHOT_MEMORY_INDEX_DIGEST);
}

static void forge_digest_memory(struct forge *forge)
{
    if (forge->head.sections[MEMORY].encoding == SNAPSHOT_ENCODING_DELTA) {
        forge_digest_delta(forge);
        return;
    }
    struct snapshot_memory_layout layout = memory_layout(forge);
    uint8_t *bytes = forge->bodies[MEMORY].bytes;
    struct digest digest;
    digest_start(&digest);
    digest_add(&digest, bytes, SNAPSHOT_MEMORY_INDEX_DIGEST);
    digest_add(&digest, index_entry(forge, 0), layout.index_bytes);
    if (!forge->keep_index_digest)
        digest_finish(&digest, bytes + SNAPSHOT_MEMORY_INDEX_DIGEST);
    if (!forge->keep_digests)
        snapshot_format_memory_digest(forge->head.version, layout.chunk_count,
                                      index_entry(forge, 0) + SNAPSHOT_CHUNK_DIGEST,
                                      SNAPSHOT_CHUNK_ENTRY_BYTES,
                                      forge->head.sections[MEMORY].digest);
}

static void forge_lay_out(struct forge *forge)
{
    uint64_t end = snapshot_format_head_bytes(forge->head.section_count);
    for (uint32_t i = 0; i < forge->head.section_count; i++) {
        struct snapshot_section *section = &forge->head.sections[i];
        section->offset = bytes_round_up(end, SNAPSHOT_SECTION_ALIGNMENT);
        section->stored_bytes = forge->bodies[i].length;
        if (section->encoding == SNAPSHOT_ENCODING_RAW) {
            section->content_bytes = section->stored_bytes;
            if (!forge->keep_digests)
                digest_bytes(forge->bodies[i].bytes, forge->bodies[i].length, section->digest);
        }
        end = section->offset + section->stored_bytes;
    }
    forge_digest_memory(forge);
    forge->head.file_bytes = end;
}

static struct fixture_file forge_close(struct forge *forge)
{
    struct fixture_file file = {.length = forge->head.file_bytes};
    file.bytes = calloc(1, file.length + 1);
    if (file.bytes == NULL)
        abort();
    for (uint32_t i = 0; i < forge->head.section_count; i++) {
        uint64_t offset = forge->head.sections[i].offset;
        if (offset <= file.length && forge->bodies[i].length <= file.length - offset)
            memcpy(file.bytes + offset, forge->bodies[i].bytes, forge->bodies[i].length);
        free(forge->bodies[i].bytes);
    }
    snapshot_format_content_digest(&forge->head, forge->head.digest);
    snapshot_format_encode_head(&forge->head, file.bytes);
    return file;
}

struct fixture_file forge_make(const struct forgery *forgery, struct fixture_file good)
{
    struct forge forge = forge_open(good);
    if (forgery->stage == FORGE_BODY)
        forgery->edit(&forge);
    forge_lay_out(&forge);
    if (forgery->stage == FORGE_TABLE)
        forgery->edit(&forge);
    struct fixture_file file = forge_close(&forge);
    if (forgery->stage == FORGE_BYTES)
        forgery->patch(&file);
    return file;
}

struct fixture_file forge_good(enum forge_base base, const char *path)
{
    uint8_t digest[DIGEST_BYTES];
    char parent[256];
    struct snapshot_write_options options = {
        .form = base == FORGE_MAPPED ? PYBOX_FORM_MAPPED : PYBOX_FORM_COMPRESSED};
    strcpy(parent, fixture_path("parent.snap"));
    if (base == FORGE_DELTA ? fixture_write_delta(parent, path, NULL, digest) != PYBOX_OK
                            : snapshot_write(path, fixture_content(), &options) != PYBOX_OK)
        abort();
    return fixture_load(path);
}

/* ---- the bytes of the file ---- */

/* Recomputes the table digest after a patch. */
static void reseal(struct fixture_file *file)
{
    uint32_t count = bytes_load_u32(file->bytes + SNAPSHOT_HEADER_SECTION_COUNT);
    size_t length = snapshot_format_head_bytes(count);
    struct digest digest;
    digest_start(&digest);
    digest_add(&digest, file->bytes, SNAPSHOT_HEADER_TABLE_DIGEST);
    digest_add(&digest, file->bytes + SNAPSHOT_HEADER_BYTES, length - SNAPSHOT_HEADER_BYTES);
    digest_finish(&digest, file->bytes + SNAPSHOT_HEADER_TABLE_DIGEST);
}

static void cut(struct fixture_file *file, size_t length)
{
    file->length = length;
}

static void empty(struct fixture_file *file)
{
    cut(file, 0);
}

static void other_magic(struct fixture_file *file)
{
    memcpy(file->bytes,
           "\x7f"
           "ELF",
           4);
}

static void text_transfer(struct fixture_file *file) /* \r\n to \n */
{
    memmove(file->bytes + 4, file->bytes + 5, --file->length - 4);
}

static void half_header(struct fixture_file *file)
{
    cut(file, 100);
}

static void half_table(struct fixture_file *file)
{
    cut(file, 200);
}

static void last_byte_missing(struct fixture_file *file)
{
    cut(file, file->length - 1);
}

static void byte_behind(struct fixture_file *file)
{
    body_resize(file, file->length + 1);
}

static void version_0(struct fixture_file *file)
{
    bytes_store_u32(file->bytes + SNAPSHOT_HEADER_VERSION, 0);
    reseal(file);
}

static void version_3(struct fixture_file *file)
{
    bytes_store_u32(file->bytes + SNAPSHOT_HEADER_VERSION, 3);
    reseal(file);
}

static void unknown_feature(struct fixture_file *file)
{
    bytes_store_u32(file->bytes + SNAPSHOT_HEADER_FEATURES, 0x80000001);
    reseal(file);
}

static void header_reserved(struct fixture_file *file)
{
    file->bytes[SNAPSHOT_HEADER_RESERVED + 3] = 1;
    reseal(file);
}

static void entry_reserved(struct fixture_file *file)
{
    file->bytes[SNAPSHOT_HEADER_BYTES + SNAPSHOT_ENTRY_RESERVED] = 1;
    reseal(file);
}

static void count_4(struct fixture_file *file)
{
    bytes_store_u32(file->bytes + SNAPSHOT_HEADER_SECTION_COUNT, 4);
    reseal(file);
}

static void count_33(struct fixture_file *file)
{
    bytes_store_u32(file->bytes + SNAPSHOT_HEADER_SECTION_COUNT, 33);
}

static void count_huge(struct fixture_file *file)
{
    bytes_store_u32(file->bytes + SNAPSHOT_HEADER_SECTION_COUNT, UINT32_MAX);
}

static void content_digest(struct fixture_file *file)
{
    file->bytes[SNAPSHOT_HEADER_DIGEST] ^= 1;
    reseal(file);
}

static void table_digest(struct fixture_file *file)
{
    file->bytes[SNAPSHOT_HEADER_TABLE_DIGEST] ^= 1;
}

static void padding(struct fixture_file *file)
{
    uint8_t *metadata = file->bytes + snapshot_format_head_bytes(METADATA);
    file->bytes[bytes_load_u64(metadata + SNAPSHOT_ENTRY_OFFSET) +
                bytes_load_u64(metadata + SNAPSHOT_ENTRY_STORED_BYTES)] = 1;
}

static void last_byte(struct fixture_file *file) /* the checksum of the last chunk's frame */
{
    file->bytes[file->length - 1] ^= 1;
}

/* ---- the table ---- */

static void section_twice(struct forge *forge)
{
    forge->head.sections[METADATA].type = SNAPSHOT_SECTION_MODULE;
}

static void sections_swapped(struct forge *forge)
{
    forge->head.sections[METADATA].type = SNAPSHOT_SECTION_GLOBALS;
    forge->head.sections[GLOBALS].type = SNAPSHOT_SECTION_METADATA;
}

static void known_optional(struct forge *forge)
{
    forge->head.sections[TREE].flags = SNAPSHOT_SECTION_OPTIONAL;
}

static void unknown_flag(struct forge *forge)
{
    forge->head.sections[TREE].flags = 2;
}

static void overlap(struct forge *forge)
{
    forge->head.sections[GLOBALS].offset -= 8;
}

static void wide_gap(struct forge *forge)
{
    forge->head.sections[GLOBALS].offset += 8;
}

static void far_offset(struct forge *forge)
{
    forge->head.sections[GLOBALS].offset = UINT64_MAX - 7;
}

static void long_section(struct forge *forge)
{
    forge->head.sections[TREE].stored_bytes = UINT64_MAX;
}

static void section_behind_end(struct forge *forge)
{
    forge->head.sections[MEMORY].stored_bytes++;
}

static void bytes_behind_sections(struct forge *forge)
{
    forge->head.sections[MEMORY].stored_bytes--;
}

static void parent_of_none(struct forge *forge)
{
    forge->head.parent[31] = 1;
}

static void module_encoded(struct forge *forge)
{
    forge->head.sections[MODULE].encoding = SNAPSHOT_ENCODING_ZSTD;
}

static void tree_in_chunks(struct forge *forge)
{
    forge->head.sections[TREE].encoding = SNAPSHOT_ENCODING_CHUNKS;
}

static void memory_raw(struct forge *forge)
{
    forge->head.sections[MEMORY].encoding = SNAPSHOT_ENCODING_RAW;
}

static void raw_of_two_sizes(struct forge *forge)
{
    forge->head.sections[METADATA].content_bytes++;
}

static void tree_bomb(struct forge *forge)
{
    forge->head.sections[TREE].content_bytes = UINT64_C(1) << 50;
}

static void tree_size(struct forge *forge)
{
    forge->head.sections[TREE].content_bytes++;
}

static void tree_digest(struct forge *forge)
{
    forge->head.sections[TREE].digest[0] ^= 1;
}

static void module_digest(struct forge *forge)
{
    forge->head.sections[MODULE].digest[0] ^= 1;
}

static void metadata_digest(struct forge *forge)
{
    forge->head.sections[METADATA].digest[0] ^= 1;
}

static void globals_digest(struct forge *forge)
{
    forge->head.sections[GLOBALS].digest[0] ^= 1;
}

static void memory_digest(struct forge *forge)
{
    forge->head.sections[MEMORY].digest[0] ^= 1;
}

static void memory_uneven(struct forge *forge)
{
    forge->head.sections[MEMORY].content_bytes -= 4096;
}

static void memory_huge(struct forge *forge)
{
    forge->head.sections[MEMORY].content_bytes = SNAPSHOT_MEMORY_LIMIT_BYTES + SNAPSHOT_PAGE_BYTES;
}

static void memory_of_4_gib(struct forge *forge) /* allowed, but there is no room for its index */
{
    forge->head.sections[MEMORY].content_bytes = SNAPSHOT_MEMORY_LIMIT_BYTES;
}

static void memory_larger(struct forge *forge)
{
    forge->head.sections[MEMORY].content_bytes += SNAPSHOT_PAGE_BYTES;
}

/* ---- sections ---- */

static void required_section(struct forge *forge)
{
    forge->head.sections[forge->head.section_count++] = (struct snapshot_section){.type = 77};
    body_set(&forge->bodies[MEMORY + 1], "new", 3);
}

static void optional_section(struct forge *forge)
{
    required_section(forge);
    forge->head.sections[MEMORY + 1].flags = SNAPSHOT_SECTION_OPTIONAL;
    forge->head.sections[MEMORY + 1].encoding = 1234;
}

static void optional_section_flags(struct forge *forge)
{
    optional_section(forge);
    forge->head.sections[MEMORY + 1].flags |= 4;
}

static void optional_sections_order(struct forge *forge)
{
    optional_section(forge);
    forge->head.sections[forge->head.section_count++] = forge->head.sections[MEMORY + 1];
    body_set(&forge->bodies[MEMORY + 2], "", 0);
}

static void module_short(struct forge *forge)
{
    body_resize(&forge->bodies[MODULE], SNAPSHOT_MODULE_BYTES - 1);
}

static void module_long(struct forge *forge)
{
    body_resize(&forge->bodies[MODULE], SNAPSHOT_MODULE_BYTES + 1);
}

static void module_reserved(struct forge *forge)
{
    forge->bodies[MODULE].bytes[SNAPSHOT_MODULE_RESERVED] = 1;
}

static void metadata_empty(struct forge *forge)
{
    body_resize(&forge->bodies[METADATA], 0);
}

static void metadata_array(struct forge *forge)
{
    body_set(&forge->bodies[METADATA], "[1]", 3);
}

static void metadata_half(struct forge *forge)
{
    body_set(&forge->bodies[METADATA], "{\"a\": ", 6);
}

static void metadata_two(struct forge *forge)
{
    body_set(&forge->bodies[METADATA], "{}{}", 4);
}

static void metadata_nul(struct forge *forge)
{
    body_set(&forge->bodies[METADATA], "{}\0", 3);
}

static void metadata_latin1(struct forge *forge)
{
    body_set(&forge->bodies[METADATA], "{\"\xe9\": 1}", 8);
}

static void metadata_deep(struct forge *forge)
{
    body_resize(&forge->bodies[METADATA], 60000);
    memset(forge->bodies[METADATA].bytes, '[', 60000);
    memcpy(forge->bodies[METADATA].bytes, "{\"a\":", 5);
}

static void metadata_long(struct forge *forge)
{
    body_resize(&forge->bodies[METADATA], SNAPSHOT_METADATA_LIMIT_BYTES + 1);
    memset(forge->bodies[METADATA].bytes, ' ', SNAPSHOT_METADATA_LIMIT_BYTES + 1);
    memcpy(forge->bodies[METADATA].bytes, "{}", 2);
}

static void globals_uneven(struct forge *forge)
{
    body_resize(&forge->bodies[GLOBALS], 47);
}

static void globals_many(struct forge *forge)
{
    body_resize(&forge->bodies[GLOBALS], (SNAPSHOT_GLOBAL_LIMIT + 1) * SNAPSHOT_GLOBAL_BYTES);
}

static void globals_order(struct forge *forge)
{
    bytes_store_u32(forge->bodies[GLOBALS].bytes + SNAPSHOT_GLOBAL_BYTES, 8);
}

static void globals_twice(struct forge *forge)
{
    bytes_store_u32(forge->bodies[GLOBALS].bytes + SNAPSHOT_GLOBAL_BYTES, 7);
}

static void globals_type(struct forge *forge)
{
    forge->bodies[GLOBALS].bytes[SNAPSHOT_GLOBAL_TYPE] = 'v';
}

static void globals_wide_type(struct forge *forge)
{
    forge->bodies[GLOBALS].bytes[SNAPSHOT_GLOBAL_TYPE + 2] = 1;
}

static void globals_wide_value(struct forge *forge)
{
    forge->bodies[GLOBALS].bytes[SNAPSHOT_GLOBAL_VALUE + 4] = 1;
}

static void tree_no_frame(struct forge *forge)
{
    forge->bodies[TREE].bytes[0] ^= 1;
}

static void tree_damaged(struct forge *forge)
{
    forge->bodies[TREE].bytes[forge->bodies[TREE].length - 1] ^= 1;
}

static void tree_roomy(struct forge *forge)
{
    body_resize(&forge->bodies[TREE], 5000);
}

static void tree_raw_damaged(struct forge *forge)
{
    forge->head.sections[TREE].encoding = SNAPSHOT_ENCODING_RAW;
    body_set(&forge->bodies[TREE], "tree", 4);
    forge->keep_digests = 1;
}

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
    index_entry(forge, 1)[SNAPSHOT_CHUNK_KIND] = 3;
}

static void kind_huge(struct forge *forge)
{
    index_entry(forge, 1)[SNAPSHOT_CHUNK_KIND + 3] = 0xff;
}

static void kind_raw(struct forge *forge)
{
    index_entry(forge, 0)[SNAPSHOT_CHUNK_KIND] = SNAPSHOT_CHUNK_RAW;
}

static void kind_zstd(struct forge *forge)
{
    index_entry(forge, 0)[SNAPSHOT_CHUNK_KIND] = SNAPSHOT_CHUNK_ZSTD;
}

static void zero_with_length(struct forge *forge)
{
    index_entry(forge, 1)[SNAPSHOT_CHUNK_STORED_BYTES] = 1;
}

static void zero_with_offset(struct forge *forge)
{
    index_entry(forge, 1)[SNAPSHOT_CHUNK_OFFSET] = 1;
}

static void zero_with_digest(struct forge *forge)
{
    index_entry(forge, 1)[SNAPSHOT_CHUNK_DIGEST] = 1;
}

static void chunk_overlap(struct forge *forge)
{
    bytes_store_u64(index_entry(forge, 2) + SNAPSHOT_CHUNK_OFFSET, 0);
}

static void chunk_gap(struct forge *forge)
{
    index_entry(forge, 2)[SNAPSHOT_CHUNK_OFFSET]++;
}

static void chunk_far(struct forge *forge)
{
    bytes_store_u64(index_entry(forge, 2) + SNAPSHOT_CHUNK_OFFSET, UINT64_MAX);
}

static void chunk_long(struct forge *forge)
{
    bytes_store_u32(index_entry(forge, 3) + SNAPSHOT_CHUNK_STORED_BYTES, UINT32_MAX);
}

static void chunk_roomy(struct forge *forge) /* more than the worst compression needs */
{
    bytes_store_u32(index_entry(forge, 3) + SNAPSHOT_CHUNK_STORED_BYTES, 100000);
    body_resize(&forge->bodies[MEMORY], forge->bodies[MEMORY].length + 100000);
}

static void bytes_behind_chunks(struct forge *forge)
{
    body_resize(&forge->bodies[MEMORY], forge->bodies[MEMORY].length + 8);
}

static void chunk_digest(struct forge *forge)
{
    index_entry(forge, 0)[SNAPSHOT_CHUNK_DIGEST] ^= 1;
}

static void mapped_offset(struct forge *forge)
{
    bytes_store_u64(index_entry(forge, 2) + SNAPSHOT_CHUNK_OFFSET, 0);
}

static void mapped_length(struct forge *forge)
{
    body_resize(&forge->bodies[MEMORY], forge->bodies[MEMORY].length + 4096);
}

static void mapped_gap(struct forge *forge)
{
    struct snapshot_memory_layout layout = memory_layout(forge);
    forge->bodies[MEMORY].bytes[layout.data_offset - 1] = 1;
}

static void mapped_damaged(struct forge *forge)
{
    forge->bodies[MEMORY].bytes[memory_layout(forge).data_offset + 77] ^= 1;
}

static void mapped_zero_damaged(struct forge *forge)
{
    forge->bodies[MEMORY].bytes[memory_layout(forge).data_offset + SNAPSHOT_PAGE_BYTES] = 1;
}

/* ---- frames ---- */

/* Replaces the frame of the last chunk, whose digest stays. */
static void put_frame(struct forge *forge, const void *frame, size_t length)
{
    uint8_t *entry = index_entry(forge, 3);
    uint32_t before = bytes_load_u32(entry + SNAPSHOT_CHUNK_STORED_BYTES);
    struct fixture_file *body = &forge->bodies[MEMORY];
    bytes_store_u32(entry + SNAPSHOT_CHUNK_STORED_BYTES, (uint32_t)length);
    body_resize(body, body->length - before + length);
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
    uint32_t length = bytes_load_u32(index_entry(forge, 3) + SNAPSHOT_CHUNK_STORED_BYTES);
    const struct fixture_file *body = &forge->bodies[MEMORY];
    memcpy(frames, body->bytes + body->length - length, length);
    memcpy(frames + length, frames, length);
    put_frame(forge, frames, 2 * (size_t)length);
}

static void frame_cut(struct forge *forge)
{
    uint32_t length = bytes_load_u32(index_entry(forge, 3) + SNAPSHOT_CHUNK_STORED_BYTES);
    uint8_t frame[4096];
    const struct fixture_file *body = &forge->bodies[MEMORY];
    memcpy(frame, body->bytes + body->length - length, length);
    put_frame(forge, frame, length - 1);
}

static void chunk_stored_zero(struct forge *forge) /* a second form of the same state */
{
    put_encoded(forge, SNAPSHOT_CHUNK_BYTES, 1, 1, 0);
    static const uint8_t zeroes[SNAPSHOT_CHUNK_BYTES];
    digest_bytes(zeroes, sizeof zeroes, index_entry(forge, 3) + SNAPSHOT_CHUNK_DIGEST);
}

/* ---- when it was written ---- */

static void put_created(struct forge *forge, uint64_t created_ns, size_t length)
{
    required_section(forge);
    forge->head.sections[MEMORY + 1].type = SNAPSHOT_SECTION_CREATED;
    forge->head.sections[MEMORY + 1].flags = SNAPSHOT_SECTION_OPTIONAL;
    body_resize(&forge->bodies[MEMORY + 1], 0);
    body_resize(&forge->bodies[MEMORY + 1], 64);
    bytes_store_u64(forge->bodies[MEMORY + 1].bytes, created_ns);
    body_resize(&forge->bodies[MEMORY + 1], length);
}

static void created_at(struct forge *forge)
{
    put_created(forge, 1, SNAPSHOT_CREATED_BYTES);
}

static void created_never(struct forge *forge)
{
    put_created(forge, 0, SNAPSHOT_CREATED_BYTES);
}

static void created_short(struct forge *forge)
{
    put_created(forge, UINT64_MAX, SNAPSHOT_CREATED_BYTES - 1);
}

static void created_long(struct forge *forge)
{
    put_created(forge, UINT64_MAX, SNAPSHOT_CREATED_BYTES + 1);
}

static void created_required(struct forge *forge)
{
    put_created(forge, 1, SNAPSHOT_CREATED_BYTES);
    forge->head.sections[MEMORY + 1].flags = 0;
}

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

static void delta_twice(struct forge *forge)
{
    bytes_store_u32(change_entry(forge, 1) + SNAPSHOT_CHANGE_NUMBER, 0);
}

static void delta_order(struct forge *forge)
{
    bytes_store_u32(change_entry(forge, 0) + SNAPSHOT_CHANGE_NUMBER, 3);
}

static void delta_far(struct forge *forge)
{
    bytes_store_u32(change_entry(forge, 3) + SNAPSHOT_CHANGE_NUMBER, 5);
}

static void delta_farthest(struct forge *forge)
{
    bytes_store_u32(change_entry(forge, 3) + SNAPSHOT_CHANGE_NUMBER, UINT32_MAX);
}

static void delta_no_pages(struct forge *forge)
{
    bytes_store_u32(change_entry(forge, 0) + SNAPSHOT_CHANGE_PAGES, 0);
}

static void delta_patched(struct forge *forge)
{
    change_entry(forge, 0)[SNAPSHOT_CHANGE_PATCHED] |= 1;
}

static void delta_more_pages(struct forge *forge)
{
    change_entry(forge, 0)[SNAPSHOT_CHANGE_PAGES] |= 1;
}

static void delta_many(struct forge *forge)
{
    bytes_store_u32(forge->bodies[MEMORY].bytes + SNAPSHOT_MEMORY_CHUNK_COUNT, UINT32_MAX);
}

static void delta_few(struct forge *forge)
{
    bytes_store_u32(forge->bodies[MEMORY].bytes + SNAPSHOT_MEMORY_CHUNK_COUNT, 3);
}

static void delta_offset(struct forge *forge)
{
    forge->bodies[MEMORY].bytes[SNAPSHOT_MEMORY_DATA_OFFSET] += 4;
}

static void delta_offset_far(struct forge *forge)
{
    bytes_store_u64(forge->bodies[MEMORY].bytes + SNAPSHOT_MEMORY_DATA_OFFSET, UINT64_MAX);
}

static void delta_chunk_size(struct forge *forge)
{
    bytes_store_u32(forge->bodies[MEMORY].bytes + SNAPSHOT_MEMORY_CHUNK_BYTES, 4096);
}

static void delta_index_digest(struct forge *forge)
{
    index_digest(forge);
}

static void delta_short(struct forge *forge)
{
    body_resize(&forge->bodies[MEMORY], SNAPSHOT_MEMORY_HEAD_BYTES - 1);
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
    body_resize(body, data + stored);
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

static void delta_change_digest(struct forge *forge)
{
    change_entry(forge, 2)[SNAPSHOT_CHANGE_DIGEST] ^= 1;
}

static void delta_memory_digest(struct forge *forge)
{
    forge->head.sections[MEMORY].digest[0] ^= 1;
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
    body_resize(body, data + stored);
    memcpy(body->bytes + data, frame, stored);
}

static void delta_other_module(struct forge *forge)
{
    forge->bodies[MODULE].bytes[SNAPSHOT_MODULE_HASH] ^= 1;
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
    reseal(file);
}

static void delta_version_1(struct fixture_file *file)
{
    bytes_store_u32(file->bytes + SNAPSHOT_HEADER_VERSION, 1);
    reseal(file);
}

static void tree_of_no_parent(struct forge *forge)
{
    forge->head.sections[TREE].encoding = SNAPSHOT_ENCODING_PARENT;
    body_resize(&forge->bodies[TREE], 0);
}

static void delta_other_tree(struct forge *forge)
{
    tree_of_no_parent(forge);
}

static void delta_stored_tree(struct forge *forge)
{
    forge->head.sections[TREE].encoding = SNAPSHOT_ENCODING_PARENT;
}

static void delta_is_full(struct forge *forge)
{
    forge->head.sections[MEMORY].encoding = SNAPSHOT_ENCODING_CHUNKS;
}

#define FORMAT PYBOX_ERROR_SNAPSHOT_FORMAT
#define PARENT PYBOX_ERROR_SNAPSHOT_PARENT
#define CORRUPT PYBOX_ERROR_SNAPSHOT_CORRUPT
#define VERSION PYBOX_ERROR_SNAPSHOT_VERSION
#define LIMIT PYBOX_ERROR_LIMIT
#define BYTES(f, s, m) {#f, FORGE_COMPRESSED, FORGE_BYTES, NULL, f, s, s, m}
#define TABLE(f, s, m) {#f, FORGE_COMPRESSED, FORGE_TABLE, f, NULL, s, s, m}
#define BODY(f, s, m) {#f, FORGE_COMPRESSED, FORGE_BODY, f, NULL, s, s, m}
#define DELTA(f, s, m) {#f, FORGE_DELTA, FORGE_BODY, f, NULL, s, s, m}
#define MAPPED(f, s, m) {#f, FORGE_MAPPED, FORGE_BODY, f, NULL, s, s, m}

const struct forgery forge_list[] = {
    BYTES(empty, FORMAT, "signature"),
    BYTES(other_magic, FORMAT, "signature"),
    BYTES(text_transfer, FORMAT, "signature"),
    BYTES(half_header, FORMAT, "do not hold its header"),
    BYTES(half_table, FORMAT, "do not hold its section table"),
    BYTES(last_byte_missing, FORMAT, "truncated"),
    BYTES(byte_behind, FORMAT, "1 bytes behind its end"),
    BYTES(version_0, VERSION, "version 0"),
    BYTES(version_3, VERSION, "version 3"),
    BYTES(unknown_feature, VERSION, "0x80000001"),
    BYTES(header_reserved, FORMAT, "reserved field of the snapshot's header"),
    BYTES(entry_reserved, FORMAT, "reserved field of the snapshot's section table"),
    BYTES(count_4, FORMAT, "has 4 sections"),
    BYTES(count_33, FORMAT, "has 33 sections"),
    BYTES(count_huge, FORMAT, "has 4294967295 sections"),
    BYTES(content_digest, CORRUPT, "snapshot's digest"),
    BYTES(table_digest, CORRUPT, "header and section table"),
    BYTES(padding, FORMAT, "gap"),
    BYTES(last_byte, CORRUPT, "cannot be decoded"),
    TABLE(section_twice, FORMAT, "out of order"),
    TABLE(sections_swapped, FORMAT, "out of order"),
    TABLE(known_optional, FORMAT, "flags 0x1"),
    TABLE(unknown_flag, FORMAT, "flags 0x2"),
    TABLE(overlap, FORMAT, "section 2 of the snapshot is at byte"),
    TABLE(wide_gap, FORMAT, "section 2 of the snapshot is at byte"),
    TABLE(far_offset, FORMAT, "section 2 of the snapshot is at byte"),
    TABLE(long_section, FORMAT, "section 3 of the snapshot reaches beyond"),
    TABLE(section_behind_end, FORMAT, "section 4 of the snapshot reaches beyond"),
    TABLE(bytes_behind_sections, FORMAT, "1 bytes behind its last section"),
    TABLE(parent_of_none, FORMAT, "names a parent"),
    TABLE(module_encoded, FORMAT, "MODULE has an encoding"),
    TABLE(tree_in_chunks, FORMAT, "TREE has an encoding"),
    TABLE(memory_raw, FORMAT, "MEMORY has an encoding"),
    TABLE(raw_of_two_sizes, FORMAT, "METADATA has an encoding"),
    TABLE(tree_bomb, LIMIT, "the limit is 268435456"),
    TABLE(tree_size, FORMAT, "not of the size"),
    {"tree_digest", FORGE_COMPRESSED, FORGE_TABLE, tree_digest, NULL, PYBOX_OK, CORRUPT, "TREE"},
    TABLE(module_digest, CORRUPT, "MODULE"),
    TABLE(metadata_digest, CORRUPT, "METADATA"),
    TABLE(globals_digest, CORRUPT, "GLOBALS"),
    TABLE(memory_digest, CORRUPT, "memory does not match those of its chunks"),
    TABLE(memory_uneven, FORMAT, "multiple of 65536"),
    TABLE(memory_huge, FORMAT, "at most 4294967296"),
    TABLE(memory_of_4_gib, FORMAT, "or more"),
    TABLE(memory_larger, CORRUPT, "memory index"),
    BODY(required_section, VERSION, "section type 77"),
    BODY(optional_section, PYBOX_OK, ""),
    BODY(optional_section_flags, FORMAT, "flags 0x5"),
    BODY(optional_sections_order, FORMAT, "out of order"),
    BODY(module_short, FORMAT, "expected 72"),
    BODY(module_long, FORMAT, "at most 72"),
    BODY(module_reserved, FORMAT, "section MODULE is not 0"),
    BODY(metadata_empty, FORMAT, "not JSON"),
    BODY(metadata_array, FORMAT, "not an object"),
    BODY(metadata_half, FORMAT, "not JSON"),
    BODY(metadata_two, FORMAT, "not JSON"),
    BODY(metadata_nul, FORMAT, "control characters"),
    BODY(metadata_latin1, FORMAT, "not UTF-8"),
    BODY(metadata_deep, FORMAT, "not JSON"),
    BODY(metadata_long, FORMAT, "at most 65536"),
    BODY(globals_uneven, FORMAT, "multiple of 16"),
    BODY(globals_many, FORMAT, "at most 1048576"),
    BODY(globals_order, FORMAT, "ascending order"),
    BODY(globals_twice, FORMAT, "ascending order"),
    BODY(globals_type, FORMAT, "unknown type 118"),
    BODY(globals_wide_type, FORMAT, "unknown type 65641"),
    BODY(globals_wide_value, FORMAT, "wider than its type"),
    BODY(tree_no_frame, FORMAT, "no zstd frame"),
    BODY(tree_damaged, CORRUPT, "cannot be decoded"),
    BODY(tree_roomy, FORMAT, "more room"),
    BODY(tree_raw_damaged, CORRUPT, "TREE"),
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
    BODY(created_at, PYBOX_OK, ""),
    BODY(created_never, FORMAT, "CREATED"),
    BODY(created_short, FORMAT, "CREATED"),
    BODY(created_long, FORMAT, "CREATED"),
    BODY(created_required, VERSION, "section type 6"),
    DELTA(delta_twice, FORMAT, "chunk 0 of the memory: out of order"),
    DELTA(delta_order, FORMAT, "chunk 1 of the memory: out of order"),
    DELTA(delta_far, FORMAT, "chunk 5 of the memory"),
    DELTA(delta_farthest, FORMAT, "behind its end at chunk 5"),
    DELTA(delta_no_pages, FORMAT, "chunk 0 names no pages"),
    DELTA(delta_patched, FORMAT, "pages that it does not have"),
    DELTA(delta_more_pages, FORMAT, "not of the size"),
    DELTA(delta_many, FORMAT, "4294967295 changes"),
    DELTA(delta_few, FORMAT, "3 changes need"),
    DELTA(delta_offset, FORMAT, "4 changes need"),
    DELTA(delta_offset_far, FORMAT, "has room for"),
    DELTA(delta_chunk_size, FORMAT, "chunks of 4096 bytes"),
    DELTA(delta_index_digest, CORRUPT, "memory index"),
    DELTA(delta_short, FORMAT, "or more"),
    DELTA(delta_block_long, FORMAT, "block 0"),
    DELTA(delta_block_short, FORMAT, "1 bytes behind its last block"),
    DELTA(delta_block_damaged, CORRUPT, "cannot be decoded"),
    DELTA(delta_bomb, FORMAT, "not of the size"),
    {"delta_other_pages", FORGE_DELTA, FORGE_BODY, delta_other_pages, NULL, PYBOX_OK, CORRUPT,
     "chunk 0 of the delta"},
    DELTA(delta_change_digest, CORRUPT, "of the delta's memory does not match"),
    {"delta_memory_digest", FORGE_DELTA, FORGE_TABLE, delta_memory_digest, NULL, CORRUPT, CORRUPT,
     "and its parent's"},
    DELTA(delta_shrunk, PARENT, "more memory: 262144 bytes, not 65536"),
    DELTA(delta_other_module, PARENT, "another module"),
    DELTA(delta_no_parent, FORMAT, "names no parent"),
    DELTA(delta_other_parent, PARENT, "put it there"),
    {"delta_circle", FORGE_DELTA, FORGE_BYTES, NULL, delta_circle, PARENT, PARENT, "circle"},
    {"delta_version_1", FORGE_DELTA, FORGE_BYTES, NULL, delta_version_1, FORMAT, FORMAT,
     "but is not a delta"},
    DELTA(delta_is_full, FORMAT, "but is not a delta"),
    BODY(tree_of_no_parent, FORMAT, "TREE has an encoding"),
    DELTA(delta_other_tree, CORRUPT, "that has another digest"),
    DELTA(delta_stored_tree, FORMAT, "TREE has an encoding"),
    MAPPED(kind_zstd, FORMAT, "chunk 0"),
    MAPPED(mapped_offset, FORMAT, "chunk 2"),
    MAPPED(mapped_length, FORMAT, "section MEMORY has"),
    MAPPED(mapped_gap, FORMAT, "gap"),
    MAPPED(mapped_damaged, CORRUPT, "chunk 0"),
    {"mapped_zero_damaged", FORGE_MAPPED, FORGE_BODY, mapped_zero_damaged, NULL, PYBOX_OK, FORMAT,
     "gap"},
};
const size_t forge_count = sizeof forge_list / sizeof *forge_list;
