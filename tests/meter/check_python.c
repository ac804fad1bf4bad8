/*
 * check_python PYTHON.wasm STDLIB.zip PROGRAM.py OUTPUT.txt [PYTHON.so]: starts Python and runs a program in it, stepped
 * unmetered and metered, each over a WASI shim of its own with the same seed and clock: the same fuel at each boundary, the
 * same memory, and the output that is expected. With the native module, its run must have used as much, too. The order of
 * calls is that of pybox_box_create() and pybox_box_run().
 */
#include "error.h"
#include "guest_abi.h"
#include "meter.h"
#include "module_abi.h"
#include "pair.h"
#include "python_bind.h"
#include "python_native.h"
#include "wasi.h"
#include "wasm_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_BYTES 65536

/* What one side of the pair lives in. */
struct world {
    struct vfs *vfs;
    struct wasi *wasi;
    char output[OUTPUT_BYTES];
    size_t output_length;
    uint64_t host_fuel; /* what the runtime adds to the module's fuel */
};

struct check {
    uint8_t *bytes;
    struct wasm_module module, metered;
    struct vfs_archive *stdlib;
    const struct wasi_call **calls; /* by imported function */
    uint32_t fuel_import;           /* the function that is pybox.fuel_used */
    uint64_t run_fuel;              /* what the program used, the runtime's part included */
    struct world worlds[PAIR_SIDES];
    struct pair *pair;
    bool failed;
};

static void complain(struct check *check, const char *what, const char *found)
{
    fprintf(stderr, "check_python: %s: %s\n", what, found);
    check->failed = true;
}

/* ------------------------------------------------------------------------------------------
 * The world
 */

static int collect_output(void *context, int stream, const void *bytes, size_t length)
{
    struct world *world = context;
    (void)stream;
    if (length > OUTPUT_BYTES - world->output_length)
        return WASI_WRITE_FULL;
    memcpy(world->output + world->output_length, bytes, length);
    world->output_length += length;
    return 0;
}

static uint32_t answer(void *context, struct stepper *stepper, int side, uint32_t import,
                       uint64_t *values)
{
    struct check *check = context;
    struct world *world = &check->worlds[side];
    struct wasi_memory memory;
    memory.base = stepper_memory(stepper, &memory.size);
    if (import == check->fuel_import) {
        values[0] = (uint64_t)stepper_used(stepper) + world->host_fuel;
        return 0;
    }
    if (check->calls[import] == NULL)
        return MODULE_TRAP_HOST;
    wasi_call_run(check->calls[import], world->wasi, &memory, values);
    world->host_fuel += wasi_take_fuel(world->wasi);
    return wasi_stop(world->wasi);
}

static pybox_status make_world(struct world *world, struct vfs_archive *stdlib)
{
    static const uint64_t seed = 0;
    const struct wasi_options options = {
        .context = world, .write = collect_output, .seed = &seed, .clock_fixed = 1};
    pybox_status status = vfs_create(NULL, &world->vfs);
    if (status == PYBOX_OK)
        status = vfs_mount_defaults(world->vfs, stdlib, GUEST_STDLIB_PATH);
    if (status == PYBOX_OK)
        status = wasi_create(&options, world->vfs, &world->wasi);
    return status;
}

/* ------------------------------------------------------------------------------------------
 * Calls
 */

/* Calls an export with up to three arguments. Returns its result. */
static uint32_t call(struct check *check, const char *export, uint32_t a, uint32_t b, uint32_t c)
{
    uint64_t values[PAIR_VALUES] = {a, b, c};
    char difference[PAIR_DIFFERENCE_BYTES];
    uint32_t trap = check->failed ? 0 : pair_call(check->pair, export, values);
    if (trap != 0) {
        snprintf(difference, sizeof(difference), "trap %u", trap);
        complain(check, export, difference);
    }
    if (pair_take_difference(check->pair, difference))
        complain(check, export, difference);
    if (!check->failed)
        printf("%-16s %13lld units of fuel\n", export, (long long)pair_fuel(check->pair, 0));
    return (uint32_t)values[0];
}

/* Writes to the memory of all sides. */
static void put_bytes(struct check *check, uint32_t at, const void *bytes, size_t length)
{
    for (int side = 0; side < PAIR_SIDES; side++) {
        uint64_t size;
        uint8_t *memory = stepper_memory(pair_stepper(check->pair, side), &size);
        if (at > size || length > size - at)
            complain(check, "the request buffer", "out of bounds");
        else
            memcpy(memory + at, bytes, length);
    }
}

