/* What a person is told of a stopped run: which limit, where, what to raise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stopped.h"

#define BYTES(text)                                                                                \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

/* Every field that a result must have. */
static pybox_result stopped(pybox_outcome outcome, const char *limit, const char *message)
{
    return (pybox_result){
        .size = sizeof(pybox_result),
        .outcome = outcome,
        .value = BYTES(""),
        .value_repr = BYTES(""),
        .error = {.type = BYTES(""), .message = {message, strlen(message)}, .traceback = BYTES("")},
        .output = BYTES(""),
        .errors = BYTES(""),
        .limit = {limit, strlen(limit)},
        .profile = BYTES(""),
    };
}

static void check(const pybox_result *result, const pybox_limits *limits, const char *wanted)
{
    char text[STOPPED_BYTES];
    assert_string_equal(stopped_explain(result, limits, "x.py", text), wanted);
}

static const char traceback[] = "Traceback (most recent call last):\n"
                                "  File \"x.py\", line 7, in <module>\n"
                                "    f()\n"
                                "  File \"x.py\", line 3, in f\n"
                                "    while True: pass\n"
                                "pybox.OutOfFuel: used its fuel\n";

static void test_fuel_with_traceback(void **state)
{
    (void)state;
    pybox_result result = stopped(PYBOX_OUT_OF_FUEL, "fuel", "used its fuel of 1,000,000");
    result.error.type = (pybox_bytes)BYTES("pybox.OutOfFuel");
    result.error.traceback = (pybox_bytes)BYTES(traceback);
    check(&result, &(pybox_limits){.fuel = 1000000},
          "the fuel of 1M was used up at line 3 of x.py, in f; try --fuel 2M");
}

/* A run that was cut has no traceback: the message says where. */
static void test_cut(void **state)
{
    (void)state;
    pybox_result result =
        stopped(PYBOX_DEADLINE, "wall_ns",
                "ran for its 250,000,000 ns of wall-clock time at line 9 of y.py, in g; it went on "
                "and was cut at line 11 of y.py when its grace of 10 fuel was used; raise it");
    result.cut = 1;
    check(&result, &(pybox_limits){.wall_ns = 250000000},
          "its time of 250ms was over at line 9 of y.py, in g, and it did not end in its grace; "
          "try --timeout 500ms");
}

/* One that came to its end in its grace shows what would have been enough. */
static void test_ended_in_grace(void **state)
{
    (void)state;
    pybox_result result = stopped(PYBOX_OUT_OF_FUEL, "fuel", "used its fuel of 1,000,000");
    result.fuel_used = 1234567;
    check(&result, &(pybox_limits){.fuel = 1000000}, "the fuel of 1M was used up; try --fuel 1.3M");
}

static void test_other_limits(void **state)
{
    (void)state;
    pybox_result result = stopped(PYBOX_DEADLINE, "cpu_ns", "");
    check(&result, &(pybox_limits){.cpu_ns = 2000000000},
          "its CPU time of 2s was used up; try --cpu-time 4s");
    result = stopped(PYBOX_LIMIT, "host_calls", "");
    check(&result, &(pybox_limits){.host_calls = 100},
          "it made more than 100 calls out of the box; try --host-calls 200");
    result = stopped(PYBOX_LIMIT, "stack_bytes", "");
    check(&result, &(pybox_limits){0},
          "it recursed deeper than 64M of native stack hold; try --stack 128M");
    result = stopped(PYBOX_OUT_OF_MEMORY, "memory_bytes", "");
    check(&result, &(pybox_limits){0}, "it wanted more than 512M of memory; try --memory 1G");
    check(&result, &(pybox_limits){.memory_bytes = UINT64_C(4) << 30},
          "it wanted more than 4G of memory; that is the most there can be");
    check(&result, &(pybox_limits){.memory_bytes = UINT64_C(3) << 30},
          "it wanted more than 3G of memory; try --memory 4G");
    result = stopped(PYBOX_OUTPUT_FULL, "output_bytes", "");
    check(&result, &(pybox_limits){.output_bytes = 4096},
          "it wrote more than 4K; try --output-limit 8K");
    check(&result, &(pybox_limits){0}, "it wrote more than 16M; try --output-limit 32M");
}

static void test_without_a_limit(void **state)
{
    (void)state;
    pybox_result result = stopped(PYBOX_INTERRUPTED, "interrupt", "was interrupted");
    check(&result, &(pybox_limits){0}, "interrupted");
    result = stopped(PYBOX_TRAP, "", "unreachable code");
    result.error.line = 4;
    check(&result, &(pybox_limits){0}, "a crash in the box: unreachable code at line 4 of x.py");
    result.error.message = (pybox_bytes)BYTES("the program aborted at line 4 of y.py");
    check(&result, &(pybox_limits){0},
          "a crash in the box: the program aborted at line 4 of y.py");
}

/* Ends of its own need no explanation; a KeyboardInterrupt is one. */
static void test_not_stopped(void **state)
{
    (void)state;
    static const pybox_outcome outcomes[] = {PYBOX_DONE, PYBOX_EXCEPTION, PYBOX_EXIT};
    for (size_t i = 0; i < 3; i++) {
        pybox_result result = stopped(outcomes[i], "", "");
        assert_false(stopped_is(&result));
        check(&result, &(pybox_limits){0}, "");
    }
    pybox_result result = stopped(PYBOX_INTERRUPTED, "interrupt", "");
    result.error.type = (pybox_bytes)BYTES("KeyboardInterrupt");
    assert_false(stopped_is(&result));
    check(&result, &(pybox_limits){0}, "");
    result.cut = 1;
    assert_true(stopped_is(&result));
}

/* The guest's names cannot write to the terminal what they like, nor without end. */
static void test_hostile_names(void **state)
{
    (void)state;
    pybox_result result = stopped(PYBOX_OUT_OF_FUEL, "fuel", "");
    result.error.traceback =
        (pybox_bytes)BYTES("  File \"a\x1b[2J\", line 12, in f\x07\n  File \"unfinished\n");
    check(&result, &(pybox_limits){.fuel = 10}, "the fuel of 10 was used up; try --fuel 20");
    result.error.traceback = (pybox_bytes)BYTES("  File \"a\x1b[2J\", line 12, in f\x07\n");
    check(&result, &(pybox_limits){.fuel = 10},
          "the fuel of 10 was used up at line 12 of a?[2J, in f?; try --fuel 20");
    char huge[4000];
    memset(huge, 'x', sizeof huge);
    memcpy(huge, "  File \"", 8);
    memcpy(huge + 2000, "\", line 5, in ", 14);
    huge[sizeof huge - 1] = '\0';
    result.error.traceback = (pybox_bytes){huge, sizeof huge - 1};
    char text[STOPPED_BYTES];
    stopped_explain(&result, &(pybox_limits){.fuel = 10}, "x.py", text);
    assert_in_range(strlen(text), 1, STOPPED_BYTES - 1);
    assert_string_equal(text + strlen(text) - strlen("; try --fuel 20"), "; try --fuel 20");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fuel_with_traceback), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_ended_in_grace),      cmocka_unit_test(test_other_limits),
        cmocka_unit_test(test_without_a_limit),     cmocka_unit_test(test_not_stopped),
        cmocka_unit_test(test_hostile_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
