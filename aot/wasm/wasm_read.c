#include "wasm_module.h"

#include "error.h"
#include "wasm_code.h"
#include "wasm_parts.h"

#include <stdlib.h>
#include <string.h>

/* Section numbers (5.5.2), and their place in the only order that is allowed. */
enum {
    CUSTOM,
    TYPE,
    IMPORT,
    FUNCTION,
    TABLE,
    MEMORY,
    GLOBAL,
    EXPORT,
    START,
    ELEMENT,
    CODE,
    DATA,
    DATA_COUNT,
    SECTIONS
};

static const struct {
    const char *name;
    uint8_t order;
} sections[SECTIONS] = {
    [CUSTOM] = {"custom section", 0},
    [TYPE] = {"type section", 1},
    [IMPORT] = {"import section", 2},
    [FUNCTION] = {"function section", 3},
    [TABLE] = {"table section", 4},
    [MEMORY] = {"memory section", 5},
    [GLOBAL] = {"global section", 6},
    [EXPORT] = {"export section", 7},
    [START] = {"start section", 8},
    [ELEMENT] = {"element section", 9},
    [DATA_COUNT] = {"data count section", 10},
    [CODE] = {"code section", 11},
    [DATA] = {"data section", 12},
};

/* Moves the place back to `start` and refuses index `index` of `count` things. */
static pybox_status out_of_range(struct wasm_cursor *cursor, const uint8_t *start, const char *what,
                                 uint32_t index, uint32_t count)
{
    cursor->at = start;
    return wasm_malformed(cursor, "%s %u is named; there are %u", what, index, count);
}

static pybox_status get_index(struct wasm_cursor *cursor, const char *what, uint32_t count,
                              uint32_t *index)
{
    const uint8_t *start = cursor->at;
    pybox_status status = wasm_get_u32(cursor, index);
    if (status == PYBOX_OK && *index >= count)
        return out_of_range(cursor, start, what, *index, count);
    return status;
}

/* ------------------------------------------------------------------------------------------
 * Types (5.3)
 */

static pybox_status get_value_type(struct wasm_cursor *cursor, uint8_t *type)
{
    pybox_status status = wasm_get_u8(cursor, type);
    if (status != PYBOX_OK)
        return status;
    if ((*type >= WASM_F64 && *type <= WASM_I32) || *type == WASM_FUNCREF ||
        *type == WASM_EXTERNREF)
        return PYBOX_OK;
    cursor->at--;
    if (*type == WASM_V128)
        return wasm_unsupported(cursor, "a v128 value needs SIMD, which pybox does not support");
    if (*type == 0x63 || *type == 0x64 || (*type >= 0x69 && *type <= 0x74))
        return wasm_unsupported(cursor,
                                "value type 0x%02x: pybox knows no references but funcref "
                                "and externref",
                                *type);
    return wasm_malformed(cursor, "0x%02x is no value type", *type);
}

static pybox_status get_value_types(struct wasm_cursor *cursor, const char *what,
                                    const uint8_t **types, uint32_t *count)
{
    pybox_status status = wasm_get_count(cursor, WASM_MAX_PARAMETERS, what, count);
    *types = cursor->at;
    for (uint32_t i = 0; i < *count && status == PYBOX_OK; i++) {
        uint8_t type;
        status = get_value_type(cursor, &type);
    }
    return status;
}

static pybox_status read_types(struct wasm_cursor *cursor, struct wasm_module *module)
{
    uint32_t count;
    pybox_status status = wasm_get_count(cursor, WASM_MAX_TYPES, "types", &count);
    if (status == PYBOX_OK)
        status = RESERVE(module->types, 0, count);
    for (uint32_t i = 0; i < count && status == PYBOX_OK; i++) {
        struct wasm_type *type = &module->types[i];
        uint8_t form;
        status = wasm_get_u8(cursor, &form);
        if (status == PYBOX_OK && form != 0x60) {
            cursor->at--;
            if (form == 0x4e || form == 0x4f || form == 0x50 || form == 0x5e || form == 0x5f)
                return wasm_unsupported(cursor,
                                        "type %u needs garbage collection, which pybox does "
                                        "not support",
                                        i);
            return wasm_malformed(cursor, "type %u begins with 0x%02x; expected 0x60", i, form);
        }
        if (status == PYBOX_OK)
            status =
                get_value_types(cursor, "parameters", &type->parameters, &type->parameter_count);
        if (status == PYBOX_OK)
            status = get_value_types(cursor, "results", &type->results, &type->result_count);
        module->type_count = i + 1;
    }
    return status;
}

