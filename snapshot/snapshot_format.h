/*
 * The layout of a snapshot file, versions 1 and 2, as FORMAT.md says it. All numbers are
 * little-endian.
 *
 * What is fixed here is offsets and numbers, never a struct that is copied. The structs below are
 * the decoded form.
 */
#ifndef SNAPSHOT_FORMAT_H
#define SNAPSHOT_FORMAT_H

#include "snapshot_content.h"

#define SNAPSHOT_MAGIC "\x89PBX\r\n\x1a\n" /* not text; shows a transfer that changes line ends */
#define SNAPSHOT_MAGIC_BYTES 8
#define SNAPSHOT_VERSION 2u        /* that is written */
#define SNAPSHOT_VERSION_OLDEST 1u /* that is read */
#define SNAPSHOT_FEATURES 0u /* the bits of `features` that this reader understands */

/* The header, at offset 0. */
#define SNAPSHOT_HEADER_MAGIC 0
#define SNAPSHOT_HEADER_VERSION 8        /* u32 */
#define SNAPSHOT_HEADER_FEATURES 12      /* u32 */
#define SNAPSHOT_HEADER_SECTION_COUNT 16 /* u32 */
#define SNAPSHOT_HEADER_RESERVED 20      /* u32, 0 */
#define SNAPSHOT_HEADER_FILE_BYTES 24    /* u64 */
#define SNAPSHOT_HEADER_DIGEST 32        /* of the content: the snapshot's name */
#define SNAPSHOT_HEADER_PARENT 64        /* the parent's name; zeroes: none */
#define SNAPSHOT_HEADER_TABLE_DIGEST 96  /* SHA-256 of header bytes 0 to 95 and the table */
#define SNAPSHOT_HEADER_BYTES 128

/* An entry of the section table, which follows the header. */
#define SNAPSHOT_ENTRY_TYPE 0           /* u32, enum snapshot_section_type */
#define SNAPSHOT_ENTRY_FLAGS 4          /* u32, SNAPSHOT_SECTION_* */
#define SNAPSHOT_ENTRY_OFFSET 8         /* u64, from the start of the file */
#define SNAPSHOT_ENTRY_STORED_BYTES 16  /* u64, what it takes in the file */
#define SNAPSHOT_ENTRY_CONTENT_BYTES 24 /* u64, what it is decoded to */
#define SNAPSHOT_ENTRY_ENCODING 32      /* u32, enum snapshot_encoding */
#define SNAPSHOT_ENTRY_RESERVED 36      /* u32, 0 */
#define SNAPSHOT_ENTRY_DIGEST 40        /* of the decoded content */
#define SNAPSHOT_ENTRY_BYTES 72

#define SNAPSHOT_SECTION_LIMIT 32u
#define SNAPSHOT_SECTION_ALIGNMENT 8u
#define SNAPSHOT_SECTION_OPTIONAL 1u /* flag: a reader that does not know the type skips it */

enum snapshot_section_type {
    SNAPSHOT_SECTION_MODULE = 1,
    SNAPSHOT_SECTION_METADATA = 2,
    SNAPSHOT_SECTION_GLOBALS = 3,
    SNAPSHOT_SECTION_TREE = 4,
    SNAPSHOT_SECTION_MEMORY = 5,
    SNAPSHOT_SECTION_CREATED = 6, /* optional; from version 2 on */
};
#define SNAPSHOT_SECTION_KNOWN 5 /* types 1 to 5 are in every file, in this order */
#define SNAPSHOT_CREATED_BYTES 8 /* u64, nanoseconds since 1970, not 0 */

enum snapshot_encoding {
    SNAPSHOT_ENCODING_RAW = 0,    /* the content itself */
    SNAPSHOT_ENCODING_ZSTD = 1,   /* one zstd frame with content size and checksum (tree) */
    SNAPSHOT_ENCODING_CHUNKS = 2, /* index and one zstd frame a chunk (memory, compressed form) */
    SNAPSHOT_ENCODING_MAPPED = 3, /* index and the memory itself (memory, mapped form) */
    SNAPSHOT_ENCODING_DELTA = 4,  /* changed pages (memory of a delta), from version 2 on */
    SNAPSHOT_ENCODING_PARENT = 5, /* nothing: as in the parent (tree of a delta), from version 2 on */
};

