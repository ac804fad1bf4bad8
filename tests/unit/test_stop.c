/* pybox_box_interrupt(): from threads, signal handlers and callbacks, while the guest computes, sleeps and waits. */
#include "pybox.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "samples/sample_run.h"

static void assert_dirty(pybox_box *box)
{
    const pybox_result *result;
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "told"}, &result), PYBOX_ERROR_DIRTY);
    pybox_box_destroy(box);
}

static void assert_works(pybox_box *box)
{
    const pybox_result *result = sample_run(box, "told");
    assert_int_equal(result->outcome, PYBOX_DONE);
    sample_run_is(result->value, "0");
    pybox_box_destroy(box);
}

/* Interrupts a box again and again, so that no moment has to be met, until it is told to end. */
struct interrupter {
    pybox_box *box;
    pybox_interrupt how;
    unsigned pause_us;
    atomic_int over;
    pthread_t thread;
};

static void *interrupt_often(void *argument)
{
    struct interrupter *interrupter = argument;
    while (!interrupter->over) {
        usleep(interrupter->pause_us);
        pybox_box_interrupt(interrupter->box, interrupter->how);
    }
    return NULL;
}

static void interrupter_start(struct interrupter *interrupter, pybox_box *box, pybox_interrupt how)
{
    interrupter->box = box;
    interrupter->how = how;
    if (interrupter->pause_us == 0)
        interrupter->pause_us = 1000;
    interrupter->over = 0;
    assert_int_equal(pthread_create(&interrupter->thread, NULL, interrupt_often, interrupter), 0);
}

static void interrupter_end(struct interrupter *interrupter)
{
    interrupter->over = 1;
    pthread_join(interrupter->thread, NULL);
}

static const pybox_result *run_interrupted(pybox_box *box, pybox_interrupt how, const char *code)
{
    struct interrupter interrupter = {.box = NULL};
    interrupter_start(&interrupter, box, how);
    const pybox_result *result = sample_run(box, code);
    interrupter_end(&interrupter);
    return result;
}

/* The guest never looks at a deadline: only the interrupt ends these. */
static const char *const endless[] = {"spin 0", "sleep 1000000000000000000 spin 0", "yield 0 spin 0",
                                      "yield 1000000000000 spin 0"};

static void test_a_run_is_stopped(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof endless / sizeof *endless; i++) {
        pybox_box *box = sample_run_limited(NULL);
        const pybox_result *result = run_interrupted(box, PYBOX_INTERRUPT_STOP, endless[i]);
        assert_int_equal(result->outcome, PYBOX_INTERRUPTED);
        sample_run_is(result->limit, "interrupt");
        assert_false(result->cut);
        sample_run_is(result->error.type, "pybox.Interrupted");
        assert_non_null(strstr(result->error.message.bytes, "was interrupted at line "));
        assert_works(box);
    }
}

static void test_one_that_goes_on_is_cut_when_its_grace_is_over(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(&(pybox_limits){.grace_fuel = 100000});
    const pybox_result *result = run_interrupted(box, PYBOX_INTERRUPT_STOP, "deaf spin 0");
    assert_int_equal(result->outcome, PYBOX_INTERRUPTED);
    assert_true(result->cut);
    assert_dirty(box);
}

static void test_a_run_is_cut_at_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof endless / sizeof *endless; i++) {
        pybox_box *box = sample_run_limited(&(pybox_limits){.grace_fuel = PYBOX_UNLIMITED});
        const pybox_result *result = run_interrupted(box, PYBOX_INTERRUPT_CUT, endless[i]);
        assert_int_equal(result->outcome, PYBOX_INTERRUPTED);
        sample_run_is(result->limit, "interrupt");
        assert_true(result->cut);
        sample_run_is(result->error.type, "");
        assert_non_null(strstr(result->error.message.bytes, "was interrupted at line "));
        assert_dirty(box);
    }
}

static void test_a_grace_can_be_cut_short(void **state)
{
    (void)state;
    const pybox_limits limits = {.fuel = 1000, .grace_fuel = PYBOX_UNLIMITED,
                                 .grace_ns = PYBOX_UNLIMITED};
    pybox_box *box = sample_run_limited(&limits);
    const pybox_result *result =
        run_interrupted(box, PYBOX_INTERRUPT_CUT, "deaf spin 1000 sleep 1000000000000000000 spin 0");
    assert_true(result->cut); /* of fuel, unless the first interrupt came before it was used up */
    assert_true(result->outcome == PYBOX_OUT_OF_FUEL || result->outcome == PYBOX_INTERRUPTED);
    assert_dirty(box);
}

