/* Host functions that answer later: requests with what was called, answers in the guest's hands. */
#include "waiting_fixture.h"

static pybox_functions *functions;

/* Answers at once what begins with "now". */
static void look_up(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    uint64_t *last = context;
    *last = call->id;
    if (strstr(call->arguments.bytes, "\"now") != NULL)
        assert_works(pybox_answer_value(answer, &(pybox_value){PYBOX_VALUE_JSON, "\"at once\"", 0}));
    else
        pybox_answer_later(answer);
}

/* Runs code that would have to wait, and answers with the type of the error. */
static void run_within(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    const pybox_result *result;
    assert_works(pybox_box_run(call->box, &(pybox_run){.mode = PYBOX_MODE_EVAL, .code = context}, &result));
    if (result->outcome == PYBOX_EXCEPTION)
        assert_works(pybox_answer_error(answer, "ValueError", result->error.message.bytes));
    else
        assert_works(pybox_answer_value(answer, &(pybox_value){PYBOX_VALUE_JSON, result->value.bytes, 0}));
}

static void change_mind(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context, (void)call;
    pybox_answer_later(NULL);
    pybox_answer_later(answer);
    assert_works(pybox_answer_value(answer, &(pybox_value){PYBOX_VALUE_JSON, "5", 0}));
}

static uint64_t last_id;

static int make_functions(void **state)
{
    const pybox_function made[] = {
        {.name = "find", .signature = "(what, *more)", .is_async = 1, .function = look_up, .context = &last_id},
        {.name = "find_sync", .signature = "(what)", .function = look_up, .context = &last_id},
        {.name = "within", .signature = "()", .function = run_within, .context = "from tools import find\nawait find('now')"},
        {.name = "within_later", .signature = "()", .function = run_within, .context = "from tools import find\nawait find('later')"},
        {.name = "within_sync", .signature = "()", .function = run_within, .context = "from tools import find_sync\nfind_sync('later')"},
        {.name = "change_mind", .signature = "()", .function = change_mind},
    };
    if (set_up(state) != 0 || pybox_functions_create(&functions) != PYBOX_OK)
        return -1;
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        if (pybox_functions_add(functions, &made[i]) != PYBOX_OK) {
            print_error("%s\n", pybox_error_message());
            return -1;
        }
    return 0;
}

static int free_functions(void **state)
{
    pybox_functions_destroy(functions);
    return tear_down(state);
}

static pybox_box *make_finding(pybox_image *from)
{
    pybox_box *box;
    assert_works(pybox_box_create(module, from, &(pybox_box_options){.functions = functions}, &box));
    return box;
}

static void test_async_functions_wait_in_the_loop(void **state)
{
    (void)state;
    pybox_box *box = make_finding(image);
    assert_eval(box, "import asyncio, tools\nawait tools.find('now')", "'at once'");
    const pybox_result *result = run_waiting(
        box, "await asyncio.gather(*(tools.find(x) for x in ('now', 'a', 'b', 'c', 'd')), return_exceptions=True)", PYBOX_WAIT_HOST);
    assert_int_equal(result->request_count, 4);
    assert_string_equal(result->requests[0].function, "tools.find");
    assert_string_equal(result->requests[0].arguments.bytes, "{\"what\":\"a\",\"more\":[]}");
    assert_int_equal(result->requests[3].id, last_id);
    assert_int_equal(pybox_box_answer_error(box, result->requests[0].id, "NoSuchError", "x"), PYBOX_ERROR_ARGUMENT);
    assert_works(pybox_box_answer_error(box, result->requests[3].id, "KeyError", "d"));
    assert_works(pybox_box_answer_error(box, result->requests[2].id, NULL, "not c"));
    assert_works(pybox_box_answer(box, result->requests[1].id, &(pybox_value){PYBOX_VALUE_BYTES, "b", 1}));
    answer_json(box, result->requests[0].id, "{\"found\": [1]}");
    assert_string_equal(finish_run(box), "['at once', {'found': [1]}, b'b', HostError('not c'), KeyError('d')]");
    pybox_box_destroy(box);
}

