/* Refills of fuel, and runs that wait for one on their own stack. */
#include "pybox.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "samples/sample_run.h"
#include "wasi.h"

/* A refill callback that gives `grants` times `amount`, then `last`. */
struct refills {
    uint64_t amount, last, used;
    int grants, asked;
    pybox_box *other; /* run meanwhile */
};

static uint64_t refill(void *context, pybox_box *box, uint64_t used)
{
    struct refills *refills = context;
    const pybox_result *result;
    assert_true(used > refills->used || refills->asked == 0);
    refills->used = used;
    refills->asked++;
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "told"}, &result), PYBOX_ERROR_BUSY);
    if (refills->other != NULL)
        assert_int_equal(sample_run(refills->other, "spin 100000")->outcome, PYBOX_DONE);
    return refills->asked <= refills->grants ? refills->amount : refills->last;
}

static uint64_t yield(void *context, pybox_box *box, uint64_t used)
{
    (void)context, (void)box, (void)used;
    return PYBOX_REFILL_YIELD;
}

static const pybox_result *run_refilled(pybox_box *box, const char *code, struct refills *refills)
{
    const pybox_limits limits = {.fuel = 1000};
    const pybox_run run = {.code = code, .limits = &limits, .refill = refill, .refill_context = refills};
    const pybox_result *result;
    assert_int_equal(pybox_box_run(box, &run, &result), PYBOX_OK);
    return result;
}

static const pybox_result *run_yielding(pybox_box *box, const char *code, const pybox_limits *limits)
{
    const pybox_run run = {.code = code, .limits = limits, .refill = yield};
    const pybox_result *result;
    assert_int_equal(pybox_box_run(box, &run, &result), PYBOX_OK);
    return result;
}

static const pybox_result *resume(pybox_box *box, uint64_t fuel)
{
    const pybox_result *result;
    assert_int_equal(pybox_box_resume(box, &(pybox_resume){.fuel = fuel}, &result), PYBOX_OK);
    return result;
}

static int never_called(void *context, const char *name, const char *parent)
{
    (void)context, (void)name, (void)parent;
    fail();
    return 0;
}

static const pybox_limits small = {.fuel = 1000};

static void test_refills_keep_a_run_going(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(NULL);
    struct refills refills = {.amount = 2000, .grants = 100};
    const pybox_result *result = run_refilled(box, "spin 500", &refills); /* 5001 */
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_int_equal(refills.asked, 3);
    assert_int_equal(result->fuel_used, 5001);
    assert_int_equal(result->fuel_left, 7000 - 5001);
    pybox_box_destroy(box);
}

static void test_a_refill_of_nothing_stops_it(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(NULL);
    struct refills refills = {.amount = 1, .grants = 20}; /* too little for the next check */
    const pybox_result *result = run_refilled(box, "spin 0", &refills);
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    sample_run_is(result->limit, "fuel");
    assert_int_equal(refills.asked, 21);
    assert_non_null(strstr(result->error.message.bytes, "used its fuel of 1,020 at line 1"));
    sample_run_is(sample_run(box, "told")->value, "0");
    pybox_box_destroy(box);
}

static void test_a_refill_may_run_other_boxes(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(NULL);
    struct refills refills = {.amount = 100000, .grants = 1000, .other = sample_run_limited(NULL)};
    const pybox_result *result = run_refilled(box, "spin 100000", &refills);
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_int_equal(result->fuel_used, 1000001);
    assert_int_equal(refills.asked, 10);
    pybox_box_destroy(refills.other);
    pybox_box_destroy(box);
}

static uint64_t begin_other(void *context, pybox_box *box, uint64_t used)
{
    (void)box, (void)used;
    const pybox_run run = {.code = "recurse 20 spin 150 used", .limits = &small, .refill = yield};
    const pybox_result *result;
    assert_int_equal(pybox_box_run(context, &run, &result), PYBOX_OK);
    assert_int_equal(result->outcome, PYBOX_PENDING);
    return 100000;
}

static void test_a_run_that_began_in_a_refill_outlives_it(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(NULL), *other = sample_run_limited(NULL);
    const pybox_run run = {.code = "spin 1000 used", .limits = &small, .refill = begin_other, .refill_context = other};
    const pybox_result *result;
    assert_int_equal(pybox_box_run(box, &run, &result), PYBOX_OK);
    assert_int_equal(result->outcome, PYBOX_DONE);
    sample_run_is(result->value, "10002");
    sample_run_is(resume(other, 5000)->value, "1503");
    pybox_box_destroy(other);
    pybox_box_destroy(box);
}

