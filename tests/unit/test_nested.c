/* Host functions that run code in the box that has called them. */
#include <pthread.h>

#include "python_fixture.h"

/* What the host function `run` is to do, and what came of it. */
static struct {
    pybox_run run;
    pybox_status status;
    pybox_outcome outcome;
    int cut;
    char value[2000], message[2000], traceback[4000], output[2000], limit[100];
    uint64_t fuel_used, fuel_left, host_calls, output_bytes;
    uint64_t wait_ns;
    int times;
} nested;

static void keep(char *to, size_t bytes, pybox_bytes from)
{
    snprintf(to, bytes, "%s", from.bytes);
}

static void note_result(const pybox_result *result)
{
    nested.outcome = result->outcome;
    nested.cut = result->cut;
    nested.fuel_used = result->fuel_used;
    nested.fuel_left = result->fuel_left;
    nested.host_calls = result->host_calls;
    nested.output_bytes = result->output_bytes;
    keep(nested.value, sizeof nested.value, result->value_repr);
    keep(nested.message, sizeof nested.message, result->error.message);
    keep(nested.traceback, sizeof nested.traceback, result->error.traceback);
    keep(nested.output, sizeof nested.output, result->output);
    keep(nested.limit, sizeof nested.limit, result->limit);
}

/* Runs `nested.run`, or the code that the guest gives. Answers its outcome. */
static void host_run(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    char code[4000] = "", text[100];
    const pybox_result *result;
    pybox_run run = nested.run;
    (void)context;
    sscanf(call->arguments.bytes, "{\"code\":\"%3999[^\"]", code);
    if (run.code == NULL)
        run.code = code;
    run.mode = PYBOX_MODE_EVAL;
    nested.times++;
    nested.status = pybox_box_run(call->box, &run, &result);
    if (nested.status != PYBOX_OK) {
        assert_null(result);
        snprintf(text, sizeof text, "\"%s\"", pybox_status_name(nested.status));
    } else {
        note_result(result);
        snprintf(text, sizeof text, "\"%s\"", pybox_outcome_name(result->outcome));
    }
    if (nested.wait_ns > 0)
        nanosleep(&(struct timespec){.tv_nsec = (long)nested.wait_ns}, NULL);
    assert_works(pybox_answer_value(answer, &(pybox_value){.kind = PYBOX_VALUE_JSON, .bytes = text}));
}

static const char *statuses[20];

/* Everything that a box in the middle of a run is too busy for. */
static void host_try(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    pybox_box *box = call->box, *clone;
    pybox_image *made;
    const pybox_result *result;
    pybox_store *store;
    (void)context;
    (void)answer;
    (void)store;
    int i = 0;
    statuses[i++] = pybox_status_name(pybox_box_checkpoint(box));
    statuses[i++] = pybox_status_name(pybox_box_rollback(box));
    statuses[i++] = pybox_status_name(pybox_box_drop(box));
    statuses[i++] = pybox_status_name(pybox_box_clone(box, NULL, &clone));
    statuses[i++] = pybox_status_name(pybox_image_create(box, &made));
    statuses[i++] = pybox_status_name(pybox_box_save(box, "/nowhere/x.snap", NULL));
    statuses[i++] = pybox_status_name(pybox_box_finish(box, &result));
    statuses[i++] = pybox_status_name(pybox_box_resume(box, &(pybox_resume){.fuel = 1}, &result));
    statuses[i] = NULL;
    pybox_box_destroy(box); /* does nothing */
}

static void *run_elsewhere(void *box)
{
    const pybox_result *result;
    return (void *)(intptr_t)pybox_box_run(box, &(pybox_run){.code = "1"}, &result);
}

/* From another thread. */
static void host_thread(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    pthread_t thread;
    void *status;
    (void)context;
    (void)answer;
    assert_int_equal(pthread_create(&thread, NULL, run_elsewhere, call->box), 0);
    pthread_join(thread, &status);
    statuses[0] = pybox_status_name((pybox_status)(intptr_t)status);
}

