#include "python_bind.h"

#include "guest_abi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char letter(uint8_t type)
{
    return type == WASM_I32 ? 'i' : type == WASM_I64 ? 'I' : type == WASM_F32 ? 'f' : 'F';
}

bool python_bind(const struct wasm_module *module, const struct wasi_call ***calls,
                 uint32_t *fuel_import)
{
    *calls = calloc(module->imported_functions + 1u, sizeof(**calls));
    *fuel_import = UINT32_MAX;
    if (*calls == NULL)
        return false;
    for (uint32_t i = 0, function = 0; i < module->import_count; i++) {
        const struct wasm_import *import = &module->imports[i];
        char names[2][128], text[64], *at = text;
        if (import->kind != WASM_FUNCTION)
            continue;
        const struct wasm_type *type = &module->types[import->type];
        if (type->parameter_count + type->result_count > sizeof(text) - 2)
            return false;
        for (uint32_t k = 0; k < type->parameter_count; k++)
            *at++ = letter(type->parameters[k]);
        *at++ = ':';
        for (uint32_t k = 0; k < type->result_count; k++)
            *at++ = letter(type->results[k]);
        *at = 0;
        snprintf(names[0], sizeof(names[0]), "%.*s", (int)import->module.length,
                 import->module.bytes);
        snprintf(names[1], sizeof(names[1]), "%.*s", (int)import->name.length, import->name.bytes);
        (*calls)[function] = wasi_find(names[0], names[1], text);
        if (strcmp(names[0], GUEST_IMPORT_MODULE) == 0 && strcmp(names[1], GUEST_IMPORT_FUEL) == 0)
            *fuel_import = function;
        function++;
    }
    return true;
}
