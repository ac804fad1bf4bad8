#include "glue.h"

#include "error.h"
#include "module_abi.h"
#include "note_layout.h"
#include "wasm_code.h"

#include <string.h>

/* A text in a message: cut to 100 bytes. */
#define SHOWN(text) (int)((text).length < 100 ? (text).length : 100), (text).bytes

static pybox_status check_name(struct wasm_text text, const char *what)
{
    if (text.length <= NOTE_MAX_STRING && memchr(text.bytes, 0, text.length) == NULL)
        return PYBOX_OK;
    return error_set(PYBOX_ERROR_UNSUPPORTED,
                     "%s \"%.*s\": names have at most %u bytes, none of "
                     "them 0",
                     what, SHOWN(text), NOTE_MAX_STRING);
}

static int is_number(uint8_t type)
{
    return type >= WASM_F64 && type <= WASM_I32;
}

/* A function that the host calls or is called by: numbers only, at most one result. */
static pybox_status check_type(const struct wasm_type *type, const char *what,
                               struct wasm_text name)
{
    if (type->result_count > 1)
        return error_set(PYBOX_ERROR_UNSUPPORTED,
                         "%s \"%.*s\" has %u results; pybox passes at most "
                         "one (inside the module any number is fine)",
                         what, SHOWN(name), type->result_count);
    for (uint32_t i = 0; i < type->parameter_count; i++)
        if (!is_number(type->parameters[i]))
            return error_set(PYBOX_ERROR_UNSUPPORTED,
                             "%s \"%.*s\": parameter %u is a reference; "
                             "pybox passes numbers",
                             what, SHOWN(name), i);
    if (type->result_count == 1 && !is_number(type->results[0]))
        return error_set(PYBOX_ERROR_UNSUPPORTED,
                         "%s \"%.*s\" returns a reference; pybox passes "
                         "numbers",
                         what, SHOWN(name));
    return PYBOX_OK;
}

static pybox_status check_imports(const struct wasm_module *module)
{
    static const char *const kinds[] = {"function", "table", "memory", "global"};
    if (module->import_count > NOTE_MAX_IMPORTS)
        return error_set(PYBOX_ERROR_LIMIT, "%u imports; at most %u are allowed",
                         module->import_count, NOTE_MAX_IMPORTS);
    for (uint32_t i = 0; i < module->import_count; i++) {
        const struct wasm_import *import = &module->imports[i];
        if (import->kind != WASM_FUNCTION)
            return error_set(PYBOX_ERROR_UNSUPPORTED,
                             "it imports the %s \"%.*s\" \"%.*s\"; a pybox "
                             "module has its own and imports functions only",
                             kinds[import->kind], SHOWN(import->module), SHOWN(import->name));
        pybox_status status = check_name(import->module, "imported module");
        if (status == PYBOX_OK)
            status = check_name(import->name, "import");
        if (status == PYBOX_OK)
            status = check_type(&module->types[import->type], "import", import->name);
        if (status != PYBOX_OK)
            return status;
    }
    return PYBOX_OK;
}

static pybox_status check_exports(const struct wasm_module *module)
{
    uint32_t functions = 0;
    for (uint32_t i = 0; i < module->export_count; i++) {
        const struct wasm_export *export = &module->exports[i];
        if (export->kind != WASM_FUNCTION)
            continue;
        pybox_status status = check_name(export->name, "export");
        if (status == PYBOX_OK)
            status = check_type(wasm_function_type(module, export->index), "export", export->name);
        if (status != PYBOX_OK)
            return status;
        functions++;
    }
    if (functions > NOTE_MAX_EXPORTS)
        return error_set(PYBOX_ERROR_LIMIT, "%u exported functions; at most %u are allowed",
                         functions, NOTE_MAX_EXPORTS);
    return PYBOX_OK;
}

/* Active segments must fit at instantiation: a start that always traps is refused here. */
static pybox_status check_segments(const struct wasm_module *module)
{
    uint64_t memory_bytes = (uint64_t)module->memory.min * 65536;
    for (uint32_t i = 0; i < module->data_count; i++) {
        const struct wasm_data *data = &module->data[i];
        uint64_t offset = (uint32_t)data->offset.integer;
        if (data->mode == WASM_ACTIVE && offset + data->length > memory_bytes)
            return error_set(PYBOX_ERROR_MODULE_FORMAT,
                             "data segment %u ends at %llu, behind the "
                             "memory's %llu bytes",
                             i, (unsigned long long)(offset + data->length),
                             (unsigned long long)memory_bytes);
    }
    for (uint32_t i = 0; i < module->element_count; i++) {
        const struct wasm_element *element = &module->elements[i];
        uint64_t offset = (uint32_t)element->offset.integer;
        if (element->mode == WASM_ACTIVE &&
            offset + element->count > module->tables[element->table].limits.min)
            return error_set(PYBOX_ERROR_MODULE_FORMAT,
                             "element segment %u ends at %llu, behind the "
                             "table's %u elements",
                             i, (unsigned long long)(offset + element->count),
                             module->tables[element->table].limits.min);
    }
    return PYBOX_OK;
}

