/* What a host learns of exceptions: texts, object, hints. */
#include "python_fixture.h"

#include <cjson/cJSON.h>

static const pybox_result *run_failing(pybox_box *box, const char *code)
{
    const pybox_result *result = run_limited(box, code, NULL);
    if (result->outcome != PYBOX_EXCEPTION)
        fail_msg("%s: %s; expected an exception", code, pybox_outcome_name(result->outcome));
    return result;
}

static cJSON *object_of(const pybox_result *result)
{
    cJSON *object = cJSON_Parse(result->error.object.bytes);
    if (object == NULL)
        fail_msg("no JSON: %s", result->error.object.bytes);
    return object;
}

static const char *text_in(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsString(item))
        fail_msg("no text %s", name);
    return item->valuestring;
}

static int number_in(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsNumber(item))
        fail_msg("no number %s", name);
    return item->valueint;
}

static const cJSON *frame_of(const cJSON *object, int index)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(object, "frames"), index);
}

static void test_an_exception_is_told_whole(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    cJSON *object = object_of(run_failing(box, "def f():\n"
                                               "    é = 'äö' + 1/0\n"
                                               "try:\n"
                                               "    f()\n"
                                               "except Exception as e:\n"
                                               "    e.add_note('a note')\n"
                                               "    raise ValueError('bad') from e\n"));
    assert_string_equal(text_in(object, "type"), "ValueError");
    assert_string_equal(text_in(object, "module"), "builtins");
    assert_string_equal(text_in(object, "message"), "bad");
    assert_int_equal(number_in(frame_of(object, 0), "line"), 7);
    assert_string_equal(text_in(frame_of(object, 0), "function"), "<module>");
    assert_string_equal(text_in(frame_of(object, 0), "source"), "raise ValueError('bad') from e");
    const cJSON *cause = cJSON_GetObjectItemCaseSensitive(object, "cause");
    assert_string_equal(text_in(cause, "type"), "ZeroDivisionError");
    assert_string_equal(
        cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(cause, "notes"), 0)->valuestring, "a note");
    const cJSON *frame = frame_of(cause, 1);
    assert_string_equal(text_in(frame, "function"), "f");
    assert_int_equal(number_in(frame, "column"), 16); /* characters, not bytes */
    assert_int_equal(number_in(frame, "end_column"), 19);
    assert_null(cJSON_GetObjectItemCaseSensitive(object, "context")); /* the cause is shown instead */
    assert_null(cJSON_GetObjectItemCaseSensitive(object, "hint"));
    cJSON_Delete(object);
    pybox_box_destroy(box);
}

static void test_contexts_groups_and_syntax(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    cJSON *object = object_of(run_failing(box, "try: [][1]\nexcept IndexError: {}['k']"));
    assert_string_equal(text_in(cJSON_GetObjectItemCaseSensitive(object, "context"), "type"), "IndexError");
    cJSON_Delete(object);
    object = object_of(run_failing(box, "raise ExceptionGroup('many', [ValueError(i) for i in range(30)])"));
    const cJSON *group = cJSON_GetObjectItemCaseSensitive(object, "exceptions");
    assert_int_equal(cJSON_GetArraySize(group), 20);
    assert_string_equal(text_in(cJSON_GetArrayItem(group, 3), "message"), "3");
    assert_int_equal(number_in(object, "exceptions_omitted"), 10);
    cJSON_Delete(object);
    object = object_of(run_failing(box, "x = 1\ny = (2 +\n"));
    const cJSON *syntax = cJSON_GetObjectItemCaseSensitive(object, "syntax");
    assert_string_equal(text_in(syntax, "message"), "'(' was never closed");
    assert_int_equal(number_in(syntax, "line"), 2);
    assert_int_equal(number_in(syntax, "column"), 5);
    assert_string_equal(text_in(syntax, "source"), "y = (2 +");
    cJSON_Delete(object);
    pybox_box_destroy(box);
}

static void test_the_programs_own_frames(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_result *result = run_failing(box, "import json\njson.loads('{')");
    assert_non_null(strstr(result->error.traceback.bytes, "json/decoder.py"));
    assert_null(strstr(result->error.user_traceback.bytes, "json/decoder.py"));
    assert_non_null(strstr(result->error.user_traceback.bytes, "File \"<run>\", line 2"));
    assert_non_null(strstr(result->error.user_traceback.bytes, "JSONDecodeError: Expecting"));
    cJSON *object = object_of(result);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(frame_of(object, 0), "user")));
    assert_true(cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(frame_of(object, 1), "user")));
    cJSON_Delete(object);
    result = run_failing(box, "def f(n): return f(n + 1)\nf(0)");
    object = object_of(result);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(object, "frames")), 101);
    assert_true(number_in(frame_of(object, 20), "omitted") > 800);
    cJSON_Delete(object);
    pybox_box_destroy(box);
}

