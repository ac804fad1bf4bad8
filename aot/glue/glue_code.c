/* The module as wasm2c gets it: our names, no data, no start. */
#include "glue.h"

#include "error.h"
#include "wasm_code.h"

#include <stdlib.h>
#include <string.h>

/* Function names are for debuggers and profilers; hostile or endless ones are of no use to them. */
#define NAME_BYTES 120u

/* What has to be allocated for the changed module. */
struct changed {
    struct wasm_module module;
    struct wasm_import *imports;
    struct wasm_export *exports;
    struct wasm_data *data;
    struct wasm_name *names;
    struct wasm_body *bodies;
    struct wasm_writer code; /* all changed bodies, one after the other */
    char *texts;             /* all names, one after the other */
    size_t used;             /* of texts */
};

/* Makes a text of the format's, which gives 16 bytes at most. */
static struct wasm_text add_text(struct changed *changed, const char *prefix, uint32_t number)
{
    char *text = changed->texts + changed->used;
    int length = snprintf(text, 16, "%s%u", prefix, number);
    changed->used += (size_t)length;
    return (struct wasm_text){text, (uint32_t)length};
}

static void rename_imports(struct changed *changed, uint32_t host_imports)
{
    struct wasm_module *module = &changed->module;
    for (uint32_t i = 0; i < module->import_count; i++) {
        changed->imports[i] = module->imports[i];
        changed->imports[i].module = (struct wasm_text){"host", 4};
        if (i < host_imports)
            changed->imports[i].name = add_text(changed, "i", i);
    }
    module->imports = changed->imports;
}

static void add_export(struct changed *changed, struct wasm_text name, enum wasm_kind kind,
                       uint32_t index)
{
    changed->exports[changed->module.export_count++] = (struct wasm_export){name, kind, index};
}

static void make_exports(struct changed *changed, const struct wasm_module *from)
{
    struct wasm_module *module = &changed->module;
    uint32_t functions = 0;
    module->exports = changed->exports;
    module->export_count = 0;
    for (uint32_t i = 0; i < from->export_count; i++)
        if (from->exports[i].kind == WASM_FUNCTION)
            add_export(changed, add_text(changed, "e", functions++), WASM_FUNCTION,
                       from->exports[i].index);
    if (from->has_start)
        add_export(changed, (struct wasm_text){"start", 5}, WASM_FUNCTION, from->start);
    if (from->has_memory)
        add_export(changed, (struct wasm_text){"M0", 2}, WASM_MEMORY, 0);
    for (uint32_t i = 0; i < from->table_count; i++)
        add_export(changed, add_text(changed, "T", i), WASM_TABLE, i);
    for (uint32_t i = 0; i < from->global_count; i++)
        if (from->globals[i].is_mutable)
            add_export(changed, add_text(changed, "g", i), WASM_GLOBAL, i);
    module->has_start = false;
}

/* Data goes past the C compiler. Where code names segments, those that are active are as they would
 * be after instantiation: dropped, which an empty passive one cannot be told from. */
static void empty_data(struct changed *changed, const struct glue *glue)
{
    struct wasm_module *module = &changed->module;
    if (!glue->keeps_segments) {
        module->data_count = 0;
        module->has_data_count = false;
        return;
    }
    for (uint32_t i = 0; i < module->data_count; i++) {
        changed->data[i] = module->data[i];
        if (module->data[i].mode == WASM_ACTIVE)
            changed->data[i] = (struct wasm_data){.flags = 1, .mode = WASM_PASSIVE};
    }
    module->data = changed->data;
}

static void tidy_names(struct changed *changed)
{
    struct wasm_module *module = &changed->module;
    uint32_t count = 0;
    for (uint32_t i = 0; i < module->function_name_count; i++) {
        struct wasm_text from = module->function_names[i].name;
        char *to = changed->texts + changed->used;
        uint32_t length = from.length < NAME_BYTES ? from.length : NAME_BYTES;
        for (uint32_t k = 0; k < length; k++) {
            char c = from.bytes[k];
            int plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            to[k] = plain ? c : '_';
        }
        changed->used += length;
        if (length > 0)
            changed->names[count++] =
                (struct wasm_name){module->function_names[i].index, {to, length}};
    }
    module->function_names = changed->names;
    module->function_name_count = count;
}