static pybox_status get_limits(struct wasm_cursor *cursor, const char *what, uint32_t most,
                               struct wasm_limits *limits)
{
    const uint8_t *start = cursor->at;
    uint8_t flags;
    pybox_status status = wasm_get_u8(cursor, &flags);
    if (status != PYBOX_OK)
        return status;
    if (flags > 1) {
        cursor->at = start;
        if (flags > 7)
            return wasm_malformed(cursor, "0x%02x as a %s's limits", flags, what);
        return wasm_unsupported(cursor, "a %s that is %s, which pybox does not support", what,
                                (flags & 4) != 0 ? "64-bit" : "shared between threads");
    }
    *limits = (struct wasm_limits){.max = UINT32_MAX, .has_max = flags == 1};
    status = wasm_get_u32(cursor, &limits->min);
    if (status == PYBOX_OK && limits->has_max)
        status = wasm_get_u32(cursor, &limits->max);
    if (status != PYBOX_OK)
        return status;
    if (limits->min > limits->max || limits->min > most ||
        (limits->has_max && limits->max > most && most == WASM_MAX_PAGES)) {
        cursor->at = start;
        return wasm_malformed(cursor, "a %s of %u to %u; at most %u are allowed, the smaller first",
                              what, limits->min, limits->max, most);
    }
    return PYBOX_OK;
}

static pybox_status get_table(struct wasm_cursor *cursor, struct wasm_table *table)
{
    pybox_status status = wasm_get_u8(cursor, &table->type);
    if (status != PYBOX_OK)
        return status;
    if (table->type != WASM_FUNCREF && table->type != WASM_EXTERNREF) {
        cursor->at--;
        return wasm_unsupported(cursor,
                                "a table of 0x%02x: pybox knows tables of funcref and "
                                "externref",
                                table->type);
    }
    return get_limits(cursor, "table", WASM_MAX_ELEMENTS, &table->limits);
}

static pybox_status get_global_type(struct wasm_cursor *cursor, struct wasm_global *global)
{
    uint8_t is_mutable;
    pybox_status status = get_value_type(cursor, &global->type);
    if (status == PYBOX_OK)
        status = wasm_get_u8(cursor, &is_mutable);
    if (status != PYBOX_OK)
        return status;
    global->is_mutable = is_mutable == 1;
    if (is_mutable > 1) {
        cursor->at--;
        return wasm_malformed(cursor, "0x%02x as a global's mutability", is_mutable);
    }
    return PYBOX_OK;
}

/* ------------------------------------------------------------------------------------------
 * Constant expressions (3.3.10)
 */

static pybox_status set_constant_type(const struct wasm_module *module, struct wasm_cursor *cursor,
                                      const uint8_t *start, struct wasm_constant *constant)
{
    switch (constant->opcode) {
    case WASM_OP_I32_CONST:
        constant->type = WASM_I32;
        return PYBOX_OK;
    case WASM_OP_I64_CONST:
        constant->type = WASM_I64;
        return PYBOX_OK;
    case WASM_OP_F32_CONST:
        constant->type = WASM_F32;
        return PYBOX_OK;
    case WASM_OP_F64_CONST:
        constant->type = WASM_F64;
        return PYBOX_OK;
    case WASM_OP_REF_NULL:
        constant->type = (uint8_t)constant->index;
        return PYBOX_OK;
    case WASM_OP_REF_FUNC:
        constant->type = WASM_FUNCREF;
        if (constant->index >= module->function_count)
            return out_of_range(cursor, start, "function", constant->index, module->function_count);
        return PYBOX_OK;
    case WASM_OP_GLOBAL_GET:
        if (constant->index >= module->imported_globals)
            return out_of_range(cursor, start, "imported global", constant->index,
                                module->imported_globals);
        constant->type = module->globals[constant->index].type;
        return PYBOX_OK;
    default:
        cursor->at = start;
        return wasm_malformed(cursor, "an instruction that is not constant");
    }
}

