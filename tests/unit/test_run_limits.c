/* Every limit of a run, over a metered guest written by hand: which one ended it, how, where, and what is left. */
#include "pybox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "samples/sample_run.h"
#include "wasi.h"

#define MS UINT64_C(1000000)

/* A box that was cut can only be destroyed. */
static void assert_dirty(pybox_box *box)
{
    const pybox_result *result;
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "told"}, &result), PYBOX_ERROR_DIRTY);
    pybox_box_destroy(box);
}

/* One that was not works, and the guest has forgotten what it was told. */
static void assert_works(pybox_box *box)
{
    const pybox_result *result = sample_run(box, "told");
    assert_int_equal(result->outcome, PYBOX_DONE);
    sample_run_is(result->value, "0");
    sample_run_is(result->limit, "");
    sample_run_is(result->error.message, "");
    pybox_box_destroy(box);
}

/* ---- fuel ---- */

static void test_fuel_is_that_of_the_run_alone(void **state)
{
    (void)state;
    static const char *const words[] = {"one", "two"};
    pybox_box *box = sample_run_box(&sample_guest, &(pybox_box_options){.arguments = words, .argument_count = 2});
    for (int i = 0; i < 3; i++) {
        const pybox_result *result = sample_run(box, "spin 1000");
        assert_int_equal(result->outcome, PYBOX_DONE);
        assert_int_equal(result->fuel_used, 10001);
        assert_true(result->fuel_left == PYBOX_UNLIMITED);
        assert_int_equal(sample_run(box, "spin 1000000")->fuel_used, 10000001); /* many slices */
    }
    const pybox_result *result;
    assert_int_equal(pybox_box_finish(box, &result), PYBOX_OK);
    assert_int_equal(result->fuel_used, 2);
    pybox_box_destroy(box);
}

static void test_the_guest_can_ask_what_it_has_used(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(NULL);
    sample_run_is(sample_run(box, "spin 100 used")->value, "1002");
    sample_run_is(sample_run(box, "spin 100000 used")->value, "1000002");
    pybox_box_destroy(box);
}

static void test_imports_pay_by_their_prices(void **state)
{
    (void)state;
    const struct wasi_price *price = &wasi_find("wasi_snapshot_preview1", "fd_write", "iiii:i")->price;
    const uint64_t written = price->call + price->entry; /* without what is moved */
    pybox_box *box = sample_run_limited(NULL);
    assert_int_equal(sample_run(box, "write 0")->fuel_used, 1 + written);
    assert_int_equal(sample_run(box, "write 1600")->fuel_used, 1 + written + 1600 / price->bytes_a_unit);
    pybox_box_destroy(box);
    box = sample_run_box(&sample_guest_plain, NULL);
    assert_int_equal(sample_run(box, "write 1600")->fuel_used, 0);
    pybox_box_destroy(box);
    box = sample_run_limited(&(pybox_limits){.fuel = written + 101, .grace_fuel = 1});
    /* One more than it has, but there is no check more. */
    assert_int_equal(sample_run(box, "deaf write 1600")->outcome, PYBOX_DONE);
    const pybox_result *result = sample_run(box, "deaf write 1600 spin 1 spin 1");
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    assert_int_equal(result->error.line, 3);
    pybox_box_destroy(box);
}

static void test_out_of_fuel(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(&(pybox_limits){.fuel = 1000});
    const pybox_result *result = sample_run(box, "spin 99");
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_int_equal(result->fuel_left, 1000 - 991);
    result = sample_run(box, "yield 1 spin 0");
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    sample_run_is(result->limit, "fuel");
    assert_false(result->cut);
    assert_int_equal(result->fuel_left, 0);
    assert_int_equal(result->fuel_used, 1002); /* found at the first check beyond 1000 */
    sample_run_is(result->error.type, "pybox.OutOfFuel");
    sample_run_is(result->error.traceback, "pybox.OutOfFuel");
    sample_run_is(result->error.message,
                  "used its fuel of 1,000 at line 2 of <run>, in f?; raise limits.fuel");
    assert_int_equal(result->error.line, 7); /* the guest's own */
    assert_works(box);
}