/* The section MODULE. */
#define SNAPSHOT_MODULE_HASH 0
#define SNAPSHOT_MODULE_COSTS_HASH 32
#define SNAPSHOT_MODULE_METERING 64 /* u32 */
#define SNAPSHOT_MODULE_RESERVED 68 /* u32, 0 */
#define SNAPSHOT_MODULE_BYTES 72

/* An entry of the section GLOBALS, which is an array of them. */
#define SNAPSHOT_GLOBAL_INDEX 0 /* u32 */
#define SNAPSHOT_GLOBAL_TYPE 4  /* u32, the letter of struct snapshot_global */
#define SNAPSHOT_GLOBAL_VALUE 8 /* u64 */
#define SNAPSHOT_GLOBAL_BYTES 16

/* The head of the section MEMORY; the index follows it. */
#define SNAPSHOT_MEMORY_CHUNK_BYTES 0   /* u32, SNAPSHOT_CHUNK_BYTES */
#define SNAPSHOT_MEMORY_CHUNK_COUNT 4   /* u32 */
#define SNAPSHOT_MEMORY_DATA_OFFSET 8   /* u64, from the start of the section */
#define SNAPSHOT_MEMORY_INDEX_DIGEST 16 /* SHA-256 of bytes 0 to 15 and the index */
#define SNAPSHOT_MEMORY_HEAD_BYTES 48

/* An entry of the index. */
#define SNAPSHOT_CHUNK_OFFSET 0       /* u64, from the start of the data; 0 for a zero chunk */
#define SNAPSHOT_CHUNK_STORED_BYTES 8 /* u32; 0 for a zero chunk */
#define SNAPSHOT_CHUNK_KIND 12        /* u32, enum snapshot_chunk_kind */
#define SNAPSHOT_CHUNK_DIGEST 16      /* SHA-256 of the chunk; zeroes for a zero chunk */
#define SNAPSHOT_CHUNK_ENTRY_BYTES 48

/* An entry of the index of a delta; after the entries, a u32 of stored bytes for each block. */
#define SNAPSHOT_CHANGE_NUMBER 0  /* u32, of the chunk */
#define SNAPSHOT_CHANGE_PAGES 4   /* u16, bit i: page i of the chunk is stored; not 0 */
#define SNAPSHOT_CHANGE_PATCHED 6 /* u16, bit i: it is stored as its XOR with the parent's page */
#define SNAPSHOT_CHANGE_DIGEST 8  /* of the whole chunk; zeroes for a zero chunk */
#define SNAPSHOT_CHANGE_ENTRY_BYTES 40

#define SNAPSHOT_CHUNK_BYTES (64u << 10) /* measured: FORMAT.md */
#define SNAPSHOT_UNIT_BYTES 4096u        /* page of a delta, leaf of a chunk's digest */
#define SNAPSHOT_CHUNK_UNITS (SNAPSHOT_CHUNK_BYTES / SNAPSHOT_UNIT_BYTES)
#define SNAPSHOT_BLOCK_UNITS 16u /* changed pages in a frame of a delta; the last may have fewer */
#define SNAPSHOT_MAPPED_ALIGNMENT 4096u

enum snapshot_chunk_kind {
    SNAPSHOT_CHUNK_ZERO = 0, /* all zeroes; nothing stored */
    SNAPSHOT_CHUNK_RAW = 1,  /* mapped form */
    SNAPSHOT_CHUNK_ZSTD = 2, /* compressed form */
};

struct snapshot_section {
    uint32_t type, flags, encoding;
    uint64_t offset, stored_bytes, content_bytes;
    uint8_t digest[DIGEST_BYTES];
};

/* Header and section table. */
struct snapshot_head {
    uint32_t version;
    uint32_t section_count;
    uint64_t file_bytes;
    uint8_t digest[DIGEST_BYTES];
    uint8_t parent[DIGEST_BYTES];
    struct snapshot_section sections[SNAPSHOT_SECTION_LIMIT];
};
#define SNAPSHOT_HEAD_LIMIT_BYTES                                                                  \
    (SNAPSHOT_HEADER_BYTES + SNAPSHOT_SECTION_LIMIT * SNAPSHOT_ENTRY_BYTES)

struct snapshot_chunk {
    uint32_t kind, stored_bytes;
    uint64_t offset;
    uint8_t digest[DIGEST_BYTES];
};

/* A chunk of a delta that differs from the parent's. */
struct snapshot_change {
    uint32_t number;
    uint16_t pages, patched;
    uint8_t digest[DIGEST_BYTES];
};

