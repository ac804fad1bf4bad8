/* Function bodies with their charges. */
#ifndef REWRITE_H
#define REWRITE_H

#include "branches.h"
#include "plan.h"
#include "wasm_write.h"

/* The hooks, in the order in which they are imported. */
enum rewrite_hook {
    HOOK_CHARGE,
    HOOK_ADJUST,
    HOOK_CHECK,
    HOOK_CHARGE_BY,
    HOOK_TAKE,
    HOOK_GIVE,
    HOOK_COUNT
};

struct rewrite {
    const struct wasm_module *module; /* as it was read */
    const struct branches *branches;  /* or NULL */
    struct flow flow;
    struct plan plan;
    uint8_t *likely; /* of the body's branches */
    uint32_t likely_room;
};

/*
 * Appends body number `number`, charged, and sets `code` to where in it the first instruction is. Functions
 * from imported_functions on are HOOK_COUNT further back in it, the hooks are where they were. `checks`: the
 * counter is checked at its start. Errors: NO_MEMORY, LIMIT (too many locals).
 */
pybox_status rewrite_body(struct rewrite *rewrite, uint32_t number, bool checks,
                          struct wasm_writer *writer, uint32_t *code);

/* Appends body number `number` of the module with a call of the training hook (meter.h), the only one, before each
 * branch; *branch is the number of the first, and then of the next body's. Error: NO_MEMORY. */
pybox_status rewrite_for_training(const struct wasm_module *module, uint32_t number,
                                  uint32_t *branch, struct wasm_writer *writer);

void rewrite_free(struct rewrite *rewrite);

#endif