/* Frames that are alike are formatted once, so that the commonest way to end does not use up a run's fuel. */
static void test_a_recursion_is_told_cheaply(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_result *result = run_limited(box, "def f(): f()\nf()", &(pybox_limits){.fuel = 100000000});
    assert_int_equal(result->outcome, PYBOX_EXCEPTION);
    assert_string_equal(result->error.type.bytes, "RecursionError");
    assert_non_null(strstr(result->error.traceback.bytes, "  [Previous line repeated 996 more times]\n"));
    assert_string_equal(result->error.user_traceback.bytes, result->error.traceback.bytes);
    assert_true(result->error.object.length > 0);
    pybox_box_destroy(box);
}

static void test_hints(void **state)
{
    (void)state;
    static const struct {
        const char *code, *hint;
    } cases[] = {
        {"import numpy as np", "math, statistics"},
        {"import no_such_package.part", "nothing can be installed"},
        {"```python\nprint(1)\n```", "Markdown"},
        {"!pip install x", "notebook"},
        {"pip install x", "shell command"},
        {">>> 1 + 1", "prompts"},
        {"print(\u201chello\u201d)", "quotation marks"},
        {"def f():\n    await g()", "async def"},
        {"input()", "standard input"},
        {"import socket; socket.create_connection(('localhost', 80))", "no network"},
        {"import subprocess; subprocess.run(['ls'])", "cannot start programs"},
        {"import threading; threading.Thread(target=print).start()", "one thread"},
        {"open('/home/me/data.csv')", "/work"},
        {"open('data.csv')", "relative to /work"},
        {"open('/usr/x', 'w')", "below /work"},
        {"import os; os.environ['TOKEN']", "os.environ.get()"},
        {"def f(): f()\nf()", "recursion"},
        {"b'\\xff'.decode()", "not UTF-8"},
        {"str(10**5000)", "set_int_max_str_digits"},
        {"{}['k']", ""},
        {"1/0", ""},
    };
    pybox_box *box = make_box(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const pybox_result *result = run_failing(box, cases[i].code);
        if (cases[i].hint[0] == '\0' ? result->error.hint.length > 0
                                     : strstr(result->error.hint.bytes, cases[i].hint) == NULL)
            fail_msg("%s: %s: hint \"%s\"; expected \"%s\"", cases[i].code,
                     result->error.message.bytes, result->error.hint.bytes, cases[i].hint);
    }
    pybox_box_destroy(box);
}

static void test_odd_exceptions_do_not_get_in_the_way(void **state)
{
    (void)state;
    static const char *const codes[] = {
        "class E(Exception):\n  def __str__(self): raise ValueError\nraise E",
        "class E(Exception):\n  __module__ = 5\nraise E",
        "class E(Exception):\n  __notes__ = 7\nraise E",
        "class E(Exception):\n  def __getattribute__(self, name): raise KeyError(name)\nraise E",
        "raise ValueError('\\ud800')",
        "e = ValueError(); e.__cause__ = e; raise e",
        "e = None\nfor i in range(500):\n  n = ValueError(i); n.__context__ = e; e = n\nraise e",
        "raise ValueError('x' * 5_000_000)",
        "class M(type):\n  def __getattribute__(c, n): raise KeyError(n)\n"
        "class E(Exception, metaclass=M): pass\nraise E",
        "import traceback, json, linecache\ntraceback.TracebackException = None\njson.JSONEncoder = None\n"
        "linecache.getline = None\n1/0",
        "import sys\nsys.modules.clear()\n1/0",
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        pybox_box *box = make_box(NULL);
        const pybox_result *result = run_failing(box, codes[i]);
        if (result->error.type.length == 0)
            fail_msg("%s: no type", codes[i]);
        if (result->error.object.length > 0)
            cJSON_Delete(object_of(result));
        pybox_box_destroy(box);
    }
}

static void test_without_an_exception_there_is_nothing(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_result *result = run_limited(box, "1 + 1", NULL);
    assert_string_equal(result->error.object.bytes, "");
    assert_string_equal(result->error.user_traceback.bytes, "");
    assert_string_equal(result->error.hint.bytes, "");
    result = run_limited(box, "while True: pass", &(pybox_limits){.fuel = 1000000});
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    cJSON *object = object_of(result); /* of the exception that stopped it */
    assert_string_equal(text_in(object, "type"), "OutOfFuel");
    assert_string_equal(text_in(object, "module"), "pybox");
    cJSON_Delete(object);
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_exception_is_told_whole),
        cmocka_unit_test(test_contexts_groups_and_syntax),
        cmocka_unit_test(test_the_programs_own_frames),
        cmocka_unit_test(test_a_recursion_is_told_cheaply),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_odd_exceptions_do_not_get_in_the_way),
        cmocka_unit_test(test_without_an_exception_there_is_nothing),
    };
    return cmocka_run_group_tests_name("errors", tests, set_up, tear_down);
}