static char kept_values[10][100];

/* Runs three times; the results of all last. */
static void host_thrice(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    const pybox_result *results[3];
    (void)context;
    (void)answer;
    for (int i = 0; i < 3; i++) {
        char code[100];
        snprintf(code, sizeof code, "print('out %d'); %d * 11", i, i);
        assert_works(pybox_box_run(call->box, &(pybox_run){.mode = PYBOX_MODE_EVAL, .code = code}, &results[i]));
    }
    for (int i = 0; i < 3; i++)
        snprintf(kept_values[i], sizeof kept_values[i], "%s %s", results[i]->value_repr.bytes, results[i]->output.bytes);
}

static void host_nothing(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context;
    (void)call;
    (void)answer;
}

static char contexts[2][100];

static void host_context(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context;
    (void)answer;
    strcpy(contexts[0], call->context);
}

static char read_values[3][100];

/* Everything else that may be done in a host function. */
static void host_others(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    pybox_box *box = call->box;
    const pybox_result *result;
    const pybox_value given = {PYBOX_VALUE_JSON, "[1, 2]", 0};
    (void)context;
    (void)answer;
    assert_works(pybox_variable_set(box, &(pybox_variable){.name = "set"}, &given));
    assert_works(pybox_variable_get(box, &(pybox_variable){.name = "outer"}, &result));
    snprintf(read_values[0], sizeof read_values[0], "%s", result->value.bytes);
    assert_works(pybox_box_call(box, &(pybox_call){.function = "double", .arguments = &given, .argument_count = 1}, &result));
    snprintf(read_values[1], sizeof read_values[1], "%s", result->value.bytes);
    assert_works(pybox_context_create(box, "other", "main"));
    const pybox_run run = {.mode = PYBOX_MODE_EVAL, .code = "own = 5; where(); outer + own", .context = "other"};
    assert_works(pybox_box_run(box, &run, &result));
    snprintf(read_values[2], sizeof read_values[2], "%s", result->value.bytes);
}

static void host_interrupt(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)answer;
    pybox_box_interrupt(call->box, (pybox_interrupt)(intptr_t)context);
}

static pybox_functions *make_set(void)
{
    static const pybox_function list[] = {
        {.name = "run", .signature = "(code='')", .function = host_run},
        {.name = "tries", .signature = "()", .function = host_try},
        {.name = "thread", .signature = "()", .function = host_thread},
        {.name = "thrice", .signature = "()", .function = host_thrice},
        {.name = "nothing", .signature = "()", .function = host_nothing},
        {.name = "where", .signature = "()", .function = host_context},
        {.name = "others", .signature = "()", .function = host_others},
        {.name = "stop", .signature = "()", .function = host_interrupt, .context = (void *)PYBOX_INTERRUPT_STOP},
        {.name = "cut", .signature = "()", .function = host_interrupt, .context = (void *)PYBOX_INTERRUPT_CUT},
        {.name = "keyboard", .signature = "()", .function = host_interrupt, .context = (void *)PYBOX_INTERRUPT_KEYBOARD},
    };
    pybox_functions *set;
    assert_works(pybox_functions_create(&set));
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        assert_works(pybox_functions_add(set, &list[i]));
    return set;
}

static pybox_box *make(pybox_rollback policy)
{
    pybox_functions *set = make_set();
    pybox_box *box = make_box(&(pybox_box_options){.functions = set, .rollback = policy});
    pybox_functions_destroy(set);
    memset(&nested, 0, sizeof nested);
    eval(box, "from tools import *");
    return box;
}

/* ------------------------------------------------------------------------------------------ */