/* Notes what an instruction means for the module as a whole. */
static void note_instruction(struct glue *glue, const struct wasm_instruction *instruction)
{
    const struct wasm_module *module = glue->module;
    switch (instruction->opcode) {
    case WASM_OP_RETURN_CALL:
    case WASM_OP_RETURN_CALL_INDIRECT:
        glue->has_tail_calls = true;
        break;
    case WASM_OP_TABLE_SET:
    case WASM_OP_TABLE_INIT:
    case WASM_OP_TABLE_COPY:
    case WASM_OP_TABLE_GROW:
    case WASM_OP_TABLE_FILL:
        glue->flags |= MODULE_FLAG_UNSAVABLE;
        break;
    case WASM_OP_ELEM_DROP:
        if (module->elements[instruction->index].mode == WASM_PASSIVE)
            glue->flags |= MODULE_FLAG_UNSAVABLE;
        break;
    case WASM_OP_DATA_DROP:
        if (module->data[instruction->index].mode == WASM_PASSIVE)
            glue->flags |= MODULE_FLAG_UNSAVABLE;
        glue->keeps_segments = true;
        break;
    case WASM_OP_MEMORY_INIT:
        glue->keeps_segments = true;
        break;
    default:
        break;
    }
}

static pybox_status scan_code(struct glue *glue)
{
    const struct wasm_module *module = glue->module;
    for (uint32_t i = 0; i < module->body_count; i++) {
        struct wasm_cursor cursor = wasm_body_cursor(module, &module->bodies[i]);
        while (cursor.at != cursor.end) {
            struct wasm_instruction instruction;
            pybox_status status = wasm_next(&cursor, &instruction);
            if (status != PYBOX_OK)
                return status;
            note_instruction(glue, &instruction);
        }
    }
    return PYBOX_OK;
}

pybox_status glue_check(const struct wasm_module *module)
{
    pybox_status status = check_imports(module);
    if (status == PYBOX_OK)
        status = check_exports(module);
    return status == PYBOX_OK ? check_segments(module) : status;
}

pybox_status glue_plan(struct glue *glue)
{
    const struct wasm_module *module = glue->module;
    pybox_status status = meter_read_mark(module, &glue->mark);
    if (status == PYBOX_OK)
        status = glue_check(module);
    if (status == PYBOX_OK)
        status = scan_code(glue);
    glue->import_count = module->import_count - (glue->mark.version > 0 ? METER_HOOK_COUNT : 0);
    for (uint32_t i = 0; i < module->export_count; i++)
        glue->exported_functions += module->exports[i].kind == WASM_FUNCTION;
    for (uint32_t i = 0; i < module->global_count; i++)
        if (module->globals[i].is_mutable && !is_number(module->globals[i].type))
            glue->flags |= MODULE_FLAG_UNSAVABLE;
    return status;
}

const char *glue_type(const struct wasm_type *type, char *text)
{
    static const char letters[] = {[WASM_I32 - WASM_F64] = 'i',
                                   [WASM_I64 - WASM_F64] = 'I',
                                   [WASM_F32 - WASM_F64] = 'f',
                                   [WASM_F64 - WASM_F64] = 'F'};
    char *at = text;
    for (uint32_t i = 0; i < type->parameter_count; i++)
        *at++ = letters[type->parameters[i] - WASM_F64];
    *at++ = ':';
    for (uint32_t i = 0; i < type->result_count; i++)
        *at++ = letters[type->results[i] - WASM_F64];
    *at = 0;
    return text;
}

void glue_print_string(FILE *out, struct wasm_text text)
{
    fputc('"', out);
    for (uint32_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        if (byte < 0x20 || byte > 0x7e || byte == '"' || byte == '\\' || byte == '?')
            fprintf(out, "\\%03o", byte);
        else
            fputc(byte, out);
    }
    fputc('"', out);
}