static pybox_status get_constant(const struct wasm_module *module, struct wasm_cursor *cursor,
                                 uint8_t type, struct wasm_constant *constant)
{
    const uint8_t *start = cursor->at;
    struct wasm_instruction instruction = {0}, end;
    pybox_status status = wasm_next(cursor, &instruction);
    if (status != PYBOX_OK)
        return status;
    *constant = (struct wasm_constant){.opcode = (uint8_t)instruction.opcode,
                                       .integer = instruction.integer,
                                       .bits = instruction.bits,
                                       .index = instruction.index};
    if (instruction.opcode > 0xff)
        constant->opcode = WASM_OP_UNREACHABLE;
    status = set_constant_type(module, cursor, start, constant);
    if (status == PYBOX_OK && constant->type != type) {
        cursor->at = start;
        return wasm_malformed(cursor, "a constant of type 0x%02x; expected 0x%02x", constant->type,
                              type);
    }
    const uint8_t *behind = cursor->at;
    if (status == PYBOX_OK)
        status = wasm_next(cursor, &end);
    if (status == PYBOX_OK && end.opcode != WASM_OP_END) {
        cursor->at = behind;
        return wasm_unsupported(cursor, "a constant expression of more than one instruction");
    }
    return status;
}

/* ------------------------------------------------------------------------------------------
 * Sections (5.5)
 */

/* Enters an import into its index space. */
static pybox_status add_import(struct wasm_cursor *cursor, struct wasm_module *module,
                               struct wasm_import *import, const uint8_t *start)
{
    pybox_status status = PYBOX_OK;
    switch (import->kind) {
    case WASM_FUNCTION:
        status = RESERVE(module->functions, module->function_count, 1);
        if (status == PYBOX_OK)
            module->functions[module->function_count++] = import->type;
        module->imported_functions = module->function_count;
        return status;
    case WASM_TABLE:
        status = RESERVE(module->tables, module->table_count, 1);
        if (status == PYBOX_OK)
            module->tables[module->table_count++] = import->table;
        module->imported_tables = module->table_count;
        return status;
    case WASM_MEMORY:
        if (module->has_memory) {
            cursor->at = start;
            return wasm_unsupported(cursor, "a second memory; pybox supports one");
        }
        module->has_memory = module->imports_memory = true;
        module->memory = import->memory;
        return PYBOX_OK;
    case WASM_GLOBAL:
        status = RESERVE(module->globals, module->global_count, 1);
        if (status == PYBOX_OK)
            module->globals[module->global_count++] = import->global;
        module->imported_globals = module->global_count;
        return status;
    }
    return PYBOX_OK;
}

static pybox_status get_import(struct wasm_cursor *cursor, struct wasm_module *module,
                               struct wasm_import *import)
{
    const uint8_t *start = cursor->at;
    uint8_t kind = 0;
    pybox_status status = wasm_get_text(cursor, "a module name", &import->module);
    if (status == PYBOX_OK)
        status = wasm_get_text(cursor, "an import's name", &import->name);
    if (status == PYBOX_OK)
        status = wasm_get_u8(cursor, &kind);
    if (status != PYBOX_OK)
        return status;
    import->kind = (enum wasm_kind)kind;
    switch (kind) {
    case WASM_FUNCTION:
        status = get_index(cursor, "type", module->type_count, &import->type);
        break;
    case WASM_TABLE:
        status = get_table(cursor, &import->table);
        break;
    case WASM_MEMORY:
        status = get_limits(cursor, "memory", WASM_MAX_PAGES, &import->memory);
        break;
    case WASM_GLOBAL:
        status = get_global_type(cursor, &import->global);
        break;
    default:
        cursor->at--;
        if (kind == 4)
            return wasm_unsupported(cursor, "exception tags: pybox does not support exceptions");
        return wasm_malformed(cursor, "an import of kind %u; kinds are 0 to 3", kind);
    }
    return status == PYBOX_OK ? add_import(cursor, module, import, start) : status;
}

static pybox_status read_imports(struct wasm_cursor *cursor, struct wasm_module *module)
{
    uint32_t count;
    pybox_status status = wasm_get_count(cursor, WASM_MAX_IMPORTS, "imports", &count);
    if (status == PYBOX_OK)
        status = RESERVE(module->imports, 0, count);
    for (uint32_t i = 0; i < count && status == PYBOX_OK; i++) {
        status = get_import(cursor, module, &module->imports[i]);
        module->import_count = i + 1;
    }
    return status;
}