static void test_the_bound_is_exact(void **state)
{
    (void)state;
    for (uint64_t fuel = 1999; fuel <= 2002; fuel++) { /* "spin 200" takes 2001 */
        pybox_box *box = sample_run_limited(&(pybox_limits){.fuel = fuel});
        assert_int_equal(sample_run(box, "spin 200")->outcome,
                         fuel < 2001 ? PYBOX_OUT_OF_FUEL : PYBOX_DONE);
        pybox_box_destroy(box);
    }
}

static void test_a_run_has_a_grace_to_wind_up(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(&(pybox_limits){.fuel = 1000, .grace_fuel = 50000});
    const pybox_result *result = sample_run(box, "late 4000 spin 0");
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    assert_false(result->cut);
    assert_int_equal(result->fuel_used, 1002 + 40000);
    assert_works(box);
}

static void test_beyond_its_grace_it_is_cut(void **state)
{
    (void)state;
    uint64_t first = 0;
    for (int i = 0; i < 20; i++) {
        pybox_box *box = sample_run_limited(&(pybox_limits){.fuel = 300000, .grace_fuel = 500000});
        const pybox_result *result = sample_run(box, "deaf spin 0");
        assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
        sample_run_is(result->limit, "fuel");
        assert_true(result->cut);
        sample_run_is(result->error.type, "");
        sample_run_is(result->error.message,
                      "used its fuel of 300,000 at line 2 of <run>, in f?; it went on and was cut at line 2 "
                      "of <run>, in f? when its grace of 500,000 fuel was used; raise limits.fuel");
        assert_int_equal(result->error.line, 2);
        if (i == 0)
            first = result->fuel_used;
        assert_true(result->fuel_used == first); /* stopped runs too are the same each time */
        assert_dirty(box);
    }
}

static void test_the_grace_is_limited_in_time_too(void **state)
{
    (void)state;
    /* After a stop by fuel it is 200 times as long. */
    const pybox_limits limits = {.fuel = 1000, .grace_fuel = PYBOX_UNLIMITED, .grace_ns = MS / 100};
    pybox_box *box = sample_run_limited(&limits);
    const pybox_result *result = sample_run(box, "deaf spin 0");
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    assert_true(result->cut);
    assert_non_null(strstr(result->error.message.bytes, "its grace of 2,000,000 ns was over"));
    assert_dirty(box);
    box = sample_run_limited(&limits);
    result = sample_run(box, "deaf spin 1000 sleep 1000000000000000 spin 0"); /* asleep in its grace */
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    assert_true(result->cut);
    assert_dirty(box);
}

static void test_a_stopped_run_that_comes_to_its_end_was_stopped_all_the_same(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(&(pybox_limits){.fuel = 1000});
    const pybox_result *result = sample_run(box, "quiet late 100 spin 0");
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    assert_false(result->cut);
    sample_run_is(result->error.type, "");
    assert_int_equal(result->error.line, 3);
    assert_non_null(strstr(result->error.message.bytes, "which took 2,003 in all; raise limits.fuel"));
    assert_int_equal(result->fuel_used, 2003);
    assert_works(box);
}

static void test_a_guest_that_cannot_be_told_is_cut_at_once(void **state)
{
    (void)state;
    const pybox_box_options options = {.limits = &(pybox_limits){.fuel = 1000}};
    pybox_box *box = sample_run_box(&sample_guest_untold, &options);
    const pybox_result *result = sample_run(box, "spin 0");
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    assert_true(result->cut);
    sample_run_is(result->error.message, "used its fuel of 1,000; raise limits.fuel");
    assert_int_equal(result->fuel_used, 1001);
    assert_dirty(box);
    box = sample_run_box(&sample_guest_command, &options);
    assert_int_equal(pybox_box_start(box, &result), PYBOX_OK);
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    assert_true(result->cut);
    assert_int_equal(pybox_box_start(box, &result), PYBOX_ERROR_DIRTY);
    pybox_box_destroy(box);
}