static void test_a_run_waits_and_goes_on(void **state)
{
    (void)state;
    const struct wasi_price *write = &wasi_find("wasi_snapshot_preview1", "fd_write", "iiii:i")->price;
    const uint64_t whole = 10004 + write->call + write->entry;
    char used[32];
    snprintf(used, sizeof used, "%llu", (unsigned long long)whole);
    pybox_box *box = sample_run_limited(NULL);
    const pybox_result *result = run_yielding(box, "write 5 recurse 50 spin 1000 used", &small);
    int waits = 0;
    while (result->outcome == PYBOX_PENDING) {
        assert_in_range(result->fuel_used, 1000u * (unsigned)(waits + 1), 1000u * (unsigned)(waits + 1) + 20);
        assert_int_equal(result->output_bytes, 5);
        assert_int_equal(result->host_calls, 1);
        waits++;
        result = resume(box, 1000);
    }
    assert_int_equal(waits, 10);
    assert_int_equal(result->outcome, PYBOX_DONE);
    sample_run_is(result->value, used);
    assert_int_equal(result->fuel_used, whole); /* as in one go */
    assert_int_equal(result->fuel_left, 11000 - whole);
    assert_int_equal(result->output.length, 5);
    assert_int_equal(sample_run(box, "spin 3")->outcome, PYBOX_DONE);
    pybox_box_destroy(box);
}

static void test_while_it_waits_the_box_is_busy(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(NULL);
    const pybox_result *result;
    assert_int_equal(pybox_box_resume(box, &(pybox_resume){.fuel = 1}, &result), PYBOX_ERROR_ARGUMENT); /* nothing is pending */
    assert_null(result);
    run_yielding(box, "spin 0", &small);
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "told"}, &result), PYBOX_ERROR_BUSY);
    assert_int_equal(pybox_box_finish(box, &result), PYBOX_ERROR_BUSY);
    assert_int_equal(pybox_box_save(box, "/nonexistent/file", NULL), PYBOX_ERROR_BUSY);
    assert_int_equal(resume(box, 1000)->outcome, PYBOX_PENDING);
    pybox_box_destroy(box); /* with its run */
}

static void *resume_elsewhere(void *box)
{
    const pybox_result *result;
    return (void *)(intptr_t)pybox_box_resume(box, &(pybox_resume){.fuel = 1}, &result);
}

static void test_it_goes_on_where_it_began(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(NULL);
    run_yielding(box, "spin 150", &small);
    pthread_t thread;
    void *status;
    assert_int_equal(pthread_create(&thread, NULL, resume_elsewhere, box), 0);
    pthread_join(thread, &status);
    assert_int_equal((intptr_t)status, PYBOX_ERROR_ARGUMENT);
    assert_int_equal(resume(box, 1000)->outcome, PYBOX_DONE);
    pybox_box_destroy(box);
}

static void test_resumed_with_nothing_it_is_stopped(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(NULL);
    run_yielding(box, "late 10 spin 0", &small);
    const pybox_result *result = resume(box, 0);
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    assert_false(result->cut);
    sample_run_is(result->error.type, "pybox.OutOfFuel");
    sample_run_is(sample_run(box, "told")->value, "0");
    run_yielding(box, "stuck stop spin 0", &small);
    result = resume(box, 0);
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    assert_true(result->cut);
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "told"}, &result), PYBOX_ERROR_DIRTY);
    pybox_box_destroy(box);
}

static void test_limits_and_interrupts_hold_while_it_waits(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(NULL);
    const pybox_limits limits = {.fuel = 1000, .wall_ns = 2000000, .cpu_ns = 3600000000000};
    run_yielding(box, "spin 0", &limits);
    usleep(2000);
    const pybox_result *result = resume(box, 1000000);
    assert_int_equal(result->outcome, PYBOX_DEADLINE);
    sample_run_is(result->limit, "wall_ns");
    assert_true(result->wall_ns >= 2000000);
    run_yielding(box, "spin 0", &small);
    pybox_box_interrupt(box, PYBOX_INTERRUPT_STOP);
    assert_int_equal(resume(box, 1000000)->outcome, PYBOX_INTERRUPTED);
    run_yielding(box, "spin 0", &small);
    pybox_box_interrupt(box, PYBOX_INTERRUPT_CUT);
    result = resume(box, 1000000);
    assert_int_equal(result->outcome, PYBOX_INTERRUPTED);
    assert_true(result->cut);
    pybox_box_destroy(box);
}

