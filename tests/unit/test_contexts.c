/* Contexts of a Python box: their names, what they inherit, and that they are part of its state. */
#include "python_fixture.h"

static void test_a_run_names_its_context(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_result *result;
    pybox_run run = {.mode = PYBOX_MODE_EVAL, .code = "x = 1; x", .context = "main"};
    assert_works(pybox_box_run(box, &run, &result));
    assert_string_equal(result->value_repr.bytes, "1");
    run.context = "main2";
    run.code = "x = 2; x";
    assert_int_equal(pybox_box_run(box, &run, &result), PYBOX_ERROR_ARGUMENT);
    assert_null(result);
    assert_non_null(strstr(pybox_error_message(), "main2"));
    assert_eval(box, "x", "1");
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_run_names_its_context),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
