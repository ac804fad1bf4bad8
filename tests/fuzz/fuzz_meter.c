/*
 * Modules made of arbitrary bytes (wasm_generate.h), metered, and stepped beside their metered form (pair.h): what can be
 * seen of both must be the same, the fuel included. A run that does not end must be stopped by the metered form's checks.
 */
#include "error.h"
#include "meter.h"
#include "pair.h"
#include "wasm_generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define FUEL ((int64_t)1 << 40)
#define DEPTH 50
#define STEPS 3000
#define STOP_FUEL 2000
/* More rounds and calls than can be paid with that and what may be used before a check. */
#define STOP_STEPS 10000000

/* The module that it fails with is left in the current folder. */
static void fail(const struct wasm_writer *module, const char *what, const char *why)
{
    static const char path[] = "fuzz_meter_failed.wasm";
    FILE *file = fopen(path, "wb");
    if (file != NULL) {
        fwrite(module->bytes, 1, module->length, file);
        fclose(file);
    }
    fprintf(stderr, "fuzz_meter: %s: %s (the module: %s)\n", what, why, path);
    abort();
}

static uint32_t answer(void *context, struct stepper *stepper, int side, uint32_t import,
                       uint64_t *values)
{
    (void)context;
    (void)stepper;
    (void)side;
    values[0] = import == 0 ? (uint32_t)values[0] * 3 + 1 : 0x123456789; /* a: "i:i", c: ":I" */
    return 0;
}

static uint32_t answer_alone(void *context, struct stepper *stepper, uint32_t import,
                             uint64_t *values)
{
    return answer(context, stepper, 0, import, values);
}

static void make_arguments(uint64_t *values, uint64_t seed)
{
    for (uint32_t i = 0; i < PAIR_VALUES; i++)
        values[i] = (seed * 0x9e3779b9 + i * seed) & 0xffffff;
}

/* A function that did not end: its metered form does. */
static void check_stop(const struct wasm_writer *writer, const struct wasm_module *metered,
                       const char *name)
{
    const struct stepper_options options = {.fuel = STOP_FUEL,
                                            .max_pages = 8,
                                            .max_depth = DEPTH,
                                            .max_steps = STOP_STEPS,
                                            .import = answer_alone};
    uint64_t values[PAIR_VALUES];
    struct stepper *stepper;
    if (stepper_create(metered, &options, &stepper) != PYBOX_OK)
        fail(writer, "metered", error_message());
    make_arguments(values, 0);
    if (stepper_call(stepper, stepper_find(stepper, name), values) == STEPPER_TRAP_STEPS)
        fail(writer, name, "goes on without fuel");
    stepper_destroy(stepper);
}

static void check_function(const struct wasm_writer *writer, const struct wasm_module *metered,
                           struct pair *pair, const char *name)
{
    for (uint64_t seed = 0; seed < 3; seed++) {
        uint64_t values[PAIR_VALUES];
        char difference[PAIR_DIFFERENCE_BYTES];
        make_arguments(values, seed);
        uint32_t trap = pair_call(pair, name, values);
        if (pair_take_difference(pair, difference))
            fail(writer, name, difference);
        if (trap == STEPPER_TRAP_STEPS && seed == 0)
            check_stop(writer, metered, name);
    }
}

static void check_module(const struct wasm_writer *writer, const struct wasm_module *module,
                         const struct wasm_module *metered)
{
    const struct pair_options options = {
        .fuel = FUEL, .max_pages = 8, .max_depth = DEPTH, .max_steps = STEPS, .import = answer};
    struct pair *pair;
    for (uint32_t i = 0; i < module->body_count; i++) {
        char name[3] = {'f', (char)('0' + i), 0};
        if (pair_create(module, metered, &options, &pair) != PYBOX_OK)
            fail(writer, "cannot be stepped", error_message());
        check_function(writer, metered, pair, name);
        pair_destroy(pair);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct wasm_writer writer = {0}, metered_writer = {0};
    struct wasm_module module, metered;
    wasm_generate(bytes, length, &writer);
    if (wasm_read(writer.bytes, writer.length, &module) != PYBOX_OK)
        fail(&writer, "generated", error_message());
    if (meter_write(&module, &metered_writer) != PYBOX_OK)
        fail(&writer, "metering", error_message());
    if (wasm_read(metered_writer.bytes, metered_writer.length, &metered) != PYBOX_OK)
        fail(&writer, "metered", error_message());
    check_module(&writer, &module, &metered);
    wasm_free(&metered);
    wasm_free(&module);
    free(metered_writer.bytes);
    free(writer.bytes);
    return 0;
}
