/* What the lists of forgeries share. */
#ifndef SNAPSHOT_FORGE_INSIDE_H
#define SNAPSHOT_FORGE_INSIDE_H

#include "snapshot_forge.h"

enum { MODULE = 0, METADATA, GLOBALS, TREE, MEMORY }; /* indices into table and bodies */

/* The body becomes `length` long; what is new is zero. */
void forge_resize(struct fixture_file *body, size_t length);
void forge_set(struct fixture_file *body, const void *bytes, size_t length);

struct snapshot_memory_layout forge_memory_layout(const struct forge *forge);

/* The entry of a chunk in the memory's index. */
uint8_t *forge_index_entry(struct forge *forge, uint32_t number);

/* Recomputes the table digest after a patch. */
void forge_reseal(struct fixture_file *file);

extern const struct forgery forge_file_list[], forge_memory_list[], forge_delta_list[];
extern const size_t forge_file_count, forge_memory_count, forge_delta_count;

#endif