static void test_value(void **state)
{
    (void)state;
    pybox_box *box = make(PYBOX_ROLLBACK_NEVER);
    assert_eval(box, "x = 20; run('x += 1; x * 2'), x", "('done', 21)");
    assert_string_equal(nested.value, "42");
    assert_eval(box, "run('print(5)'); print(6); 7", "7");
    assert_string_equal(nested.output, "5\n");
    assert_int_equal(nested.output_bytes, 2);
    const pybox_result *result = run_limited(box, "print(1); run('print(2)'); print(3)", NULL);
    assert_string_equal(result->output.bytes, "1\n2\n3\n"); /* both write to the same streams */
    assert_int_equal(result->output_bytes, 6);
    pybox_box_destroy(box);
}

/* Its exception is its own; the run around it goes on. */
static void test_exception(void **state)
{
    (void)state;
    pybox_box *box = make(PYBOX_ROLLBACK_NEVER);
    assert_eval(box, "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    r = run('undefined'), str(error)\nr",
                "('exception', 'division by zero')");
    assert_string_equal(nested.message, "name 'undefined' is not defined");
    assert_null(strstr(nested.traceback, "division")); /* nor is what is being handled around it a part of it */
    assert_non_null(strstr(nested.traceback, "File \"<nested run>\", line 1, in <module>\n    undefined"));
    assert_eval(box, "run('raise'), run('import sys; sys.exit(3)'), run('sys.exc_info()')", "('exception', 'exit', 'done')");
    assert_string_equal(nested.value, "(None, None, None)");
    assert_eval(box, "run('1 +'), run('x = (')", "('exception', 'exception')");
    /* And lines of the outer code are still shown. */
    const pybox_result *result = run_limited(box, "run('1')\nraise ValueError('x')", NULL);
    assert_non_null(strstr(result->error.traceback.bytes, "    raise ValueError('x')"));
    assert_null(strstr(result->error.traceback.bytes, "nested"));
    pybox_box_destroy(box);
}

static void test_results_last(void **state)
{
    (void)state;
    pybox_box *box = make(PYBOX_ROLLBACK_NEVER);
    eval(box, "thrice()");
    assert_string_equal(kept_values[0], "0 out 0\n");
    assert_string_equal(kept_values[1], "11 out 1\n");
    assert_string_equal(kept_values[2], "22 out 2\n");
    pybox_box_destroy(box);
}

/* The request of the run around it is not touched while it is still needed, nor is its reply. */
static void test_request_survives(void **state)
{
    (void)state;
    pybox_box *box = make(PYBOX_ROLLBACK_NEVER);
    eval(box, "import warnings\nwarnings.simplefilter('always')\n"
              "warnings.showwarning = lambda *a, **k: run('0' + ' ' * 100000)\n");
    assert_eval(box, "1 is 1\nlong_name_of_a_variable = 'a text that is still there'\nlong_name_of_a_variable",
                "'a text that is still there'");
    assert_true(nested.times > 0);
    const pybox_result *result = run_limited(box, "class C:\n    def __repr__(self): run('2'); return 'C()'\nC()", NULL);
    assert_string_equal(result->value_repr.bytes, "C()");
    pybox_box_destroy(box);
}

static void test_depth(void **state)
{
    (void)state;
    pybox_box *box = make(PYBOX_ROLLBACK_NEVER);
    eval(box, "def deeper(): return run('said.append(deeper())')\n");
    for (int i = 0; i < 2; i++)
        assert_eval(box, "said = []; deeper(), said == ['limit'] + ['done'] * 15", "('done', True)");
    pybox_box_destroy(box);
}

static void test_busy(void **state)
{
    (void)state;
    pybox_box *box = make(PYBOX_ROLLBACK_STOPPED);
    checkpoint(box);
    eval(box, "tries()");
    for (int i = 0; statuses[i] != NULL; i++)
        if (strcmp(statuses[i], "busy") != 0)
            fail_msg("%d: %s", i, statuses[i]);
    eval(box, "thread()");
    assert_string_equal(statuses[0], "busy");
    assert_int_equal(pybox_box_checkpoints(box), 1);
    assert_eval(box, "1", "1");
    pybox_box_destroy(box);
}

