#include "pair.h"

#include "error.h"
#include "module_abi.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMPARED_BYTES (16u << 20) /* of each end of the memory */

static const char *const side_names[PAIR_SIDES] = {"unmetered", "metered", "metered again"};

struct side {
    struct pair *pair;
    const struct wasm_module *module;
    struct stepper *stepper;
    int number;
    uint64_t events, digest; /* of what was seen in this call */
    int64_t before;          /* fuel used before it */
};

struct pair {
    struct pair_options options;
    struct side sides[PAIR_SIDES];
    char difference[PAIR_DIFFERENCE_BYTES];
};

__attribute__((format(printf, 2, 3))) static void differ(struct pair *pair, const char *format, ...)
{
    va_list list;
    if (pair->difference[0] != 0)
        return;
    va_start(list, format);
    vsnprintf(pair->difference, sizeof(pair->difference), format, list);
    va_end(list);
}

/* ------------------------------------------------------------------------------------------
 * What is seen while a call goes on
 */

static void note(struct side *side, uint64_t value)
{
    side->digest = (side->digest ^ value) * 0x9e3779b97f4a7c15u;
    side->digest ^= side->digest >> 29;
}

static void see_boundary(void *context, uint32_t body, bool entered, int64_t used)
{
    struct side *side = context;
    if (body >= side->pair->sides[0].module->body_count)
        return; /* a function that metering added */
    side->events++;
    note(side, (uint64_t)(used - side->before));
    note(side, (uint64_t)body << 1 | entered);
}

static uint32_t see_import(void *context, struct stepper *stepper, uint32_t import,
                           uint64_t *values)
{
    struct side *side = context;
    const struct pair_options *options = &side->pair->options;
    const struct wasm_module *first = side->pair->sides[0].module;
    if (import >= first->imported_functions || options->import == NULL)
        return MODULE_TRAP_HOST;
    side->events++;
    note(side, (uint64_t)(stepper_used(stepper) - side->before));
    note(side, import);
    for (uint32_t i = 0; i < wasm_function_type(first, import)->parameter_count; i++)
        note(side, values[i]);
    return options->import(options->context, stepper, side->number, import, values);
}

/* ------------------------------------------------------------------------------------------
 * What is left behind
 */

static void compare_memory(struct pair *pair, const struct side *other)
{
    uint64_t bytes, other_bytes;
    const uint8_t *memory = stepper_memory(pair->sides[0].stepper, &bytes);
    const uint8_t *other_memory = stepper_memory(other->stepper, &other_bytes);
    if (bytes != other_bytes) {
        differ(pair, "memory of %llu and %llu bytes", (unsigned long long)bytes,
               (unsigned long long)other_bytes);
        return;
    }
    uint64_t low = bytes < COMPARED_BYTES ? bytes : COMPARED_BYTES;
    uint64_t high = bytes - low < COMPARED_BYTES ? bytes - low : COMPARED_BYTES;
    if ((low > 0 && memcmp(memory, other_memory, low) != 0) ||
        (high > 0 && memcmp(memory + bytes - high, other_memory + bytes - high, high) != 0))
        differ(pair, "memory has other bytes");
}

/* The index of a function of the unmetered module in the side's: hooks come behind its imports. */
static uint32_t own_index(const struct side *side, uint32_t function)
{
    uint32_t imported = side->pair->sides[0].module->imported_functions;
    return function < imported ? function : function - imported + side->module->imported_functions;
}

/* `x` is a value of the unmetered side, `y` of the other one. */
static bool same_value(const struct side *other, uint8_t type, uint64_t x, uint64_t y)
{
    if ((type != WASM_FUNCREF && type != WASM_EXTERNREF) || x == 0 || y == 0)
        return x == y;
    return own_index(other, (uint32_t)x - 1) == y - 1;
}

static void compare_tables(struct pair *pair, const struct side *other)
{
    const struct side *first = &pair->sides[0];
    for (uint32_t i = 0; i < first->module->table_count; i++) {
        uint32_t count, other_count;
        const uint64_t *items = stepper_table(first->stepper, i, &count);
        const uint64_t *other_items = stepper_table(other->stepper, i, &other_count);
        if (count != other_count)
            differ(pair, "table %u has %u and %u elements", i, count, other_count);
        for (uint32_t k = 0; k < count && k < other_count; k++)
            if (!same_value(other, WASM_FUNCREF, items[k], other_items[k]))
                differ(pair, "table %u refers to other functions at %u", i, k);
    }
}

static void compare_globals(struct pair *pair, const struct side *other)
{
    const struct side *first = &pair->sides[0];
    for (uint32_t i = 0; i < first->module->global_count; i++) {
        uint64_t value = stepper_global(first->stepper, i);
        uint64_t other_value = stepper_global(other->stepper, i);
        if (!same_value(other, first->module->globals[i].type, value, other_value))
            differ(pair, "global %u is %llx and %llx", i, (unsigned long long)value,
                   (unsigned long long)other_value);
    }
}

static void compare_results(struct pair *pair, const struct wasm_type *type, const uint64_t *values,
                            const struct side *other, const uint64_t *other_values)
{
    for (uint32_t i = 0; i < type->result_count; i++)
        if (!same_value(other, type->results[i], values[i], other_values[i]))
            differ(pair, "result %u is %llx and %llx", i, (unsigned long long)values[i],
                   (unsigned long long)other_values[i]);
}

