/* What a snapshot says, apart from how it is laid out in a file (FORMAT.md). */
#ifndef SNAPSHOT_CONTENT_H
#define SNAPSHOT_CONTENT_H

#include "digest.h"
#include "pybox.h"

#include <stddef.h>
#include <stdint.h>

/* Caps. A file or a content beyond one is refused. */
#define SNAPSHOT_MEMORY_LIMIT_BYTES (UINT64_C(4) << 30) /* what 32-bit addresses reach */
#define SNAPSHOT_TREE_LIMIT_BYTES (UINT64_C(1) << 30)
#define SNAPSHOT_METADATA_LIMIT_BYTES (64u << 10)
#define SNAPSHOT_GLOBAL_LIMIT 65536u

/* Linear memory is a whole number of these (WebAssembly's page). */
#define SNAPSHOT_PAGE_BYTES (64u << 10)

/* A mutable global of the module. */
struct snapshot_global {
    uint32_t index; /* in the wasm module's global index space */
    char type;      /* 'i' = i32, 'I' = i64, 'f' = f32, 'F' = f64 */
    uint64_t value; /* i32 zero-extended, floats by their bits */
};

/*
 * The state of a guest between runs. All pointers are borrowed.
 *
 * Globals are in ascending order of index, without duplicates. The tree is opaque here: it is
 * encoded, versioned and checked by the file system layer. The metadata is a JSON object in UTF-8.
 */
struct snapshot_content {
    uint8_t module_hash[DIGEST_BYTES]; /* SHA-256 of the metered wasm */
    uint8_t costs_hash[DIGEST_BYTES];  /* SHA-256 of the cost table; zeroes: not metered */
    uint32_t metering;                 /* version of the metering pass; 0: not metered */
    uint32_t global_count;
    const struct snapshot_global *globals;
    const uint8_t *memory; /* NULL where a description leaves it out */
    uint64_t memory_bytes; /* a multiple of SNAPSHOT_PAGE_BYTES */
    const uint8_t *tree;   /* may be NULL if tree_bytes is 0 */
    size_t tree_bytes;
    const char *metadata; /* NULL: "{}" */
    size_t metadata_bytes;
};

/* Checks the rules above and the caps: what a writer demands of its caller and a reader of its
 * file. `status` is returned, with a message, where one is broken (ARGUMENT for a caller's content,
 * SNAPSHOT_FORMAT for a file's). Does not look at the memory or the tree. */
pybox_status snapshot_content_check(const struct snapshot_content *content, pybox_status status);

#endif