static pybox_status read_functions(struct wasm_cursor *cursor, struct wasm_module *module)
{
    uint32_t count;
    pybox_status status = wasm_get_count(cursor, WASM_MAX_FUNCTIONS, "functions", &count);
    if (status == PYBOX_OK)
        status = RESERVE(module->functions, module->function_count, count);
    for (uint32_t i = 0; i < count && status == PYBOX_OK; i++)
        status = get_index(cursor, "type", module->type_count,
                           &module->functions[module->function_count++]);
    return status;
}

static pybox_status read_tables(struct wasm_cursor *cursor, struct wasm_module *module)
{
    uint32_t count;
    pybox_status status = wasm_get_count(cursor, WASM_MAX_TABLES, "tables", &count);
    if (status == PYBOX_OK)
        status = RESERVE(module->tables, module->table_count, count);
    for (uint32_t i = 0; i < count && status == PYBOX_OK; i++)
        status = get_table(cursor, &module->tables[module->table_count++]);
    return status;
}

static pybox_status read_memories(struct wasm_cursor *cursor, struct wasm_module *module)
{
    const uint8_t *start = cursor->at;
    uint32_t count;
    pybox_status status = wasm_get_count(cursor, UINT32_MAX, "memories", &count);
    if (status != PYBOX_OK || count == 0)
        return status;
    if (module->has_memory || count > 1) {
        cursor->at = start;
        return wasm_unsupported(cursor, "more than one memory; pybox supports one");
    }
    module->has_memory = true;
    return get_limits(cursor, "memory", WASM_MAX_PAGES, &module->memory);
}

static pybox_status read_globals(struct wasm_cursor *cursor, struct wasm_module *module)
{
    uint32_t count;
    pybox_status status = wasm_get_count(cursor, WASM_MAX_GLOBALS, "globals", &count);
    if (status == PYBOX_OK)
        status = RESERVE(module->globals, module->global_count, count);
    for (uint32_t i = 0; i < count && status == PYBOX_OK; i++) {
        struct wasm_global *global = &module->globals[module->global_count];
        status = get_global_type(cursor, global);
        if (status == PYBOX_OK)
            status = get_constant(module, cursor, global->type, &global->initial);
        module->global_count++;
    }
    return status;
}

static pybox_status get_export(struct wasm_cursor *cursor, const struct wasm_module *module,
                               struct wasm_export *export)
{
    uint8_t kind = 0;
    pybox_status status = wasm_get_text(cursor, "an export's name", &export->name);
    if (status == PYBOX_OK)
        status = wasm_get_u8(cursor, &kind);
    if (status != PYBOX_OK)
        return status;
    export->kind = (enum wasm_kind)kind;
    switch (kind) {
    case WASM_FUNCTION:
        return get_index(cursor, "function", module->function_count, &export->index);
    case WASM_TABLE:
        return get_index(cursor, "table", module->table_count, &export->index);
    case WASM_MEMORY:
        return get_index(cursor, "memory", module->has_memory, &export->index);
    case WASM_GLOBAL:
        return get_index(cursor, "global", module->global_count, &export->index);
    default:
        cursor->at--;
        return wasm_malformed(cursor, "an export of kind %u; kinds are 0 to 3", kind);
    }
}

static int compare_names(const void *left, const void *right)
{
    const struct wasm_text *a = left, *b = right;
    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    return memcmp(a->bytes, b->bytes, a->length);
}

/* Export names are unique. */
static pybox_status check_export_names(struct wasm_cursor *cursor, const struct wasm_module *module)
{
    if (module->export_count == 0)
        return PYBOX_OK;
    struct wasm_text *names = malloc(module->export_count * sizeof(*names));
    if (names == NULL)
        return error_set_memory("export names", module->export_count * sizeof(*names));
    for (uint32_t i = 0; i < module->export_count; i++)
        names[i] = module->exports[i].name;
    qsort(names, module->export_count, sizeof(*names), compare_names);
    pybox_status status = PYBOX_OK;
    for (uint32_t i = 1; i < module->export_count && status == PYBOX_OK; i++)
        if (compare_names(&names[i - 1], &names[i]) == 0)
            status = wasm_malformed(cursor, "two exports are named \"%.*s\"",
                                    (int)(names[i].length < 200 ? names[i].length : 200),
                                    names[i].bytes);
    free(names);
    return status;
}

