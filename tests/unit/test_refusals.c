/* What contexts, variables, calls, host functions and answers refuse, beyond what the tests of each part have. */
#include "context_fixture.h"
#include "waiting_fixture.h"

/* Of all that needs a box that works. */
static void assert_all(pybox_box *box, pybox_status expected)
{
    static const char *const names[] = {"x"};
    static const pybox_value one = {PYBOX_VALUE_JSON, "1", 1};
    const pybox_variable variable = {.name = "x"};
    const pybox_result *result;
    assert_int_equal(pybox_context_create(box, "c", NULL), expected);
    assert_int_equal(pybox_context_copy(box, "c", "main"), expected);
    assert_int_equal(pybox_context_reset(box, "main"), expected);
    assert_int_equal(pybox_context_destroy(box, "c"), expected);
    assert_int_equal(pybox_context_protect(box, "main", names, 1), expected);
    assert_int_equal(pybox_context_unprotect(box, "main", NULL, 0), expected);
    assert_int_equal(pybox_variable_set(box, &variable, &one), expected);
    assert_int_equal(pybox_variable_get(box, &variable, &result), expected);
    assert_null(result);
    assert_int_equal(pybox_variable_delete(box, &variable), expected);
    assert_int_equal(pybox_box_call(box, &(pybox_call){.function = "len"}, &result), expected);
    assert_null(result);
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "1"}, &result), expected);
    assert_null(result);
}

static void test_a_box_that_was_cut(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_limits few = {.host_calls = 1};
    assert_int_equal(run_limited(box, "print(1)\nwhile True: print(2)", &few)->cut, 1);
    assert_all(box, PYBOX_ERROR_DIRTY);
    rollback(box);
    assert_eval(box, "1", "1");
    pybox_box_destroy(box);
}

/* ------------------------------------------------------------------------------------------
 * Sizes
 */

static void test_calls_over_a_cap(void **state)
{
    (void)state;
    enum { MOST = 10000 };
    pybox_box *box = make_box(NULL);
    pybox_value *many = calloc(MOST + 1, sizeof *many);
    char *large = malloc(PYBOX_VALUE_BYTES_MOST + 1);
    const pybox_result *result;
    assert_non_null(many);
    assert_non_null(large);
    eval(box, "def count(*args, **names): return len(args)");
    pybox_call call = {.function = "count", .arguments = many, .argument_count = MOST + 1};
    assert_int_equal(pybox_box_call(box, &call, &result), PYBOX_ERROR_LIMIT);
    assert_null(result);
    call.argument_count = MOST;
    assert_works(pybox_box_call(box, &call, &result));
    assert_string_equal(result->value.bytes, "10000");
    /* Half of it twice is as much as all. */
    memset(large, 'x', PYBOX_VALUE_BYTES_MOST + 1);
    const pybox_value halves[] = {{PYBOX_VALUE_BYTES, large, PYBOX_VALUE_BYTES_MOST / 2},
                                  {PYBOX_VALUE_BYTES, large, PYBOX_VALUE_BYTES_MOST / 2 + 1}};
    call = (pybox_call){.function = "count", .arguments = halves, .argument_count = 2};
    assert_int_equal(pybox_box_call(box, &call, &result), PYBOX_ERROR_LIMIT);
    memcpy(large, "{\"k\":\"", 6);
    memcpy(large + PYBOX_VALUE_BYTES_MOST / 2 - 2, "\"}", 2);
    call = (pybox_call){.function = "count",
                        .arguments = halves + 1,
                        .argument_count = 1,
                        .keywords = large,
                        .keywords_length = PYBOX_VALUE_BYTES_MOST / 2};
    assert_int_equal(pybox_box_call(box, &call, &result), PYBOX_ERROR_LIMIT);
    assert_eval(box, "count(1, 2)", "2");
    free(large);
    free(many);
    pybox_box_destroy(box);
}

/* A host function that answers with one byte too many; then with as many as may be. */
static void answer_too_much(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    char *large = context;
    (void)call;
    const pybox_value value = {PYBOX_VALUE_BYTES, large, PYBOX_VALUE_BYTES_MOST + 1};
    assert_int_equal(pybox_answer_value(answer, &value), PYBOX_ERROR_LIMIT);
    assert_int_equal(pybox_answer_error(answer, "ValueError", large), PYBOX_ERROR_LIMIT);
}

static void answer_much(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    char *large = context;
    (void)call;
    large[1 << 20] = '\0';
    assert_works(pybox_answer_error(answer, "ValueError", large));
    large[1 << 20] = 'x';
}

static void test_answers_over_a_cap(void **state)
{
    (void)state;
    char *large = malloc(PYBOX_VALUE_BYTES_MOST + 2);
    pybox_functions *functions;
    assert_non_null(large);
    memset(large, 'x', PYBOX_VALUE_BYTES_MOST + 1);
    large[PYBOX_VALUE_BYTES_MOST + 1] = '\0';
    assert_works(pybox_functions_create(&functions));
    assert_works(pybox_functions_add(functions, &(pybox_function){.name = "more", .signature = "()", .function = answer_too_much, .context = large}));
    assert_works(pybox_functions_add(functions, &(pybox_function){.name = "most", .signature = "()", .function = answer_much, .context = large}));
    pybox_box *box = make_box(&(pybox_box_options){.functions = functions});
    pybox_functions_destroy(functions);
    assert_eval(box,
                "import tools\n"
                "def told(function):\n"
                "  try: function()\n"
                "  except Exception as error: return type(error).__name__, len(str(error)) > 1 << 19\n"
                "told(tools.more), told(tools.most)",
                "(('HostError', False), ('ValueError', True))");
    pybox_box_destroy(box);
    free(large);
}

