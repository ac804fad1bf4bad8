/* The process around a running box, as the kernel shows it: nothing is writable and executable, and what was relocated
 * is read-only. */
#include "python_fixture.h"

struct look {
    int mappings, executable, module_code, module_data;
};

/* A line of /proc/self/maps: "START-END rwxp OFFSET DEVICE INODE PATH". */
static void look_at(const char *line, struct look *look)
{
    char rights[8] = "";
    unsigned long start, end;
    if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) != 3)
        fail_msg("not a mapping: %s", line);
    look->mappings++;
    if (strchr(rights, 'w') != NULL && strchr(rights, 'x') != NULL)
        fail_msg("writable and executable: %s", line);
    look->executable += strchr(rights, 'x') != NULL;
    if (strstr(line, "/python.so") == NULL)
        return;
    look->module_code += strncmp(rights, "r-xp", 4) == 0;
    look->module_data += strncmp(rights, "r--p", 4) == 0;
}

static void look_around(struct look *look)
{
    char line[4600];
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    *look = (struct look){0};
    while (fgets(line, sizeof line, maps) != NULL)
        look_at(line, look);
    fclose(maps);
    assert_true(look->mappings > 10);
    assert_int_equal(look->module_code, 1);
    assert_true(look->module_data >= 2); /* before the code, and what was relocated */
}

/* Called by the guest: the box is running. */
static void look_from_a_host_function(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)call;
    look_around(context);
    pybox_answer_value(answer, &(pybox_value){.kind = PYBOX_VALUE_JSON, .bytes = "null"});
}

static void test_nothing_is_writable_and_executable(void **state)
{
    (void)state;
    struct look before, during = {0}, after;
    pybox_functions *functions;
    look_around(&before);
    assert_works(pybox_functions_create(&functions));
    assert_works(pybox_functions_add(functions, &(pybox_function){.name = "look",
                                                                  .signature = "() -> None",
                                                                  .function = look_from_a_host_function,
                                                                  .context = &during}));
    pybox_box *box = make_box(&(pybox_box_options){.functions = functions});
    const pybox_result *result;
    assert_works(pybox_box_checkpoint(box));
    const pybox_run run = {.code = "import re, tools\nx = bytearray(50 << 20)\ntools.look()"};
    assert_works(pybox_box_run(box, &run, &result));
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_true(during.mappings > before.mappings);
    assert_int_equal(during.executable, before.executable); /* running code made none */
    assert_works(pybox_box_rollback(box));
    look_around(&after);
    pybox_box_destroy(box);
    pybox_functions_destroy(functions);
}

/* An interpreter that jumps where it should not: made-up bytecode and objects end in an outcome, not in other code. */
static void test_a_call_of_what_is_no_function(void **state)
{
    (void)state;
    static const char *const crashes[] = {
        /* constants that are not there, then every opcode */
        "f = lambda: 0\nf.__code__ = f.__code__.replace(co_code=bytes([100, 200, 83, 0]) * 4, co_consts=())\nf()",
        "f = lambda: 0\nf.__code__ = f.__code__.replace(co_code=bytes(range(0, 250, 2)) * 20)\nf()",
        "import os; os.abort()",
    };
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) {
        struct look look;
        const pybox_result *result;
        pybox_box *box = make_box(&(pybox_box_options){.limits = &(pybox_limits){.fuel = 1000000000}});
        assert_works(pybox_box_run(box, &(pybox_run){.code = crashes[i]}, &result));
        look_around(&look);
        pybox_box_destroy(box);
    }
    pybox_box *next = make_box(NULL);
    assert_string_equal(eval(next, "6 * 7"), "42");
    pybox_box_destroy(next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_writable_and_executable),
        cmocka_unit_test(test_a_call_of_what_is_no_function),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
