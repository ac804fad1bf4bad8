#include "meter.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

static const struct wasm_custom *find_mark(const struct wasm_module *module)
{
    for (uint32_t i = 0; i < module->custom_count; i++) {
        const struct wasm_text *name = &module->customs[i].name;
        if (name->length == strlen(METER_SECTION) &&
            memcmp(name->bytes, METER_SECTION, name->length) == 0)
            return &module->customs[i];
    }
    return NULL;
}

pybox_status meter_write(const struct wasm_module *module, struct wasm_writer *writer)
{
    static const uint8_t costs_hash[32];
    if (find_mark(module) != NULL)
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "the module is metered already (it has a \"%s\" "
                         "section); give it as the compiler wrote it",
                         METER_SECTION);
    struct wasm_writer mark = {0};
    wasm_put_u32(&mark, METER_VERSION);
    wasm_put_bytes(&mark, costs_hash, sizeof(costs_hash));
    pybox_status status = wasm_writer_status(&mark);
    if (status == PYBOX_OK) {
        struct wasm_custom custom = {
            {METER_SECTION, strlen(METER_SECTION)}, mark.bytes, (uint32_t)mark.length};
        struct wasm_module metered = *module;
        metered.customs = &custom;
        metered.custom_count = 1;
        status = wasm_write(&metered, writer);
    }
    free(mark.bytes);
    return status;
}

pybox_status meter_read_mark(const struct wasm_module *module, struct meter_mark *mark)
{
    *mark = (struct meter_mark){0};
    const struct wasm_custom *custom = find_mark(module);
    if (custom == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "the module has no \"%s\" section; expected what "
                         "pybox-meter writes",
                         METER_SECTION);
    struct wasm_cursor cursor = {.file = module->file,
                                 .at = custom->bytes,
                                 .end = custom->bytes + custom->length,
                                 .part = METER_SECTION " section"};
    const uint8_t *hash;
    struct meter_mark found;
    pybox_status status = wasm_get_u32(&cursor, &found.version);
    if (status == PYBOX_OK)
        status = wasm_get_bytes(&cursor, sizeof(found.costs_hash), "a hash", &hash);
    if (status == PYBOX_OK && cursor.at != cursor.end)
        status = wasm_malformed(&cursor, "%zu bytes too many", (size_t)(cursor.end - cursor.at));
    if (status != PYBOX_OK)
        return status;
    memcpy(found.costs_hash, hash, sizeof(found.costs_hash));
    *mark = found;
    return PYBOX_OK;
}
