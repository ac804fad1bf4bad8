/* Files whose header, table or small sections are wrong. */
#include "snapshot_forge_inside.h"

#include "bytes.h"

#include <stdlib.h>
#include <string.h>

/* ---- the bytes of the file ---- */

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
    forge_resize(file, file->length + 1);
}

static void version_0(struct fixture_file *file)
{
    bytes_store_u32(file->bytes + SNAPSHOT_HEADER_VERSION, 0);
    forge_reseal(file);
}

static void version_3(struct fixture_file *file)
{
    bytes_store_u32(file->bytes + SNAPSHOT_HEADER_VERSION, 3);
    forge_reseal(file);
}

static void unknown_feature(struct fixture_file *file)
{
    bytes_store_u32(file->bytes + SNAPSHOT_HEADER_FEATURES, 0x80000001);
    forge_reseal(file);
}

static void header_reserved(struct fixture_file *file)
{
    file->bytes[SNAPSHOT_HEADER_RESERVED + 3] = 1;
    forge_reseal(file);
}

static void entry_reserved(struct fixture_file *file)
{
    file->bytes[SNAPSHOT_HEADER_BYTES + SNAPSHOT_ENTRY_RESERVED] = 1;
    forge_reseal(file);
}

static void count_4(struct fixture_file *file)
{
    bytes_store_u32(file->bytes + SNAPSHOT_HEADER_SECTION_COUNT, 4);
    forge_reseal(file);
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
    forge_reseal(file);
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
    forge_set(&forge->bodies[MEMORY + 1], "new", 3);
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
    forge_set(&forge->bodies[MEMORY + 2], "", 0);
}

static void module_short(struct forge *forge)
{
    forge_resize(&forge->bodies[MODULE], SNAPSHOT_MODULE_BYTES - 1);
}

static void module_long(struct forge *forge)
{
    forge_resize(&forge->bodies[MODULE], SNAPSHOT_MODULE_BYTES + 1);
}

static void module_reserved(struct forge *forge)
{
    forge->bodies[MODULE].bytes[SNAPSHOT_MODULE_RESERVED] = 1;
}

static void metadata_empty(struct forge *forge)
{
    forge_resize(&forge->bodies[METADATA], 0);
}

static void metadata_array(struct forge *forge)
{
    forge_set(&forge->bodies[METADATA], "[1]", 3);
}

static void metadata_half(struct forge *forge)
{
    forge_set(&forge->bodies[METADATA], "{\"a\": ", 6);
}

static void metadata_two(struct forge *forge)
{
    forge_set(&forge->bodies[METADATA], "{}{}", 4);
}

static void metadata_nul(struct forge *forge)
{
    forge_set(&forge->bodies[METADATA], "{}\0", 3);
}

static void metadata_latin1(struct forge *forge)
{
    forge_set(&forge->bodies[METADATA], "{\"\xe9\": 1}", 8);
}

static void metadata_deep(struct forge *forge)
{
    forge_resize(&forge->bodies[METADATA], 60000);
    memset(forge->bodies[METADATA].bytes, '[', 60000);
    memcpy(forge->bodies[METADATA].bytes, "{\"a\":", 5);
}

static void metadata_long(struct forge *forge)
{
    forge_resize(&forge->bodies[METADATA], SNAPSHOT_METADATA_LIMIT_BYTES + 1);
    memset(forge->bodies[METADATA].bytes, ' ', SNAPSHOT_METADATA_LIMIT_BYTES + 1);
    memcpy(forge->bodies[METADATA].bytes, "{}", 2);
}

static void globals_uneven(struct forge *forge)
{
    forge_resize(&forge->bodies[GLOBALS], 47);
}

static void globals_many(struct forge *forge)
{
    forge_resize(&forge->bodies[GLOBALS], (SNAPSHOT_GLOBAL_LIMIT + 1) * SNAPSHOT_GLOBAL_BYTES);
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
    forge_resize(&forge->bodies[TREE], 5000);
}

static void tree_raw_damaged(struct forge *forge)
{
    forge->head.sections[TREE].encoding = SNAPSHOT_ENCODING_RAW;
    forge_set(&forge->bodies[TREE], "tree", 4);
    forge->keep_digests = 1;
}

/* ---- when it was written ---- */

static void put_created(struct forge *forge, uint64_t created_ns, size_t length)
{
    required_section(forge);
    forge->head.sections[MEMORY + 1].type = SNAPSHOT_SECTION_CREATED;
    forge->head.sections[MEMORY + 1].flags = SNAPSHOT_SECTION_OPTIONAL;
    forge_resize(&forge->bodies[MEMORY + 1], 0);
    forge_resize(&forge->bodies[MEMORY + 1], 64);
    bytes_store_u64(forge->bodies[MEMORY + 1].bytes, created_ns);
    forge_resize(&forge->bodies[MEMORY + 1], length);
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

#define FORMAT PYBOX_ERROR_SNAPSHOT_FORMAT
#define CORRUPT PYBOX_ERROR_SNAPSHOT_CORRUPT
#define VERSION PYBOX_ERROR_SNAPSHOT_VERSION
#define LIMIT PYBOX_ERROR_LIMIT
#define BYTES(f, s, m) {#f, FORGE_COMPRESSED, FORGE_BYTES, NULL, f, s, s, m}
#define TABLE(f, s, m) {#f, FORGE_COMPRESSED, FORGE_TABLE, f, NULL, s, s, m}
#define BODY(f, s, m) {#f, FORGE_COMPRESSED, FORGE_BODY, f, NULL, s, s, m}

const struct forgery forge_file_list[] = {
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
    BODY(created_at, PYBOX_OK, ""),
    BODY(created_never, FORMAT, "CREATED"),
    BODY(created_short, FORMAT, "CREATED"),
    BODY(created_long, FORMAT, "CREATED"),
    BODY(created_required, VERSION, "section type 6"),
};
const size_t forge_file_count = sizeof forge_file_list / sizeof *forge_file_list;
