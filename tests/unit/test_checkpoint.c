/* Checkpoint, rollback, drop, and the rollbacks that options ask for, over the real Python module: all that a guest can
 * change comes back, in each combination, and what is not to come back does not. */
#include "python_fixture.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_rollback_undoes_objects_files_and_descriptors(void **state)
{
    (void)state;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, "items = [1]; f = open('/work/kept', 'w+'); f.write('abcdef'); f.seek(2); import os");
    checkpoint(box);
    assert_int_equal(pybox_box_checkpoints(box), 1);
    for (int i = 0; i < 3; i++) {
        eval(box, "items.append(2); f.read(); f.write('more'); f.close(); os.mkdir('/work/new'); os.chdir('/work/new');"
                  "open('g', 'w').write('x'); os.remove('/work/kept'); big = bytearray(30 << 20); del os");
        rollback(box);
        assert_eval(box, "items", "[1]");
        assert_eval(box, "(f.closed, f.tell(), f.read())", "(False, 2, 'cdef')");
        assert_eval(box, "(os.getcwd(), sorted(os.listdir('/work')), 'big' in globals())", "('/work', ['kept'], False)");
        rollback(box);
    }
    pybox_box_destroy(box);
}

static void test_checkpoints_nest(void **state)
{
    (void)state;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    for (int i = 0; i < 20; i++) {
        char code[64];
        snprintf(code, sizeof code, "n = %d; s = 'x' * %d", i, i * 50000);
        eval(box, code);
        checkpoint(box);
    }
    assert_int_equal(pybox_box_checkpoints(box), 20);
    eval(box, "n = -1");
    for (int i = 19; i >= 0; i--) {
        char expected[32];
        rollback(box);
        snprintf(expected, sizeof expected, "(%d, %d)", i, i * 50000);
        assert_eval(box, "(n, len(s))", expected);
        drop(box);
    }
    assert_eval(box, "n", "0");
    assert_int_equal(pybox_box_checkpoints(box), 0);
    assert_int_equal(pybox_box_drop(box), PYBOX_ERROR_ARGUMENT);
    rollback(box);
    assert_eval(box, "'n' in globals()", "False");
    pybox_box_destroy(box);
}

static void test_a_dropped_checkpoint_keeps_the_state(void **state)
{
    (void)state;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, "n = 1");
    checkpoint(box);
    eval(box, "n = 2; open('/work/two', 'w').close()");
    checkpoint(box);
    eval(box, "n = 3; import os; os.remove('/work/two')");
    drop(box);
    assert_eval(box, "(n, os.listdir('/work'))", "(3, [])");
    rollback(box);
    assert_eval(box, "n", "1");
    pybox_box_destroy(box);
}

static void test_there_are_1024_checkpoints_at_most(void **state)
{
    (void)state;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_RUN);
    eval(box, "n = 1");
    for (int i = 0; i < 1024; i++)
        checkpoint(box);
    assert_int_equal(pybox_box_checkpoint(box), PYBOX_ERROR_LIMIT);
    assert_int_equal(pybox_box_checkpoints(box), 1024);
    assert_eval(box, "n", "1");
    drop(box);
    checkpoint(box);
    pybox_box_destroy(box);
}

/* Without a checkpoint: its image, with its arguments, environment, directory and input again. */
static void test_rollback_without_a_checkpoint_begins_anew(void **state)
{
    (void)state;
    static const char *const arguments[] = {"one", "two"}, *const environment[] = {"A=b"};
    for (int policy = PYBOX_ROLLBACK_NEVER; policy <= PYBOX_ROLLBACK_ALWAYS; policy++) {
        pybox_box *box = make_box(&(pybox_box_options){.arguments = arguments, .argument_count = 2,
                                                       .environment = environment, .environment_count = 1,
                                                       .directory = "/tmp", .input = "in\n", .input_length = 3,
                                                       .rollback = (pybox_rollback)policy});
        rollback(box); /* before anything has run */
        for (int i = 0; i < 4; i++) {
            assert_eval(box, "import os, sys; v = (list(sys.argv), dict(os.environ), os.getcwd(), input(), 'n' in globals());"
                             "sys.argv.clear(); os.environ.clear(); os.chdir('/'); n = 1; v",
                        "(['one', 'two'], {'A': 'b'}, '/tmp', 'in', False)");
            rollback(box);
        }
        pybox_box_destroy(box);
    }
}

