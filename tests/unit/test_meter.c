/* The metering pass as a whole: marks, imports, renumbering. What it counts, tests/meter checks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "branches.h"
#include "costs.h"
#include "error.h"
#include "meter.h"
#include "wasm_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *file_name;

static void test_pass(void **state)
{
    (void)state;
    uint8_t *bytes;
    size_t length;
    struct wasm_module module, metered;
    struct wasm_writer first = {0}, second = {0};
    struct meter_mark mark;
    assert_int_equal(wasm_file_read(file_name, &bytes, &length), PYBOX_OK);
    assert_int_equal(wasm_read(bytes, length, &module), PYBOX_OK);
    assert_int_equal(meter_read_mark(&module, &mark), PYBOX_ERROR_ARGUMENT);
    assert_non_null(strstr(error_message(), "no \"pybox.meter\" section"));

    /* The same input, the same bytes; a custom section more or less makes no difference. */
    assert_int_equal(meter_write(&module, &first), PYBOX_OK);
    struct wasm_custom debug = {{"producers", 9}, (const uint8_t *)"abc", 3};
    struct wasm_module other = module;
    other.customs = &debug;
    other.custom_count = 1;
    assert_int_equal(meter_write(&other, &second), PYBOX_OK);
    assert_int_equal(first.length, second.length);
    assert_memory_equal(first.bytes, second.bytes, first.length);

    assert_int_equal(wasm_read(first.bytes, first.length, &metered), PYBOX_OK);
    assert_int_equal(metered.body_count, module.body_count);
    assert_int_equal(metered.import_count, module.import_count + METER_HOOK_COUNT);
    assert_int_equal(metered.imported_functions, module.imported_functions + METER_HOOK_COUNT);
    for (uint32_t i = 0; i < METER_HOOK_COUNT; i++)
        assert_memory_equal(metered.imports[module.import_count + i].module.bytes, METER_HOOKS,
                            strlen(METER_HOOKS));
    for (uint32_t i = 0; i < module.export_count; i++)
        assert_int_equal(metered.exports[i].index,
                         module.exports[i].index + (module.exports[i].kind == WASM_FUNCTION &&
                                                            module.exports[i].index >=
                                                                module.imported_functions
                                                        ? METER_HOOK_COUNT
                                                        : 0));
    assert_int_equal(metered.custom_count, 1);
    assert_int_equal(meter_read_mark(&metered, &mark), PYBOX_OK);
    assert_int_equal(mark.version, METER_VERSION);
    uint8_t costs[32];
    cost_table_hash(costs);
    assert_memory_equal(mark.costs_hash, costs, sizeof(costs));

    /* Left uncounted, it comes through as it is. */
    struct wasm_writer fourth = {0};
    struct wasm_module plain;
    const struct meter_options uncounted = {.kind = METER_UNCOUNTED};
    assert_int_equal(meter_write_as(&module, &uncounted, &fourth), PYBOX_OK);
    assert_int_equal(wasm_read(fourth.bytes, fourth.length, &plain), PYBOX_OK);
    assert_int_equal(meter_read_mark(&plain, &mark), PYBOX_OK);
    assert_int_equal(mark.version, 0);
    for (int i = 0; i < 32; i++)
        assert_int_equal(mark.costs_hash[i], 0);
    for (uint32_t i = 0; i < module.body_count; i++)
        assert_memory_equal(plain.bodies[i].bytes, module.bodies[i].bytes, module.bodies[i].length);
    wasm_free(&plain);
    free(fourth.bytes);

    /* Not twice. */
    struct wasm_writer third = {0};
    assert_int_equal(meter_write(&metered, &third), PYBOX_ERROR_ARGUMENT);
    assert_non_null(strstr(error_message(), "metered already"));
    wasm_free(&metered);
    wasm_free(&module);
    free(first.bytes);
    free(second.bytes);
    free(third.bytes);
    free(bytes);
}

static void test_bad_mark(void **state)
{
    (void)state;
    uint8_t bytes[40] = {0};
    struct meter_mark mark;
    for (uint32_t length = 0; length < sizeof(bytes); length++) {
        struct wasm_custom custom = {{"pybox.meter", 11}, bytes, length};
        struct wasm_module module = {.file = bytes, .customs = &custom, .custom_count = 1};
        assert_int_equal(meter_read_mark(&module, &mark),
                         length == 33 ? PYBOX_OK : PYBOX_ERROR_MODULE_FORMAT);
    }
}

/* What training has shown is known for functions that have as many branches as then. */
static void test_stale_branches(void **state)
{
    (void)state;
    char path[] = "/tmp/pybox-branches-XXXXXX";
    int file = mkstemp(path);
    static const char lines[] = "small 2 no\nlarge 6 6n\nother 2 2o\n";
    assert_int_equal(write(file, lines, sizeof(lines) - 1), sizeof(lines) - 1);
    close(file);
    struct branches *branches;
    assert_int_equal(branches_read(path, &branches), PYBOX_OK);
    unlink(path);

    struct wasm_text largest = {0};
    uint8_t likely[6];
    assert_float_equal(branches_stale(branches, &largest), 1, 0);
    assert_int_equal(largest.length, 5);
    assert_memory_equal(largest.bytes, "large", 5);
    assert_true(branches_find(branches, (struct wasm_text){"small", 5}, 2, likely));
    assert_false(branches_find(branches, (struct wasm_text){"other", 5}, 3, likely)); /* changed since */
    assert_float_equal(branches_stale(branches, &largest), 0.8, 1e-9);
    assert_true(branches_find(branches, (struct wasm_text){"large", 5}, 6, likely));
    assert_float_equal(branches_stale(branches, &largest), 0.2, 1e-9);
    assert_memory_equal(largest.bytes, "other", 5);
    branches_free(branches);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    file_name = argv[1];
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pass),
                                       cmocka_unit_test(test_bad_mark),
                                       cmocka_unit_test(test_stale_branches)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
