/* Boxes that will not run for a while: what a trim gives back, and what it leaves. */
#include "python_fixture.h"

static void trim(pybox_box *box)
{
    assert_works(pybox_box_trim(box));
}

static void test_the_state_stays(void **state)
{
    (void)state;
    for (int policy = PYBOX_ROLLBACK_NEVER; policy <= PYBOX_ROLLBACK_RUN; policy++) {
        pybox_box *box = make_policy((pybox_rollback)policy);
        eval(box, "import random; data = {i: str(i) for i in range(2000)}");
        eval(box, "open('/work/f', 'w').write('text')");
        for (int i = 0; i < 4; i++) {
            trim(box);
            if (i % 2 == 0)
                trim(box);
            assert_eval(box, "data == {i: str(i) for i in range(2000)}", "True");
            assert_eval(box, "open('/work/f').read()", "'text'");
        }
        pybox_box_destroy(box);
    }
}

static void test_checkpoints_stay(void **state)
{
    (void)state;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_RUN);
    eval(box, "n = 1");
    checkpoint(box);
    eval(box, "n = 2");
    checkpoint(box);
    eval(box, "n = 3; more = list(range(1000))");
    trim(box);
    assert_int_equal(pybox_box_checkpoints(box), 2);
    rollback(box);
    trim(box);
    assert_eval(box, "n, 'more' in globals()", "(2, False)");
    eval(box, "n = 4");
    trim(box);
    drop(box);
    assert_eval(box, "n", "4");
    trim(box);
    rollback(box);
    assert_eval(box, "n", "1");
    trim(box);
    drop(box);
    trim(box);
    rollback(box);
    assert_eval(box, "'n' in globals()", "False");
    pybox_box_destroy(box);
}

static void test_a_run_that_is_stopped_is_undone(void **state)
{
    (void)state;
    const pybox_limits limits = {.fuel = 2000000, .grace_fuel = 1};
    pybox_box *box = make_policy(PYBOX_ROLLBACK_RUN);
    for (int i = 0; i < 3; i++) {
        eval(box, "n = 1");
        trim(box);
        const pybox_result *result = run_limited(box, "n = 2\nwhile True: pass", &limits);
        assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
        assert_eval(box, "n", "1");
    }
    pybox_box_destroy(box);
}

static void test_memory_is_given_back(void **state)
{
    (void)state;
    enum { BOXES = 8 };
    pybox_box *boxes[BOXES];
    const long before = image_kib();
    for (int i = 0; i < BOXES; i++) {
        boxes[i] = make_policy(i % 2 == 0 ? PYBOX_ROLLBACK_NEVER : PYBOX_ROLLBACK_RUN);
        eval(boxes[i], "data = {'name': 'value'}\ndef f(x): return x + 1");
        eval(boxes[i], "f(1)");
    }
    const long used = image_kib() - before;
    for (int i = 0; i < BOXES; i++)
        trim(boxes[i]);
    const long left = image_kib() - before;
    print_message("%ld KiB a box, %ld when it is trimmed\n", used / BOXES, left / BOXES);
    assert_true(left < used / 2);
    for (int i = 0; i < BOXES; i++) {
        assert_eval(boxes[i], "f(1), data", "(2, {'name': 'value'})");
        pybox_box_destroy(boxes[i]);
    }
}

static void test_the_last_result_goes(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_result *result = run_limited(box, "print('text'); 'value'", NULL);
    assert_true(result->value_repr.length > 0);
    trim(box);
    assert_int_equal(result->value_repr.length, 0);
    assert_int_equal(result->output.length, 0);
    pybox_box_destroy(box);
}

static void test_what_is_made_of_a_trimmed_box(void **state)
{
    (void)state;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER), *other;
    pybox_image *before, *after;
    eval(box, "data = {i: str(i) for i in range(100)}");
    assert_works(pybox_image_create(box, &before));
    trim(box);
    assert_works(pybox_image_create(box, &after));
    assert_string_equal(pybox_image_digest(before), pybox_image_digest(after));
    trim(box);
    other = clone_box(box);
    trim(other);
    assert_eval(other, "data == {i: str(i) for i in range(100)}", "True");
    pybox_box_destroy(other);
    assert_works(pybox_box_create(module, after, NULL, &other));
    assert_eval(other, "data == {i: str(i) for i in range(100)}", "True");
    pybox_box_destroy(other);
    trim(box);
    pybox_box_destroy(box);
    pybox_image_close(before);
    pybox_image_close(after);
}

static void test_boxes_that_were_cut_off_or_have_ended(void **state)
{
    (void)state;
    const pybox_limits limits = {.fuel = 2000000, .grace_fuel = 1};
    pybox_box *box = make_box(NULL);
    run_limited(box, "while True:\n try:\n  while True: pass\n except BaseException: pass", &limits);
    trim(box);
    rollback(box);
    assert_eval(box, "1 + 1", "2");
    run_limited(box, "import os; os._exit(1)", NULL);
    trim(box);
    rollback(box);
    assert_eval(box, "1 + 1", "2");
    pybox_box_destroy(box);
}

static pybox_status seen;

static int trim_in_output(void *context, pybox_stream stream, const void *bytes, size_t length)
{
    (void)stream, (void)bytes, (void)length;
    seen = pybox_box_trim(*(pybox_box **)context);
    return 0;
}

static uint64_t refill_yield(void *context, pybox_box *box, uint64_t used)
{
    (void)context, (void)box, (void)used;
    return PYBOX_REFILL_YIELD;
}

static void test_errors(void **state)
{
    (void)state;
    pybox_box *box;
    assert_int_equal(pybox_box_trim(NULL), PYBOX_ERROR_ARGUMENT);
    box = make_box(&(pybox_box_options){.output = trim_in_output, .output_context = &box});
    eval(box, "print(1)");
    assert_int_equal(seen, PYBOX_ERROR_BUSY);
    const pybox_limits limits = {.fuel = 100000};
    const pybox_result *result;
    assert_works(pybox_box_run(box, &(pybox_run){.code = "while True: pass", .limits = &limits, .refill = refill_yield},
                               &result));
    assert_int_equal(result->outcome, PYBOX_PENDING);
    assert_int_equal(pybox_box_trim(box), PYBOX_ERROR_BUSY);
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_state_stays),
        cmocka_unit_test(test_checkpoints_stay),
        cmocka_unit_test(test_a_run_that_is_stopped_is_undone),
        cmocka_unit_test(test_memory_is_given_back),
        cmocka_unit_test(test_the_last_result_goes),
        cmocka_unit_test(test_what_is_made_of_a_trimmed_box),
        cmocka_unit_test(test_boxes_that_were_cut_off_or_have_ended),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