static void test_context(void **state)
{
    (void)state;
    pybox_box *box = make(PYBOX_ROLLBACK_NEVER);
    eval(box, "where()");
    assert_string_equal(contexts[0], "main");
    pybox_box_destroy(box);
}

static void test_others(void **state)
{
    (void)state;
    pybox_box *box = make(PYBOX_ROLLBACK_NEVER);
    eval(box, "outer = 3\ndef double(x): return x * 2");
    for (int i = 0; i < 2; i++) {
        assert_eval(box, "others(); where(); set, __name__, 'own' in dir()", "([1, 2], '__main__', False)");
        assert_string_equal(read_values[0], "3");
        assert_string_equal(read_values[1], "[1,2,1,2]");
        assert_string_equal(read_values[2], "8");
        assert_string_equal(contexts[0], "main"); /* of the last one that asked */
        assert_works(pybox_context_destroy(box, "other"));
    }
    const pybox_result *result;
    assert_works(pybox_context_create(box, "c", "main"));
    assert_works(pybox_box_run(box, &(pybox_run){.code = "where()", .context = "c"}, &result));
    assert_string_equal(contexts[0], "c");
    pybox_box_destroy(box);
}

/* What it uses is used by the run around it. */
static void test_account(void **state)
{
    uint64_t used[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        pybox_box *box = make(PYBOX_ROLLBACK_NEVER);
        nested.run.code = "for i in range(100000): pass";
        const pybox_result *result = run_limited(box, "run()", &(pybox_limits){.fuel = 1000000000});
        assert_int_equal(nested.outcome, PYBOX_DONE);
        assert_true(nested.fuel_used > 1000000);
        assert_true(result->fuel_used > nested.fuel_used && result->fuel_used < nested.fuel_used + 1000000);
        assert_int_equal(result->fuel_left, 1000000000 - result->fuel_used);
        assert_true(nested.fuel_left < 1000000000 - nested.fuel_used);
        used[i] = result->fuel_used;
        nested.run.code = "for _ in range(50): nothing()";
        result = run_limited(box, "nothing(); run()", NULL);
        assert_true(nested.host_calls >= 50 && result->host_calls >= nested.host_calls + 2);
        pybox_box_destroy(box);
    }
    assert_int_equal(used[0], used[1]); /* exactly */
}

/* Limits of its own stop it, and nothing else. */
static void test_own_limits(void **state)
{
    (void)state;
    pybox_box *box = make(PYBOX_ROLLBACK_NEVER);
    const pybox_limits fuel = {.fuel = 1000000}, wall = {.wall_ns = 20000000}, cpu = {.cpu_ns = 20000000};
    nested.run.code = "while True: pass";
    nested.run.limits = &fuel;
    assert_eval(box, "run(), 5", "('out_of_fuel', 5)");
    assert_int_equal(nested.cut, 0);
    assert_string_equal(nested.limit, "fuel");
    nested.run.limits = &wall;
    assert_eval(box, "run(), 6", "('deadline', 6)");
    nested.run.limits = &cpu;
    assert_eval(box, "run(), 7", "('deadline', 7)");
    nested.run.limits = &fuel;
    nested.run.code = "try:\n    while True: pass\nfinally:\n    x = 8";
    assert_eval(box, "run(), x", "('out_of_fuel', 8)");
    pybox_box_destroy(box);
}

/* Whether it was the nested run that the limit stopped, and not what comes before it. */
static int was_stopped_within(const pybox_result *result)
{
    const int was = strcmp(nested.output, "in\n") == 0;
    (void)result;
    nested.output[0] = '\0';
    return was;
}