static pybox_status read_exports(struct wasm_cursor *cursor, struct wasm_module *module)
{
    uint32_t count;
    pybox_status status = wasm_get_count(cursor, WASM_MAX_EXPORTS, "exports", &count);
    if (status == PYBOX_OK)
        status = RESERVE(module->exports, 0, count);
    for (uint32_t i = 0; i < count && status == PYBOX_OK; i++) {
        status = get_export(cursor, module, &module->exports[i]);
        module->export_count = i + 1;
    }
    return status == PYBOX_OK ? check_export_names(cursor, module) : status;
}

static pybox_status read_start(struct wasm_cursor *cursor, struct wasm_module *module)
{
    const uint8_t *start = cursor->at;
    pybox_status status = get_index(cursor, "function", module->function_count, &module->start);
    if (status != PYBOX_OK)
        return status;
    const struct wasm_type *type = wasm_function_type(module, module->start);
    if (type->parameter_count != 0 || type->result_count != 0) {
        cursor->at = start;
        return wasm_malformed(cursor, "the start function has parameters or results");
    }
    module->has_start = true;
    return PYBOX_OK;
}

/* One item of an element segment: a function index, or an expression that gives one or null. */
static pybox_status get_element_item(struct wasm_cursor *cursor, const struct wasm_module *module,
                                     const struct wasm_element *element, uint32_t *function)
{
    if ((element->flags & 4) == 0)
        return get_index(cursor, "function", module->function_count, function);
    struct wasm_constant constant;
    const uint8_t *start = cursor->at;
    pybox_status status = get_constant(module, cursor, element->type, &constant);
    if (status != PYBOX_OK)
        return status;
    *function = constant.opcode == WASM_OP_REF_FUNC ? constant.index : WASM_NULL_FUNCTION;
    if (constant.opcode != WASM_OP_GLOBAL_GET)
        return PYBOX_OK;
    cursor->at = start;
    return wasm_unsupported(cursor, "a table element from an imported global");
}

static pybox_status get_element_head(struct wasm_cursor *cursor, const struct wasm_module *module,
                                     struct wasm_element *element)
{
    const uint8_t *start = cursor->at;
    uint32_t flags;
    pybox_status status = wasm_get_u32(cursor, &flags);
    if (status == PYBOX_OK && flags > 7) {
        cursor->at = start;
        return wasm_malformed(cursor, "an element segment of form %u; forms are 0 to 7", flags);
    }
    if (status != PYBOX_OK)
        return status;
    element->flags = (uint8_t)flags;
    element->type = WASM_FUNCREF;
    if ((flags & 1) != 0)
        element->mode = (flags & 2) != 0 ? WASM_DECLARED : WASM_PASSIVE;
    if (element->mode == WASM_ACTIVE) {
        if ((flags & 2) != 0)
            status = get_index(cursor, "table", module->table_count, &element->table);
        else if (module->table_count == 0)
            return out_of_range(cursor, start, "table", 0, 0);
        if (status == PYBOX_OK)
            status = get_constant(module, cursor, WASM_I32, &element->offset);
    }
    if (status != PYBOX_OK || (flags & 3) == 0)
        return status;
    /* The type is told: as an element kind (0: functions) or, with expressions, a reference type.
     */
    uint8_t type;
    status = wasm_get_u8(cursor, &type);
    if (status != PYBOX_OK)
        return status;
    if ((flags & 4) == 0 && type == 0)
        return PYBOX_OK;
    element->type = type;
    if ((flags & 4) != 0 && (type == WASM_FUNCREF || type == WASM_EXTERNREF))
        return PYBOX_OK;
    cursor->at--;
    return wasm_malformed(cursor, "elements of type 0x%02x", type);
}

