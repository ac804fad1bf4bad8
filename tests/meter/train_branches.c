/*
 * train_branches PYTHON.wasm STDLIB.zip PROGRAM.py...: starts Python and runs each program in it, stepped, and prints
 * which way the guest's branches mostly went, as aot/meter/branches.h has it. What the programs print goes to
 * standard error. A guest that counts by itself (train-guest) is asked for its counters instead.
 */
#include "branches.h"
#include "error.h"
#include "guest_abi.h"
#include "meter.h"
#include "module_abi.h"
#include "python_bind.h"
#include "stepper.h"
#include "wasi.h"
#include "wasm_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A branch that was reached less often is not worth a letter. */
#define LEAST 200u

/* aot/guest/python/counting/count_runtime.c */
#define COUNTS "pybox_counts"
#define COUNTS_FORGET "pybox_counts_forget"

struct trainer {
    uint8_t *bytes, *training_bytes;
    struct wasm_module module, training;
    struct vfs_archive *stdlib;
    struct vfs *vfs;
    struct wasi *wasi;
    struct stepper *stepper;
    const struct wasi_call **calls; /* by imported function; NULL: the hook, or one that nothing answers */
    uint64_t (*counts)[2];          /* by branch: how often the condition was 0, and not 0 */
    uint32_t fuel_import;           /* the function that is pybox.fuel_used: none is counted */
    uint32_t hook;                  /* the import that is asked before branches */
    bool is_telling;                /* the guest writes its counters, to standard output */
};

static int show_output(void *context, int stream, const void *bytes, size_t length)
{
    const struct trainer *trainer = context;
    (void)stream;
    fwrite(bytes, 1, length, trainer->is_telling ? stdout : stderr);
    return 0;
}

static uint32_t answer(void *context, struct stepper *stepper, uint32_t import, uint64_t *values)
{
    struct trainer *trainer = context;
    if (import == trainer->hook) {
        trainer->counts[(uint32_t)values[1]][(uint32_t)values[0] != 0]++;
        return 0;
    }
    if (import == trainer->fuel_import) {
        values[0] = 0;
        return 0;
    }
    struct wasi_memory memory;
    memory.base = stepper_memory(stepper, &memory.size);
    if (trainer->calls[import] == NULL)
        return MODULE_TRAP_HOST;
    wasi_call_run(trainer->calls[import], trainer->wasi, &memory, values);
    return wasi_stop(trainer->wasi);
}

static uint32_t count_branches(const struct wasm_module *module, uint32_t body)
{
    struct wasm_cursor cursor = wasm_body_cursor(module, &module->bodies[body]);
    struct wasm_instruction instruction;
    uint32_t count = 0;
    while (cursor.at != cursor.end && wasm_next(&cursor, &instruction) == PYBOX_OK)
        count += instruction.opcode == WASM_OP_BR_IF || instruction.opcode == WASM_OP_IF;
    return count;
}

static pybox_status prepare(struct trainer *trainer, const char *wasm, const char *stdlib)
{
    static const struct meter_options training = {.kind = METER_TRAINING};
    static const uint64_t seed = 0;
    size_t length;
    struct wasm_writer writer = {0};
    pybox_status status = wasm_file_read(wasm, &trainer->bytes, &length);
    if (status == PYBOX_OK)
        status = wasm_read(trainer->bytes, length, &trainer->module);
    if (status == PYBOX_OK)
        status = meter_write_as(&trainer->module, &training, &writer);
    trainer->training_bytes = writer.bytes;
    if (status == PYBOX_OK)
        status = wasm_read(writer.bytes, writer.length, &trainer->training);
    if (status == PYBOX_OK)
        status = vfs_archive_open(stdlib, 1, &trainer->stdlib);
    if (status == PYBOX_OK)
        status = vfs_create(NULL, &trainer->vfs);
    if (status == PYBOX_OK)
        status = vfs_mount_defaults(trainer->vfs, trainer->stdlib, GUEST_STDLIB_PATH);
    const struct wasi_options world = {.write = show_output, .context = trainer, .seed = &seed, .clock_fixed = 1};
    if (status == PYBOX_OK)
        status = wasi_create(&world, trainer->vfs, &trainer->wasi);
    if (status != PYBOX_OK)
        return status;
    uint32_t branches = 0;
    for (uint32_t i = 0; i < trainer->module.body_count; i++)
        branches += count_branches(&trainer->module, i);
    trainer->counts = calloc(branches + 1u, sizeof(*trainer->counts));
    if (trainer->counts == NULL || !python_bind(&trainer->module, &trainer->calls, &trainer->fuel_import))
        return error_set_memory("the counts of branches", branches * sizeof(*trainer->counts));
    trainer->hook = trainer->module.imported_functions;
    const struct stepper_options options = {.context = trainer, .import = answer, .fuel = INT64_MAX};
    return stepper_create(&trainer->training, &options, &trainer->stepper);
}