static void test_a_keyboard_interrupt_is_the_guests_to_catch(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(NULL);
    const pybox_result *result = run_interrupted(box, PYBOX_INTERRUPT_KEYBOARD, "sleep 1000000000000000000 spin 0");
    assert_int_equal(result->outcome, PYBOX_INTERRUPTED);
    sample_run_is(result->limit, "interrupt");
    sample_run_is(result->error.type, "KeyboardInterrupt");
    sample_run_is(result->error.message, "was interrupted");
    assert_int_equal(result->error.line, 7);
    result = run_interrupted(box, PYBOX_INTERRUPT_KEYBOARD, "quiet spin 0"); /* caught */
    assert_int_equal(result->outcome, PYBOX_DONE);
    sample_run_is(result->limit, "");
    assert_works(box);
}

static void test_what_was_not_raised_is_taken_back(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(NULL);
    const pybox_result *result =
        run_interrupted(box, PYBOX_INTERRUPT_KEYBOARD, "deaf sleep 1000000000000000000 told");
    assert_int_equal(result->outcome, PYBOX_DONE);
    sample_run_is(result->value, "5"); /* GUEST_STOP_KEYBOARD: the guest had heard it */
    assert_works(box);
}

static void test_a_guest_without_a_first_step_is_cut(void **state)
{
    (void)state;
    for (int how = PYBOX_INTERRUPT_STOP; how <= PYBOX_INTERRUPT_CUT; how++) {
        pybox_box *box = sample_run_box(&sample_guest_command, NULL);
        struct interrupter interrupter = {.box = NULL};
        const pybox_result *result;
        interrupter_start(&interrupter, box, (pybox_interrupt)how);
        assert_int_equal(pybox_box_start(box, &result), PYBOX_OK);
        interrupter_end(&interrupter);
        assert_int_equal(result->outcome, PYBOX_INTERRUPTED);
        assert_true(result->cut);
        sample_run_is(result->error.message, "was interrupted");
        pybox_box_destroy(box);
    }
}

static void test_without_a_run_nothing_happens(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(NULL);
    for (int how = PYBOX_INTERRUPT_STOP; how <= PYBOX_INTERRUPT_CUT; how++) {
        pybox_box_interrupt(box, (pybox_interrupt)how);
        const pybox_result *result = sample_run(box, "spin 100000 yield 3");
        assert_int_equal(result->outcome, PYBOX_DONE);
    }
    pybox_box_interrupt(box, (pybox_interrupt)3);
    pybox_box_interrupt(box, (pybox_interrupt)-1);
    pybox_box_interrupt(NULL, PYBOX_INTERRUPT_CUT);
    assert_works(box);
}

/* ---- from where the run's own thread is ---- */

static pybox_box *interrupted_box;
static atomic_int alarms;

static void interrupt_from_handler(int signal_number)
{
    (void)signal_number;
    alarms++;
    pybox_box_interrupt(interrupted_box, PYBOX_INTERRUPT_STOP);
}

static void test_a_signal_handler_interrupts(void **state)
{
    (void)state;
    static const int flags[] = {0, SA_RESTART, SA_ONSTACK, SA_ONSTACK | SA_RESTART};
    const struct itimerval often = {{0, 3000}, {0, 3000}}, never = {{0, 0}, {0, 0}};
    for (int i = 0; i < 8; i++) {
        struct sigaction action = {.sa_handler = interrupt_from_handler, .sa_flags = flags[i % 4]}, before;
        pybox_box *box = interrupted_box = sample_run_limited(NULL);
        alarms = 0;
        sigaction(SIGALRM, &action, &before);
        setitimer(ITIMER_REAL, &often, NULL);
        const pybox_result *result = sample_run(box, endless[i / 4]);
        setitimer(ITIMER_REAL, &never, NULL);
        sigaction(SIGALRM, &before, NULL);
        assert_int_equal(result->outcome, PYBOX_INTERRUPTED);
        assert_false(result->cut);
        assert_true(alarms > 0);
        assert_works(box);
    }
}

