/* Operations on ranges of memory and tables: all in bounds, or nothing is done. */
#include "stepper_parts.h"

#include "module_abi.h"

#include <stdlib.h>
#include <string.h>

static bool in_bounds(uint64_t at, uint64_t count, uint64_t size)
{
    return at <= size && count <= size - at;
}

/* The three operands of all of them: destination, source or value, count. */
#define TO ((uint32_t)operands[0])
#define FROM ((uint32_t)operands[1])
#define COUNT ((uint32_t)operands[2])

uint32_t stepper_memory_init(struct stepper *stepper, uint32_t segment, const uint64_t *operands)
{
    const struct wasm_data *data = &stepper->module->data[segment];
    uint32_t length = stepper->dropped_data[segment] ? 0 : data->length;
    if (!in_bounds(FROM, COUNT, length) || !in_bounds(TO, COUNT, stepper->memory_bytes))
        return MODULE_TRAP_MEMORY;
    if (COUNT > 0)
        memcpy(stepper->memory + TO, data->bytes + FROM, COUNT);
    return 0;
}

uint32_t stepper_memory_copy(struct stepper *stepper, const uint64_t *operands)
{
    if (!in_bounds(FROM, COUNT, stepper->memory_bytes) ||
        !in_bounds(TO, COUNT, stepper->memory_bytes))
        return MODULE_TRAP_MEMORY;
    if (COUNT > 0)
        memmove(stepper->memory + TO, stepper->memory + FROM, COUNT);
    return 0;
}

uint32_t stepper_memory_fill(struct stepper *stepper, const uint64_t *operands)
{
    if (!in_bounds(TO, COUNT, stepper->memory_bytes))
        return MODULE_TRAP_MEMORY;
    if (COUNT > 0)
        memset(stepper->memory + TO, (uint8_t)FROM, COUNT);
    return 0;
}

uint32_t stepper_memory_grow(struct stepper *stepper, uint32_t pages)
{
    uint64_t old = stepper->memory_bytes >> 16;
    if ((old + pages) << 16 > stepper->memory_limit)
        return UINT32_MAX;
    stepper->memory_bytes += (uint64_t)pages << 16; /* zero: it was never written */
    return (uint32_t)old;
}

uint32_t stepper_table_init(struct stepper *stepper, uint32_t segment, uint32_t table,
                            const uint64_t *operands)
{
    const struct wasm_element *element = &stepper->module->elements[segment];
    const struct stepper_table *to = &stepper->tables[table];
    uint32_t count = stepper->dropped_elements[segment] ? 0 : element->count;
    if (!in_bounds(FROM, COUNT, count) || !in_bounds(TO, COUNT, to->count))
        return MODULE_TRAP_MEMORY;
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t function = element->functions[FROM + i];
        to->items[TO + i] = function == WASM_NULL_FUNCTION ? 0 : (uint64_t)function + 1;
    }
    return 0;
}

uint32_t stepper_table_copy(struct stepper *stepper, uint32_t to, uint32_t from,
                            const uint64_t *operands)
{
    const struct stepper_table *target = &stepper->tables[to], *source = &stepper->tables[from];
    if (!in_bounds(FROM, COUNT, source->count) || !in_bounds(TO, COUNT, target->count))
        return MODULE_TRAP_MEMORY;
    if (COUNT > 0)
        memmove(target->items + TO, source->items + FROM, COUNT * sizeof(uint64_t));
    return 0;
}

uint32_t stepper_table_fill(struct stepper *stepper, uint32_t table, const uint64_t *operands)
{
    const struct stepper_table *target = &stepper->tables[table];
    if (!in_bounds(TO, COUNT, target->count))
        return MODULE_TRAP_MEMORY;
    for (uint32_t i = 0; i < COUNT; i++)
        target->items[TO + i] = operands[1];
    return 0;
}

uint32_t stepper_table_grow(struct stepper *stepper, uint32_t table, uint64_t value, uint32_t count)
{
    struct stepper_table *grown = &stepper->tables[table];
    uint32_t old = grown->count;
    if (count > grown->max - old)
        return UINT32_MAX;
    uint64_t *items = realloc(grown->items, ((size_t)old + count + 1) * sizeof(uint64_t));
    if (items == NULL)
        return UINT32_MAX;
    for (uint32_t i = 0; i < count; i++)
        items[old + i] = value;
    grown->items = items;
    grown->count = old + count;
    return old;
}