/* Those of the run around it stop both, each in its own two steps. */
static void test_shared_limits(void **state)
{
    static const struct {
        size_t limit;
        pybox_outcome outcome;
    } cases[] = {
        {offsetof(pybox_limits, fuel), PYBOX_OUT_OF_FUEL},
        {offsetof(pybox_limits, wall_ns), PYBOX_DEADLINE},
        {offsetof(pybox_limits, cpu_ns), PYBOX_DEADLINE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pybox_box *box = make(PYBOX_ROLLBACK_NEVER);
        nested.run.code = "try:\n    print('in')\n    while True: pass\nfinally:\n    log.append('inner')";
        const pybox_result *result = run_until(
            box, "log = []\ntry:\n    run()\n    while True: pass\nfinally:\n    log.append('outer')", cases[i].limit,
            was_stopped_within);
        assert_int_equal(nested.outcome, cases[i].outcome);
        assert_int_equal(nested.cut, 0);
        assert_int_equal(result->outcome, cases[i].outcome);
        assert_int_equal(result->cut, 0);
        assert_eval(box, "log", "['inner', 'outer']");
        /* Limits of its own may be lower, not higher. */
        const pybox_limits more = {
            .fuel = PYBOX_UNLIMITED, .wall_ns = PYBOX_UNLIMITED, .cpu_ns = PYBOX_UNLIMITED};
        nested.run.limits = &more;
        result = run_until(box, "log = []\nrun()", cases[i].limit, was_stopped_within);
        assert_int_equal(result->outcome, cases[i].outcome);
        assert_int_equal(nested.outcome, cases[i].outcome);
        pybox_box_destroy(box);
    }
}

static void test_cut(void **state)
{
    static const pybox_rollback policies[] = {PYBOX_ROLLBACK_NEVER, PYBOX_ROLLBACK_STOPPED, PYBOX_ROLLBACK_RUN};
    (void)state;
    for (int i = 0; i < 3; i++) {
        pybox_box *box = make(policies[i]);
        if (policies[i] != PYBOX_ROLLBACK_RUN)
            checkpoint(box);
        eval(box, "x = 1");
        const pybox_limits fuel = {.fuel = 1000000, .grace_fuel = 50000};
        nested.run.limits = &fuel;
        nested.run.code = "while True:\n    try:\n        while True: pass\n    except BaseException: pass";
        const pybox_result *result = run_limited(box, "x = 2\nrun()\nx = 3", NULL);
        assert_int_equal(nested.status, PYBOX_OK);
        assert_int_equal(nested.outcome, PYBOX_OUT_OF_FUEL);
        assert_int_equal(nested.cut, 1);
        assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
        assert_int_equal(result->cut, 1);
        assert_string_equal(result->limit.bytes, "fuel");
        assert_non_null(strstr(result->error.message.bytes, "a run within it: "));
        if (policies[i] == PYBOX_ROLLBACK_NEVER) {
            assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "1"}, &result), PYBOX_ERROR_DIRTY);
            rollback(box);
        }
        assert_eval(box, policies[i] == PYBOX_ROLLBACK_RUN ? "x" : "'x' in dir()",
                    policies[i] == PYBOX_ROLLBACK_RUN ? "1" : "False");
        pybox_box_destroy(box);
    }
}

/* A program that ends itself within ends for all. */
static void test_exit(void **state)
{
    (void)state;
    pybox_box *box = make(PYBOX_ROLLBACK_NEVER);
    nested.run.code = "import os; os._exit(5)";
    const pybox_result *result = run_limited(box, "run()\nx = 3", NULL);
    assert_int_equal(nested.outcome, PYBOX_EXIT);
    assert_int_equal(result->outcome, PYBOX_EXIT);
    assert_int_equal(result->exit_code, 5);
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "1"}, &result), PYBOX_ERROR_DIRTY);
    pybox_box_destroy(box);
}

static void test_trap(void **state)
{
    (void)state;
    pybox_box *box = make(PYBOX_ROLLBACK_NEVER);
    nested.run.code = "import os; os.abort()";
    const pybox_result *result = run_limited(box, "run()\nx = 3", NULL);
    assert_int_equal(nested.outcome, PYBOX_TRAP);
    assert_int_equal(result->outcome, PYBOX_TRAP);
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "1"}, &result), PYBOX_ERROR_DIRTY);
    rollback(box);
    assert_eval(box, "1", "1");
    pybox_box_destroy(box);
}

static int twice;