/* Bytes of header and table. */
size_t snapshot_format_head_bytes(uint32_t section_count);

/* Writes header and table to `bytes` (snapshot_format_head_bytes() of them), the table digest
 * included. */
void snapshot_format_encode_head(const struct snapshot_head *head, uint8_t *bytes);

/* Reads them back from the `length` bytes at the start of a file. Checks magic, version, features,
 * count and table digest, and that `length` bytes suffice; not yet what the entries say.
 * Errors: SNAPSHOT_FORMAT, SNAPSHOT_VERSION, SNAPSHOT_CORRUPT. */
pybox_status snapshot_format_decode_head(const uint8_t *bytes, size_t length,
                                         struct snapshot_head *head);

/* The digest that names the content, from the digests of its sections, as head->version has it. */
void snapshot_format_content_digest(const struct snapshot_head *head, uint8_t digest[DIGEST_BYTES]);

void snapshot_format_encode_module(const struct snapshot_content *content,
                                   uint8_t bytes[SNAPSHOT_MODULE_BYTES]);
pybox_status snapshot_format_decode_module(const uint8_t bytes[SNAPSHOT_MODULE_BYTES],
                                           struct snapshot_content *content);

void snapshot_format_encode_global(const struct snapshot_global *global,
                                   uint8_t bytes[SNAPSHOT_GLOBAL_BYTES]);
/* SNAPSHOT_FORMAT if the type is no letter of a type. */
pybox_status snapshot_format_decode_global(const uint8_t bytes[SNAPSHOT_GLOBAL_BYTES],
                                           struct snapshot_global *global);

/* How the section MEMORY is laid out: it follows from its place, form and size alone. Of a delta
 * only the chunk count does, and the data begin with the index. */
struct snapshot_memory_layout {
    uint32_t chunk_count;
    uint64_t index_bytes;
    uint64_t data_offset; /* from the start of the section */
};
struct snapshot_memory_layout
snapshot_format_memory_layout(uint64_t section_offset, uint32_t encoding, uint64_t memory_bytes);

/* Writes the head of MEMORY, to stand before the encoded index. */
void snapshot_format_encode_memory(const struct snapshot_memory_layout *layout,
                                   const uint8_t *index, uint8_t bytes[SNAPSHOT_MEMORY_HEAD_BYTES]);
/* Checks a head and index against the layout. Errors: SNAPSHOT_FORMAT, SNAPSHOT_CORRUPT. */
pybox_status snapshot_format_check_memory(const struct snapshot_memory_layout *layout,
                                          const uint8_t bytes[SNAPSHOT_MEMORY_HEAD_BYTES],
                                          const uint8_t *index);

void snapshot_format_encode_chunk(const struct snapshot_chunk *chunk,
                                  uint8_t bytes[SNAPSHOT_CHUNK_ENTRY_BYTES]);
void snapshot_format_decode_chunk(const uint8_t bytes[SNAPSHOT_CHUNK_ENTRY_BYTES],
                                  struct snapshot_chunk *chunk);

void snapshot_format_encode_change(const struct snapshot_change *change,
                                   uint8_t bytes[SNAPSHOT_CHANGE_ENTRY_BYTES]);
void snapshot_format_decode_change(const uint8_t bytes[SNAPSHOT_CHANGE_ENTRY_BYTES],
                                   struct snapshot_change *change);

/* The digest of a chunk that is not zero, as `version` has it. */
void snapshot_format_chunk_digest(uint32_t version, const uint8_t bytes[SNAPSHOT_CHUNK_BYTES],
                                  uint8_t digest[DIGEST_BYTES]);

/* The same of version 2 from those of its pages; zeroes if all pages are zero. */
void snapshot_format_units_digest(const uint8_t units[SNAPSHOT_CHUNK_UNITS][DIGEST_BYTES],
                                  uint8_t digest[DIGEST_BYTES]);

/* The digest of a page of SNAPSHOT_UNIT_BYTES; zeroes if it is zero. */
void snapshot_format_unit_digest(const uint8_t *bytes, uint8_t digest[DIGEST_BYTES]);

/* The digest of the section MEMORY from those of its chunks (zeroes: a zero chunk), which are
 * `stride` bytes apart. */
void snapshot_format_memory_digest(uint32_t version, uint32_t chunk_count, const uint8_t *digests,
                                   size_t stride, uint8_t digest[DIGEST_BYTES]);

#endif