static void test_hostile_answers_to_the_two_questions(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        int cut;
        const char *message;
    } cases[] = {
        {"stuck stop spin 0", 1, "used its fuel of 1,000 at line 2 of <run>, in f?; raise limits.fuel"},
        {"stuck where spin 0", 0, "used its fuel of 1,000; raise limits.fuel"},
        {"import where spin 0", 0, "used its fuel of 1,000; raise limits.fuel"},
        {"stuck where stuck stop spin 0", 1, "used its fuel of 1,000; raise limits.fuel"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pybox_box *box = sample_run_limited(&(pybox_limits){.fuel = 1000});
        const pybox_result *result = sample_run(box, cases[i].code);
        assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
        assert_int_equal(result->cut, cases[i].cut);
        assert_in_range(result->fuel_used, 1001, 1010); /* what was asked is not the run's */
        assert_int_equal(result->host_calls, 0);
        sample_run_is(result->error.message, cases[i].message);
        if (cases[i].cut)
            assert_dirty(box);
        else
            assert_works(box);
    }
}

static void test_a_set_up_that_does_not_end_is_the_guests_fault(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(&(pybox_limits){.fuel = 1000, .wall_ns = MS});
    sample_run(box, "stuck buffer");
    const pybox_result *result;
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "told"}, &result), PYBOX_ERROR_GUEST);
    assert_non_null(strstr(pybox_error_message(), "does not come to an end"));
    assert_null(result);
    assert_dirty(box);
}

static void test_an_answer_to_another_question_is_against_the_protocol(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(NULL);
    const pybox_result *result;
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "place"}, &result), PYBOX_ERROR_GUEST);
    assert_null(result);
    assert_dirty(box);
}

static void test_the_end_of_a_program_is_a_run(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(&(pybox_limits){.fuel = 1000, .grace_fuel = 1000});
    sample_run(box, "stuck finish");
    const pybox_result *result;
    assert_int_equal(pybox_box_finish(box, &result), PYBOX_OK);
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    assert_true(result->cut);
    assert_dirty(box);
}

static void test_fuel_needs_a_metered_module(void **state)
{
    (void)state;
    pybox_box *box = sample_run_box(&sample_guest_plain, NULL);
    const pybox_result *result;
    const pybox_run run = {.code = "spin 10", .limits = &(pybox_limits){.fuel = 5}};
    assert_int_equal(pybox_box_run(box, &run, &result), PYBOX_ERROR_UNSUPPORTED);
    assert_non_null(strstr(pybox_error_message(), "not metered"));
    assert_true(sample_run(box, "yield 3")->fuel_left == PYBOX_UNLIMITED);
    pybox_box_destroy(box);
}

/* ---- time ---- */

static void test_a_wall_clock_deadline(void **state)
{
    (void)state;
    static const char *const codes[] = {"spin 0", "sleep 1000000000000000 spin 0", "yield 1000000000 spin 0"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        pybox_box *box = sample_run_limited(&(pybox_limits){.wall_ns = 3 * MS});
        const pybox_result *result = sample_run(box, codes[i]);
        assert_int_equal(result->outcome, PYBOX_DEADLINE);
        sample_run_is(result->limit, "wall_ns");
        assert_false(result->cut);
        sample_run_is(result->error.type, "pybox.DeadlineExceeded");
        sample_run_is(result->error.message, "ran for its 3,000,000 ns of wall-clock time at line 1 of <run>, in f?; "
                                             "raise limits.wall_ns");
        assert_true(result->wall_ns >= 3 * MS);
        assert_works(box);
    }
}

static void test_without_metering_deadlines_are_kept_in_host_calls(void **state)
{
    (void)state;
    pybox_box *box = sample_run_box(&sample_guest_plain,
                                    &(pybox_box_options){.limits = &(pybox_limits){.wall_ns = 3 * MS}});
    const pybox_result *result = sample_run(box, "sleep 1000000000000000 spin 1000");
    assert_int_equal(result->outcome, PYBOX_DEADLINE);
    assert_false(result->cut);
    assert_works(box);
}