/* Copies a body, with each tail call as the call and a return. */
static pybox_status put_body(struct changed *changed, const struct wasm_body *body)
{
    struct wasm_cursor cursor = wasm_body_cursor(&changed->module, body);
    wasm_put_bytes(&changed->code, body->bytes, body->code);
    while (cursor.at != cursor.end) {
        struct wasm_instruction instruction;
        pybox_status status = wasm_next(&cursor, &instruction);
        if (status != PYBOX_OK)
            return status;
        if (instruction.opcode == WASM_OP_RETURN_CALL ||
            instruction.opcode == WASM_OP_RETURN_CALL_INDIRECT) {
            /* call and call_indirect are two below, with the same immediates. */
            wasm_put_u8(&changed->code, (uint8_t)(instruction.opcode - 2));
            wasm_put_bytes(&changed->code, instruction.bytes + 1, instruction.length - 1);
            wasm_put_u8(&changed->code, WASM_OP_RETURN);
        } else {
            wasm_put_bytes(&changed->code, instruction.bytes, instruction.length);
        }
    }
    return PYBOX_OK;
}

/*
 * What wasm2c 1.0.36 makes of tail calls does not work: the callee gets no instance, imports do not
 * compile. As a call and a return, they are what the C compiler itself makes a jump of when it
 * optimises (arguments in registers): no frame is left behind, and it is faster than wasm2c's loop
 * around callees. Where it cannot, they use native stack like any call.
 */
static pybox_status replace_tail_calls(struct changed *changed)
{
    struct wasm_module *module = &changed->module;
    pybox_status status = PYBOX_OK;
    for (uint32_t i = 0; i < module->body_count && status == PYBOX_OK; i++) {
        size_t start = changed->code.length;
        changed->bodies[i] = module->bodies[i];
        status = put_body(changed, &module->bodies[i]);
        changed->bodies[i].length = (uint32_t)(changed->code.length - start);
    }
    if (status == PYBOX_OK)
        status = wasm_writer_status(&changed->code);
    if (status != PYBOX_OK)
        return status;
    const uint8_t *at = changed->code.bytes; /* which has stopped moving */
    for (uint32_t i = 0; i < module->body_count; i++) {
        changed->bodies[i].bytes = at;
        at += changed->bodies[i].length;
    }
    module->bodies = changed->bodies;
    return PYBOX_OK;
}

static pybox_status allocate(struct changed *changed, const struct wasm_module *from)
{
    size_t exports = (size_t)from->export_count + from->table_count + from->global_count + 2;
    size_t texts = ((size_t)from->import_count + exports) * 16 +
                   (size_t)from->function_name_count * NAME_BYTES + 1;
    changed->imports = calloc((size_t)from->import_count + 1, sizeof(*changed->imports));
    changed->exports = calloc(exports, sizeof(*changed->exports));
    changed->data = calloc((size_t)from->data_count + 1, sizeof(*changed->data));
    changed->names = calloc((size_t)from->function_name_count + 1, sizeof(*changed->names));
    changed->bodies = calloc((size_t)from->body_count + 1, sizeof(*changed->bodies));
    changed->texts = malloc(texts);
    if (changed->imports == NULL || changed->exports == NULL || changed->data == NULL ||
        changed->names == NULL || changed->bodies == NULL || changed->texts == NULL)
        return error_set_memory("the module for wasm2c", texts);
    return PYBOX_OK;
}

pybox_status glue_write_code(const struct glue *glue, struct wasm_writer *writer)
{
    struct changed changed = {.module = *glue->module};
    pybox_status status = allocate(&changed, glue->module);
    if (status == PYBOX_OK) {
        rename_imports(&changed, glue->import_count);
        make_exports(&changed, glue->module);
        empty_data(&changed, glue);
        tidy_names(&changed);
        changed.module.custom_count = 0;
        if (glue->has_tail_calls)
            status = replace_tail_calls(&changed);
    }
    if (status == PYBOX_OK)
        status = wasm_write(&changed.module, writer);
    free(changed.imports);
    free(changed.exports);
    free(changed.data);
    free(changed.names);
    free(changed.bodies);
    free(changed.code.bytes);
    free(changed.texts);
    return status;
}

pybox_status glue_write_data(const struct glue *glue, struct wasm_writer *writer)
{
    for (uint32_t i = 0; i < glue->module->data_count; i++)
        if (glue->module->data[i].mode == WASM_ACTIVE)
            wasm_put_bytes(writer, glue->module->data[i].bytes, glue->module->data[i].length);
    return wasm_writer_status(writer);
}
