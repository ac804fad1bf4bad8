/*
 * A native module: a shared object made by aot, or one that is linked into the program, checked and
 * bound.
 *
 * What is checked: the note (note.h) before any code is mapped, then that the descriptor says the
 * same and that everything it points to lies inside the object it came from. That finds a damaged
 * or mismatched file; a malicious native module cannot be found out, it is code like any other.
 */
#ifndef MODULE_H
#define MODULE_H

#include <stdint.h>

#include "module_abi.h"
#include "pybox.h"

/* Counted by reference; immutable but for the trap slot; any thread. */
struct module;

/*
 * Opens the shared object at `path`: reads its note, then loads that same file (not whatever has
 * the path by then) with the dynamic linker, RTLD_LOCAL. `expected_hash` is 32 bytes, or NULL for
 * any. Keeps a file descriptor open for as long as the module lives. The caller holds the module
 * and gives it back with module_close(). Errors: IO, MODULE_FORMAT, MODULE_FOREIGN, MODULE_ABI,
 * MODULE_HASH (not the expected one, or note and code differ), MODULE_LOAD (the dynamic linker
 * refused it, or the descriptor makes no sense), NO_MEMORY.
 */
pybox_status module_open(const char *path, const uint8_t *expected_hash, struct module **module);

/* The same for a descriptor that is linked in and lives as long as the process.
 * Errors: ARGUMENT (NULL), MODULE_ABI, MODULE_LOAD, NO_MEMORY. */
pybox_status module_open_linked(const struct module_descriptor *descriptor, struct module **module);

/* One more hold. Returns `module`. */
struct module *module_hold(struct module *module);

/* One hold less; with the last one the code is unmapped, so no instance may be left. NULL is
 * allowed. */
void module_close(struct module *module);

/* What the module says of itself, checked. Lives as long as the module. */
const struct module_descriptor *module_describe(const struct module *module);

/* The path it was opened by, or NULL if it is linked in. Lives as long as the module. */
const char *module_path(const struct module *module);

/* Puts the function that ends a run with a trap code into the module. To be done once before an
 * instance runs; every caller of a process must give the same function. Any thread. */
void module_bind_trap(struct module *module, void (*trap)(uint32_t code));

/* The export `name` if it has the type `type` (NULL: any), else NULL; sets no error. */
const struct module_export *module_find_export(const struct module *module, const char *name,
                                               module_type type);

/* How many elements the `values` of a call of this type need: the larger of parameters and results.
 */
uint32_t module_type_values(module_type type);

#endif