static const pybox_limits short_run = {.fuel = 3000000, .grace_fuel = 1000};

static const char *const stops[] = {
    "n = 2\nwhile True: pass",                                    /* first step */
    "n = 2\nwhile True:\n try:\n  while True: pass\n except BaseException: pass", /* second step */
    "n = 2; s = bytearray(1 << 20)\nwhile True: s = s + s", /* memory */
    "n = 2\nwhile True: print('x' * 100000)",                    /* output */

};

static void test_a_cut_run_leaves_a_box_that_can_be_rolled_back(void **state)
{
    (void)state;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    const pybox_result *result;
    eval(box, "n = 1");
    checkpoint(box);
    for (int i = 0; i < 5; i++) {
        result = run_limited(box, stops[1], &short_run);
        assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
        assert_int_equal(result->cut, 1);
        assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "1"}, &result), PYBOX_ERROR_DIRTY);
        assert_int_equal(pybox_box_checkpoint(box), PYBOX_ERROR_DIRTY);
        rollback(box);
        assert_eval(box, "n", "1");
    }
    result = run_limited(box, "import os; os._exit(3)", NULL);
    assert_int_equal(result->outcome, PYBOX_EXIT);
    assert_int_equal(pybox_box_checkpoint(box), PYBOX_ERROR_DIRTY);
    rollback(box);
    assert_eval(box, "n", "1");
    assert_works(pybox_box_finish(box, &result));
    rollback(box);
    assert_eval(box, "n", "1");
    pybox_box_destroy(box);
}

static pybox_outcome stop(pybox_box *box, int which)
{
    const pybox_limits limits = {.fuel = which < 2 ? short_run.fuel : 0, .grace_fuel = 1000, .output_bytes = 250000,
                                 .wall_ns = UINT64_C(60000000000)};
    return run_limited(box, stops[which], &limits)->outcome;
}

static void test_the_option_stopped(void **state)
{
    (void)state;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_STOPPED);
    eval(box, "n = 1");
    assert_int_equal(stop(box, 0), PYBOX_OUT_OF_FUEL);
    assert_eval(box, "'n' in globals()", "False");
    eval(box, "n = 1");
    checkpoint(box);
    for (int i = 0; i < 8; i++) {
        eval(box, "n = 5; m = 6");
        pybox_outcome outcome = stop(box, i % 4);
        assert_true(outcome == PYBOX_OUT_OF_FUEL || outcome == PYBOX_OUT_OF_MEMORY || outcome == PYBOX_OUTPUT_FULL);
        assert_eval(box, "(n, 'm' in globals())", "(1, False)");
    }
    assert_int_equal(run_limited(box, "n = 7; 1 / 0", NULL)->outcome, PYBOX_EXCEPTION);
    assert_eval(box, "n", "7");
    assert_int_equal(run_limited(box, "n = 8; raise SystemExit(1)", NULL)->outcome, PYBOX_EXIT);
    assert_eval(box, "n", "8");
    pybox_box_destroy(box);
}