static pybox_status get_element(struct wasm_cursor *cursor, const struct wasm_module *module,
                                struct wasm_element *element, uint64_t *total)
{
    const uint8_t *start = cursor->at;
    uint32_t count = 0;
    pybox_status status = get_element_head(cursor, module, element);
    if (status == PYBOX_OK && element->mode == WASM_ACTIVE &&
        module->tables[element->table].type != element->type) {
        cursor->at = start;
        return wasm_malformed(cursor, "elements of type 0x%02x for a table of 0x%02x",
                              element->type, module->tables[element->table].type);
    }
    if (status == PYBOX_OK)
        status = wasm_get_count(cursor, WASM_MAX_ELEMENTS, "elements", &count);
    *total += count;
    if (status == PYBOX_OK && *total > WASM_MAX_ELEMENTS)
        return wasm_too_large(cursor, "more than %u elements", WASM_MAX_ELEMENTS);
    if (status == PYBOX_OK)
        status = RESERVE(element->functions, 0, count);
    for (uint32_t i = 0; i < count && status == PYBOX_OK; i++) {
        status = get_element_item(cursor, module, element, &element->functions[i]);
        element->count = i + 1;
    }
    return status;
}

static pybox_status read_elements(struct wasm_cursor *cursor, struct wasm_module *module)
{
    uint32_t count;
    uint64_t total = 0;
    pybox_status status = wasm_get_count(cursor, WASM_MAX_SEGMENTS, "element segments", &count);
    if (status == PYBOX_OK)
        status = RESERVE(module->elements, 0, count);
    for (uint32_t i = 0; i < count && status == PYBOX_OK; i++) {
        module->element_count = i + 1;
        status = get_element(cursor, module, &module->elements[i], &total);
    }
    return status;
}

static pybox_status read_data_count(struct wasm_cursor *cursor, struct wasm_module *module)
{
    module->has_data_count = true;
    pybox_status status = wasm_get_u32(cursor, &module->data_count);
    if (status == PYBOX_OK && module->data_count > WASM_MAX_SEGMENTS)
        return wasm_too_large(cursor, "%u data segments; at most %u are allowed",
                              module->data_count, WASM_MAX_SEGMENTS);
    return status;
}

/* The local declarations of a body, to find its first instruction. */
static pybox_status get_locals(struct wasm_cursor *cursor, uint64_t *locals)
{
    uint32_t groups;
    pybox_status status = wasm_get_count(cursor, WASM_MAX_LOCALS, "groups of locals", &groups);
    for (uint32_t i = 0; i < groups && status == PYBOX_OK; i++) {
        const uint8_t *start = cursor->at;
        uint32_t count;
        uint8_t type;
        status = wasm_get_u32(cursor, &count);
        if (status == PYBOX_OK)
            status = get_value_type(cursor, &type);
        if (status != PYBOX_OK)
            return status;
        *locals += count;
        if (*locals > WASM_MAX_LOCALS) {
            cursor->at = start;
            return wasm_too_large(cursor, "more than %u locals in a function", WASM_MAX_LOCALS);
        }
    }
    return status;
}

static pybox_status get_body(struct wasm_cursor *cursor, const struct wasm_module *module,
                             uint32_t number, struct wasm_body *body)
{
    const uint8_t *start = cursor->at;
    pybox_status status = wasm_get_u32(cursor, &body->length);
    if (status == PYBOX_OK)
        status = wasm_get_bytes(cursor, body->length, "a function body", &body->bytes);
    if (status != PYBOX_OK)
        return status;
    if (body->length > WASM_MAX_BODY_BYTES) {
        cursor->at = start;
        return wasm_too_large(cursor, "a function body of %u bytes; at most %u are allowed",
                              body->length, WASM_MAX_BODY_BYTES);
    }
    struct wasm_cursor inside = *cursor;
    inside.at = body->bytes;
    inside.end = body->bytes + body->length;
    uint64_t locals =
        wasm_function_type(module, module->imported_functions + number)->parameter_count;
    status = get_locals(&inside, &locals);
    if (status != PYBOX_OK)
        return status;
    body->local_count = (uint32_t)locals;
    body->code = (uint32_t)(inside.at - body->bytes);
    return PYBOX_OK;
}

static pybox_status read_code(struct wasm_cursor *cursor, struct wasm_module *module)
{
    uint32_t count, expected = module->function_count - module->imported_functions;
    const uint8_t *start = cursor->at;
    pybox_status status = wasm_get_count(cursor, WASM_MAX_FUNCTIONS, "function bodies", &count);
    if (status == PYBOX_OK && count != expected) {
        cursor->at = start;
        return wasm_malformed(cursor, "%u function bodies for %u functions", count, expected);
    }
    if (status == PYBOX_OK)
        status = RESERVE(module->bodies, 0, count);
    for (uint32_t i = 0; i < count && status == PYBOX_OK; i++) {
        status = get_body(cursor, module, i, &module->bodies[i]);
        module->body_count = i + 1;
    }
    return status;
}