static void host_after_cut(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    const pybox_result *result;
    (void)context;
    (void)answer;
    assert_works(pybox_box_run(call->box, &(pybox_run){.code = "import os; os.abort()"}, &result));
    assert_int_equal(pybox_box_run(call->box, &(pybox_run){.code = "1"}, &result), PYBOX_ERROR_DIRTY);
    twice++;
}

/* In the box that was cut nothing more is run, also while the host function has not returned. */
static void test_after_cut(void **state)
{
    pybox_functions *set;
    (void)state;
    assert_works(pybox_functions_create(&set));
    assert_works(pybox_functions_add(set, &(pybox_function){.name = "f", .signature = "()", .function = host_after_cut}));
    pybox_box *box = make_box(&(pybox_box_options){.functions = set});
    assert_int_equal(run_limited(box, "import tools; tools.f()", NULL)->outcome, PYBOX_TRAP);
    assert_int_equal(twice, 1);
    pybox_box_destroy(box);
    pybox_functions_destroy(set);
}

static void test_output_full(void **state)
{
    (void)state;
    pybox_box *box = make(PYBOX_ROLLBACK_NEVER);
    nested.run.code = "while True: print('x' * 100)";
    const pybox_result *result = run_limited(box, "print('y')\nrun()", &(pybox_limits){.output_bytes = 1000});
    assert_int_equal(nested.outcome, PYBOX_OUTPUT_FULL);
    assert_int_equal(nested.output_bytes, 998);
    assert_int_equal(result->outcome, PYBOX_OUTPUT_FULL);
    assert_int_equal(result->output_bytes, 1000);
    pybox_box_destroy(box);
}

static void test_interrupts(void **state)
{
    (void)state;
    pybox_box *box = make(PYBOX_ROLLBACK_NEVER);
    eval(box, "log = []");
    nested.run.code = "try:\n    stop()\n    while True: pass\nfinally:\n    log.append('inner')";
    const pybox_result *result =
        run_limited(box, "try:\n    run()\n    while True: pass\nfinally:\n    log.append('outer')", NULL);
    assert_int_equal(nested.outcome, PYBOX_INTERRUPTED);
    assert_int_equal(result->outcome, PYBOX_INTERRUPTED);
    assert_eval(box, "log", "['inner', 'outer']");
    /* KeyboardInterrupt is the innermost run's, once. */
    nested.run.code = "keyboard()\nwhile True: pass";
    assert_eval(box, "run(), 5", "('interrupted', 5)");
    nested.run.code = "cut()\nwhile True: pass";
    result = run_limited(box, "run()", NULL);
    assert_int_equal(nested.outcome, PYBOX_INTERRUPTED);
    assert_int_equal(nested.cut, 1);
    assert_int_equal(result->outcome, PYBOX_INTERRUPTED);
    assert_int_equal(result->cut, 1);
    pybox_box_destroy(box);
}

/* A stop that is being handled around it goes on behind it, and does not disturb it. */
static void test_in_grace(void **state)
{
    (void)state;
    pybox_box *box = make(PYBOX_ROLLBACK_NEVER);
    eval(box, "log = []");
    nested.run.code = "for i in range(10): log.append(i)";
    const pybox_result *result =
        run_limited(box, "try:\n    while True: pass\nfinally:\n    log.append(run())", &(pybox_limits){.fuel = 1000000});
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    assert_int_equal(result->cut, 0);
    assert_int_equal(nested.outcome, PYBOX_DONE);
    assert_eval(box, "log", "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 'done']");
    /* One that is swallowed is raised again, also behind it. */
    result = run_limited(box, "while True:\n    try:\n        while True: pass\n    except BaseException:\n        run()",
                         &(pybox_limits){.fuel = 1000000});
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    pybox_box_destroy(box);
}

