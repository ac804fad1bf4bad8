#include "wasm_write.h"

#include "error.h"
#include "wasm_code.h"

#include <stdlib.h>
#include <string.h>

static void put_room(struct wasm_writer *writer, size_t length)
{
    if (writer->failed || length <= writer->capacity - writer->length)
        return;
    size_t capacity = writer->capacity < 4096 ? 4096 : writer->capacity;
    while (capacity - writer->length < length) {
        if (capacity > SIZE_MAX / 2) {
            writer->failed = true;
            return;
        }
        capacity *= 2;
    }
    uint8_t *larger = realloc(writer->bytes, capacity);
    if (larger == NULL) {
        writer->failed = true;
        return;
    }
    writer->bytes = larger;
    writer->capacity = capacity;
}

void wasm_put_bytes(struct wasm_writer *writer, const void *bytes, size_t length)
{
    put_room(writer, length);
    if (writer->failed || length == 0)
        return;
    memcpy(writer->bytes + writer->length, bytes, length);
    writer->length += length;
}

void wasm_put_u8(struct wasm_writer *writer, uint8_t value)
{
    wasm_put_bytes(writer, &value, 1);
}

void wasm_put_u32(struct wasm_writer *writer, uint32_t value)
{
    while (value >= 0x80) {
        wasm_put_u8(writer, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    wasm_put_u8(writer, (uint8_t)value);
}

void wasm_put_s64(struct wasm_writer *writer, int64_t value)
{
    for (;;) {
        uint8_t byte = (uint8_t)(value & 0x7f);
        value >>= 7;
        if ((value == 0 && (byte & 0x40) == 0) || (value == -1 && (byte & 0x40) != 0)) {
            wasm_put_u8(writer, byte);
            return;
        }
        wasm_put_u8(writer, byte | 0x80);
    }
}

void wasm_put_text(struct wasm_writer *writer, struct wasm_text text)
{
    wasm_put_u32(writer, text.length);
    wasm_put_bytes(writer, text.bytes, text.length);
}

pybox_status wasm_writer_status(const struct wasm_writer *writer)
{
    return writer->failed ? error_set_memory("a WebAssembly module", writer->capacity * 2)
                          : PYBOX_OK;
}

/* ------------------------------------------------------------------------------------------
 * Parts
 */

static void put_limits(struct wasm_writer *writer, const struct wasm_limits *limits)
{
    wasm_put_u8(writer, limits->has_max);
    wasm_put_u32(writer, limits->min);
    if (limits->has_max)
        wasm_put_u32(writer, limits->max);
}

static void put_table(struct wasm_writer *writer, const struct wasm_table *table)
{
    wasm_put_u8(writer, table->type);
    put_limits(writer, &table->limits);
}

static void put_float(struct wasm_writer *writer, uint64_t bits, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        wasm_put_u8(writer, (uint8_t)(bits >> (8 * i)));
}

static void put_constant(struct wasm_writer *writer, const struct wasm_constant *constant)
{
    wasm_put_u8(writer, constant->opcode);
    switch (constant->opcode) {
    case WASM_OP_I32_CONST:
    case WASM_OP_I64_CONST:
        wasm_put_s64(writer, constant->integer);
        break;
    case WASM_OP_F32_CONST:
        put_float(writer, constant->bits, 4);
        break;
    case WASM_OP_F64_CONST:
        put_float(writer, constant->bits, 8);
        break;
    default:
        wasm_put_u32(writer, constant->index);
        break;
    }
    wasm_put_u8(writer, WASM_OP_END);
}

static void put_types(struct wasm_writer *writer, const struct wasm_module *module)
{
    wasm_put_u32(writer, module->type_count);
    for (uint32_t i = 0; i < module->type_count; i++) {
        const struct wasm_type *type = &module->types[i];
        wasm_put_u8(writer, 0x60);
        wasm_put_u32(writer, type->parameter_count);
        wasm_put_bytes(writer, type->parameters, type->parameter_count);
        wasm_put_u32(writer, type->result_count);
        wasm_put_bytes(writer, type->results, type->result_count);
    }
}

static void put_imports(struct wasm_writer *writer, const struct wasm_module *module)
{
    wasm_put_u32(writer, module->import_count);
    for (uint32_t i = 0; i < module->import_count; i++) {
        const struct wasm_import *import = &module->imports[i];
        wasm_put_text(writer, import->module);
        wasm_put_text(writer, import->name);
        wasm_put_u8(writer, (uint8_t)import->kind);
        switch (import->kind) {
        case WASM_FUNCTION:
            wasm_put_u32(writer, import->type);
            break;
        case WASM_TABLE:
            put_table(writer, &import->table);
            break;
        case WASM_MEMORY:
            put_limits(writer, &import->memory);
            break;
        case WASM_GLOBAL:
            wasm_put_u8(writer, import->global.type);
            wasm_put_u8(writer, import->global.is_mutable);
            break;
        }
    }
}

static void put_functions(struct wasm_writer *writer, const struct wasm_module *module)
{
    wasm_put_u32(writer, module->function_count - module->imported_functions);
    for (uint32_t i = module->imported_functions; i < module->function_count; i++)
        wasm_put_u32(writer, module->functions[i]);
}

static void put_tables(struct wasm_writer *writer, const struct wasm_module *module)
{
    wasm_put_u32(writer, module->table_count - module->imported_tables);
    for (uint32_t i = module->imported_tables; i < module->table_count; i++)
        put_table(writer, &module->tables[i]);
}

static void put_memory(struct wasm_writer *writer, const struct wasm_module *module)
{
    wasm_put_u32(writer, 1);
    put_limits(writer, &module->memory);
}

static void put_globals(struct wasm_writer *writer, const struct wasm_module *module)
{
    wasm_put_u32(writer, module->global_count - module->imported_globals);
    for (uint32_t i = module->imported_globals; i < module->global_count; i++) {
        wasm_put_u8(writer, module->globals[i].type);
        wasm_put_u8(writer, module->globals[i].is_mutable);
        put_constant(writer, &module->globals[i].initial);
    }
}

static void put_exports(struct wasm_writer *writer, const struct wasm_module *module)
{
    wasm_put_u32(writer, module->export_count);
    for (uint32_t i = 0; i < module->export_count; i++) {
        wasm_put_text(writer, module->exports[i].name);
        wasm_put_u8(writer, (uint8_t)module->exports[i].kind);
        wasm_put_u32(writer, module->exports[i].index);
    }
}

static void put_start(struct wasm_writer *writer, const struct wasm_module *module)
{
    wasm_put_u32(writer, module->start);
}

static void put_element(struct wasm_writer *writer, const struct wasm_element *element)
{
    wasm_put_u32(writer, element->flags);
    if (element->mode == WASM_ACTIVE) {
        if ((element->flags & 2) != 0)
            wasm_put_u32(writer, element->table);
        put_constant(writer, &element->offset);
    }
    if ((element->flags & 3) != 0)
        wasm_put_u8(writer, (element->flags & 4) != 0 ? element->type : 0);
    wasm_put_u32(writer, element->count);
    for (uint32_t i = 0; i < element->count; i++) {
        uint32_t function = element->functions[i];
        if ((element->flags & 4) == 0) {
            wasm_put_u32(writer, function);
            continue;
        }
        bool is_null = function == WASM_NULL_FUNCTION;
        struct wasm_constant constant = {.opcode = is_null ? WASM_OP_REF_NULL : WASM_OP_REF_FUNC,
                                         .index = is_null ? element->type : function};
        put_constant(writer, &constant);
    }
}

static void put_elements(struct wasm_writer *writer, const struct wasm_module *module)
{
    wasm_put_u32(writer, module->element_count);
    for (uint32_t i = 0; i < module->element_count; i++)
        put_element(writer, &module->elements[i]);
}

static void put_data_count(struct wasm_writer *writer, const struct wasm_module *module)
{
    wasm_put_u32(writer, module->data_count);
}

static void put_code(struct wasm_writer *writer, const struct wasm_module *module)
{
    wasm_put_u32(writer, module->body_count);
    for (uint32_t i = 0; i < module->body_count; i++) {
        wasm_put_u32(writer, module->bodies[i].length);
        wasm_put_bytes(writer, module->bodies[i].bytes, module->bodies[i].length);
    }
}

static void put_data(struct wasm_writer *writer, const struct wasm_module *module)
{
    wasm_put_u32(writer, module->data_count);
    for (uint32_t i = 0; i < module->data_count; i++) {
        const struct wasm_data *data = &module->data[i];
        wasm_put_u32(writer, data->flags);
        if (data->flags == 2)
            wasm_put_u32(writer, 0);
        if (data->mode == WASM_ACTIVE)
            put_constant(writer, &data->offset);
        wasm_put_u32(writer, data->length);
        wasm_put_bytes(writer, data->bytes, data->length);
    }
}

static void put_names(struct wasm_writer *writer, const struct wasm_module *module)
{
    struct wasm_writer names = {0};
    wasm_put_u32(&names, module->function_name_count);
    for (uint32_t i = 0; i < module->function_name_count; i++) {
        wasm_put_u32(&names, module->function_names[i].index);
        wasm_put_text(&names, module->function_names[i].name);
    }
    wasm_put_text(writer, (struct wasm_text){"name", 4});
    wasm_put_u8(writer, 1);
    wasm_put_u32(writer, (uint32_t)names.length);
    wasm_put_bytes(writer, names.bytes, names.length);
    writer->failed |= names.failed;
    free(names.bytes);
}

/* ------------------------------------------------------------------------------------------
 * The whole
 */

typedef void section_writer(struct wasm_writer *writer, const struct wasm_module *module);

static void put_section(struct wasm_writer *writer, const struct wasm_module *module, uint8_t id,
                        section_writer *put)
{
    struct wasm_writer payload = {0};
    put(&payload, module);
    wasm_put_u8(writer, id);
    wasm_put_u32(writer, (uint32_t)payload.length);
    wasm_put_bytes(writer, payload.bytes, payload.length);
    writer->failed |= payload.failed || payload.length > UINT32_MAX;
    free(payload.bytes);
}

static void put_custom(struct wasm_writer *writer, const struct wasm_custom *custom)
{
    struct wasm_writer name = {0};
    wasm_put_text(&name, custom->name);
    wasm_put_u8(writer, 0);
    wasm_put_u32(writer, (uint32_t)name.length + custom->length);
    wasm_put_bytes(writer, name.bytes, name.length);
    wasm_put_bytes(writer, custom->bytes, custom->length);
    writer->failed |= name.failed;
    free(name.bytes);
}

pybox_status wasm_write(const struct wasm_module *module, struct wasm_writer *writer)
{
    const struct {
        bool present;
        uint8_t id;
        section_writer *put;
    } sections[] = {
        {module->type_count > 0, 1, put_types},
        {module->import_count > 0, 2, put_imports},
        {module->function_count > module->imported_functions, 3, put_functions},
        {module->table_count > module->imported_tables, 4, put_tables},
        {module->has_memory && !module->imports_memory, 5, put_memory},
        {module->global_count > module->imported_globals, 6, put_globals},
        {module->export_count > 0, 7, put_exports},
        {module->has_start, 8, put_start},
        {module->element_count > 0, 9, put_elements},
        {module->has_data_count, 12, put_data_count},
        {module->body_count > 0, 10, put_code},
        {module->data_count > 0, 11, put_data},
        {module->function_name_count > 0, 0, put_names},
    };
    wasm_put_bytes(writer, "\0asm\1\0\0\0", 8);
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
        if (sections[i].present)
            put_section(writer, module, sections[i].id, sections[i].put);
    for (uint32_t i = 0; i < module->custom_count; i++)
        put_custom(writer, &module->customs[i]);
    return wasm_writer_status(writer);
}
