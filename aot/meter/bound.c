#include "bound.h"

#include "costs.h"
#include "error.h"
#include "wasm_code.h"

#include <stdlib.h>

enum bound_state { BOUND_NEW, BOUND_OPEN, BOUND_DONE };

struct bound_function {
    uint64_t cost;       /* of all its instructions; when it is done, of the callees that do not check as well */
    uint32_t first_call; /* callees, in calls[] */
    uint32_t call_count;
    uint32_t next_call; /* while it is open: the callee that comes next */
    enum bound_state state;
};

struct bound {
    const struct wasm_module *module;
    struct bound_function *functions; /* those that are not imported */
    uint32_t *calls;
    uint32_t *path; /* the open functions, from a root down */
    uint32_t call_count, call_room;
};

static pybox_status add_call(struct bound *bound, uint32_t callee)
{
    if (bound->call_count == bound->call_room) {
        uint32_t room = bound->call_room + bound->call_room / 2 + 1024;
        uint32_t *moved = realloc(bound->calls, room * sizeof(*moved));
        if (moved == NULL)
            return error_set_memory("a module's calls", room * sizeof(*moved));
        bound->calls = moved;
        bound->call_room = room;
    }
    bound->calls[bound->call_count++] = callee;
    return PYBOX_OK;
}

static pybox_status scan_body(struct bound *bound, uint32_t number)
{
    const struct wasm_module *module = bound->module;
    struct bound_function *function = &bound->functions[number];
    struct wasm_cursor cursor = wasm_body_cursor(module, &module->bodies[number]);
    pybox_status status = PYBOX_OK;
    function->first_call = bound->call_count;
    while (cursor.at != cursor.end && status == PYBOX_OK) {
        struct wasm_instruction instruction;
        status = wasm_next(&cursor, &instruction);
        if (status != PYBOX_OK)
            break;
        function->cost += cost_of(instruction.opcode);
        switch (instruction.opcode) {
        case WASM_OP_CALL:
        case WASM_OP_RETURN_CALL:
            if (instruction.index < module->imported_functions)
                function->cost += cost_of_host_call();
            else
                status = add_call(bound, instruction.index - module->imported_functions);
            break;
        default:
            break;
        }
    }
    function->call_count = bound->call_count - function->first_call;
    return status;
}

/* All callees of an open function are done: they know their cost, or are open themselves and check. */
static void close_function(struct bound *bound, uint32_t number, bool *checks)
{
    struct bound_function *function = &bound->functions[number];
    for (uint32_t k = 0; k < function->call_count; k++) {
        uint32_t callee = bound->calls[function->first_call + k];
        if (!checks[callee])
            function->cost += bound->functions[callee].cost; /* at most BOUND_UNCHECKED */
    }
    function->state = BOUND_DONE;
    if (function->cost > BOUND_UNCHECKED)
        checks[number] = true;
}

/* Depth first: every circle of calls has a call of a function that is open, and that one checks. */
static void walk(struct bound *bound, uint32_t root, bool *checks)
{
    uint32_t depth = 0;
    if (bound->functions[root].state != BOUND_NEW)
        return;
    bound->functions[root].state = BOUND_OPEN;
    bound->path[depth++] = root;
    while (depth > 0) {
        uint32_t number = bound->path[depth - 1];
        struct bound_function *function = &bound->functions[number];
        if (function->next_call == function->call_count) {
            close_function(bound, number, checks);
            depth--;
            continue;
        }
        uint32_t callee = bound->calls[function->first_call + function->next_call++];
        if (bound->functions[callee].state == BOUND_OPEN) {
            checks[callee] = true;
        } else if (bound->functions[callee].state == BOUND_NEW) {
            bound->functions[callee].state = BOUND_OPEN;
            bound->path[depth++] = callee;
        }
    }
}

pybox_status bound_find(const struct wasm_module *module, bool *checks)
{
    struct bound bound = {.module = module};
    pybox_status status = PYBOX_OK;
    bound.functions = calloc((size_t)module->body_count + 1, sizeof(*bound.functions));
    bound.path = malloc(((size_t)module->body_count + 1) * sizeof(*bound.path));
    if (bound.functions == NULL || bound.path == NULL)
        status = error_set_memory("a module's functions",
                                  module->body_count * sizeof(*bound.functions));
    for (uint32_t i = 0; i < module->body_count && status == PYBOX_OK; i++) {
        checks[i] = false;
        status = scan_body(&bound, i);
    }
    for (uint32_t i = 0; i < module->body_count && status == PYBOX_OK; i++)
        walk(&bound, i, checks);
    free(bound.functions);
    free(bound.calls);
    free(bound.path);
    return status;
}
