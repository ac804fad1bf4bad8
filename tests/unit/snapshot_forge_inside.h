/* What the lists of forgeries share. */
#ifndef SNAPSHOT_FORGE_INSIDE_H
#define SNAPSHOT_FORGE_INSIDE_H

#include "snapshot_forge.h"

#include <stddef.h>

enum { MODULE = 0, METADATA, GLOBALS, TREE, MEMORY }; /* indices into table and bodies */

/* The body becomes `length` long; what is new is zero. */
void forge_resize(struct fixture_file *body, size_t length);
void forge_set(struct fixture_file *body, const void *bytes, size_t length);

struct snapshot_memory_layout forge_memory_layout(const struct forge *forge);

/* The entry of a chunk in the memory's index. */
uint8_t *forge_index_entry(struct forge *forge, uint32_t number);

/* Recomputes the table digest after a patch. */
void forge_reseal(struct fixture_file *file);

/* ---- lists of forgeries ---- */

#define FORMAT PYBOX_ERROR_SNAPSHOT_FORMAT
#define CORRUPT PYBOX_ERROR_SNAPSHOT_CORRUPT
#define VERSION PYBOX_ERROR_SNAPSHOT_VERSION
#define PARENT PYBOX_ERROR_SNAPSHOT_PARENT
#define LIMIT PYBOX_ERROR_LIMIT

/* By a function of that name. */
#define BYTES(f, status, message) {#f, FORGE_COMPRESSED, FORGE_BYTES, NULL, f, status, status, message, NO_POKE}
#define TABLE(f, status, message) {#f, FORGE_COMPRESSED, FORGE_TABLE, f, NULL, status, status, message, NO_POKE}
#define BODY(f, status, message) {#f, FORGE_COMPRESSED, FORGE_BODY, f, NULL, status, status, message, NO_POKE}
#define MAPPED(f, status, message) {#f, FORGE_MAPPED, FORGE_BODY, f, NULL, status, status, message, NO_POKE}
#define DELTA(f, status, message) {#f, FORGE_DELTA, FORGE_BODY, f, NULL, status, status, message, NO_POKE}

/* By a poke. */
#define POKE(name, base, stage, status, message, ...) \
    {#name, base, stage, NULL, NULL, status, status, message, __VA_ARGS__}
#define BYTES_POKE(name, ...) POKE(name, FORGE_COMPRESSED, FORGE_BYTES, __VA_ARGS__)
#define TABLE_POKE(name, ...) POKE(name, FORGE_COMPRESSED, FORGE_TABLE, __VA_ARGS__)
#define BODY_POKE(name, ...) POKE(name, FORGE_COMPRESSED, FORGE_BODY, __VA_ARGS__)
#define MAPPED_POKE(name, ...) POKE(name, FORGE_MAPPED, FORGE_BODY, __VA_ARGS__)
#define DELTA_POKE(name, ...) POKE(name, FORGE_DELTA, FORGE_BODY, __VA_ARGS__)

/* Pokes: at an offset of a body; in a field of the table, or its digest's first byte; at an offset of the file, whose
 * table digest is made right or not. */
#define NO_POKE {POKE_NOTHING, 0, 0, 0, POKE_SET, 0}
#define AT(section, offset, type, how, value) {POKE_BODY, section, offset, sizeof(type), POKE_##how, value}
#define FIELD(section, field, how, value) \
    {POKE_SECTION, section, offsetof(struct snapshot_section, field), sizeof(((struct snapshot_section *)0)->field), \
     POKE_##how, value}
#define DIGEST(section) {POKE_SECTION, section, offsetof(struct snapshot_section, digest), 1, POKE_FLIP, 1}
#define SEALED(offset, type, how, value) {POKE_SEALED, 0, offset, sizeof(type), POKE_##how, value}
#define PLAIN(offset, type, how, value) {POKE_PLAIN, 0, offset, sizeof(type), POKE_##how, value}

/* Offsets in the memory's body: the entry of a chunk in the index, and of a change in a delta. */
#define CHUNK(number) (SNAPSHOT_MEMORY_HEAD_BYTES + (size_t)(number) * SNAPSHOT_CHUNK_ENTRY_BYTES)
#define CHANGE(number) (SNAPSHOT_MEMORY_HEAD_BYTES + (size_t)(number) * SNAPSHOT_CHANGE_ENTRY_BYTES)

extern const struct forgery forge_file_list[], forge_memory_list[], forge_delta_list[];
extern const size_t forge_file_count, forge_memory_count, forge_delta_count;

#endif