static void test_the_option_run_makes_a_session(void **state)
{
    (void)state;
    static const char *const arguments[] = {"one"};
    pybox_box *box = make_box(&(pybox_box_options){.arguments = arguments, .argument_count = 1,
                                                   .rollback = PYBOX_ROLLBACK_RUN});
    assert_int_equal(stop(box, 1), PYBOX_OUT_OF_FUEL); /* the first run */
    assert_eval(box, "import sys; ('n' in globals(), sys.argv)", "(False, ['one'])");
    eval(box, "n = 0; f = open('/work/log', 'w+')");
    for (int i = 0; i < 12; i++) {
        char expected[32];
        eval(box, "n += 10; f.write('.'); f.flush()");
        stop(box, i % 4);
        snprintf(expected, sizeof expected, "(%d, %d)", (i + 1) * 10, i + 1);
        assert_eval(box, "(n, f.seek(0, 2))", expected);
        if (i % 3 == 0) {
            checkpoint(box);
            assert_int_equal(pybox_box_checkpoints(box), 1);
            eval(box, "n = -1");
            stop(box, 0);
            assert_eval(box, "n", "-1"); /* only the run is undone */
            rollback(box);
            assert_eval(box, "(n, f.seek(0, 2))", expected);
            drop(box);
        }
    }
    rollback(box);
    assert_eval(box, "import sys; ('n' in globals(), sys.argv)", "(False, ['one'])");
    pybox_box_destroy(box);
}

static void test_the_option_always_gives_a_fresh_state_each_time(void **state)
{
    (void)state;
    static const char *const arguments[] = {"one"};
    pybox_box *box = make_box(&(pybox_box_options){.arguments = arguments, .argument_count = 1,
                                                   .rollback = PYBOX_ROLLBACK_ALWAYS});
    const pybox_result *result;
    for (int i = 0; i < 20; i++) {
        result = run_limited(box, "import sys; print('out'); n = globals().get('n', 0) + 1; sys.argv.append(n); (n, sys.argv)",
                             NULL);
        assert_int_equal(result->outcome, PYBOX_DONE);
        assert_string_equal(result->value_repr.bytes, "(1, ['one', 1])"); /* though the state is gone */
        assert_string_equal(result->output.bytes, "out\n");
        assert_true(result->memory_bytes > 0);
        if (i % 5 == 0)
            stop(box, i / 5);
    }
    assert_int_equal(run_limited(box, "import os; os._exit(3)", NULL)->exit_code, 3);
    eval(box, "n = 1");
    checkpoint(box); /* of the fresh state */
    eval(box, "n = 1");
    assert_eval(box, "'n' in globals()", "False");
    assert_works(pybox_box_finish(box, &result)); /* is not undone */
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "1"}, &result), PYBOX_ERROR_DIRTY);
    rollback(box);
    assert_eval(box, "'n' in globals()", "False");
    pybox_box_destroy(box);
}

static uint64_t refill_yield(void *context, pybox_box *box, uint64_t used)
{
    (void)context, (void)box, (void)used;
    return PYBOX_REFILL_YIELD;
}

static void test_a_pending_run_is_in_the_way(void **state)
{
    (void)state;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_ALWAYS);
    const pybox_limits limits = {.fuel = 100000};
    const pybox_result *result;
    const pybox_run run = {.mode = PYBOX_MODE_EVAL, .code = "n = 1\nfor i in range(100000): n += 1\nn", .limits = &limits,
                           .refill = refill_yield};
    for (int i = 0; i < 3; i++) {
        assert_works(pybox_box_run(box, &run, &result));
        assert_int_equal(result->outcome, PYBOX_PENDING);
        assert_int_equal(pybox_box_checkpoint(box), PYBOX_ERROR_BUSY);
        assert_int_equal(pybox_box_rollback(box), PYBOX_ERROR_BUSY);
        assert_int_equal(pybox_box_drop(box), PYBOX_ERROR_BUSY);
        assert_works(pybox_box_resume(box, &(pybox_resume){.fuel = i == 0 ? 0 : UINT64_C(1) << 40}, &result));
        assert_int_equal(result->outcome, i == 0 ? PYBOX_OUT_OF_FUEL : PYBOX_DONE);
        if (i > 0)
            assert_string_equal(result->value_repr.bytes, "100001");
    }
    assert_eval(box, "'n' in globals()", "False");
    pybox_box_destroy(box);
}

