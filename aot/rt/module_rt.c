/* The module's side of the contract: what generated code calls (wasm-rt.h). */
#include "module_rt.h"

#define PAGE_BYTES 65536u

/* The descriptor's `trap` points here. */
void (*module_trap)(uint32_t code);

void wasm_rt_trap(wasm_rt_trap_t code)
{
    wasm_rt_reserve_stack();
    module_trap((uint32_t)code);
    __builtin_trap(); /* it does not return */
}

/* Between two pieces of a long operation the host may look at the clock, and cut it off. */
static void poll_host(struct module_env *env)
{
    host_call(env, MODULE_CALL_FUEL, NULL);
}

void wasm_rt_fill_long(struct module_env *env, uint8_t *destination, uint32_t value, size_t length)
{
    while (length > 0) {
        size_t piece = length < WASM_RT_BULK_BYTES ? length : WASM_RT_BULK_BYTES;
        wasm_rt_fill(env, destination, value, piece);
        destination += piece;
        length -= piece;
        poll_host(env);
    }
}

/* From the end that keeps what is still to be read. */
void wasm_rt_move_long(struct module_env *env, uint8_t *destination, const uint8_t *source,
                       size_t length)
{
    size_t done = 0;
    while (done < length) {
        size_t piece = length - done < WASM_RT_BULK_BYTES ? length - done : WASM_RT_BULK_BYTES;
        size_t at = destination < source ? done : length - done - piece;
        wasm_rt_move(env, destination + at, source + at, piece);
        done += piece;
        poll_host(env);
    }
}

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t pages, uint64_t max_pages,
                             bool is64)
{
    (void)is64;
    memory->data = memory->env->memory_base;
    memory->pages = pages;
    memory->max_pages = max_pages;
    memory->size = pages * PAGE_BYTES;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory)
{
    (void)memory; /* the host's */
}

uint64_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint64_t delta)
{
    uint64_t old_pages = memory->pages;
    if (delta == 0)
        return old_pages;
    if (delta > memory->max_pages - old_pages)
        return UINT32_MAX;
    uint64_t values[1] = {delta};
    host_call(memory->env, MODULE_CALL_MEMORY_GROW, values);
    if (values[0] == UINT64_MAX)
        return UINT32_MAX;
    memory->pages = old_pages + delta;
    memory->size = memory->pages * PAGE_BYTES;
    return old_pages;
}

void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t *table, uint32_t elements,
                                    uint32_t max_elements)
{
    table->size = elements;
    table->max_size = max_elements;
}

void wasm_rt_allocate_externref_table(wasm_rt_externref_table_t *table, uint32_t elements,
                                      uint32_t max_elements)
{
    table->size = elements;
    table->max_size = max_elements;
}

void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t *table)
{
    free(table->data);
    *table = (wasm_rt_funcref_table_t){0};
}

void wasm_rt_free_externref_table(wasm_rt_externref_table_t *table)
{
    free(table->data);
    *table = (wasm_rt_externref_table_t){0};
}

/* `data` with room for `delta` elements of `bytes` more than `size`; NULL if it may not or cannot
 * be. */
static void *table_room(void *data, uint32_t size, uint32_t max_size, uint32_t delta, size_t bytes)
{
    uint32_t limit = max_size < WASM_RT_TABLE_LIMIT ? max_size : WASM_RT_TABLE_LIMIT;
    if (size > limit || delta > limit - size)
        return NULL;
    wasm_rt_reserve_stack();
    return realloc(data, ((size_t)size + delta) * bytes);
}

uint32_t wasm_rt_grow_funcref_table(wasm_rt_funcref_table_t *table, uint32_t delta,
                                    wasm_rt_funcref_t value)
{
    uint32_t old_size = table->size;
    if (delta == 0)
        return old_size;
    void *data = table_room(table->data, old_size, table->max_size, delta, sizeof(*table->data));
    if (data == NULL)
        return UINT32_MAX;
    table->data = data;
    table->size = old_size + delta;
    for (uint32_t i = old_size; i < table->size; i++)
        table->data[i] = value;
    return old_size;
}

uint32_t wasm_rt_grow_externref_table(wasm_rt_externref_table_t *table, uint32_t delta,
                                      wasm_rt_externref_t value)
{
    uint32_t old_size = table->size;
    if (delta == 0)
        return old_size;
    void *data = table_room(table->data, old_size, table->max_size, delta, sizeof(*table->data));
    if (data == NULL)
        return UINT32_MAX;
    table->data = data;
    table->size = old_size + delta;
    for (uint32_t i = old_size; i < table->size; i++)
        table->data[i] = value;
    return old_size;
}
