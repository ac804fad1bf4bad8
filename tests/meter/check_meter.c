/*
 * check_meter MODULE.wasm SCRIPT [COPY]: meters a module and plays a script (play_script.h) with it and with its metered
 * form, stepped side by side (pair.h). The copy of the script says what fuel each call used, traps included.
 */
#include "error.h"
#include "meter.h"
#include "pair.h"
#include "play_script.h"
#include "wasm_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUEL ((int64_t)1 << 60)

struct check {
    struct wasm_module module, metered;
    struct pair *pair;
    char type[2 * PLAY_VALUES + 2];
};

static char letter(uint8_t type)
{
    return type == WASM_I32 ? 'i' : type == WASM_F32 ? 'f' : type == WASM_F64 ? 'F' : 'I';
}

static const char *type_text(struct check *check, uint32_t function)
{
    const struct wasm_type *type = wasm_function_type(&check->module, function);
    char *at = check->type;
    if (type->parameter_count > PLAY_VALUES || type->result_count > PLAY_VALUES)
        return NULL;
    for (uint32_t i = 0; i < type->parameter_count; i++)
        *at++ = letter(type->parameters[i]);
    *at++ = ':';
    for (uint32_t i = 0; i < type->result_count; i++)
        *at++ = letter(type->results[i]);
    *at = 0;
    return check->type;
}

static const struct wasm_import *imported_function(const struct wasm_module *module, uint32_t index)
{
    const struct wasm_import *import = module->imports;
    while (import->kind != WASM_FUNCTION || index-- > 0)
        import++;
    return import;
}

static uint32_t answer(void *context, struct stepper *stepper, int side, uint32_t index,
                       uint64_t *values)
{
    struct check *check = context;
    const struct wasm_import *import = imported_function(&check->module, index);
    char module[256], name[256];
    snprintf(module, sizeof(module), "%.*s", (int)import->module.length, import->module.bytes);
    snprintf(name, sizeof(name), "%.*s", (int)import->name.length, import->name.bytes);
    if (strcmp(name, "refuse") == 0)
        stepper_refuse_memory(stepper);
    return play_import(side == 0, module, name, type_text(check, index), values);
}

static void report_difference(struct check *check)
{
    char difference[PAIR_DIFFERENCE_BYTES];
    if (pair_take_difference(check->pair, difference))
        play_complain("the same when metered", difference);
}

static void host_reset(void *context)
{
    struct check *check = context;
    const struct pair_options options = {.fuel = FUEL, .context = check, .import = answer};
    pair_destroy(check->pair);
    if (pair_create(&check->module, &check->metered, &options, &check->pair) != PYBOX_OK) {
        fprintf(stderr, "check_meter: %s\n", error_message());
        exit(1);
    }
    pair_start(check->pair);
    report_difference(check);
}

static const char *host_type(void *context, const char *export)
{
    struct check *check = context;
    uint32_t function = stepper_find(pair_stepper(check->pair, 0), export);
    return function == STEPPER_NO_FUNCTION ? NULL : type_text(check, function);
}

static uint32_t host_call(void *context, const char *export, uint64_t *values)
{
    struct check *check = context;
    uint32_t trap = pair_call(check->pair, export, values);
    report_difference(check);
    return trap;
}

static int64_t host_fuel(void *context)
{
    struct check *check = context;
    return pair_fuel(check->pair, 1);
}

static uint32_t answer_alone(void *context, struct stepper *stepper, uint32_t import,
                             uint64_t *values)
{
    return answer(context, stepper, 1, import, values);
}

/* The metered module, alone. */
static bool host_stops(void *context, int64_t fuel, const char *export, uint64_t *values,
                       int64_t *used)
{
    struct check *check = context;
    const struct stepper_options options = {
        .fuel = fuel, .max_steps = 100000000, .context = check, .import = answer_alone};
    struct stepper *stepper;
    *used = 0;
    if (stepper_create(&check->metered, &options, &stepper) != PYBOX_OK)
        return false;
    uint32_t trap = stepper_call(stepper, stepper_find(stepper, export), values);
    *used = stepper_used(stepper);
    stepper_destroy(stepper);
    return trap == STEPPER_TRAP_FUEL;
}

static bool host_global(void *context, uint32_t index, char *type, uint64_t *value)
{
    struct check *check = context;
    if (index >= check->module.global_count)
        return false;
    *type = letter(check->module.globals[index].type);
    *value = stepper_global(pair_stepper(check->pair, 0), index);
    return true;
}

static const uint8_t *host_bytes(void *context, uint64_t at, size_t length)
{
    struct check *check = context;
    uint64_t bytes;
    const uint8_t *memory = stepper_memory(pair_stepper(check->pair, 0), &bytes);
    return at <= bytes && length <= bytes - at ? memory + at : NULL;
}

/* Reads the module and meters it. */
static pybox_status prepare(struct check *check, const char *path, uint8_t **bytes,
                            struct wasm_writer *writer)
{
    size_t length;
    pybox_status status = wasm_file_read(path, bytes, &length);
    if (status == PYBOX_OK)
        status = wasm_read(*bytes, length, &check->module);
    if (status == PYBOX_OK)
        status = meter_write(&check->module, writer);
    if (status == PYBOX_OK)
        status = wasm_read(writer->bytes, writer->length, &check->metered);
    return status;
}

int main(int argc, char **argv)
{
    struct check check = {0};
    struct wasm_writer writer = {0};
    uint8_t *bytes = NULL;
    int failures = 1;
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: check_meter MODULE.wasm SCRIPT [COPY]\n");
        return 2;
    }
    if (prepare(&check, argv[1], &bytes, &writer) == PYBOX_OK) {
        const struct play_host host = {.context = &check,
                                       .reset = host_reset,
                                       .type = host_type,
                                       .call = host_call,
                                       .fuel = host_fuel,
                                       .stops = host_stops,
                                       .global = host_global,
                                       .bytes = host_bytes,
                                       .has_start = check.module.has_start ? PLAY_YES : PLAY_NO,
                                       .is_savable = PLAY_UNKNOWN};
        failures = play_script(argv[2], &host, argv[3]);
    } else {
        fprintf(stderr, "check_meter: %s: %s\n", argv[1], error_message());
    }
    pair_destroy(check.pair);
    wasm_free(&check.metered);
    wasm_free(&check.module);
    free(writer.bytes);
    free(bytes);
    return failures > 0;
}
