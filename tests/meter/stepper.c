#include "stepper_parts.h"

#include "error.h"
#include "module_abi.h"
#include "wasm_code.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define DEFAULT_DEPTH 20000u

/* Pages that cost nothing until they are written, or NULL. */
static void *reserve(uint64_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

static bool same_type(const struct wasm_type *a, const struct wasm_type *b)
{
    return a->parameter_count == b->parameter_count && a->result_count == b->result_count &&
           (a->parameter_count == 0 ||
            memcmp(a->parameters, b->parameters, a->parameter_count) == 0) &&
           (a->result_count == 0 || memcmp(a->results, b->results, a->result_count) == 0);
}

static pybox_status check_supported(const struct stepper *stepper)
{
    static const uint16_t free_of_charge[] = {0x01, WASM_OP_BLOCK, WASM_OP_LOOP, WASM_OP_ELSE,
                                              WASM_OP_END};
    const struct wasm_module *module = stepper->module;
    for (size_t i = 0; i < sizeof(free_of_charge) / sizeof(free_of_charge[0]); i++)
        if (stepper_price(free_of_charge[i]) != 0)
            return error_set(PYBOX_ERROR_UNSUPPORTED,
                             "costs.def gives a price to instruction 0x%02x, which is no step",
                             free_of_charge[i]);
    if (module->imports_memory || module->imported_tables > 0 || module->imported_globals > 0)
        return error_set(PYBOX_ERROR_UNSUPPORTED, "the module imports what is not a function");
    for (uint32_t i = 0; i < module->imported_functions; i++)
        if (stepper->options.counts && stepper_hook(module, i) != 0)
            return error_set(PYBOX_ERROR_ARGUMENT, "the module is metered; it counts by itself");
    return PYBOX_OK;
}

/* ------------------------------------------------------------------------------------------
 * Instantiation
 */

static uint64_t constant_value(const struct wasm_constant *constant)
{
    switch (constant->opcode) {
    case WASM_OP_I32_CONST:
        return (uint32_t)constant->integer;
    case WASM_OP_I64_CONST:
        return (uint64_t)constant->integer;
    case WASM_OP_REF_FUNC:
        return (uint64_t)constant->index + 1;
    case WASM_OP_REF_NULL:
        return 0;
    default:
        return constant->bits;
    }
}

/* Each type's first equal one, so that types are compared by number. */
static void number_types(struct stepper *stepper)
{
    const struct wasm_module *module = stepper->module;
    for (uint32_t i = 0; i < module->type_count; i++) {
        uint32_t first = 0;
        while (!same_type(&module->types[first], &module->types[i]))
            first++;
        stepper->type_ids[i] = first;
    }
}

static pybox_status make_tables(struct stepper *stepper)
{
    const struct wasm_module *module = stepper->module;
    for (uint32_t i = 0; i < module->table_count; i++) {
        const struct wasm_limits *limits = &module->tables[i].limits;
        struct stepper_table *table = &stepper->tables[i];
        table->count = limits->min;
        table->max = limits->has_max ? limits->max : STEPPER_MAX_TABLE;
        table->items = calloc((size_t)limits->min + 1, sizeof(uint64_t));
        if (table->items == NULL || limits->min > table->max)
            return error_set(PYBOX_ERROR_NO_MEMORY, "no memory for table %u", i);
    }
    for (uint32_t i = 0; i < module->element_count; i++) {
        const struct wasm_element *element = &module->elements[i];
        const uint64_t operands[] = {(uint32_t)element->offset.integer, 0, element->count};
        if (element->mode == WASM_ACTIVE &&
            stepper_table_init(stepper, i, element->table, operands) != 0)
            return error_set(PYBOX_ERROR_MODULE_FORMAT, "element segment %u is out of bounds", i);
        stepper->dropped_elements[i] = element->mode != WASM_PASSIVE;
    }
    return PYBOX_OK;
}

static pybox_status make_memory(struct stepper *stepper)
{
    const struct wasm_module *module = stepper->module;
    uint64_t pages = module->memory.has_max ? module->memory.max : WASM_MAX_PAGES;
    if (!module->has_memory)
        pages = 0;
    if (stepper->options.max_pages != 0 && stepper->options.max_pages < pages)
        pages = stepper->options.max_pages;
    if (pages < module->memory.min)
        pages = module->memory.min;
    stepper->memory_reserved = stepper->memory_limit = pages << 16;
    stepper->memory_bytes = module->has_memory ? (uint64_t)module->memory.min << 16 : 0;
    if (pages > 0 && (stepper->memory = reserve(stepper->memory_reserved)) == NULL)
        return error_set(PYBOX_ERROR_NO_MEMORY, "no memory for the linear memory");
    for (uint32_t i = 0; i < module->data_count; i++) {
        const struct wasm_data *data = &module->data[i];
        const uint64_t operands[] = {(uint32_t)data->offset.integer, 0, data->length};
        if (data->mode == WASM_ACTIVE && stepper_memory_init(stepper, i, operands) != 0)
            return error_set(PYBOX_ERROR_MODULE_FORMAT, "data segment %u is out of bounds", i);
        stepper->dropped_data[i] = data->mode != WASM_PASSIVE;
    }
    return PYBOX_OK;
}

/* One item more than needed, so that there is one at all. */
static void *items(uint32_t count, size_t bytes)
{
    return calloc((size_t)count + 1, bytes);
}

static pybox_status allocate(struct stepper *stepper)
{
    const struct wasm_module *module = stepper->module;
    stepper->bodies = items(module->body_count, sizeof(*stepper->bodies));
    stepper->type_ids = items(module->type_count, sizeof(*stepper->type_ids));
    stepper->globals = items(module->global_count, sizeof(*stepper->globals));
    stepper->tables = items(module->table_count, sizeof(*stepper->tables));
    stepper->dropped_data = items(module->data_count, sizeof(*stepper->dropped_data));
    stepper->dropped_elements = items(module->element_count, sizeof(*stepper->dropped_elements));
    stepper->frames = items(stepper->options.max_depth, sizeof(*stepper->frames));
    stepper->stack = reserve(STEPPER_STACK_SLOTS * sizeof(uint64_t));
    if (stepper->bodies == NULL || stepper->type_ids == NULL || stepper->globals == NULL ||
        stepper->tables == NULL || stepper->dropped_data == NULL ||
        stepper->dropped_elements == NULL || stepper->frames == NULL || stepper->stack == NULL)
        return error_set(PYBOX_ERROR_NO_MEMORY, "no memory to step a module");
    stepper->stack_end = stepper->stack + STEPPER_STACK_SLOTS;
    return PYBOX_OK;
}

static pybox_status instantiate(struct stepper *stepper)
{
    const struct wasm_module *module = stepper->module;
    pybox_status status = check_supported(stepper);
    if (status == PYBOX_OK)
        status = allocate(stepper);
    if (status != PYBOX_OK)
        return status;
    number_types(stepper);
    for (uint32_t i = 0; i < module->global_count; i++)
        stepper->globals[i] = constant_value(&module->globals[i].initial);
    status = make_tables(stepper);
    if (status == PYBOX_OK)
        status = make_memory(stepper);
    for (uint32_t i = 0; i < module->body_count && status == PYBOX_OK; i++)
        status = stepper_decode(stepper, i);
    return status;
}

pybox_status stepper_create(const struct wasm_module *module, const struct stepper_options *options,
                            struct stepper **stepper)
{
    struct stepper *made = calloc(1, sizeof(*made));
    *stepper = NULL;
    if (made == NULL)
        return error_set(PYBOX_ERROR_NO_MEMORY, "no memory to step a module");
    made->module = module;
    made->options = *options;
    made->fuel = options->fuel;
    made->steps_left = options->max_steps == 0 ? UINT64_MAX : options->max_steps;
    if (made->options.max_depth == 0)
        made->options.max_depth = DEFAULT_DEPTH;
    pybox_status status = instantiate(made);
    if (status != PYBOX_OK) {
        stepper_destroy(made);
        return status;
    }
    *stepper = made;
    return PYBOX_OK;
}

void stepper_destroy(struct stepper *stepper)
{
    if (stepper == NULL)
        return;
    for (uint32_t i = 0; stepper->bodies != NULL && i < stepper->module->body_count; i++)
        free(stepper->bodies[i].steps);
    for (uint32_t i = 0; stepper->tables != NULL && i < stepper->module->table_count; i++)
        free(stepper->tables[i].items);
    if (stepper->memory != NULL)
        munmap(stepper->memory, stepper->memory_reserved);
    if (stepper->stack != NULL)
        munmap(stepper->stack, STEPPER_STACK_SLOTS * sizeof(uint64_t));
    free(stepper->bodies);
    free(stepper->type_ids);
    free(stepper->globals);
    free(stepper->tables);
    free(stepper->dropped_data);
    free(stepper->dropped_elements);
    free(stepper->frames);
    free(stepper);
}

/* ------------------------------------------------------------------------------------------
 * Use
 */

uint32_t stepper_call(struct stepper *stepper, uint32_t function, uint64_t *values)
{
    const struct wasm_type *type = wasm_function_type(stepper->module, function);
    if (function < stepper->module->imported_functions)
        return stepper_hook(stepper->module, function) != 0
                   ? MODULE_TRAP_HOST
                   : stepper->options.import(stepper->options.context, stepper, function, values);
    if (type->parameter_count > 0)
        memcpy(stepper->stack, values, type->parameter_count * sizeof(uint64_t));
    uint32_t trap = stepper_run(stepper, function);
    if (trap == 0 && type->result_count > 0)
        memcpy(values, stepper->stack, type->result_count * sizeof(uint64_t));
    return trap;
}

uint32_t stepper_find(const struct stepper *stepper, const char *name)
{
    const struct wasm_module *module = stepper->module;
    for (uint32_t i = 0; i < module->export_count; i++) {
        const struct wasm_export *export = &module->exports[i];
        if (export->kind == WASM_FUNCTION && export->name.length == strlen(name) &&
            memcmp(export->name.bytes, name, export->name.length) == 0)
            return export->index;
    }
    return STEPPER_NO_FUNCTION;
}

int64_t stepper_used(const struct stepper *stepper)
{
    return stepper->options.fuel - stepper->fuel;
}

uint8_t *stepper_memory(const struct stepper *stepper, uint64_t *bytes)
{
    *bytes = stepper->memory_bytes;
    return stepper->memory;
}

void stepper_refuse_memory(struct stepper *stepper)
{
    stepper->memory_limit = stepper->memory_bytes;
}

uint64_t stepper_global(const struct stepper *stepper, uint32_t index)
{
    return stepper->globals[index];
}

const uint64_t *stepper_table(const struct stepper *stepper, uint32_t index, uint32_t *count)
{
    *count = stepper->tables[index].count;
    return stepper->tables[index].items;
}