static void test_a_limit_of_cpu_time(void **state)
{
    (void)state;
    static const char *const codes[] = {"sleep 20000000 spin 0", "yield 1000000000 spin 0"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        pybox_box *box = sample_run_limited(&(pybox_limits){.cpu_ns = 4 * MS});
        const pybox_result *result = sample_run(box, codes[i]);
        assert_int_equal(result->outcome, PYBOX_DEADLINE);
        sample_run_is(result->limit, "cpu_ns");
        assert_true(result->cpu_ns >= 4 * MS);
        assert_non_null(strstr(result->error.message.bytes, "used its 4,000,000 ns of CPU time"));
        assert_works(box);
    }
}

static void test_a_sleep_may_end_in_time(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(&(pybox_limits){.wall_ns = 3600000 * MS});
    const pybox_result *result = sample_run(box, "sleep 2000000");
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_true(result->wall_ns >= 2 * MS);
    pybox_box_destroy(box);
}

/* ---- the others ---- */

static void test_host_calls(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(&(pybox_limits){.host_calls = 5});
    const pybox_result *result = sample_run(box, "yield 5 used");
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_int_equal(result->host_calls, 5);
    result = sample_run(box, "yield 6");
    assert_int_equal(result->outcome, PYBOX_LIMIT);
    sample_run_is(result->limit, "host_calls");
    assert_true(result->cut);
    assert_int_equal(result->host_calls, 5);
    sample_run_is(result->error.message,
                  "made its 5 host calls at line 1 of <run>, in f?; raise limits.host_calls");
    assert_dirty(box);
}

static void test_output(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(&(pybox_limits){.output_bytes = 100});
    assert_int_equal(sample_run(box, "write 100")->outcome, PYBOX_DONE);
    const pybox_result *result = sample_run(box, "write 60 write 60 write 1");
    assert_int_equal(result->outcome, PYBOX_OUTPUT_FULL);
    sample_run_is(result->limit, "output_bytes");
    assert_true(result->cut);
    assert_int_equal(result->output.length, 100);
    sample_run_is(result->error.message,
                  "wrote its 100 bytes of output at line 2 of <run>, in f?; raise limits.output_bytes");
    assert_dirty(box);
}

static void test_the_native_stack(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(NULL);
    assert_int_equal(sample_run(box, "recurse 2000")->outcome, PYBOX_DONE);
    const pybox_result *result = sample_run(box, "recurse 0");
    assert_int_equal(result->outcome, PYBOX_LIMIT);
    sample_run_is(result->limit, "stack_bytes");
    assert_true(result->cut);
    sample_run_is(result->error.message,
                  "used up its native stack at line 1 of <run>, in f?; raise stack_bytes of the engine");
    assert_dirty(box);
    box = sample_run_limited(&(pybox_limits){.stack_bytes = 65536});
    assert_int_equal(sample_run(box, "recurse 100")->outcome, PYBOX_DONE);
    result = sample_run(box, "recurse 2000");
    assert_int_equal(result->outcome, PYBOX_LIMIT);
    assert_non_null(strstr(result->error.message.bytes, "raise limits.stack_bytes"));
    assert_dirty(box);
    box = sample_run_limited(NULL); /* the stacks are whole again */
    assert_int_equal(sample_run(box, "recurse 2000")->outcome, PYBOX_DONE);
    pybox_box_destroy(box);
}

static void test_a_trap_is_no_limit(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(&(pybox_limits){.fuel = 1000});
    const pybox_result *result = sample_run(box, "yield 1 fault");
    assert_int_equal(result->outcome, PYBOX_TRAP);
    sample_run_is(result->limit, "");
    assert_false(result->cut);
    assert_int_equal(result->fuel_used, 2);
    assert_int_equal(result->error.line, 2);
    sample_run_is(result->error.message, "access outside the box's memory at line 2 of <run>, in f?");
    assert_dirty(box);
}

