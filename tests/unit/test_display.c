/* What guests display, and how their runs are traced. */
#include "python_fixture.h"

#include <errno.h>

static const pybox_result *run_mode(pybox_box *box, pybox_mode mode, const char *code)
{
    const pybox_result *result;
    assert_works(pybox_box_run(box, &(pybox_run){.mode = mode, .code = code}, &result));
    return result;
}

static const pybox_result *run_well(pybox_box *box, const char *code)
{
    const pybox_result *result = run_mode(box, PYBOX_MODE_EVAL, code);
    if (result->outcome != PYBOX_DONE)
        fail_msg("%s: %s", code, result->error.traceback.bytes);
    return result;
}

static void assert_form(const pybox_result *result, size_t index, uint32_t number, const char *mime,
                        const char *data)
{
    assert_true(index < result->display_count);
    assert_int_equal(result->displays[index].number, number);
    assert_string_equal(result->displays[index].mime, mime);
    assert_string_equal(result->displays[index].data.bytes, data);
    assert_int_equal(result->displays[index].data.length, strlen(data));
}

#define PLOT                                                                                       \
    "class Plot:\n"                                                                                \
    "    def _repr_html_(self): return '<b>äö</b>'\n"                                              \
    "    def _repr_png_(self): return b'PNG'\n"                                                    \
    "    def __repr__(self): return 'a plot'\n"

static void test_forms_reach_the_result(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_result *result =
        run_well(box, "import pybox\n" PLOT "pybox.display(Plot(), 5)\npybox.display('<i>', mime='text/html')");
    assert_int_equal(result->display_count, 5);
    assert_form(result, 0, 1, "text/html", "<b>äö</b>");
    assert_form(result, 1, 1, "image/png", "PNG");
    assert_form(result, 2, 1, "text/plain", "a plot");
    assert_form(result, 3, 2, "text/plain", "5");
    assert_form(result, 4, 3, "text/html", "<i>");
    assert_int_equal(result->output_bytes, strlen("<b>äö</b>PNGa plot5<i>"));
    assert_int_equal(run_well(box, "1")->display_count, 0); /* it is that run's */
    pybox_box_destroy(box);
}

static void test_values_with_rich_forms_are_shown(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_result *result = run_well(box, PLOT "Plot()");
    assert_int_equal(result->display_count, 2);
    assert_form(result, 1, 1, "image/png", "PNG");
    assert_string_equal(result->value_repr.bytes, "a plot");
    result = run_mode(box, PYBOX_MODE_SINGLE, "Plot()");
    assert_int_equal(result->display_count, 2);
    assert_string_equal(result->output.bytes, "a plot\n");
    assert_int_equal(run_well(box, "class P: pass\nP()")->display_count, 0);
    result = run_well(box, "class B:\n"
                           "    def _repr_mimebundle_(self): return {'text/plain': 'x', 'application/json': {'a': 1}}, {}\n"
                           "B()");
    assert_int_equal(result->display_count, 1);
    assert_form(result, 0, 3, "application/json", "{\"a\": 1}");
    result = run_mode(box, PYBOX_MODE_EVAL, "class W:\n    def _repr_html_(self): return 7\nW()");
    assert_int_equal(result->outcome, PYBOX_EXCEPTION);
    assert_non_null(strstr(result->error.message.bytes, "str or bytes"));
    pybox_box_destroy(box);
}

struct shown {
    char text[200];
    int answer;
};

static int show(void *context, uint32_t number, const char *mime, const void *bytes, size_t length)
{
    struct shown *shown = context;
    size_t used = strlen(shown->text);
    snprintf(shown->text + used, sizeof shown->text - used, "%u %s %.*s;", number, mime, (int)length,
             (const char *)bytes);
    return shown->answer;
}

static void test_a_callback_gets_them_instead(void **state)
{
    (void)state;
    struct shown shown = {"", 0};
    pybox_box *box = make_box(&(pybox_box_options){.display = show, .display_context = &shown});
    const pybox_result *result = run_well(box, "import pybox\npybox.display(7)\npybox.display(b'', mime='a/b')");
    assert_int_equal(result->display_count, 0);
    assert_string_equal(shown.text, "1 text/plain 7;2 a/b ;");
    shown.answer = EPIPE;
    result = run_mode(box, PYBOX_MODE_EXEC, "try: pybox.display(8)\nexcept OSError as e: print('no', e.errno)");
    assert_string_equal(result->output.bytes, "no 29\n");
    struct shown other = {"", 0};
    pybox_box *clone;
    assert_works(pybox_box_clone(box, &other, &clone));
    run_well(clone, "pybox.display(9)");
    assert_string_equal(other.text, "4 text/plain 9;");
    pybox_box_destroy(clone);
    pybox_box_destroy(box);
}