static void test_grown_memory_shrinks_again(void **state)
{
    (void)state;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    uint64_t before = run_limited(box, "n = 1", NULL)->memory_bytes;
    checkpoint(box);
    for (int i = 0; i < 5; i++) {
        assert_true(run_limited(box, "s = bytes([1]) * (100 << 20)", NULL)->memory_bytes >= before + (100 << 20));
        rollback(box);
        assert_true(run_limited(box, "n += 1", NULL)->memory_bytes <= before + (4 << 20));
        assert_eval(box, "bytes(50 << 20).count(0) == 50 << 20", "True"); /* zero when it grows again */
        rollback(box);
    }
    pybox_box_destroy(box);
}

static void test_bad_arguments(void **state)
{
    (void)state;
    pybox_box *box = (pybox_box *)1;
    assert_int_equal(pybox_box_checkpoint(NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_rollback(NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_drop(NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_checkpoints(NULL), 0);
    assert_int_equal(pybox_box_create(module, image, &(pybox_box_options){.rollback = (pybox_rollback)4}, &box),
                     PYBOX_ERROR_ARGUMENT);
    assert_null(box);
}

/* ---- a guest that is started from nothing ---- */

static void test_a_box_without_an_image(void **state)
{
    (void)state;
    pybox_box *box;
    assert_works(pybox_box_create(module, NULL, NULL, &box));
    assert_int_equal(pybox_box_rollback(box), PYBOX_ERROR_ARGUMENT);
    assert_eval(box, "n = 1; n", "1");
    checkpoint(box);
    eval(box, "n = 2");
    rollback(box);
    assert_eval(box, "n", "1");
    pybox_box_destroy(box);
    assert_works(pybox_box_create(module, NULL, &(pybox_box_options){.rollback = PYBOX_ROLLBACK_ALWAYS}, &box));
    for (int i = 0; i < 3; i++)
        assert_eval(box, "n = globals().get('n', 0) + 1; n", "1");
    rollback(box);
    pybox_box_destroy(box);
}

/* ---- threads and processes ---- */

static void *use_box(void *context)
{
    pybox_box *box = context;
    eval(box, "n += 1; s.append(bytearray(10000))");
    rollback(box);
    eval(box, "n += 1; s.append(bytearray(10000))");
    return NULL;
}

static void test_a_box_goes_from_thread_to_thread(void **state)
{
    (void)state;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, "n = 0; s = []");
    checkpoint(box);
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        eval(box, "n += 1; s.append(bytearray(50000))");
        assert_int_equal(pthread_create(&thread, NULL, use_box, box), 0);
        pthread_join(thread, NULL);
        assert_eval(box, "(n, len(s))", "(1, 1)");
        rollback(box);
        assert_eval(box, "(n, s)", "(0, [])");
    }
    pybox_box_destroy(box);
}

static void test_parent_and_child_of_a_fork_go_their_own_ways(void **state)
{
    (void)state;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, "n = 0; s = bytearray(3000000)");
    checkpoint(box);
    eval(box, "n = 1; s[1000000] = 1");
    pid_t child = fork();
    if (child == 0) {
        const pybox_result *result;
        int good = pybox_box_rollback(box) == PYBOX_OK;
        for (int i = 0; i < 5; i++) {
            const pybox_run run = {.mode = PYBOX_MODE_EVAL, .code = "n += 1; s[i := n * 4096] = 7; (n, sum(s))"};
            good = good && pybox_box_run(box, &run, &result) == PYBOX_OK && strcmp(result->value_repr.bytes, "(1, 7)") == 0 &&
                   pybox_box_rollback(box) == PYBOX_OK;
        }
        _exit(good ? 0 : 1);
    }
    assert_true(child > 0);
    eval(box, "n += 1; s[2000000] = 1");
    assert_eval(box, "(n, sum(s))", "(2, 2)");
    rollback(box);
    assert_eval(box, "(n, sum(s))", "(0, 0)");
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    pybox_box_destroy(box);
}