static void test_what_ends_a_run_in_its_grace_is_not_its_limit(void **state)
{
    (void)state;
    static const struct {
        const char *code, *message;
    } cases[] = {
        {"deaf spin 200 fault", "used its fuel of 1,000 at line 2 of <run>, in f?; raise limits.fuel; then: access "
                                "outside the box's memory at line 3 of <run>, in f?"},
        {"deaf spin 200 write 60", "used its fuel of 1,000 at line 2 of <run>, in f?; it went on and was cut at line "
                                   "3 of <run>, in f?; raise limits.fuel"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pybox_box *box = sample_run_limited(&(pybox_limits){.fuel = 1000, .output_bytes = 10});
        const pybox_result *result = sample_run(box, cases[i].code);
        assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
        sample_run_is(result->limit, "fuel");
        assert_true(result->cut);
        sample_run_is(result->error.message, cases[i].message);
        assert_dirty(box);
    }
    pybox_box *box = sample_run_limited(&(pybox_limits){.fuel = 1000});
    const pybox_result *result = sample_run(box, "deaf spin 200 exit 3");
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    assert_dirty(box); /* its program has ended */
}

static void test_a_runs_limits_go_before_the_boxs(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(&(pybox_limits){.fuel = 1000, .host_calls = 3});
    const pybox_result *result;
    const pybox_limits more = {.fuel = 50000};
    pybox_run run = {.code = "spin 4000", .limits = &more};
    assert_int_equal(pybox_box_run(box, &run, &result), PYBOX_OK);
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_int_equal(result->fuel_left, 50000 - 40001);
    assert_int_equal(sample_run(box, "spin 4000")->outcome, PYBOX_OUT_OF_FUEL);
    run.code = "yield 4";
    assert_int_equal(pybox_box_run(box, &run, &result), PYBOX_OK);
    assert_int_equal(result->outcome, PYBOX_LIMIT); /* the box's */
    pybox_box_destroy(box);
}

static void test_a_profile_is_handed_on(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(NULL);
    const pybox_result *result;
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "spin 1", .profile = 1}, &result), PYBOX_OK);
    sample_run_is(result->profile, "{}");
    sample_run_is(sample_run(box, "spin 1")->profile, "");
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fuel_is_that_of_the_run_alone),
        cmocka_unit_test(test_the_guest_can_ask_what_it_has_used),
        cmocka_unit_test(test_imports_pay_by_their_prices),
        cmocka_unit_test(test_out_of_fuel),
        cmocka_unit_test(test_the_bound_is_exact),
        cmocka_unit_test(test_a_run_has_a_grace_to_wind_up),
        cmocka_unit_test(test_beyond_its_grace_it_is_cut),
        cmocka_unit_test(test_the_grace_is_limited_in_time_too),
        cmocka_unit_test(test_a_stopped_run_that_comes_to_its_end_was_stopped_all_the_same),
        cmocka_unit_test(test_a_guest_that_cannot_be_told_is_cut_at_once),
        cmocka_unit_test(test_hostile_answers_to_the_two_questions),
        cmocka_unit_test(test_a_set_up_that_does_not_end_is_the_guests_fault),
        cmocka_unit_test(test_an_answer_to_another_question_is_against_the_protocol),
        cmocka_unit_test(test_the_end_of_a_program_is_a_run),
        cmocka_unit_test(test_fuel_needs_a_metered_module),
        cmocka_unit_test(test_a_wall_clock_deadline),
        cmocka_unit_test(test_without_metering_deadlines_are_kept_in_host_calls),
        cmocka_unit_test(test_a_limit_of_cpu_time),
        cmocka_unit_test(test_a_sleep_may_end_in_time),
        cmocka_unit_test(test_host_calls),
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_the_native_stack),
        cmocka_unit_test(test_a_trap_is_no_limit),
        cmocka_unit_test(test_what_ends_a_run_in_its_grace_is_not_its_limit),
        cmocka_unit_test(test_a_runs_limits_go_before_the_boxs),
        cmocka_unit_test(test_a_profile_is_handed_on),
    };
    return cmocka_run_group_tests(tests, sample_run_set_up, sample_run_tear_down);
}