static void test_synchronous_functions_wait_on_the_stack(void **state)
{
    (void)state;
    pybox_box *box = make_finding(image);
    const pybox_result *result = run_waiting(box, "from tools import find_sync\n[find_sync('now'), find_sync('later')]", PYBOX_WAIT_STACK);
    assert_string_equal(result->requests[0].function, "tools.find_sync");
    answer_json(box, only_request(box).id, "\"in the end\"");
    assert_string_equal(finish_run(box), "['at once', 'in the end']");
    run_waiting(box, "try:\n    find_sync('later')\nexcept LookupError as error:\n    x = repr(error)\nx", PYBOX_WAIT_STACK);
    assert_works(pybox_box_answer_error(box, only_request(box).id, "IndexError", "no"));
    assert_string_equal(finish_run(box), "\"IndexError('no')\"");
    assert_eval(box, "import asyncio, tools\nasyncio.run(tools.find('now'))", "'at once'");
    run_waiting(box, "asyncio.run(tools.find('later'))", PYBOX_WAIT_STACK);
    answer_json(box, only_request(box).id, "8");
    assert_string_equal(finish_run(box), "8");
    pybox_box_destroy(box);
}

static void test_bytes_last_in_a_request(void **state)
{
    (void)state;
    pybox_box *box = make_finding(image);
    run_waiting(box, "from tools import find\n[await find(bytes(range(250, 256))[:n]) for n in range(4, 7)]", PYBOX_WAIT_HOST);
    static const char *const texts[] = {"+vv8/Q==", "+vv8/f4=", "+vv8/f7/"};
    for (int i = 0; i < 3; i++) {
        char expected[100];
        snprintf(expected, sizeof expected, "{\"what\":{\"$bytes\":\"%s\"},\"more\":[]}", texts[i]);
        assert_string_equal(only_request(box).arguments.bytes, expected);
        answer_json(box, only_request(box).id, "1");
        const pybox_result *result = resume_box(box);
        assert_int_equal(result->outcome, i < 2 ? PYBOX_PENDING : PYBOX_DONE);
    }
    pybox_box_destroy(box);
}

static void test_nested_runs_do_not_wait(void **state)
{
    (void)state;
    pybox_box *box = make_finding(image);
    assert_eval(box, "import asyncio, tools\ntools.within()", "'at once'");
    assert_eval(box, "async def f():\n    return tools.within()\nawait f()", "'at once'"); /* with a loop of its own */
    static const char *const functions_within[] = {"within_later", "within_sync"};
    for (int i = 0; i < 2; i++) {
        char code[100];
        snprintf(code, sizeof code, "await asyncio.sleep(0, tools.%s())", functions_within[i]);
        const pybox_result *result = run_limited(box, code, NULL);
        assert_int_equal(result->outcome, PYBOX_EXCEPTION);
        assert_string_equal(result->error.type.bytes, "ValueError");
        assert_non_null(strstr(result->error.message.bytes, "cannot be waited for"));
    }
    run_waiting(box, "await tools.find('later')", PYBOX_WAIT_HOST);
    assert_works(pybox_box_answer(box, only_request(box).id, NULL));
    assert_string_equal(finish_run(box), "");
    pybox_box_destroy(box);
}

static void test_the_last_answer_counts(void **state)
{
    (void)state;
    pybox_box *box = make_finding(image);
    assert_eval(box, "import tools\ntools.change_mind()", "5");
    pybox_box_destroy(box);
}

static void test_requests_outlive_their_box(void **state)
{
    (void)state;
    static const char path[] = "test_waiting_functions.snap";
    pybox_box *box = make_finding(image);
    run_waiting(box, "from tools import find\nresults = [await find('later'), await find('later again')]\nresults", PYBOX_WAIT_HOST);
    assert_works(pybox_box_save(box, path, &(pybox_save_options){.delta = 1}));
    pybox_box_destroy(box);
    pybox_image *waiting;
    assert_works(pybox_image_load(module, path, NULL, &waiting));
    box = make_finding(waiting);
    const uint64_t first = only_request(box).id;
    answer_json(box, first, "1");
    const pybox_result *result = resume_box(box);
    assert_int_equal(result->outcome, PYBOX_PENDING);
    assert_true(result->requests[0].id > first);
    assert_int_equal(result->requests[0].id, last_id);
    assert_works(pybox_box_answer_error(box, last_id, "OSError", "gone"));
    result = resume_box(box);
    assert_string_equal(result->error.type.bytes, "OSError");
    pybox_box_destroy(box);
    pybox_image_close(waiting);
    remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_async_functions_wait_in_the_loop),
        cmocka_unit_test(test_synchronous_functions_wait_on_the_stack),
        cmocka_unit_test(test_bytes_last_in_a_request),
        cmocka_unit_test(test_nested_runs_do_not_wait),
        cmocka_unit_test(test_the_last_answer_counts),
        cmocka_unit_test(test_requests_outlive_their_box),
    };
    return cmocka_run_group_tests(tests, make_functions, free_functions);
}