/* ---- many ---- */

static void test_ten_thousand_stopped_runs(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        pybox_limits limits;
        pybox_outcome outcome;
    } runs[] = {
        {"n = 2\nwhile True: pass", {.fuel = 20000, .grace_fuel = 100000}, PYBOX_OUT_OF_FUEL},
        {"n = 2\nwhile True: pass", {.fuel = 20000, .grace_fuel = 1}, PYBOX_OUT_OF_FUEL},
        {"n = 2", {.fuel = 1, .grace_fuel = 1}, PYBOX_OUT_OF_FUEL},
        {"n = 2; open('/work/f', 'w').write('abc'); print('x' * 10)", {.output_bytes = 5}, PYBOX_OUTPUT_FULL},
        {"n = 2; open('/work/f', 'w').write('abc')", {.host_calls = 2}, PYBOX_LIMIT},
        {"n = 2; sorted(range(10000))", {.fuel = 30000, .grace_fuel = 1}, PYBOX_OUT_OF_FUEL},
    };
    enum { KINDS = sizeof runs / sizeof *runs };
    pybox_box *box = make_policy(PYBOX_ROLLBACK_RUN);
    eval(box, "import os; n = 1");
    for (int i = 0; i < 10000; i++) {
        const pybox_result *result = run_limited(box, runs[i % KINDS].code, &runs[i % KINDS].limits);
        if (result->outcome != runs[i % KINDS].outcome)
            fail_msg("run %d: %s", i, pybox_outcome_name(result->outcome));
        if (i % 97 == 0)
            assert_eval(box, "(n, os.listdir('/work'))", "(1, [])");
    }
    assert_eval(box, "(n, os.listdir('/work'))", "(1, [])");
    pybox_box_destroy(box);
}

static void test_what_was_written_to_the_host_stays_there(void **state)
{
    (void)state;
    char folder[] = "/tmp/pybox-host-XXXXXX", path[64], text[8] = "";
    assert_non_null(mkdtemp(folder));
    const pybox_mount mount = {.host = folder, .guest = "/host"};
    pybox_box *box = make_box(&(pybox_box_options){.mounts = &mount, .mount_count = 1});
    eval(box, "f = open('/host/file', 'w', buffering=1)");
    checkpoint(box);
    eval(box, "f.write('one\\n'); n = 1");
    rollback(box);
    assert_eval(box, "'n' in globals()", "False");
    snprintf(path, sizeof path, "%s/file", folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    assert_string_equal(text, "one\n");
    fclose(file);
    pybox_box_destroy(box);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rollback_undoes_objects_files_and_descriptors),
        cmocka_unit_test(test_checkpoints_nest),
        cmocka_unit_test(test_what_was_written_to_the_host_stays_there),
        cmocka_unit_test(test_a_dropped_checkpoint_keeps_the_state),
        cmocka_unit_test(test_there_are_1024_checkpoints_at_most),
        cmocka_unit_test(test_rollback_without_a_checkpoint_begins_anew),
        cmocka_unit_test(test_a_cut_run_leaves_a_box_that_can_be_rolled_back),
        cmocka_unit_test(test_the_option_stopped),
        cmocka_unit_test(test_the_option_run_makes_a_session),
        cmocka_unit_test(test_the_option_always_gives_a_fresh_state_each_time),
        cmocka_unit_test(test_a_pending_run_is_in_the_way),
        cmocka_unit_test(test_grown_memory_shrinks_again),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_a_box_without_an_image),
        cmocka_unit_test(test_a_box_goes_from_thread_to_thread),
        cmocka_unit_test(test_parent_and_child_of_a_fork_go_their_own_ways),
        cmocka_unit_test(test_ten_thousand_stopped_runs),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
