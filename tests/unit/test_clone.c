/* Clones: what they share with the box they come from, and that they then go their own way. */
#include "python_fixture.h"

#include <pthread.h>
#include <unistd.h>

static void test_a_clone_has_the_state_and_goes_its_own_way(void **state)
{
    (void)state;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, "import os; n = [1]; f = open('/work/f', 'w+'); f.write('abcdef'); f.seek(3); os.mkdir('/work/d'); os.chdir('/work/d');"
              "big = bytearray(20 << 20); big[5 << 20] = 7");
    pybox_box *clone = clone_box(box);
    for (int i = 0; i < 2; i++)
        assert_eval(i == 0 ? clone : box, "(n, f.tell(), f.read(), os.getcwd(), sum(big), len(big))",
                    "([1], 3, 'def', '/work/d', 7, 20971520)");
    eval(clone, "n.append(2); f.write('ghi'); f.flush(); os.remove('/work/f'); del big");
    assert_eval(box, "(n, f.tell(), open('/work/f').read(), len(big))", "([1], 6, 'abcdef', 20971520)");
    eval(box, "n = None; f.close(); os.chdir('/')");
    pybox_box *grandchild = clone_box(clone);
    pybox_box_destroy(box);
    assert_eval(clone, "(n, f.tell(), os.getcwd())", "([1, 2], 9, '/work/d')");
    pybox_box_destroy(clone);
    assert_eval(grandchild, "(n, f.tell(), f.seek(0), f.read())", "([1, 2], 9, 0, 'abcdefghi')");
    pybox_box_destroy(grandchild);
}

static int take_output(void *context, pybox_stream stream, const void *bytes, size_t length)
{
    (void)stream;
    strncat(context, bytes, length);
    return 0;
}

static ptrdiff_t give_input(void *context, void *bytes, size_t capacity)
{
    (void)capacity;
    memcpy(bytes, *(char *)context == 'a' ? "1\n" : "2\n", 2);
    return 2;
}

static void test_callbacks_get_the_clones_context(void **state)
{
    (void)state;
    char first[32] = "a:", second[32] = "b:";
    pybox_box *clone, *box = make_box(&(pybox_box_options){.output = take_output, .output_context = first,
                                                          .input_callback = give_input, .input_context = first});
    assert_works(pybox_box_clone(box, second, &clone));
    eval(clone, "print(input())");
    eval(box, "print(input())");
    assert_string_equal(first, "a:1\n");
    assert_string_equal(second, "b:2\n");
    pybox_box_destroy(box);
    pybox_box_destroy(clone);
}

static void test_options_are_the_clones_too(void **state)
{
    (void)state;
    static const char *const arguments[] = {"one"};
    const pybox_limits limits = {.fuel = 50000000, .memory_bytes = 64 << 20, .files = 3};
    pybox_box *box = make_box(&(pybox_box_options){.arguments = arguments, .argument_count = 1, .limits = &limits,
                                                   .input = "a\nb\n", .input_length = 4});
    for (int i = 0; i < 2; i++) { /* before the first run, and after it */
        pybox_box *clone = clone_box(box);
        assert_eval(clone, "import sys; (sys.argv, sys.stdin.readline())", i == 0 ? "(['one'], 'a\\n')" : "(['one'], 'b\\n')");
        assert_int_equal(run_limited(clone, "while True: pass", NULL)->outcome, PYBOX_OUT_OF_FUEL);
        assert_int_equal(run_limited(clone, "bytearray(60 << 20)", NULL)->outcome, PYBOX_OUT_OF_MEMORY);
        assert_int_equal(run_limited(clone, "for i in range(9): open(f'/work/{i}', 'w')", NULL)->outcome, PYBOX_EXCEPTION);
        pybox_box_destroy(clone);
        assert_eval(box, "import sys; (sys.argv, sys.stdin.readline())", i == 0 ? "(['one'], 'a\\n')" : "(['one'], 'b\\n')");
    }
    pybox_box_destroy(box);
}

static void test_a_clone_has_no_checkpoints_but_may_have_its_own(void **state)
{
    (void)state;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, "n = 1");
    checkpoint(box);
    eval(box, "n = 2");
    pybox_box *clone = clone_box(box);
    assert_int_equal(pybox_box_checkpoints(clone), 0);
    assert_int_equal(pybox_box_rollback(clone), PYBOX_ERROR_ARGUMENT);
    assert_eval(clone, "n", "2");
    checkpoint(clone);
    eval(clone, "n = 3");
    rollback(box);
    assert_eval(box, "n", "1");
    rollback(clone);
    assert_eval(clone, "n", "2");
    pybox_box_destroy(box);
    assert_eval(clone, "n", "2");
    pybox_box_destroy(clone);
}