static void test_answers_to_requests(void **state)
{
    (void)state;
    pybox_box *box = make_asking(&(pybox_box_options){.limits = &(pybox_limits){.memory_bytes = 64 << 20}});
    char *large = malloc(PYBOX_VALUE_BYTES_MOST + 1);
    const pybox_result *result;
    assert_non_null(large);
    memset(large, 'x', PYBOX_VALUE_BYTES_MOST + 1);
    result = run_waiting(box, "a, b = await asyncio.gather(ask(), ask()); a, len(b)", PYBOX_WAIT_HOST);
    const uint64_t first = result->requests[0].id, second = result->requests[1].id;
    assert_int_equal(pybox_box_answer(box, first, &(pybox_value){PYBOX_VALUE_JSON, "[1,]", 0}), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_answer(box, first, &(pybox_value){PYBOX_VALUE_JSON, "\xff", 1}), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_answer(box, first, &(pybox_value){9, "1", 1}), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_answer(box, first, &(pybox_value){PYBOX_VALUE_BYTES, NULL, 1}), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_answer(box, second + 1, NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_answer(box, 0, NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_answer_error(box, first, "BaseException", "x"), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_answer_error(box, first, NULL, "\xff"), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_answer(box, second, &(pybox_value){PYBOX_VALUE_BYTES, large, PYBOX_VALUE_BYTES_MOST + 1}),
                     PYBOX_ERROR_LIMIT);
    assert_works(pybox_box_answer(box, first, NULL));
    assert_int_equal(pybox_box_answer(box, first, NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_answer_error(box, first, NULL, "x"), PYBOX_ERROR_ARGUMENT);
    /* The box has no memory for that one, and waits on. */
    assert_works(pybox_box_answer(box, second, &(pybox_value){PYBOX_VALUE_BYTES, large, PYBOX_VALUE_BYTES_MOST}));
    assert_int_equal(pybox_box_resume(box, NULL, &result), PYBOX_ERROR_LIMIT);
    assert_null(result);
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "1"}, &result), PYBOX_ERROR_BUSY);
    rollback(box); /* gives it up */
    assert_eval(box, "1", "1");
    free(large);
    pybox_box_destroy(box);
}

/* ------------------------------------------------------------------------------------------ */

static void count_call(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)call;
    (void)answer;
    ++*(int *)context;
}

static void test_no_host_function_between_runs(void **state)
{
    (void)state;
    int calls = 0;
    pybox_functions *functions;
    assert_works(pybox_functions_create(&functions));
    assert_works(pybox_functions_add(functions, &(pybox_function){.name = "use", .signature = "()", .function = count_call, .context = &calls}));
    pybox_box *box = make_box(&(pybox_box_options){.functions = functions});
    pybox_functions_destroy(functions);
    create(box, "c", NULL);
    eval_in(box, "c", "import tools, builtins\nbuiltins.said = []\n"
                      "class Loud:\n  def __del__(self, use=tools.use, HostError=__import__('pybox').HostError):\n"
                      "    try: use()\n    except HostError as error: said.append('host')\n    else: said.append('called')\nloud = Loud()");
    assert_works(pybox_context_reset(box, "c"));
    assert_int_equal(calls, 0);
    assert_in(box, "main", "said", "['host']");
    pybox_box_destroy(box);
}

/* A program that ends in a finaliser has ended; one that raises SystemExit while its variable is looked up has not. */
static void test_programs_that_end_while_a_variable_is_set(void **state)
{
    (void)state;
    static const pybox_value one = {PYBOX_VALUE_JSON, "1", 1};
    pybox_box *box = make_box(NULL);
    eval(box, "import os\nclass Last:\n  def __del__(self): os._exit(3)\nlast = Last()\n"
              "class Odd:\n  def __hash__(self): return hash('odd')\n  def __eq__(self, other): raise SystemExit(4)\n"
              "globals()[Odd()] = 1");
    assert_int_equal(pybox_variable_set(box, &(pybox_variable){.name = "odd"}, &one), PYBOX_ERROR_LIMIT);
    assert_non_null(strstr(pybox_error_message(), "exit"));
    assert_eval(box, "1", "1");
    assert_int_equal(pybox_variable_set(box, &(pybox_variable){.name = "last"}, &one), PYBOX_ERROR_DIRTY);
    assert_all(box, PYBOX_ERROR_DIRTY);
    rollback(box);
    assert_eval(box, "1", "1");
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_box_that_was_cut),
        cmocka_unit_test(test_calls_over_a_cap),
        cmocka_unit_test(test_answers_over_a_cap),
        cmocka_unit_test(test_answers_to_requests),
        cmocka_unit_test(test_no_host_function_between_runs),
        cmocka_unit_test(test_programs_that_end_while_a_variable_is_set),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
