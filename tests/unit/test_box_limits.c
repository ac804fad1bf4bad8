/* Limits, stops and interrupts over the real Python module: what the guest sees of them, and what it leaves. */
#include "pybox.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include "python_fixture.h"

#define MS UINT64_C(1000000)

static pybox_box *make_limited(const pybox_limits *limits)
{
    return make_box(&(pybox_box_options){.limits = limits});
}

static const pybox_result *run(pybox_box *box, const char *code)
{
    const pybox_result *result;
    const pybox_run run = {.code = code, .mode = PYBOX_MODE_EVAL};
    if (pybox_box_run(box, &run, &result) != PYBOX_OK)
        fail_msg("pybox_box_run: %s", pybox_error_message());
    return result;
}

static void assert_bytes(pybox_bytes field, const char *text)
{
    assert_string_equal(field.bytes, text);
    assert_int_equal(field.length, strlen(text));
}

static void assert_has(pybox_bytes field, const char *text)
{
    if (strstr(field.bytes, text) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", text, field.bytes);
}

static void assert_still_works(pybox_box *box)
{
    const pybox_result *result = run(box, "6 * 7");
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_bytes(result->value, "42");
    pybox_box_destroy(box);
}

static void test_fuel_ends_in_an_exception_where_it_ran_out(void **state)
{
    (void)state;
    pybox_box *box = make_limited(&(pybox_limits){.fuel = 20000000});
    const pybox_result *result = run(box, "def f():\n"
                                          "    while True:\n"
                                          "        pass\n"
                                          "try:\n"
                                          "    f()\n"
                                          "except Exception:\n"
                                          "    print('caught')\n"
                                          "finally:\n"
                                          "    print('finally')\n");
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    assert_bytes(result->limit, "fuel");
    assert_false(result->cut);
    assert_bytes(result->output, "finally\n");
    assert_bytes(result->error.type, "pybox.OutOfFuel");
    assert_has(result->error.traceback, "in f\n");
    assert_in_range(result->error.line, 2, 3);
    assert_has(result->error.message, "used its fuel of 20,000,000 at line ");
    assert_has(result->error.message, " of <run>, in f; raise limits.fuel");
    assert_int_equal(result->fuel_left, 0);
    assert_true(result->fuel_used > 20000000 && result->fuel_used < 30000000);
    assert_still_works(box);
}

static void test_a_run_that_goes_on_is_cut(void **state)
{
    (void)state;
    pybox_box *box = make_limited(&(pybox_limits){.fuel = 5000000, .grace_fuel = 1});
    const pybox_result *result = run(box, "def f():\n"
                                          "    while True:\n"
                                          "        pass\n"
                                          "f()");
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    assert_true(result->cut);
    assert_has(result->error.message, "it went on and was cut at line ");
    assert_in_range(result->error.line, 2, 3);
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "1"}, &result), PYBOX_ERROR_DIRTY);
    pybox_box_destroy(box);
}

static void test_fuel_is_the_same_each_time(void **state)
{
    (void)state;
    static const char code[] = "d = {}\nfor i in range(3000): d[str(i)] = [i] * 3\nsorted(d)[5], sum(map(len, d.values()))";
    const uint64_t seed = 1, clock_ns = 1;
    uint64_t whole = 0, stopped = 0;
    for (int i = 0; i < 20; i++) {
        const pybox_limits limits = {.fuel = 500000};
        pybox_box *box = make_box(&(pybox_box_options){.seed = &seed, .clock_ns = &clock_ns});
        const pybox_result *result = run(box, code);
        assert_int_equal(result->outcome, PYBOX_DONE);
        whole = i == 0 ? result->fuel_used : whole;
        assert_true(result->fuel_used == whole);
        pybox_box_destroy(box);
        box = make_box(&(pybox_box_options){.seed = &seed, .clock_ns = &clock_ns, .limits = &limits});
        result = run(box, code);
        assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
        stopped = i == 0 ? result->fuel_used : stopped;
        assert_true(result->fuel_used == stopped);
        pybox_box_destroy(box);
    }
    assert_true(whole > 500000 && stopped > 500000);
}

static ptrdiff_t wait_for_input(void *context, void *bytes, size_t capacity)
{
    (void)context, (void)bytes, (void)capacity;
    usleep(1000);
    return -EINTR;
}

