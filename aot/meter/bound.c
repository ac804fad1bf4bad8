#include "bound.h"

#include "costs.h"
#include "error.h"
#include "wasm_code.h"

#include <stdlib.h>

struct bound_function {
    uint64_t cost;        /* of all its instructions, and of the callees known not to check */
    uint32_t open;        /* calls of functions that are not known yet */
    uint32_t first_call;  /* callees, in calls[] */
    uint32_t call_count;
    uint32_t first_caller; /* in callers[] */
    uint32_t caller_count;
    bool is_indirect; /* calls through a table */
};

struct bound {
    const struct wasm_module *module;
    struct bound_function *functions; /* those that are not imported */
    uint32_t *calls, *callers;
    uint32_t *queue; /* functions of which all callees are known */
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
        case WASM_OP_CALL_INDIRECT:
        case WASM_OP_RETURN_CALL_INDIRECT:
            function->is_indirect = true;
            break;
        default:
            break;
        }
    }
    function->call_count = function->open = bound->call_count - function->first_call;
    return status;
}

/* Fills callers[] from calls[]. */
static void turn_round(struct bound *bound)
{
    uint32_t count = bound->module->body_count, at = 0;
    for (uint32_t i = 0; i < bound->call_count; i++)
        bound->functions[bound->calls[i]].caller_count++;
    for (uint32_t i = 0; i < count; i++) {
        bound->functions[i].first_caller = at;
        at += bound->functions[i].caller_count;
        bound->functions[i].caller_count = 0;
    }
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < bound->functions[i].call_count; k++) {
            struct bound_function *callee =
                &bound->functions[bound->calls[bound->functions[i].first_call + k]];
            bound->callers[callee->first_caller + callee->caller_count++] = i;
        }
}

/* From the leaves upwards. What is never reached is in a circle of calls, or calls one that is. */
static void decide(struct bound *bound, bool *checks)
{
    uint32_t count = bound->module->body_count, used = 0;
    for (uint32_t i = 0; i < count; i++) {
        checks[i] = true;
        if (bound->functions[i].open == 0)
            bound->queue[used++] = i;
    }
    for (uint32_t i = 0; i < used; i++) {
        uint32_t number = bound->queue[i];
        struct bound_function *function = &bound->functions[number];
        checks[number] = function->is_indirect || function->cost > BOUND_UNCHECKED;
        for (uint32_t k = 0; k < function->caller_count; k++) {
            uint32_t caller = bound->callers[function->first_caller + k];
            if (!checks[number])
                bound->functions[caller].cost += function->cost;
            if (--bound->functions[caller].open == 0)
                bound->queue[used++] = caller;
        }
    }
}

/* A function that calls very many that do not check lets them check. */
static void tighten(const struct bound *bound, bool *checks)
{
    for (uint32_t i = 0; i < bound->module->body_count; i++) {
        const struct bound_function *function = &bound->functions[i];
        uint64_t sum = 0;
        for (uint32_t k = 0; k < function->call_count; k++) {
            uint32_t callee = bound->calls[function->first_call + k];
            sum += checks[callee] ? 0 : bound->functions[callee].cost;
        }
        for (uint32_t k = 0; sum > BOUND_CHECKED && k < function->call_count; k++)
            checks[bound->calls[function->first_call + k]] = true;
    }
}

pybox_status bound_find(const struct wasm_module *module, bool *checks)
{
    struct bound bound = {.module = module};
    pybox_status status = PYBOX_OK;
    bound.functions = calloc((size_t)module->body_count + 1, sizeof(*bound.functions));
    bound.queue = malloc(((size_t)module->body_count + 1) * sizeof(*bound.queue));
    if (bound.functions == NULL || bound.queue == NULL)
        status = error_set_memory("a module's functions",
                                  module->body_count * sizeof(*bound.functions));
    for (uint32_t i = 0; i < module->body_count && status == PYBOX_OK; i++)
        status = scan_body(&bound, i);
    if (status == PYBOX_OK) {
        bound.callers = malloc(((size_t)bound.call_count + 1) * sizeof(*bound.callers));
        if (bound.callers == NULL)
            status = error_set_memory("a module's calls", bound.call_count * sizeof(uint32_t));
    }
    if (status == PYBOX_OK) {
        turn_round(&bound);
        decide(&bound, checks);
        tighten(&bound, checks);
    }
    free(bound.functions);
    free(bound.calls);
    free(bound.callers);
    free(bound.queue);
    return status;
}