static void test_what_is_displayed_is_bounded(void **state)
{
    (void)state;
    const pybox_limits limits = {.output_bytes = 1000};
    pybox_box *box = make_box(&(pybox_box_options){.limits = &limits, .rollback = PYBOX_ROLLBACK_RUN});
    run_well(box, "import pybox");
    const pybox_result *result =
        run_mode(box, PYBOX_MODE_EXEC, "pybox.display('x' * 500, mime='a/b')\npybox.display('x' * 501, mime='a/b')");
    assert_int_equal(result->outcome, PYBOX_OUTPUT_FULL);
    assert_int_equal(result->display_count, 1);
    result = run_mode(box, PYBOX_MODE_EXEC, "for i in range(20000): pybox.display('', mime='a/b')");
    assert_int_equal(result->outcome, PYBOX_EXCEPTION);
    assert_int_equal(result->display_count, 10000);
    static const char *const bad[] = {"", "x", "/x", "x/", "a/\\x01", "a/\\u00e9", "a/' + 'b' * 100 + '"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char code[100];
        snprintf(code, sizeof code, "pybox.display('', mime='%s')", bad[i]);
        result = run_mode(box, PYBOX_MODE_EXEC, code);
        assert_string_equal(result->error.type.bytes, "ValueError");
        assert_non_null(strstr(result->error.message.bytes, "MIME"));
    }
    pybox_box_destroy(box);
}

static int drop_output(void *context, pybox_stream stream, const void *bytes, size_t length)
{
    (void)context;
    (void)stream;
    (void)bytes;
    (void)length;
    return 0;
}

/* Output has no limit with a callback for it, and what is displayed may still be kept. */
static void test_what_is_kept_is_bounded_without_a_limit(void **state)
{
    (void)state;
    pybox_box *box = make_box(&(pybox_box_options){.output = drop_output});
    for (int i = 0; i < 2; i++) { /* each run anew */
        const pybox_result *result = run_mode(
            box, PYBOX_MODE_EXEC, "import pybox\ndata = bytes(1 << 20)\nfor i in range(65): pybox.display(data, mime='a/b')");
        assert_int_equal(result->outcome, PYBOX_EXCEPTION);
        assert_string_equal(result->error.type.bytes, "OSError");
        assert_int_equal(result->display_count, 64);
    }
    pybox_box_destroy(box);
}

static void test_what_is_displayed_costs_fuel(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    run_well(box, "import pybox\nsmall, large = b'1', bytes(1 << 20)");
    run_well(box, "pybox.display(small, mime='a/b')");
    const uint64_t small = run_well(box, "pybox.display(small, mime='a/b')")->fuel_used;
    const uint64_t large = run_well(box, "pybox.display(large, mime='a/b')")->fuel_used;
    assert_true(large >= small + (1 << 20) / 20);
    pybox_box_destroy(box);
}

/* ---- traces */

struct traced {
    char text[2000];
    uint64_t count, stop_after;
};

static int note(void *context, pybox_trace_event event, const char *file, uint32_t line, const char *function)
{
    struct traced *traced = context;
    const char *kind = event == PYBOX_TRACE_CALL     ? "call"
                       : event == PYBOX_TRACE_LINE   ? "line"
                       : event == PYBOX_TRACE_RETURN ? "return"
                                                     : "raise";
    size_t used = strlen(traced->text);
    snprintf(traced->text + used, sizeof traced->text - used, "%s %s:%u %s\n", kind, file, line, function);
    return ++traced->count == traced->stop_after;
}

static const char program[] = "def f(n):\n"
                              "    return 1 // n\n"
                              "f(1)\n"
                              "try:\n"
                              "    f(0)\n"
                              "except ZeroDivisionError:\n"
                              "    pass\n";

static const pybox_result *run_traced(pybox_box *box, pybox_run run, struct traced *traced)
{
    const pybox_result *result;
    *traced = (struct traced){.stop_after = traced->stop_after};
    run.trace = note;
    run.trace_context = traced;
    assert_works(pybox_box_run(box, &run, &result));
    return result;
}

