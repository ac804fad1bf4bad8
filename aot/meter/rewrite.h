/* Function bodies with their charges. */
#ifndef REWRITE_H
#define REWRITE_H

#include "plan.h"
#include "wasm_write.h"

/* The hooks, in the order in which they are imported. */
enum rewrite_hook { HOOK_CHARGE, HOOK_CHECK, HOOK_CHARGE_BY, HOOK_TAKE, HOOK_GIVE, HOOK_COUNT };

struct rewrite {
    const struct wasm_module *module; /* as it was read */
    struct flow flow;
    struct plan plan;
};

/*
 * Appends body number `number`, charged, and sets `code` to where in it the first instruction is. Functions
 * from imported_functions on are HOOK_COUNT further back in it, the hooks are where they were. `checks`: the
 * counter is checked at its start. Errors: NO_MEMORY, LIMIT (too many locals).
 */
pybox_status rewrite_body(struct rewrite *rewrite, uint32_t number, bool checks,
                          struct wasm_writer *writer, uint32_t *code);

void rewrite_free(struct rewrite *rewrite);

#endif
