#include "wasm_parts.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

pybox_status wasm_reserve(void **array, uint32_t used, uint32_t count, size_t bytes)
{
    size_t total = (size_t)used + count;
    if (total == 0)
        return PYBOX_OK;
    char *larger = reallocarray(*array, total, bytes);
    if (larger == NULL)
        return error_set_memory("a WebAssembly module", total * bytes);
    memset(larger + (size_t)used * bytes, 0, (size_t)count * bytes);
    *array = larger;
    return PYBOX_OK;
}

/* Function names (appendix "Name section", subsection 1) into module->function_names. A name
 * section is a courtesy: what makes no sense in it is left out, and the rest of the module is none
 * the worse. */
static pybox_status read_function_names(struct wasm_cursor *cursor, struct wasm_module *module)
{
    uint32_t count, used = 0;
    if (wasm_get_count(cursor, WASM_MAX_FUNCTIONS, "names", &count) != PYBOX_OK)
        return PYBOX_OK;
    free(module->function_names);
    module->function_names = NULL;
    module->function_name_count = 0;
    pybox_status status = RESERVE(module->function_names, 0, count);
    if (status != PYBOX_OK)
        return status;
    for (uint32_t i = 0; i < count; i++) {
        struct wasm_name name;
        if (wasm_get_u32(cursor, &name.index) != PYBOX_OK ||
            wasm_get_text(cursor, "a name", &name.name) != PYBOX_OK)
            break;
        if (name.index < module->function_count &&
            (used == 0 || name.index > module->function_names[used - 1].index))
            module->function_names[used++] = name;
    }
    module->function_name_count = used;
    return PYBOX_OK;
}

pybox_status wasm_read_names(struct wasm_cursor *cursor, struct wasm_module *module)
{
    while (cursor->at != cursor->end) {
        uint8_t kind;
        uint32_t length;
        struct wasm_cursor inside = *cursor;
        if (wasm_get_u8(cursor, &kind) != PYBOX_OK || wasm_get_u32(cursor, &length) != PYBOX_OK ||
            wasm_get_bytes(cursor, length, "names", &inside.at) != PYBOX_OK)
            return PYBOX_OK;
        inside.end = cursor->at;
        pybox_status status = kind == 1 ? read_function_names(&inside, module) : PYBOX_OK;
        if (status != PYBOX_OK)
            return status;
    }
    return PYBOX_OK;
}
