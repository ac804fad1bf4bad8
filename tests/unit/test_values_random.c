/* Random values (values_generator.py): what goes out in the tagged form and in again is the same; what goes out in
 * the plain form is what the json module writes, and is read as it reads it. */
#include "python_fixture.h"

#define VALUES 1500

static char *program;

static pybox_box *make_generator(void)
{
    pybox_box *box = make_box(NULL);
    const pybox_result *result = run_limited(box, program, NULL);
    if (result->outcome != PYBOX_DONE)
        fail_msg("%s", result->error.traceback.bytes);
    eval(box, "import sys\nsys.set_int_max_str_digits(0)");
    return box;
}

/* The value of seed `i`, bound to `value`, in that form. The box's next call ends the result. */
static const pybox_result *make_value(pybox_box *box, int i, pybox_form_of_values form)
{
    char code[100];
    const pybox_result *result;
    snprintf(code, sizeof code, "value = make(%d, %d)", i, form == PYBOX_VALUES_TAGGED);
    eval(box, code);
    assert_works(pybox_variable_get(box, &(pybox_variable){.name = "value", .form = form}, &result));
    if (result->value_error.length > 0)
        fail_msg("%d: %s", i, result->value_error.bytes);
    return result;
}

/* Hands a value to the guest as it came, as variable `name`. */
static void set(pybox_box *box, const char *name, pybox_form_of_values form, pybox_value value)
{
    char *copy = malloc(value.length + 1);
    assert_non_null(copy);
    memcpy(copy, value.bytes, value.length);
    copy[value.length] = '\0';
    value.bytes = copy;
    assert_works(pybox_variable_set(box, &(pybox_variable){.name = name, .form = form}, &value));
    free(copy);
}

static void test_tagged_values_come_back(void **state)
{
    (void)state;
    pybox_box *box = make_generator();
    for (int i = 0; i < VALUES; i++) {
        const pybox_result *result = make_value(box, i, PYBOX_VALUES_TAGGED);
        set(box, "back", PYBOX_VALUES_TAGGED,
            (pybox_value){result->value_kind, result->value.bytes, result->value.length});
        if (strcmp(eval(box, "same(value, back, {})"), "True") != 0)
            fail_msg("value %d", i);
    }
    pybox_box_destroy(box);
}

static void test_plain_values_are_as_the_json_module_has_them(void **state)
{
    (void)state;
    pybox_box *box = make_generator();
    for (int i = 0; i < VALUES; i++) {
        const pybox_result *result = make_value(box, i, PYBOX_VALUES_PLAIN);
        if (result->value_kind == PYBOX_VALUE_NONE) {
            assert_eval(box, "value is None", "True");
            continue;
        }
        set(box, "given", PYBOX_VALUES_PLAIN, (pybox_value){PYBOX_VALUE_BYTES, result->value.bytes, result->value.length});
        if (strcmp(eval(box, "is_spelt(value, given)"), "True") != 0)
            fail_msg("value %d", i);
        /* with its text spelt otherwise */
        assert_works(pybox_variable_get(
            box, &(pybox_variable){.name = "spelt"},
            (eval(box, "spelt = json.dumps(value, indent=1).encode()"), &result)));
        set(box, "back", PYBOX_VALUES_PLAIN, (pybox_value){PYBOX_VALUE_JSON, result->value.bytes, result->value.length});
        if (strcmp(eval(box, "same(value, back, {})"), "True") != 0)
            fail_msg("value %d", i);
    }
    pybox_box_destroy(box);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tagged_values_come_back),
        cmocka_unit_test(test_plain_values_are_as_the_json_module_has_them),
    };
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    size_t length = 0;
    if (file == NULL || getdelim(&program, &length, '\0', file) < 0) {
        fprintf(stderr, "usage: test_values_random values_generator.py\n");
        return 2;
    }
    fclose(file);
    int failed = cmocka_run_group_tests(tests, set_up, tear_down);
    free(program);
    return failed;
}
