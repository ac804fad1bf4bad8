/* Hostile bytes as a WebAssembly module: read; and if that works, written, metered and planned like
 * a real one. */
#include "glue.h"
#include "wasm_write.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* What was written must read again: the passes' input is the output of other passes. */
static void expect_readable(const struct wasm_writer *writer)
{
    struct wasm_module module;
    if (wasm_read(writer->bytes, writer->length, &module) != PYBOX_OK)
        abort();
    wasm_free(&module);
}

static void glue_module(const struct wasm_writer *metered)
{
    struct wasm_module module;
    struct wasm_writer code = {0}, data = {0};
    struct glue glue = {.module = &module, .name = "fuzz", .wasm2c = "1", .compiler = "c"};
    if (wasm_read(metered->bytes, metered->length, &module) != PYBOX_OK)
        abort();
    if (glue_plan(&glue) == PYBOX_OK && glue_write_code(&glue, &code) == PYBOX_OK &&
        glue_write_data(&glue, &data) == PYBOX_OK)
        expect_readable(&code);
    free(code.bytes);
    free(data.bytes);
    wasm_free(&module);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct wasm_module module;
    struct wasm_writer again = {0}, metered = {0};
    if (wasm_read(bytes, length, &module) != PYBOX_OK)
        return 0;
    if (wasm_write(&module, &again) == PYBOX_OK)
        expect_readable(&again);
    if (meter_write(&module, &metered) == PYBOX_OK)
        glue_module(&metered);
    wasm_free(&module);
    free(again.bytes);
    free(metered.bytes);
    return 0;
}