static void run_program(struct check *check, const uint8_t *program, size_t length)
{
    static const char names[] = "\0<run>\0main"; /* behind the program: its end, its name, its context */
    struct guest_reply reply;
    uint64_t size;
    uint32_t buffer = call(check, GUEST_EXPORT_BUFFER, (uint32_t)(length + sizeof(names)), 0, 0);
    put_bytes(check, buffer, program, length);
    put_bytes(check, buffer + (uint32_t)length, names, sizeof(names));
    uint64_t host_fuel = check->worlds[0].host_fuel;
    uint32_t at = call(check, GUEST_EXPORT_RUN, GUEST_MODE_EXEC, (uint32_t)length,
                       sizeof("<run>") - 1);
    check->run_fuel =
        (uint64_t)pair_fuel(check->pair, 0) + check->worlds[0].host_fuel - host_fuel;
    const uint8_t *memory = stepper_memory(pair_stepper(check->pair, 0), &size);
    if (at > size || sizeof(reply) > size - at) {
        complain(check, GUEST_EXPORT_RUN, "a reply out of bounds");
        return;
    }
    memcpy(&reply, memory + at, sizeof(reply));
    if (reply.kind != GUEST_REPLY_DONE)
        complain(check, GUEST_EXPORT_RUN, "the program did not run to its end");
}

static void compare_output(struct check *check, const uint8_t *expected, size_t length)
{
    for (int side = 0; side < PAIR_SIDES; side++) {
        const struct world *world = &check->worlds[side];
        if (world->output_length != length || memcmp(world->output, expected, length) != 0) {
            complain(check, "output", "other than expected:");
            fwrite(world->output, 1, world->output_length, stderr);
        }
    }
}

static void play(struct check *check, const uint8_t *program, size_t length)
{
    const struct pair_options options = {
        .fuel = (int64_t)1 << 60, .context = check, .import = answer};
    if (pair_create(&check->module, &check->metered, &options, &check->pair) != PYBOX_OK) {
        complain(check, "the steppers", error_message());
        return;
    }
    call(check, "_initialize", 0, 0, 0);
    if (call(check, GUEST_EXPORT_START, 0, 0, 0) != 0)
        complain(check, GUEST_EXPORT_START, "it failed");
    if (!check->failed)
        run_program(check, program, length);
    call(check, GUEST_EXPORT_SETTLE, 0, 0, 0);
}

static void compare_native(struct check *check, const char *module, const uint8_t *program,
                           size_t length)
{
    static char output[OUTPUT_BYTES];
    size_t output_length = 0;
    uint64_t fuel = 0;
    char found[64];
    if (python_native_run(module, program, length, &fuel, output, sizeof(output),
                          &output_length) != PYBOX_OK) {
        complain(check, module, error_message());
        return;
    }
    printf("%-16s %13llu units of fuel\n", "native", (unsigned long long)fuel);
    snprintf(found, sizeof(found), "used %llu units; stepped %llu", (unsigned long long)fuel,
             (unsigned long long)check->run_fuel);
    if (fuel != check->run_fuel)
        complain(check, module, found);
    if (output_length != check->worlds[0].output_length ||
        memcmp(output, check->worlds[0].output, output_length) != 0)
        complain(check, module, "writes something else");
}

/* Reads the guest and meters it, and makes a world for each side. */
static pybox_status prepare(struct check *check, char **argv, struct wasm_writer *writer)
{
    size_t length;
    pybox_status status = wasm_file_read(argv[1], &check->bytes, &length);
    if (status == PYBOX_OK)
        status = wasm_read(check->bytes, length, &check->module);
    if (status == PYBOX_OK)
        status = meter_write(&check->module, writer);
    if (status == PYBOX_OK)
        status = wasm_read(writer->bytes, writer->length, &check->metered);
    if (status == PYBOX_OK)
        status = vfs_archive_open(argv[2], 1, &check->stdlib);
    for (int side = 0; side < PAIR_SIDES && status == PYBOX_OK; side++)
        status = make_world(&check->worlds[side], check->stdlib);
    return status;
}

int main(int argc, char **argv)
{
    static struct check check;
    struct wasm_writer writer = {0};
    uint8_t *program = NULL, *expected = NULL;
    size_t program_length, expected_length;
    if (argc != 5 && argc != 6) {
        fprintf(stderr,
                "usage: check_python PYTHON.wasm STDLIB.zip PROGRAM.py OUTPUT.txt [PYTHON.so]\n");
        return 2;
    }
    pybox_status status = prepare(&check, argv, &writer);
    if (status == PYBOX_OK)
        status = wasm_file_read(argv[3], &program, &program_length);
    if (status == PYBOX_OK)
        status = wasm_file_read(argv[4], &expected, &expected_length);
    if (status != PYBOX_OK) {
        complain(&check, argv[1], error_message());
    } else if (!python_bind(&check.module, &check.calls, &check.fuel_import)) {
        complain(&check, argv[1], "imports of a strange type, or no memory");
    } else {
        play(&check, program, program_length);
        compare_output(&check, expected, expected_length);
        if (argc == 6 && !check.failed)
            compare_native(&check, argv[5], program, program_length);
    }
    pair_destroy(check.pair);
    for (int side = 0; side < PAIR_SIDES; side++) {
        wasi_destroy(check.worlds[side].wasi);
        vfs_destroy(check.worlds[side].vfs);
    }
    vfs_archive_close(check.stdlib);
    free(check.calls);
    wasm_free(&check.metered);
    wasm_free(&check.module);
    free(writer.bytes);
    free(check.bytes);
    free(program);
    free(expected);
    return check.failed;
}
