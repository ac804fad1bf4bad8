#include "generated.h"

#include "error.h"
#include "meter.h"
#include "pair.h"
#include "wasm_generate.h"

#include <stdio.h>
#include <stdlib.h>

#define FUEL ((int64_t)1 << 40)
#define DEPTH 50
#define STEPS 2000
#define STOP_FUEL 2000
/* More rounds and calls than can be paid with that and what may be used before a check. */
#define STOP_STEPS 10000000

struct generated {
    struct wasm_module module, metered;
    struct pair *pair;
    char *why;
};

static bool fail(const struct generated *generated, const char *where, const char *what)
{
    snprintf(generated->why, GENERATED_WHY_BYTES, "%s: %s", where, what);
    return false;
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
static bool check_stop(const struct generated *generated, const char *name, uint64_t seed)
{
    const struct stepper_options options = {.fuel = STOP_FUEL,
                                            .max_pages = 8,
                                            .max_depth = DEPTH,
                                            .max_steps = STOP_STEPS,
                                            .import = answer_alone};
    uint64_t values[PAIR_VALUES];
    struct stepper *stepper;
    if (stepper_create(&generated->metered, &options, &stepper) != PYBOX_OK)
        return fail(generated, "the metered module cannot be stepped", error_message());
    make_arguments(values, seed);
    uint32_t trap = stepper_call(stepper, stepper_find(stepper, name), values);
    stepper_destroy(stepper);
    return trap != STEPPER_TRAP_STEPS || fail(generated, name, "goes on without fuel");
}

static bool renew_pair(struct generated *generated)
{
    const struct pair_options options = {
        .fuel = FUEL, .max_pages = 8, .max_depth = DEPTH, .max_steps = STEPS, .import = answer};
    pair_destroy(generated->pair);
    return pair_create(&generated->module, &generated->metered, &options, &generated->pair) ==
               PYBOX_OK ||
           fail(generated, "cannot be stepped", error_message());
}

/* Calls all functions twice; in a new pair after those that do not end. */
static bool check_functions(struct generated *generated)
{
    if (!renew_pair(generated))
        return false;
    for (uint32_t i = 0; i < 2 * generated->module.body_count; i++) {
        char name[3] = {'f', (char)('0' + i / 2), 0}, difference[PAIR_DIFFERENCE_BYTES];
        uint64_t values[PAIR_VALUES];
        make_arguments(values, i);
        uint32_t trap = pair_call(generated->pair, name, values);
        if (pair_take_difference(generated->pair, difference))
            return fail(generated, name, difference);
        if (trap != STEPPER_TRAP_STEPS)
            continue;
        if (!check_stop(generated, name, i) || !renew_pair(generated))
            return false;
        i |= 1;
    }
    return true;
}

bool generated_check(const uint8_t *bytes, size_t length, struct wasm_writer *module,
                     char why[GENERATED_WHY_BYTES])
{
    struct generated generated = {.why = why};
    struct wasm_writer writer = {0};
    bool good;
    wasm_generate(bytes, length, module);
    if (wasm_read(module->bytes, module->length, &generated.module) != PYBOX_OK)
        good = fail(&generated, "the generated module", error_message());
    else if (meter_write(&generated.module, &writer) != PYBOX_OK)
        good = fail(&generated, "metering", error_message());
    else if (wasm_read(writer.bytes, writer.length, &generated.metered) != PYBOX_OK)
        good = fail(&generated, "the metered module", error_message());
    else
        good = check_functions(&generated);
    pair_destroy(generated.pair);
    wasm_free(&generated.metered);
    wasm_free(&generated.module);
    free(writer.bytes);
    return good;
}