/* With options that ask for it, a clone is rolled back to the state in which it was made. */
static void test_a_clone_rolls_back_as_its_box_does(void **state)
{
    (void)state;
    for (int policy = PYBOX_ROLLBACK_STOPPED; policy <= PYBOX_ROLLBACK_ALWAYS; policy++) {
        pybox_box *box = make_policy((pybox_rollback)policy);
        if (policy == PYBOX_ROLLBACK_ALWAYS) { /* nothing stays in that one */
            pybox_box *clone = clone_box(box);
            for (int i = 0; i < 3; i++)
                assert_eval(clone, "n = globals().get('n', 0) + 1; n", "1");
            pybox_box_destroy(clone);
        } else {
            eval(box, "n = 1");
            pybox_box *clone = clone_box(box);
            const pybox_limits limits = {.fuel = 100000, .grace_fuel = 1};
            assert_int_equal(run_limited(clone, "n = 2\nwhile True: pass", &limits)->outcome, PYBOX_OUT_OF_FUEL);
            assert_eval(clone, "n", "1");
            pybox_box_destroy(clone);
        }
        pybox_box_destroy(box);
    }
}

static void test_a_box_that_is_not_at_rest_has_no_clone(void **state)
{
    (void)state;
    pybox_box *clone = (pybox_box *)1, *box = make_policy(PYBOX_ROLLBACK_NEVER);
    const pybox_limits limits = {.fuel = 1000, .grace_fuel = 1};
    assert_int_equal(pybox_box_clone(NULL, NULL, &clone), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_clone(box, NULL, NULL), PYBOX_ERROR_ARGUMENT);
    run_limited(box, "while True: pass", &limits);
    assert_int_equal(pybox_box_clone(box, NULL, &clone), PYBOX_ERROR_DIRTY);
    assert_null(clone);
    rollback(box);
    run_limited(box, "import os; os._exit(0)", NULL);
    assert_int_equal(pybox_box_clone(box, NULL, &clone), PYBOX_ERROR_DIRTY);
    pybox_box_destroy(box);
}

static void test_a_box_from_nothing_can_be_cloned(void **state)
{
    (void)state;
    pybox_box *box;
    assert_works(pybox_box_create(module, NULL, NULL, &box));
    eval(box, "n = 1");
    pybox_box *clone = clone_box(box);
    eval(box, "n = 2");
    assert_eval(clone, "import json; (n, json.dumps([1]))", "(1, '[1]')");
    pybox_box_destroy(clone);
    pybox_box_destroy(box);
}

/* ---- host files ---- */

static char folder[] = "/tmp/test_clone.XXXXXX", path[64];

static void test_files_that_are_gone_are_lost(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/f", folder);
    const pybox_mount mount = {.host = folder, .guest = "/host"};
    pybox_box *box = make_box(&(pybox_box_options){.mounts = &mount, .mount_count = 1});
    size_t count;
    eval(box, "f = open('/host/f', 'w+'); f.write('abc'); f.flush(); f.seek(1)");
    pybox_box *clone = clone_box(box);
    assert_ptr_equal(pybox_box_lost_files(clone, &count), NULL);
    assert_int_equal(count, 0);
    assert_eval(clone, "(f.read(), f.seek(2), f.read())", "('bc', 2, 'c')");
    assert_eval(box, "f.tell()", "1");
    pybox_box_destroy(clone);
    unlink(path);
    clone = clone_box(box);
    const char *const *lost = pybox_box_lost_files(clone, &count);
    assert_int_equal(count, 1);
    assert_string_equal(lost[0], "/host/f");
    assert_eval(clone, "try:\n f.read()\nexcept OSError as e:\n n = e.errno\nn", "8"); /* EBADF */
    assert_eval(box, "f.read()", "'bc'");
    pybox_box_destroy(clone);
    pybox_box_destroy(box);
    assert_int_equal(rmdir(folder), 0);
}

/* ---- threads ---- */

static void *use_clone(void *context)
{
    pybox_box *box = context;
    for (int i = 0; i < 50; i++) {
        assert_eval(box, "n += 1; s[n * 100] = 1; (n, sum(s))", "(1, 1)");
        rollback(box);
    }
    return NULL;
}

static void test_clones_run_on_threads_of_their_own(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pybox_box *clones[THREADS], *box = make_policy(PYBOX_ROLLBACK_NEVER);
    pthread_t threads[THREADS];
    eval(box, "n = 0; s = bytearray(1 << 20)");
    for (int i = 0; i < THREADS; i++) {
        clones[i] = clone_box(box);
        checkpoint(clones[i]);
        assert_int_equal(pthread_create(&threads[i], NULL, use_clone, clones[i]), 0);
    }
    eval(box, "n = 100");
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        pybox_box_destroy(clones[i]);
    }
    assert_eval(box, "n", "100");
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_clone_has_the_state_and_goes_its_own_way),
        cmocka_unit_test(test_callbacks_get_the_clones_context),
        cmocka_unit_test(test_options_are_the_clones_too),
        cmocka_unit_test(test_a_clone_has_no_checkpoints_but_may_have_its_own),
        cmocka_unit_test(test_a_clone_rolls_back_as_its_box_does),
        cmocka_unit_test(test_a_box_that_is_not_at_rest_has_no_clone),
        cmocka_unit_test(test_a_box_from_nothing_can_be_cloned),
        cmocka_unit_test(test_files_that_are_gone_are_lost),
        cmocka_unit_test(test_clones_run_on_threads_of_their_own),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