static uint32_t call(struct trainer *trainer, const char *export, uint32_t a, uint32_t b, uint32_t c)
{
    uint64_t values[8] = {a, b, c};
    uint32_t trap = stepper_call(trainer->stepper, stepper_find(trainer->stepper, export), values);
    if (trap != 0) {
        fprintf(stderr, "train_branches: %s: trap %u\n", export, trap);
        exit(1);
    }
    return (uint32_t)values[0];
}

static void run_program(struct trainer *trainer, const char *path)
{
    uint8_t *program;
    size_t length, name = strlen(path);
    uint64_t size;
    if (wasm_file_read(path, &program, &length) != PYBOX_OK) {
        fprintf(stderr, "train_branches: %s\n", error_message());
        exit(1);
    }
    fprintf(stderr, "-- %s\n", path);
    uint32_t at = call(trainer, GUEST_EXPORT_BUFFER, (uint32_t)(length + name + 7), 0, 0);
    uint8_t *memory = stepper_memory(trainer->stepper, &size);
    memcpy(memory + at, program, length);
    memory[at + length] = 0;
    memcpy(memory + at + length + 1, path, name + 1);
    memcpy(memory + at + length + name + 2, "main", 5);
    call(trainer, GUEST_EXPORT_RUN, GUEST_MODE_EVAL, (uint32_t)length, (uint32_t)name);
    free(program);
}

/* Which way a branch went: `br_if` goes on with the next instruction if the condition is 0, `if` if it is not. */
static enum plan_likely likely_way(const uint64_t counts[2], bool is_if)
{
    uint64_t next = counts[is_if], all = counts[0] + counts[1];
    if (all < LEAST)
        return PLAN_UNKNOWN;
    return next * 2 >= all ? PLAN_NEXT : PLAN_OTHER;
}

static void print_body(const struct trainer *trainer, uint32_t body, struct wasm_text name,
                       uint32_t first, uint32_t count)
{
    const struct wasm_module *module = &trainer->module;
    struct wasm_cursor cursor = wasm_body_cursor(module, &module->bodies[body]);
    struct wasm_instruction instruction;
    uint8_t *likely = calloc(count + 1u, 1);
    bool is_known = false;
    uint32_t branch = 0;
    while (likely != NULL && cursor.at != cursor.end &&
           wasm_next(&cursor, &instruction) == PYBOX_OK) {
        bool is_if = instruction.opcode == WASM_OP_IF;
        if (!is_if && instruction.opcode != WASM_OP_BR_IF)
            continue;
        likely[branch] = (uint8_t)likely_way(trainer->counts[first + branch], is_if);
        is_known |= likely[branch++] != PLAN_UNKNOWN;
    }
    if (is_known)
        branches_print(stdout, name, count, likely);
    free(likely);
}

static void print_branches(const struct trainer *trainer)
{
    const struct wasm_module *module = &trainer->module;
    uint32_t first = 0, name = 0;
    for (uint32_t i = 0; i < module->body_count; i++) {
        uint32_t count = count_branches(module, i), index = module->imported_functions + i;
        while (name < module->function_name_count && module->function_names[name].index < index)
            name++;
        if (name < module->function_name_count && module->function_names[name].index == index)
            print_body(trainer, i, module->function_names[name].name, first, count);
        first += count;
    }
}

int main(int argc, char **argv)
{
    static struct trainer trainer;
    if (argc < 4) {
        fprintf(stderr, "usage: train_branches PYTHON.wasm STDLIB.zip PROGRAM.py...\n");
        return 2;
    }
    if (prepare(&trainer, argv[1], argv[2]) != PYBOX_OK) {
        fprintf(stderr, "train_branches: %s\n", error_message());
        return 1;
    }
    call(&trainer, "_initialize", 0, 0, 0);
    if (call(&trainer, GUEST_EXPORT_START, 0, 0, 0) != 0)
        return 1;
    call(&trainer, GUEST_EXPORT_SETTLE, 0, 0, 0);
    const bool is_counting = stepper_find(trainer.stepper, COUNTS) != STEPPER_NO_FUNCTION;
    if (is_counting) /* what starting Python does is not of interest */
        call(&trainer, COUNTS_FORGET, 0, 0, 0);
    for (int i = 3; i < argc; i++)
        run_program(&trainer, argv[i]);
    trainer.is_telling = is_counting;
    if (is_counting)
        call(&trainer, COUNTS, 0, 0, 0);
    else
        print_branches(&trainer);
    return 0;
}