static void compare_fuel(struct pair *pair, const struct side *other, uint32_t trap)
{
    const struct side *first = &pair->sides[0];
    int64_t used = pair_fuel(pair, 0), other_used = pair_fuel(pair, other->number);
    if (trap == 0 && used != other_used)
        differ(pair, "used %lld units by the rule, %lld when %s", (long long)used,
               (long long)other_used, side_names[other - pair->sides]);
    if (first->events != other->events || first->digest != other->digest)
        differ(pair, "the fuel differs at one of %llu boundaries in the call (%llu when %s)",
               (unsigned long long)first->events, (unsigned long long)other->events,
               side_names[other - pair->sides]);
    if (other_used != pair_fuel(pair, 1))
        differ(pair, "metered, it does not use the same fuel twice");
}

/* ------------------------------------------------------------------------------------------
 * Calls
 */

/* One side's part of a call. */
static uint32_t call_side(struct side *side, uint32_t function, uint64_t *values)
{
    side->events = side->digest = 0;
    side->before = stepper_used(side->stepper);
    return stepper_call(side->stepper, function, values);
}

/* Calls the function that has this index in the unmetered module. */
static uint32_t call_all(struct pair *pair, uint32_t function, uint64_t *values)
{
    const struct wasm_module *module = pair->sides[0].module;
    const struct wasm_type *type = wasm_function_type(module, function);
    uint64_t arguments[PAIR_VALUES], results[PAIR_VALUES];
    if (type->parameter_count > PAIR_VALUES || type->result_count > PAIR_VALUES) {
        differ(pair, "a function with too many parameters or results to call it");
        return MODULE_TRAP_HOST;
    }
    memcpy(arguments, values, type->parameter_count * sizeof(*values));
    uint32_t trap = call_side(&pair->sides[0], function, values);
    for (int i = 1; i < PAIR_SIDES; i++) {
        struct side *side = &pair->sides[i];
        memcpy(results, arguments, sizeof(results));
        uint32_t own = call_side(side, own_index(side, function), results);
        if (trap == STEPPER_TRAP_FUEL || trap == STEPPER_TRAP_STEPS)
            continue; /* stopped at places that need not be the same */
        if (trap != own)
            differ(pair, "trap %u, and %u when %s", trap, own, side_names[i]);
        else if (trap == 0)
            compare_results(pair, type, values, side, results);
        compare_fuel(pair, side, trap);
        compare_memory(pair, side);
        compare_globals(pair, side);
        compare_tables(pair, side);
    }
    return trap;
}

uint32_t pair_call(struct pair *pair, const char *export, uint64_t *values)
{
    uint32_t function = stepper_find(pair->sides[0].stepper, export);
    for (int i = 1; i < PAIR_SIDES; i++) {
        uint32_t found = stepper_find(pair->sides[i].stepper, export);
        if (found == STEPPER_NO_FUNCTION || found != own_index(&pair->sides[i], function)) {
            differ(pair, "the export %s is function %u and %u", export, function, found);
            return MODULE_TRAP_HOST;
        }
    }
    return call_all(pair, function, values);
}

uint32_t pair_start(struct pair *pair)
{
    const struct wasm_module *module = pair->sides[0].module;
    uint64_t none = 0;
    if (module->has_start != pair->sides[1].module->has_start)
        differ(pair, "metering made or lost a start function");
    return module->has_start ? call_all(pair, module->start, &none) : 0;
}

int64_t pair_fuel(const struct pair *pair, int side)
{
    return stepper_used(pair->sides[side].stepper) - pair->sides[side].before;
}

bool pair_take_difference(struct pair *pair, char text[PAIR_DIFFERENCE_BYTES])
{
    memcpy(text, pair->difference, PAIR_DIFFERENCE_BYTES);
    pair->difference[0] = 0;
    return text[0] != 0;
}

struct stepper *pair_stepper(struct pair *pair, int side)
{
    return pair->sides[side].stepper;
}

/* ------------------------------------------------------------------------------------------
 * Life
 */

pybox_status pair_create(const struct wasm_module *module, const struct wasm_module *metered,
                         const struct pair_options *options, struct pair **pair)
{
    struct pair *made = calloc(1, sizeof(*made));
    pybox_status status = PYBOX_OK;
    *pair = NULL;
    if (made == NULL)
        return error_set(PYBOX_ERROR_NO_MEMORY, "no memory for a pair");
    made->options = *options;
    for (int i = 0; i < PAIR_SIDES && status == PYBOX_OK; i++) {
        struct side *side = &made->sides[i];
        const struct stepper_options stepping = {.counts = i == 0,
                                                 .fuel = options->fuel,
                                                 .max_pages = options->max_pages,
                                                 .max_depth = options->max_depth,
                                                 .max_steps = options->max_steps,
                                                 .context = side,
                                                 .import = see_import,
                                                 .trace = see_boundary};
        side->pair = made;
        side->number = i;
        side->module = i == 0 ? module : metered;
        status = stepper_create(side->module, &stepping, &side->stepper);
    }
    if (status != PYBOX_OK) {
        pair_destroy(made);
        return status;
    }
    *pair = made;
    return PYBOX_OK;
}

void pair_destroy(struct pair *pair)
{
    if (pair == NULL)
        return;
    for (int i = 0; i < PAIR_SIDES; i++)
        stepper_destroy(pair->sides[i].stepper);
    free(pair);
}