/* Time in the host's function counts, and is noticed when it returns. */
static void test_host_time(void **state)
{
    (void)state;
    pybox_box *box = make(PYBOX_ROLLBACK_NEVER);
    nested.run.code = "1";
    nested.wait_ns = 50000000;
    const pybox_result *result = run_limited(box, "run()\nx = 1", &(pybox_limits){.wall_ns = 10000000});
    assert_int_equal(result->outcome, PYBOX_DEADLINE);
    assert_eval(box, "'x' in dir()", "False");
    pybox_box_destroy(box);
}

static uint64_t refills;

static uint64_t refill(void *context, pybox_box *box, uint64_t used)
{
    (void)box;
    (void)used;
    refills++;
    return *(uint64_t *)context;
}

/* The refill of the run around it serves both; one that yields stops the nested run, which cannot wait. */
static void test_refill(void **state)
{
    (void)state;
    pybox_box *box = make(PYBOX_ROLLBACK_NEVER);
    const pybox_limits limits = {.fuel = 200000};
    uint64_t more = 100000;
    const pybox_result *result;
    pybox_run run = {.mode = PYBOX_MODE_EVAL, .code = "run()", .limits = &limits, .refill = refill, .refill_context = &more};
    nested.run.code = "for i in range(50000): pass";
    refills = 0;
    assert_works(pybox_box_run(box, &run, &result));
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_int_equal(nested.outcome, PYBOX_DONE);
    assert_true(refills > 3);
    assert_int_equal(result->fuel_left + result->fuel_used, 200000 + refills * more);
    more = PYBOX_REFILL_YIELD;
    assert_works(pybox_box_run(box, &run, &result));
    assert_int_equal(nested.outcome, PYBOX_OUT_OF_FUEL);
    assert_int_equal(result->outcome, PYBOX_PENDING); /* the outer one can */
    more = 10000000;
    assert_works(pybox_box_resume(box, &(pybox_resume){.fuel = 10000000}, &result));
    assert_int_equal(result->outcome, PYBOX_DONE);
    /* A limit of its own is its own refill's. */
    uint64_t little = 100000;
    nested.run.limits = &limits;
    nested.run.refill = refill;
    nested.run.refill_context = &little;
    assert_eval(box, "run()", "'done'");
    nested.run.refill = NULL;
    assert_eval(box, "run()", "'out_of_fuel'");
    pybox_box_destroy(box);
}

static void test_profile(void **state)
{
    (void)state;
    pybox_box *box = make(PYBOX_ROLLBACK_NEVER);
    const pybox_result *result;
    nested.run.profile = 1;
    assert_eval(box, "run('1')", "'argument'");
    nested.run.profile = 0;
    assert_works(pybox_box_run(box, &(pybox_run){.code = "run('for i in range(10000): pass')", .profile = 1}, &result));
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_true(result->profile.length > 10);
    pybox_box_destroy(box);
}

/* Many of them: nothing is left behind. */
static void test_many(void **state)
{
    (void)state;
    pybox_box *box = make(PYBOX_ROLLBACK_RUN);
    assert_eval(box, "n = 0\nfor _ in range(2000): run('n += 1')\nn", "2000");
    assert_int_equal(nested.times, 2000);
    assert_eval(box, "for _ in range(100): run('[0] * 100000')", "");
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value),         cmocka_unit_test(test_exception),   cmocka_unit_test(test_results_last),
        cmocka_unit_test(test_request_survives), cmocka_unit_test(test_depth),    cmocka_unit_test(test_busy),
        cmocka_unit_test(test_others),        cmocka_unit_test(test_context),       cmocka_unit_test(test_account),     cmocka_unit_test(test_own_limits),
        cmocka_unit_test(test_shared_limits), cmocka_unit_test(test_cut),         cmocka_unit_test(test_exit),
        cmocka_unit_test(test_trap),          cmocka_unit_test(test_after_cut),   cmocka_unit_test(test_output_full),
        cmocka_unit_test(test_interrupts),    cmocka_unit_test(test_in_grace),    cmocka_unit_test(test_host_time),
        cmocka_unit_test(test_refill),        cmocka_unit_test(test_profile),     cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
