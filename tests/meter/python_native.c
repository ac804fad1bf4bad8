#include "python_native.h"

#include <string.h>

static pybox_status run_in(pybox_module *module, const void *code, size_t code_length,
                           uint64_t *fuel, char *output, size_t capacity, size_t *length)
{
    static const uint64_t zero = 0;
    const pybox_box_options options = {.size = sizeof(options), .seed = &zero, .clock_ns = &zero};
    const pybox_run run = {.size = sizeof(run), .code = code, .code_length = code_length};
    const pybox_result *result;
    pybox_box *box;
    pybox_status status = pybox_box_create(module, NULL, &options, &box);
    if (status != PYBOX_OK)
        return status;
    status = pybox_box_run(box, &run, &result);
    if (status == PYBOX_OK) {
        *fuel = result->fuel_used;
        *length = result->output.length < capacity ? result->output.length : capacity;
        memcpy(output, result->output.bytes, *length);
    }
    pybox_box_destroy(box);
    return status;
}

pybox_status python_native_run(const char *module, const void *code, size_t code_length,
                               uint64_t *fuel, char *output, size_t capacity, size_t *length)
{
    pybox_engine *engine;
    pybox_module *opened;
    pybox_status status = pybox_engine_create(NULL, &engine);
    if (status != PYBOX_OK)
        return status;
    status = pybox_module_open(engine, module, &opened);
    if (status == PYBOX_OK) {
        status = run_in(opened, code, code_length, fuel, output, capacity, length);
        pybox_module_close(opened);
    }
    pybox_engine_destroy(engine);
    return status;
}