static void test_cpu_time_is_that_of_the_run(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(NULL), *other = sample_run_limited(&(pybox_limits){.cpu_ns = 30000000});
    const pybox_limits limits = {.fuel = 1000, .cpu_ns = 20000000};
    run_yielding(box, "spin 200", &limits);
    assert_int_equal(sample_run(other, "spin 0")->outcome, PYBOX_DEADLINE); /* 30 ms on this thread */
    const pybox_result *result = resume(box, 5000);
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_true(result->cpu_ns < 20000000);
    pybox_box_destroy(other);
    pybox_box_destroy(box);
}

#define BOXES 20

static void test_many_boxes_take_turns_on_one_thread(void **state)
{
    (void)state;
    pybox_box *boxes[BOXES];
    const pybox_result *results[BOXES];
    int pending = BOXES;
    for (int i = 0; i < BOXES; i++) {
        boxes[i] = sample_run_limited(NULL);
        results[i] = run_yielding(boxes[i], i % 2 == 0 ? "spin 500 used" : "yield 20 recurse 100 spin 1000 used", &small);
    }
    while (pending > 0) {
        pending = 0;
        for (int i = 0; i < BOXES; i++)
            if (results[i]->outcome == PYBOX_PENDING) {
                results[i] = resume(boxes[i], 700);
                pending++;
            }
    }
    for (int i = 0; i < BOXES; i++) {
        assert_int_equal(results[i]->outcome, PYBOX_DONE);
        sample_run_is(results[i]->value, i % 2 == 0 ? "5002" : "10004");
        pybox_box_destroy(boxes[i]);
    }
}

/* The sample guest runs code, but has no contexts and no values. */
static void test_what_a_guest_does_not_export(void **state)
{
    (void)state;
    static const char *const names[] = {"x"};
    static const pybox_value one = {PYBOX_VALUE_JSON, "1", 1};
    const pybox_variable variable = {.name = "x"};
    const pybox_result *result;
    pybox_box *box = sample_run_limited(NULL);
    assert_int_equal(pybox_context_create(box, "c", NULL), PYBOX_ERROR_MODULE_EXPORT);
    assert_int_equal(pybox_context_copy(box, "c", "main"), PYBOX_ERROR_MODULE_EXPORT);
    assert_int_equal(pybox_context_reset(box, "main"), PYBOX_ERROR_MODULE_EXPORT);
    assert_int_equal(pybox_context_destroy(box, "c"), PYBOX_ERROR_MODULE_EXPORT);
    assert_int_equal(pybox_context_protect(box, "main", names, 1), PYBOX_ERROR_MODULE_EXPORT);
    assert_int_equal(pybox_context_unprotect(box, "main", NULL, 0), PYBOX_ERROR_MODULE_EXPORT);
    assert_int_equal(pybox_context_list(box, never_called, NULL), PYBOX_ERROR_MODULE_EXPORT);
    assert_int_equal(pybox_variable_set(box, &variable, &one), PYBOX_ERROR_MODULE_EXPORT);
    assert_int_equal(pybox_variable_get(box, &variable, &result), PYBOX_ERROR_MODULE_EXPORT);
    assert_int_equal(pybox_variable_delete(box, &variable), PYBOX_ERROR_MODULE_EXPORT);
    assert_int_equal(pybox_box_call(box, &(pybox_call){.function = "len"}, &result), PYBOX_ERROR_MODULE_EXPORT);
    assert_int_equal(sample_run(box, "spin 10")->outcome, PYBOX_DONE);
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refills_keep_a_run_going),
        cmocka_unit_test(test_a_refill_of_nothing_stops_it),
        cmocka_unit_test(test_a_refill_may_run_other_boxes),
        cmocka_unit_test(test_a_run_that_began_in_a_refill_outlives_it),
        cmocka_unit_test(test_a_run_waits_and_goes_on),
        cmocka_unit_test(test_while_it_waits_the_box_is_busy),
        cmocka_unit_test(test_it_goes_on_where_it_began),
        cmocka_unit_test(test_resumed_with_nothing_it_is_stopped),
        cmocka_unit_test(test_limits_and_interrupts_hold_while_it_waits),
        cmocka_unit_test(test_cpu_time_is_that_of_the_run),
        cmocka_unit_test(test_many_boxes_take_turns_on_one_thread),
        cmocka_unit_test(test_what_a_guest_does_not_export),
    };
    return cmocka_run_group_tests(tests, sample_run_set_up, sample_run_tear_down);
}