static pybox_status get_data(struct wasm_cursor *cursor, const struct wasm_module *module,
                             struct wasm_data *data)
{
    const uint8_t *start = cursor->at;
    uint32_t flags, memory = 0;
    pybox_status status = wasm_get_u32(cursor, &flags);
    if (status == PYBOX_OK && flags > 2) {
        cursor->at = start;
        return wasm_malformed(cursor, "a data segment of form %u; forms are 0 to 2", flags);
    }
    if (status != PYBOX_OK)
        return status;
    data->flags = (uint8_t)flags;
    data->mode = flags == 1 ? WASM_PASSIVE : WASM_ACTIVE;
    if (data->mode == WASM_ACTIVE) {
        if (flags == 2)
            status = wasm_get_u32(cursor, &memory);
        if (status == PYBOX_OK && (memory != 0 || !module->has_memory))
            return out_of_range(cursor, start, "memory", memory, module->has_memory);
        if (status == PYBOX_OK)
            status = get_constant(module, cursor, WASM_I32, &data->offset);
    }
    if (status == PYBOX_OK)
        status = wasm_get_u32(cursor, &data->length);
    if (status == PYBOX_OK)
        status = wasm_get_bytes(cursor, data->length, "a data segment", &data->bytes);
    return status;
}

static pybox_status read_data(struct wasm_cursor *cursor, struct wasm_module *module)
{
    const uint8_t *start = cursor->at;
    uint32_t count;
    pybox_status status = wasm_get_count(cursor, WASM_MAX_SEGMENTS, "data segments", &count);
    if (status == PYBOX_OK && module->has_data_count && count != module->data_count) {
        cursor->at = start;
        return wasm_malformed(cursor, "%u data segments; the data count section says %u", count,
                              module->data_count);
    }
    if (status == PYBOX_OK)
        status = RESERVE(module->data, 0, count);
    for (uint32_t i = 0; i < count && status == PYBOX_OK; i++)
        status = get_data(cursor, module, &module->data[i]);
    module->data_count = status == PYBOX_OK ? count : 0;
    return status;
}

static pybox_status read_custom(struct wasm_cursor *cursor, struct wasm_module *module)
{
    struct wasm_custom custom;
    pybox_status status = wasm_get_text(cursor, "a custom section's name", &custom.name);
    if (status != PYBOX_OK)
        return status;
    custom.bytes = cursor->at;
    custom.length = (uint32_t)(cursor->end - cursor->at);
    if (custom.name.length == 4 && memcmp(custom.name.bytes, "name", 4) == 0) {
        status = wasm_read_names(cursor, module);
    } else {
        status = RESERVE(module->customs, module->custom_count, 1);
        if (status == PYBOX_OK)
            module->customs[module->custom_count++] = custom;
    }
    cursor->at = cursor->end;
    return status;
}

typedef pybox_status section_reader(struct wasm_cursor *cursor, struct wasm_module *module);

static section_reader *const readers[SECTIONS] = {
    [CUSTOM] = read_custom,
    [TYPE] = read_types,
    [IMPORT] = read_imports,
    [FUNCTION] = read_functions,
    [TABLE] = read_tables,
    [MEMORY] = read_memories,
    [GLOBAL] = read_globals,
    [EXPORT] = read_exports,
    [START] = read_start,
    [ELEMENT] = read_elements,
    [DATA_COUNT] = read_data_count,
    [CODE] = read_code,
    [DATA] = read_data,
};