static ptrdiff_t interrupt_and_give(void *context, void *bytes, size_t capacity)
{
    (void)capacity;
    pybox_box_interrupt(*(pybox_box **)context, PYBOX_INTERRUPT_STOP);
    *(char *)bytes = 'x';
    return 1;
}

static void test_an_input_callback_interrupts_its_own_run(void **state)
{
    (void)state;
    pybox_box *box;
    box = sample_run_box(&sample_guest, &(pybox_box_options){.input_callback = interrupt_and_give,
                                                             .input_context = &box});
    const pybox_result *result = sample_run(box, "read read read");
    assert_int_equal(result->outcome, PYBOX_INTERRUPTED);
    assert_int_equal(result->host_calls, 1); /* noticed when the callback returned */
    assert_works(box);
}

static ptrdiff_t wait_and_fail(void *context, void *bytes, size_t capacity)
{
    (void)context, (void)bytes, (void)capacity;
    usleep(2000);
    return -EINTR;
}

static void test_a_deadline_passes_in_an_input_callback(void **state)
{
    (void)state;
    const pybox_limits limits = {.wall_ns = 1000000};
    pybox_box *box = sample_run_box(&sample_guest, &(pybox_box_options){.input_callback = wait_and_fail,
                                                                        .limits = &limits});
    const pybox_result *result = sample_run(box, "read read read");
    assert_int_equal(result->outcome, PYBOX_DEADLINE);
    assert_int_equal(result->host_calls, 1);
    assert_works(box);
}

/* ---- many at once ---- */

#define THREADS 4
#define RUNS 300

static void *run_many(void *argument)
{
    pybox_box *box = argument;
    intptr_t bad = 0;
    for (int i = 0; i < RUNS; i++) {
        const pybox_result *result;
        const char *code = i % 3 == 0 ? "spin 20000" : i % 3 == 1 ? "yield 300 spin 300" : "sleep 200000";
        if (pybox_box_run(box, &(pybox_run){.code = code}, &result) != PYBOX_OK ||
            (result->outcome != PYBOX_DONE && result->outcome != PYBOX_INTERRUPTED) || result->cut)
            bad++;
    }
    return (void *)bad;
}

static void test_runs_and_interrupts_meet_at_any_moment(void **state)
{
    (void)state;
    struct interrupter stop[THREADS] = {{.pause_us = 50}, {.pause_us = 170}, {.pause_us = 300}, {.pause_us = 1000}};
    pthread_t runner[THREADS];
    pybox_box *boxes[THREADS];
    const pybox_limits limits = {.grace_fuel = PYBOX_UNLIMITED, .grace_ns = PYBOX_UNLIMITED};
    for (int i = 0; i < THREADS; i++) {
        boxes[i] = sample_run_limited(&limits);
        interrupter_start(&stop[i], boxes[i], i % 2 == 0 ? PYBOX_INTERRUPT_STOP : PYBOX_INTERRUPT_KEYBOARD);
        assert_int_equal(pthread_create(&runner[i], NULL, run_many, boxes[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *bad;
        pthread_join(runner[i], &bad);
        interrupter_end(&stop[i]);
        assert_int_equal((intptr_t)bad, 0);
        assert_works(boxes[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_run_is_stopped),
        cmocka_unit_test(test_one_that_goes_on_is_cut_when_its_grace_is_over),
        cmocka_unit_test(test_a_run_is_cut_at_once),
        cmocka_unit_test(test_a_grace_can_be_cut_short),
        cmocka_unit_test(test_a_keyboard_interrupt_is_the_guests_to_catch),
        cmocka_unit_test(test_what_was_not_raised_is_taken_back),
        cmocka_unit_test(test_a_guest_without_a_first_step_is_cut),
        cmocka_unit_test(test_without_a_run_nothing_happens),
        cmocka_unit_test(test_a_signal_handler_interrupts),
        cmocka_unit_test(test_an_input_callback_interrupts_its_own_run),
        cmocka_unit_test(test_a_deadline_passes_in_an_input_callback),
        cmocka_unit_test(test_runs_and_interrupts_meet_at_any_moment),
    };
    return cmocka_run_group_tests(tests, sample_run_set_up, sample_run_tear_down);
}