static void test_a_trace_tells_what_the_program_does(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    struct traced traced = {.stop_after = 0};
    const pybox_result *result = run_traced(box, (pybox_run){.code = program}, &traced);
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_string_equal(traced.text, "call <run>:1 <module>\n"
                                     "line <run>:1 <module>\n"
                                     "line <run>:3 <module>\n"
                                     "call <run>:1 f\n"
                                     "line <run>:2 f\n"
                                     "return <run>:2 f\n"
                                     "line <run>:4 <module>\n"
                                     "line <run>:5 <module>\n"
                                     "call <run>:1 f\n"
                                     "line <run>:2 f\n"
                                     "raise <run>:2 f\n"
                                     "return <run>:2 f\n"
                                     "raise <run>:5 <module>\n"
                                     "line <run>:6 <module>\n"
                                     "line <run>:7 <module>\n"
                                     "return <run>:7 <module>\n");
    run_traced(box, (pybox_run){.code = program, .trace_events = PYBOX_TRACE_RAISE}, &traced);
    assert_string_equal(traced.text, "raise <run>:2 f\nraise <run>:5 <module>\n");
    assert_int_equal(run_well(box, program)->outcome, PYBOX_DONE); /* and no more */
    assert_int_equal(traced.count, 2);
    pybox_box_destroy(box);
}

static void test_a_trace_is_of_files(void **state)
{
    (void)state;
    static const char code[] = "import json\njson.dumps([1])";
    static const struct {
        const char *files, *has, *has_not;
    } cases[] = {
        {NULL, "<run>:2", "encoder"},      {"<r?n>", "<run>:2", "encoder"},
        {"other", NULL, "<run>"},          {"*x", NULL, "<run>"},
        {"/usr/lib/python3.13/json/*", "json/__init__.py", "<run>"},
    };
    pybox_box *box = make_box(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct traced traced = {.stop_after = 0};
        run_traced(box, (pybox_run){.code = code, .trace_events = PYBOX_TRACE_LINE, .trace_files = cases[i].files},
                   &traced);
        if ((cases[i].has != NULL && strstr(traced.text, cases[i].has) == NULL) ||
            strstr(traced.text, cases[i].has_not) != NULL)
            fail_msg("%s: %s", cases[i].files, traced.text);
    }
    pybox_box_destroy(box);
}

static void test_a_trace_is_bounded_and_can_stop_the_run(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    struct traced traced = {.stop_after = 0};
    const pybox_result *result = run_traced(
        box, (pybox_run){.code = "for i in range(1000):\n    pass\nprint(i)", .trace_most = 10}, &traced);
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_int_equal(traced.count, 10);
    assert_string_equal(result->output.bytes, "999\n");
    traced.stop_after = 5;
    result = run_traced(box, (pybox_run){.code = "while True:\n    x = 1"}, &traced);
    assert_int_equal(result->outcome, PYBOX_INTERRUPTED);
    assert_int_equal(traced.count, 5);
    traced.stop_after = 0;
    result = run_traced(box, (pybox_run){.code = "f = 1", .filename = "a\nb"}, &traced);
    assert_non_null(strstr(traced.text, "line a?b:1"));
    pybox_run run = {.code = "1", .trace = note, .trace_context = &traced, .trace_events = 16};
    assert_int_equal(pybox_box_run(box, &run, &result), PYBOX_ERROR_ARGUMENT);
    static char long_pattern[600];
    memset(long_pattern, '*', sizeof long_pattern - 1);
    run = (pybox_run){.code = "1", .trace = note, .trace_context = &traced, .trace_files = long_pattern};
    assert_int_equal(pybox_box_run(box, &run, &result), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(run_well(box, "1")->outcome, PYBOX_DONE);
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms_reach_the_result),
        cmocka_unit_test(test_values_with_rich_forms_are_shown),
        cmocka_unit_test(test_a_callback_gets_them_instead),
        cmocka_unit_test(test_what_is_displayed_is_bounded),
        cmocka_unit_test(test_what_is_kept_is_bounded_without_a_limit),
        cmocka_unit_test(test_what_is_displayed_costs_fuel),
        cmocka_unit_test(test_a_trace_tells_what_the_program_does),
        cmocka_unit_test(test_a_trace_is_of_files),
        cmocka_unit_test(test_a_trace_is_bounded_and_can_stop_the_run),
    };
    return cmocka_run_group_tests_name("display", tests, set_up, tear_down);
}
