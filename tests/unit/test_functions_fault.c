/* Host functions when memory ends: each allocation fails once. */
#include "python_fixture.h"

#include "alloc_fault.h"

static char last_answer[100];

/* Answers its bytes, longer than what fits anywhere without an allocation; runs code first. */
static void host_function(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    const pybox_result *result;
    (void)context;
    const pybox_run run = {.mode = PYBOX_MODE_EVAL, .code = "print('within'); 'a value'"};
    if (pybox_box_run(call->box, &run, &result) != PYBOX_OK)
        assert_null(result);
    if (call->blob_count > 0 &&
        pybox_answer_value(answer, &(pybox_value){PYBOX_VALUE_BYTES, call->blobs[0].bytes, call->blobs[0].length}) !=
            PYBOX_OK)
        snprintf(last_answer, sizeof last_answer, "%s", pybox_error_message());
}

static const pybox_function given = {
    .name = "f",
    .signature = "(data: bytes, text: str = '', *rest: Literal['a'], **more: int | None) -> bytes",
    .documentation = "Text.",
    .function = host_function,
};

static int count_one(void *context, const pybox_function_info *info)
{
    (void)info;
    ++*(int *)context;
    return 0;
}

static void test_sets(void **state)
{
    (void)state;
    for (long at = 0;; at++) {
        pybox_functions *set;
        fail_at = at;
        pybox_status status = pybox_functions_create(&set);
        fail_at = -1;
        pybox_functions_destroy(set);
        if (status == PYBOX_OK)
            break;
        assert_int_equal(status, PYBOX_ERROR_NO_MEMORY);
        assert_null(set);
    }
    pybox_functions *set;
    assert_works(pybox_functions_create(&set));
    long at = 0;
    for (int added = 0; !added; at++) {
        int count = 0;
        fail_at = at;
        pybox_status status = pybox_functions_add(set, &given);
        added = status == PYBOX_OK && fail_at >= 0;
        fail_at = -1;
        pybox_functions_list(set, count_one, &count);
        assert_int_equal(count, status == PYBOX_OK);
        if (status != PYBOX_OK)
            assert_int_equal(status, PYBOX_ERROR_NO_MEMORY);
        else if (!added)
            break; /* an allocation that could be done without */
    }
    assert_true(at > 10);
    char *text = NULL;
    for (at = 0; text == NULL; at++) {
        fail_at = at;
        pybox_status status = pybox_functions_stub(set, NULL, &text);
        fail_at = -1;
        assert_int_equal(status, text != NULL ? PYBOX_OK : PYBOX_ERROR_NO_MEMORY);
    }
    pybox_text_free(text);
    int found = 0;
    fail_at = 0;
    assert_int_equal(pybox_functions_search(set, "f", 0, count_one, &found), PYBOX_ERROR_NO_MEMORY);
    fail_at = -1;
    assert_int_equal(found, 0);
    pybox_functions_destroy(set);
}

static void test_from_schema(void **state)
{
    (void)state;
    pybox_function function = given;
    function.signature = NULL;
    function.schema = "{\"type\":\"object\",\"properties\":{\"a\":{\"enum\":[\"x\"]}},\"required\":[\"a\"]}";
    for (long at = 0;; at++) {
        pybox_functions *set;
        assert_works(pybox_functions_create(&set));
        fail_at = at;
        pybox_status status = pybox_functions_add(set, &function);
        int last = fail_at >= 0;
        fail_at = -1;
        if (status != PYBOX_OK)
            assert_int_equal(status, PYBOX_ERROR_NO_MEMORY);
        pybox_functions_destroy(set);
        if (last)
            break;
    }
}

/* A box, its first run and a call: whatever fails, the box can be destroyed, and what can be said is said. */
static void test_box(void **state)
{
    (void)state;
    pybox_functions *set;
    assert_works(pybox_functions_create(&set));
    assert_works(pybox_functions_add(set, &given));
    const pybox_box_options options = {.functions = set};
    for (long at = 0;; at++) {
        pybox_box *box;
        const pybox_result *result;
        fail_at = at;
        pybox_status status = pybox_box_create(module, image, &options, &box);
        if (status == PYBOX_OK) {
            const pybox_run run = {.code = "import tools\n"
                                           "assert tools.f(bytes(5000), 'x' * 5000) == bytes(5000)"};
            status = pybox_box_run(box, &run, &result);
        }
        int last = fail_at >= 0;
        fail_at = -1;
        if (status != PYBOX_OK)
            assert_int_equal(status, PYBOX_ERROR_NO_MEMORY);
        else if (result->outcome == PYBOX_EXCEPTION)
            assert_true(strcmp(result->error.type.bytes, "pybox.HostError") == 0 ||
                        strcmp(result->error.type.bytes, "AssertionError") == 0);
        else
            assert_int_equal(result->outcome, PYBOX_DONE);
        if (box != NULL) { /* and afterwards all is as before */
            assert_works(pybox_box_run(box, &(pybox_run){.code = "import tools\nassert tools.f(b'y') == b'y'"}, &result));
            assert_int_equal(result->outcome, PYBOX_DONE);
        }
        pybox_box_destroy(box);
        if (last && status == PYBOX_OK && result != NULL)
            break;
        assert_true(at < 1000);
    }
    pybox_functions_destroy(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_from_schema),
        cmocka_unit_test(test_box),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