static void test_a_deadline_ends_whatever_waits(void **state)
{
    (void)state;
    static const char *const codes[] = {
        "while True: pass",
        "import time; time.sleep(1e9)",
        "input()",
        "import asyncio\nasyncio.run(asyncio.sleep(1e6))",
        "sum(range(10**12))",
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        const pybox_limits limits = {.wall_ns = 60 * MS};
        pybox_box *box = make_box(&(pybox_box_options){.limits = &limits,
                                                       .input_callback = wait_for_input});
        const pybox_result *result = run(box, codes[i]);
        assert_int_equal(result->outcome, PYBOX_DEADLINE);
        assert_bytes(result->limit, "wall_ns");
        assert_bytes(result->error.type, "pybox.DeadlineExceeded");
        assert_false(result->cut);
        assert_still_works(box);
    }
}

static void test_limits_that_answer_as_a_system_would(void **state)
{
    (void)state;
    static const struct {
        pybox_limits limits;
        const char *code, *type;
    } cases[] = {
        {{.open_files = 8}, "f = [open('/work/a', 'w') for i in range(9)]", "OSError"},
        {{.files = 20}, "for i in range(30): open(f'/work/{i}', 'w').close()", "OSError"},
        {{.files_bytes = 1 << 20}, "open('/work/a', 'wb').write(bytes(2 << 20))", "OSError"},
        {{.recursion = 50}, "def f(n): return n and f(n - 1)\nf(30)\nf(60)", "RecursionError"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pybox_box *box = make_limited(&cases[i].limits);
        const pybox_result *result = run(box, cases[i].code);
        assert_int_equal(result->outcome, PYBOX_EXCEPTION);
        assert_bytes(result->error.type, cases[i].type);
        assert_bytes(result->limit, "");
        assert_still_works(box);
    }
    pybox_box *box = make_limited(&(pybox_limits){.memory_bytes = 96 << 20});
    const pybox_result *result = run(box, "x = bytearray(200 << 20)");
    assert_int_equal(result->outcome, PYBOX_OUT_OF_MEMORY);
    assert_bytes(result->limit, "memory_bytes");
    assert_still_works(box);
    box = make_limited(&(pybox_limits){.recursion = 5000});
    assert_int_equal(run(box, "def f(n): return n and f(n - 1)\nf(4000)")->outcome, PYBOX_DONE);
    assert_still_works(box);
}

/* Interrupts a box from another thread, once for each line that its guest writes: when it is where it wants to be. */
struct interrupter {
    pybox_box *box;
    pybox_interrupt how;
    sem_t written;
    int over;
};

static int tell_interrupter(void *context, pybox_stream stream, const void *bytes, size_t length)
{
    struct interrupter *interrupter = context;
    (void)stream;
    if (memchr(bytes, '\n', length) != NULL)
        sem_post(&interrupter->written);
    return 0;
}

static void *interrupt_when_told(void *argument)
{
    struct interrupter *interrupter = argument;
    for (;;) {
        while (sem_wait(&interrupter->written) != 0)
            continue;
        if (interrupter->over)
            return NULL;
        usleep(1000); /* most often it sleeps or computes by now; it need not */
        pybox_box_interrupt(interrupter->box, interrupter->how);
    }
}

static void make_interrupted(struct interrupter *interrupter)
{
    assert_int_equal(sem_init(&interrupter->written, 0, 0), 0);
    interrupter->box = make_box(&(pybox_box_options){.output = tell_interrupter, .output_context = interrupter});
}

static const pybox_result *run_interrupted(struct interrupter *interrupter, pybox_interrupt how, const char *code)
{
    pthread_t thread;
    interrupter->how = how;
    interrupter->over = 0;
    assert_int_equal(pthread_create(&thread, NULL, interrupt_when_told, interrupter), 0);
    const pybox_result *result = run(interrupter->box, code);
    interrupter->over = 1;
    sem_post(&interrupter->written);
    pthread_join(thread, NULL);
    return result;
}

static void destroy_interrupted(struct interrupter *interrupter)
{
    pybox_box_destroy(interrupter->box);
    sem_destroy(&interrupter->written);
}

static void test_interrupts(void **state)
{
    (void)state;
    static const char *const codes[] = {"print('on', flush=True)\nwhile True: pass",
                                        "import time; print('on', flush=True); time.sleep(1e9)"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct interrupter interrupter;
        make_interrupted(&interrupter);
        const pybox_result *result = run_interrupted(&interrupter, PYBOX_INTERRUPT_STOP, codes[i]);
        assert_int_equal(result->outcome, PYBOX_INTERRUPTED);
        assert_bytes(result->limit, "interrupt");
        assert_bytes(result->error.type, "pybox.Interrupted");
        result = run_interrupted(&interrupter, PYBOX_INTERRUPT_KEYBOARD, codes[i]);
        assert_int_equal(result->outcome, PYBOX_INTERRUPTED);
        assert_bytes(result->error.type, "KeyboardInterrupt");
        assert_has(result->error.traceback, "KeyboardInterrupt");
        result = run_interrupted(&interrupter, PYBOX_INTERRUPT_CUT, codes[i]);
        assert_int_equal(result->outcome, PYBOX_INTERRUPTED);
        assert_true(result->cut);
        destroy_interrupted(&interrupter);
    }
}

static void test_a_keyboard_interrupt_is_caught(void **state)
{
    (void)state;
    struct interrupter interrupter;
    make_interrupted(&interrupter);
    const pybox_result *result = run_interrupted(&interrupter, PYBOX_INTERRUPT_KEYBOARD,
                                                 "n = 0\n"
                                                 "while n < 3:\n"
                                                 "    try:\n"
                                                 "        print('on', flush=True)\n"
                                                 "        while True: pass\n"
                                                 "    except KeyboardInterrupt:\n"
                                                 "        n += 1\n"
                                                 "n");
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_bytes(result->value, "3");
    destroy_interrupted(&interrupter);
}

static uint64_t yield(void *context, pybox_box *box, uint64_t used)
{
    (void)context, (void)box, (void)used;
    return PYBOX_REFILL_YIELD;
}

static void test_boxes_take_turns(void **state)
{
    (void)state;
    pybox_box *boxes[4];
    const pybox_result *results[4];
    const pybox_run turn = {.code = "s = 0\nfor i in range(20000): s += i\nprint(s)", .refill = yield,
                            .limits = &(pybox_limits){.fuel = 300000}};
    uint64_t used = 0;
    for (int i = 0; i < 4; i++) {
        boxes[i] = make_limited(NULL);
        assert_int_equal(pybox_box_run(boxes[i], &turn, &results[i]), PYBOX_OK);
        assert_int_equal(results[i]->outcome, PYBOX_PENDING);
    }
    for (int pending = 1; pending;) {
        pending = 0;
        for (int i = 0; i < 4; i++)
            if (results[i]->outcome == PYBOX_PENDING) {
                assert_int_equal(pybox_box_resume(boxes[i], &(pybox_resume){.fuel = 200000}, &results[i]), PYBOX_OK);
                pending = 1;
            }
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(results[i]->outcome, PYBOX_DONE);
        assert_bytes(results[i]->output, "199990000\n");
        used = i == 0 ? results[i]->fuel_used : used;
        assert_true(results[i]->fuel_used == used);
        assert_still_works(boxes[i]);
    }
}

static void test_a_profile_says_where_fuel_went(void **state)
{
    (void)state;
    pybox_box *box = make_limited(NULL);
    const pybox_result *result;
    const pybox_run profiled = {.code = "def f():\n    for i in range(1000): pass\nf()\n", .profile = 1};
    assert_int_equal(pybox_box_run(box, &profiled, &result), PYBOX_OK);
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_has(result->profile, "\"f\"");
    assert_still_works(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fuel_ends_in_an_exception_where_it_ran_out),
        cmocka_unit_test(test_a_run_that_goes_on_is_cut),
        cmocka_unit_test(test_fuel_is_the_same_each_time),
        cmocka_unit_test(test_a_deadline_ends_whatever_waits),
        cmocka_unit_test(test_limits_that_answer_as_a_system_would),
        cmocka_unit_test(test_interrupts),
        cmocka_unit_test(test_a_keyboard_interrupt_is_caught),
        cmocka_unit_test(test_boxes_take_turns),
        cmocka_unit_test(test_a_profile_says_where_fuel_went),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
