/* Boxes that are made where others of the image have been destroyed: from their memory, of which nothing is left. */
#include "python_fixture.h"

#include <pthread.h>

#define MIB (UINT64_C(1) << 20)
#define KEPT 4

/* Memories that are there: the base image, mapped to be written. */
static int count_memories(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[4096 + 128];
    int count = 0;
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL)
        count += strstr(line, " rw-p ") != NULL && strstr(line, "/python.image") != NULL;
    fclose(maps);
    return count;
}

static uint64_t refill_yield(void *context, pybox_box *box, uint64_t used)
{
    (void)context, (void)box, (void)used;
    return PYBOX_REFILL_YIELD;
}

static void test_nothing_is_left_of_the_box_before(void **state)
{
    (void)state;
    static const char *const uses[] = {
        "n = 1; import sys; sys.path.append('x'); open('/work/f', 'w').write('x' * 100000)",
        "n = 2; s = bytearray(50 << 20)",
        "n = 3; import os; os._exit(1)",
        "n = 4\nwhile True:\n try:\n  while True: pass\n except BaseException: pass",
        "n = 5; kept = [bytes([i % 256]) * 1000 for i in range(10_000)]",
        "n = 6; import random; random.seed(1)",
    };
    const pybox_limits limits = {.fuel = 50000000, .grace_fuel = 1};
    for (int i = 0; i < 36; i++) {
        pybox_box *box = make_policy((pybox_rollback)(i % 4));
        assert_eval(box, "import sys, os; ('n' in globals(), 's' in globals(), 'kept' in globals(), 'x' in sys.path, "
                         "os.listdir('/work'))",
                    "(False, False, False, False, [])");
        if (i % 5 == 0)
            checkpoint(box);
        run_limited(box, uses[i % 6], &limits);
        if (i % 7 == 0 && i % 6 < 2)
            checkpoint(box);
        if (i % 11 == 0)
            assert_works(pybox_box_trim(box));
        pybox_box_destroy(box);
    }
}

static void test_nothing_is_left_of_a_pending_run(void **state)
{
    (void)state;
    const pybox_limits limits = {.fuel = 100000};
    const pybox_result *result;
    for (int i = 0; i < 3; i++) {
        pybox_box *box = make_box(NULL);
        assert_eval(box, "'n' in globals()", "False");
        assert_works(pybox_box_run(box, &(pybox_run){.code = "n = 1\nwhile True: pass", .limits = &limits,
                                                     .refill = refill_yield}, &result));
        assert_int_equal(result->outcome, PYBOX_PENDING);
        pybox_box_destroy(box);
    }
}

static void test_each_box_has_its_own_limit(void **state)
{
    (void)state;
    const pybox_limits small = {.memory_bytes = 64 * MIB}, large = {.memory_bytes = 256 * MIB};
    for (int i = 0; i < 6; i++) {
        pybox_box *box = make_box(&(pybox_box_options){.limits = i % 2 == 0 ? &small : &large});
        const pybox_result *result = run_limited(box, "len(bytearray(100 << 20))", NULL);
        assert_int_equal(result->outcome, i % 2 == 0 ? PYBOX_OUT_OF_MEMORY : PYBOX_DONE);
        pybox_box_destroy(box);
    }
}

static void test_random_numbers_are_new(void **state)
{
    (void)state;
    char before[64] = "";
    for (int i = 0; i < 8; i++) {
        pybox_box *box = make_box(NULL);
        const char *now = eval(box, "import random; random.random()");
        assert_string_not_equal(now, before);
        snprintf(before, sizeof before, "%s", now);
        pybox_box_destroy(box);
    }
}

static void test_a_few_are_kept_until_the_image_goes(void **state)
{
    (void)state;
    enum { BOXES = 10 };
    pybox_box *boxes[BOXES];
    pybox_image *own;
    const int others = count_memories();
    assert_works(pybox_image_open(module, NULL, &own));
    for (int i = 0; i < BOXES; i++) {
        assert_works(pybox_box_create(module, own, NULL, &boxes[i]));
        eval(boxes[i], "x = 1");
    }
    assert_int_equal(count_memories(), others + BOXES);
    for (int i = 0; i < BOXES; i++)
        pybox_box_destroy(boxes[i]);
    assert_int_equal(count_memories(), others + KEPT);
    for (int i = 0; i < BOXES; i++)
        assert_works(pybox_box_create(module, own, NULL, &boxes[i]));
    assert_int_equal(count_memories(), others + BOXES);
    /* One that was greedy is kept, too; what it has used is not. */
    eval(boxes[0], "kept = [bytes([i % 256]) * 1000 for i in range(30_000)]; import gc; more = gc.get_objects()");
    const long used = private_kib();
    pybox_box_destroy(boxes[0]);
    assert_int_equal(count_memories(), others + BOXES);
    assert_true(used - private_kib() > 25000);
    for (int i = 1; i < BOXES; i++)
        pybox_box_destroy(boxes[i]);
    assert_int_equal(count_memories(), others + KEPT);
    pybox_image_close(own);
    assert_int_equal(count_memories(), others);
}

static void *work(void *context)
{
    int *good = context;
    for (int i = 0; i < 40; i++) {
        pybox_box *boxes[3];
        for (int j = 0; j < 3; j++)
            if (pybox_box_create(module, image, NULL, &boxes[j]) != PYBOX_OK)
                return NULL;
        for (int j = 0; j < 3; j++) {
            const pybox_result *result;
            const pybox_run run = {.mode = PYBOX_MODE_EVAL, .code = "fresh = 'n' not in globals(); n = 1; fresh"};
            if (pybox_box_run(boxes[j], &run, &result) == PYBOX_OK && result->outcome == PYBOX_DONE)
                *good += strcmp(result->value_repr.bytes, "True") == 0;
            pybox_box_destroy(boxes[j]);
        }
    }
    return NULL;
}

static void test_threads_share_them(void **state)
{
    (void)state;
    pthread_t threads[4];
    int good[4] = {0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &good[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(good[i], 120);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_left_of_the_box_before),
        cmocka_unit_test(test_nothing_is_left_of_a_pending_run),
        cmocka_unit_test(test_each_box_has_its_own_limit),
        cmocka_unit_test(test_random_numbers_are_new),
        cmocka_unit_test(test_a_few_are_kept_until_the_image_goes),
        cmocka_unit_test(test_threads_share_them),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
