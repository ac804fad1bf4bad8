/*
 * An instance of a module: what a box has besides its memory. Globals and tables, in storage whose
 * layout only the module knows; the mutable globals are reached through its descriptor.
 */
#ifndef INSTANCE_H
#define INSTANCE_H

#include <stdint.h>

#include "memory.h"
#include "module.h"
#include "pybox.h"

/* Belongs to one thread at a time. */
struct instance;

/*
 * Makes an instance, globals and tables at their initial values, for a memory that has `pages`
 * pages. It runs module code, on the caller's stack, that touches no linear memory. Holds the
 * module. `env` is the caller's, filled in but for host_stack, and must outlive the instance.
 * Errors: NO_MEMORY.
 */
pybox_status instance_create(struct module *module, struct module_env *env, uint64_t pages,
                             struct instance **instance);

/* Frees it and gives its hold of the module back. NULL is allowed. */
void instance_destroy(struct instance *instance);

/* What the `call` of an export wants as its first argument. */
void *instance_storage(struct instance *instance);

/* Tells the instance that its memory has `pages` pages now: after a restore, not after
 * memory_grow(). */
void instance_set_pages(struct instance *instance, uint64_t pages);

/* Copies the module's active data segments into `memory`, in order: a start without an image.
 * Errors: MODULE_LOAD (a segment is not within the memory; nothing was copied). */
pybox_status instance_copy_segments(const struct instance *instance, const struct memory *memory);

/* The bits of a mutable global, zero-extended: the `position`-th of the descriptor's `globals`.
 * `position` is less than its global_count. */
uint64_t instance_global(const struct instance *instance, uint32_t position);

/* Sets them; what exceeds the global's type is cut off. */
void instance_set_global(struct instance *instance, uint32_t position, uint64_t bits);

/* The position of the mutable global with wasm index `index` and type `type`, or -1. */
int64_t instance_find_global(const struct instance *instance, uint32_t index, char type);

#endif
