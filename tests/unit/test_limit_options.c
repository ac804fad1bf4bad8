/* The options that set limits: each sets its field, says what it wants, and knows its default. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "limit_options.h"

static void test_set_their_fields(void **state)
{
    (void)state;
    pybox_limits limits = {0};
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_FUEL, "10M"), 0);
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_TIMEOUT, "250ms"), 0);
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_CPU_TIME, "2s"), 0);
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_GRACE_FUEL, "1k"), 0);
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_GRACE, "1ms"), 0);
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_OUTPUT, "4K"), 0);
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_HOST_CALLS, "5"), 0);
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_MEMORY, "64M"), 0);
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_FILES_LIMIT, "1M"), 0);
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_FILES, "10"), 0);
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_OPEN_FILES, "8"), 0);
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_RECURSION, "200"), 0);
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_NAME_BYTES, "20"), 0);
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_FOLDER_DEPTH, "3"), 0);
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_STACK, "1M"), 0);
    const pybox_limits wanted = {
        .fuel = 10000000,
        .wall_ns = 250000000,
        .cpu_ns = 2000000000,
        .grace_fuel = 1000,
        .grace_ns = 1000000,
        .output_bytes = 4096,
        .host_calls = 5,
        .memory_bytes = 64 << 20,
        .files_bytes = 1 << 20,
        .files = 10,
        .open_files = 8,
        .recursion = 200,
        .name_bytes = 20,
        .folder_depth = 3,
        .stack_bytes = 1 << 20,
    };
    assert_memory_equal(&limits, &wanted, sizeof limits);
}

static void test_unlimited(void **state)
{
    (void)state;
    pybox_limits limits = {0};
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_FUEL, "unlimited"), 0);
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_OUTPUT, "none"), 0);
    assert_true(limits.fuel == PYBOX_UNLIMITED && limits.output_bytes == PYBOX_UNLIMITED);
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_MEMORY, "unlimited"), -1);
    assert_int_equal(limit_options_take(&limits, LIMIT_OPTION_RECURSION, "none"), -1);
    assert_true(limits.memory_bytes == 0 && limits.recursion == 0);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        enum limit_option_index index;
        const char *value;
    } bad[] = {
        {LIMIT_OPTION_FUEL, "0"},          {LIMIT_OPTION_FUEL, "ten"},
        {LIMIT_OPTION_TIMEOUT, "250"},     {LIMIT_OPTION_TIMEOUT, "0s"},
        {LIMIT_OPTION_MEMORY, "5G"},       {LIMIT_OPTION_STACK, "64K"},
        {LIMIT_OPTION_RECURSION, "9"},     {LIMIT_OPTION_RECURSION, "2M"},
        {LIMIT_OPTION_OPEN_FILES, "257"},  {LIMIT_OPTION_OPEN_FILES, "3"},
        {LIMIT_OPTION_NAME_BYTES, "256"},  {LIMIT_OPTION_FOLDER_DEPTH, "1025"},
        {LIMIT_OPTION_FILES, "65537"},     {LIMIT_OPTION_FILES, ""},
    };
    const pybox_limits untouched = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pybox_limits limits = {0};
        assert_int_equal(limit_options_take(&limits, bad[i].index, bad[i].value), -1);
        assert_memory_equal(&limits, &untouched, sizeof limits);
    }
}

static void test_found_by_field(void **state)
{
    (void)state;
    assert_string_equal(limit_options_find("wall_ns")->name, "timeout");
    assert_string_equal(limit_options_find("host_calls")->name, "host-calls");
    assert_null(limit_options_find("interrupt"));
    assert_null(limit_options_find(""));
}

static void test_value_in_force(void **state)
{
    (void)state;
    const pybox_limits limits = {.fuel = 5, .recursion = 50};
    assert_int_equal(limit_options_value(&limits, &limit_options[LIMIT_OPTION_FUEL]), 5);
    assert_int_equal(limit_options_value(&limits, &limit_options[LIMIT_OPTION_RECURSION]), 50);
    assert_int_equal(limit_options_value(&limits, &limit_options[LIMIT_OPTION_MEMORY]), 512 << 20);
    assert_true(limit_options_value(&limits, &limit_options[LIMIT_OPTION_TIMEOUT]) ==
                PYBOX_UNLIMITED);
}

/* Each option is in the help, in lines that fit. */
static void test_help(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    limit_options_help(file);
    fclose(file);
    for (size_t i = 0; i < LIMIT_OPTION_COUNT; i++) {
        char word[40];
        snprintf(word, sizeof word, "  --%s ", limit_options[i].name);
        assert_non_null(strstr(text, word));
    }
    for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;)
        assert_in_range(strlen(line), 0, 100);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_their_fields), cmocka_unit_test(test_unlimited),
        cmocka_unit_test(test_refused),          cmocka_unit_test(test_found_by_field),
        cmocka_unit_test(test_value_in_force),   cmocka_unit_test(test_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
