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

static void sections_swapped(struct forge *forge)
{
    forge->head.sections[METADATA].type = SNAPSHOT_SECTION_GLOBALS;
    forge->head.sections[GLOBALS].type = SNAPSHOT_SECTION_METADATA;
}

static void parent_of_none(struct forge *forge)
{
    forge->head.parent[31] = 1;
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

const struct forgery forge_file_list[] = {
    BYTES(empty, FORMAT, "signature"),
    BYTES(other_magic, FORMAT, "signature"),
    BYTES(text_transfer, FORMAT, "signature"),
    BYTES(half_header, FORMAT, "do not hold its header"),
    BYTES(half_table, FORMAT, "do not hold its section table"),
    BYTES(last_byte_missing, FORMAT, "truncated"),
    BYTES(byte_behind, FORMAT, "1 bytes behind its end"),
    BYTES_POKE(version_0, VERSION, "version 0", SEALED(SNAPSHOT_HEADER_VERSION, uint32_t, SET, 0)),
    BYTES_POKE(version_3, VERSION, "version 3", SEALED(SNAPSHOT_HEADER_VERSION, uint32_t, SET, 3)),
    BYTES_POKE(unknown_feature, VERSION, "0x80000001", SEALED(SNAPSHOT_HEADER_FEATURES, uint32_t, SET, 0x80000001)),
    BYTES_POKE(header_reserved, FORMAT, "reserved field of the snapshot's header",
               SEALED(SNAPSHOT_HEADER_RESERVED + 3, uint8_t, SET, 1)),
    BYTES_POKE(entry_reserved, FORMAT, "reserved field of the snapshot's section table",
               SEALED(SNAPSHOT_HEADER_BYTES + SNAPSHOT_ENTRY_RESERVED, uint8_t, SET, 1)),
    BYTES_POKE(count_4, FORMAT, "has 4 sections", SEALED(SNAPSHOT_HEADER_SECTION_COUNT, uint32_t, SET, 4)),
    BYTES_POKE(count_33, FORMAT, "has 33 sections", PLAIN(SNAPSHOT_HEADER_SECTION_COUNT, uint32_t, SET, 33)),
    BYTES_POKE(count_huge, FORMAT, "has 4294967295 sections",
               PLAIN(SNAPSHOT_HEADER_SECTION_COUNT, uint32_t, SET, UINT32_MAX)),
    BYTES_POKE(content_digest, CORRUPT, "snapshot's digest", SEALED(SNAPSHOT_HEADER_DIGEST, uint8_t, FLIP, 1)),
    BYTES_POKE(table_digest, CORRUPT, "header and section table",
               PLAIN(SNAPSHOT_HEADER_TABLE_DIGEST, uint8_t, FLIP, 1)),
    BYTES(padding, FORMAT, "gap"),
    BYTES(last_byte, CORRUPT, "cannot be decoded"),
    TABLE_POKE(section_twice, FORMAT, "out of order", FIELD(METADATA, type, SET, SNAPSHOT_SECTION_MODULE)),
    TABLE(sections_swapped, FORMAT, "out of order"),
    TABLE_POKE(known_optional, FORMAT, "flags 0x1", FIELD(TREE, flags, SET, SNAPSHOT_SECTION_OPTIONAL)),
    TABLE_POKE(unknown_flag, FORMAT, "flags 0x2", FIELD(TREE, flags, SET, 2)),
    TABLE_POKE(overlap, FORMAT, "section 2 of the snapshot is at byte", FIELD(GLOBALS, offset, ADD, -(uint64_t)8)),
    TABLE_POKE(wide_gap, FORMAT, "section 2 of the snapshot is at byte", FIELD(GLOBALS, offset, ADD, 8)),
    TABLE_POKE(far_offset, FORMAT, "section 2 of the snapshot is at byte", FIELD(GLOBALS, offset, SET, UINT64_MAX - 7)),
    TABLE_POKE(long_section, FORMAT, "section 3 of the snapshot reaches beyond",
               FIELD(TREE, stored_bytes, SET, UINT64_MAX)),
    TABLE_POKE(section_behind_end, FORMAT, "section 4 of the snapshot reaches beyond",
               FIELD(MEMORY, stored_bytes, ADD, 1)),
    TABLE_POKE(bytes_behind_sections, FORMAT, "1 bytes behind its last section",
               FIELD(MEMORY, stored_bytes, ADD, -(uint64_t)1)),
    TABLE(parent_of_none, FORMAT, "names a parent"),
    TABLE_POKE(module_encoded, FORMAT, "MODULE has an encoding", FIELD(MODULE, encoding, SET, SNAPSHOT_ENCODING_ZSTD)),
    TABLE_POKE(tree_in_chunks, FORMAT, "TREE has an encoding", FIELD(TREE, encoding, SET, SNAPSHOT_ENCODING_CHUNKS)),
    TABLE_POKE(memory_raw, FORMAT, "MEMORY has an encoding", FIELD(MEMORY, encoding, SET, SNAPSHOT_ENCODING_RAW)),
    TABLE_POKE(raw_of_two_sizes, FORMAT, "METADATA has an encoding", FIELD(METADATA, content_bytes, ADD, 1)),
    TABLE_POKE(tree_bomb, LIMIT, "the limit is 268435456", FIELD(TREE, content_bytes, SET, UINT64_C(1) << 50)),
    TABLE_POKE(tree_size, FORMAT, "not of the size", FIELD(TREE, content_bytes, ADD, 1)),
    {"tree_digest", FORGE_COMPRESSED, FORGE_TABLE, NULL, NULL, PYBOX_OK, CORRUPT, "TREE", DIGEST(TREE)},
    TABLE_POKE(module_digest, CORRUPT, "MODULE", DIGEST(MODULE)),
    TABLE_POKE(metadata_digest, CORRUPT, "METADATA", DIGEST(METADATA)),
    TABLE_POKE(globals_digest, CORRUPT, "GLOBALS", DIGEST(GLOBALS)),
    TABLE_POKE(memory_digest, CORRUPT, "memory does not match those of its chunks", DIGEST(MEMORY)),
    TABLE_POKE(memory_uneven, FORMAT, "multiple of 65536", FIELD(MEMORY, content_bytes, ADD, -(uint64_t)4096)),
    TABLE_POKE(memory_huge, FORMAT, "at most 4294967296",
               FIELD(MEMORY, content_bytes, SET, SNAPSHOT_MEMORY_LIMIT_BYTES + SNAPSHOT_PAGE_BYTES)),
    TABLE_POKE(memory_of_4_gib, FORMAT, "or more",
               /* allowed, but there is no room for its index */
               FIELD(MEMORY, content_bytes, SET, SNAPSHOT_MEMORY_LIMIT_BYTES)),
    TABLE_POKE(memory_larger, CORRUPT, "memory index", FIELD(MEMORY, content_bytes, ADD, SNAPSHOT_PAGE_BYTES)),
    BODY(required_section, VERSION, "section type 77"),
    BODY(optional_section, PYBOX_OK, ""),
    BODY(optional_section_flags, FORMAT, "flags 0x5"),
    BODY(optional_sections_order, FORMAT, "out of order"),
    BODY(module_short, FORMAT, "expected 72"),
    BODY(module_long, FORMAT, "at most 72"),
    BODY_POKE(module_reserved, FORMAT, "section MODULE is not 0",
              AT(MODULE, SNAPSHOT_MODULE_RESERVED, uint8_t, SET, 1)),
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
    BODY_POKE(globals_order, FORMAT, "ascending order", AT(GLOBALS, SNAPSHOT_GLOBAL_BYTES, uint32_t, SET, 8)),
    BODY_POKE(globals_twice, FORMAT, "ascending order", AT(GLOBALS, SNAPSHOT_GLOBAL_BYTES, uint32_t, SET, 7)),
    BODY_POKE(globals_type, FORMAT, "unknown type 118", AT(GLOBALS, SNAPSHOT_GLOBAL_TYPE, uint8_t, SET, 'v')),
    BODY_POKE(globals_wide_type, FORMAT, "unknown type 65641", AT(GLOBALS, SNAPSHOT_GLOBAL_TYPE + 2, uint8_t, SET, 1)),
    BODY_POKE(globals_wide_value, FORMAT, "wider than its type",
              AT(GLOBALS, SNAPSHOT_GLOBAL_VALUE + 4, uint8_t, SET, 1)),
    BODY_POKE(tree_no_frame, FORMAT, "no zstd frame", AT(TREE, 0, uint8_t, FLIP, 1)),
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