/* One section. `order` is that of the last one that was not custom. */
static pybox_status read_section(struct wasm_cursor *cursor, struct wasm_module *module,
                                 uint8_t *order)
{
    const uint8_t *start = cursor->at;
    uint8_t id;
    uint32_t length;
    cursor->part = "list of sections";
    pybox_status status = wasm_get_u8(cursor, &id);
    if (status == PYBOX_OK && id >= SECTIONS) {
        cursor->at = start;
        if (id == SECTIONS)
            return wasm_unsupported(cursor, "a tag section: pybox does not support exceptions");
        return wasm_malformed(cursor, "a section of kind %u; kinds are 0 to 12", id);
    }
    if (status == PYBOX_OK && id != CUSTOM && sections[id].order <= *order) {
        cursor->at = start;
        return wasm_malformed(cursor, "the %s is in the wrong place, or there twice",
                              sections[id].name);
    }
    if (status == PYBOX_OK)
        status = wasm_get_u32(cursor, &length);
    struct wasm_cursor inside = *cursor;
    if (status == PYBOX_OK)
        status = wasm_get_bytes(cursor, length, sections[id].name, &inside.at);
    if (status != PYBOX_OK)
        return status;
    if (id != CUSTOM)
        *order = sections[id].order;
    inside.end = cursor->at;
    inside.part = sections[id].name;
    status = readers[id](&inside, module);
    if (status == PYBOX_OK && inside.at != inside.end)
        return wasm_malformed(&inside, "%zu bytes too many", (size_t)(inside.end - inside.at));
    return status;
}

/* What can be told only when all sections are there. */
static pybox_status check_whole(struct wasm_cursor *cursor, const struct wasm_module *module,
                                bool has_data)
{
    cursor->part = "module's end";
    if (module->body_count != module->function_count - module->imported_functions)
        return wasm_malformed(cursor, "%u functions have no body",
                              module->function_count - module->imported_functions);
    if (module->has_data_count && !has_data && module->data_count != 0)
        return wasm_malformed(cursor,
                              "there is no data section; the data count section says %u "
                              "segments",
                              module->data_count);
    for (uint32_t i = 0; i < module->body_count; i++) {
        pybox_status status = wasm_check_body(module, i);
        if (status != PYBOX_OK)
            return status;
    }
    return PYBOX_OK;
}

static pybox_status read_header(struct wasm_cursor *cursor)
{
    static const uint8_t magic[4] = {0, 'a', 's', 'm'};
    const uint8_t *head = cursor->at;
    size_t length = (size_t)(cursor->end - head);
    if (length < 8)
        return error_set(PYBOX_ERROR_MODULE_FORMAT,
                         "not a WebAssembly module (%zu bytes; expected "
                         "8 or more)",
                         length);
    if (memcmp(head, magic, 4) != 0)
        return error_set(
            PYBOX_ERROR_MODULE_FORMAT,
            "not a WebAssembly module (first bytes %02x %02x %02x %02x; expected 00 61 "
            "73 6d)",
            head[0], head[1], head[2], head[3]);
    if (head[4] == 0x0d && head[6] == 1)
        return error_set(PYBOX_ERROR_UNSUPPORTED, "a WebAssembly component, which pybox does not "
                                                  "support; give it the core module");
    if (head[4] != 1 || head[5] != 0 || head[6] != 0 || head[7] != 0)
        return error_set(PYBOX_ERROR_UNSUPPORTED,
                         "WebAssembly of version %02x %02x %02x %02x; expected 01 00 00 00",
                         head[4], head[5], head[6], head[7]);
    cursor->at += 8;
    return PYBOX_OK;
}

pybox_status wasm_read(const uint8_t *bytes, size_t length, struct wasm_module *module)
{
    *module = (struct wasm_module){.file = bytes};
    struct wasm_cursor cursor = {.file = bytes, .at = bytes, .end = bytes + length};
    uint8_t order = 0;
    if (length > WASM_MAX_BYTES)
        return error_set(PYBOX_ERROR_LIMIT,
                         "a WebAssembly module of %zu bytes; at most %u are "
                         "allowed",
                         length, WASM_MAX_BYTES);
    pybox_status status = read_header(&cursor);
    while (status == PYBOX_OK && cursor.at != cursor.end)
        status = read_section(&cursor, module, &order);
    if (status == PYBOX_OK)
        status = check_whole(&cursor, module, order >= sections[DATA].order);
    if (status != PYBOX_OK)
        wasm_free(module);
    return status;
}

void wasm_free(struct wasm_module *module)
{
    for (uint32_t i = 0; i < module->element_count; i++)
        free(module->elements[i].functions);
    free(module->types);
    free(module->imports);
    free(module->functions);
    free(module->tables);
    free(module->globals);
    free(module->exports);
    free(module->elements);
    free(module->bodies);
    free(module->data);
    free(module->customs);
    free(module->function_names);
    *module = (struct wasm_module){0};
}
