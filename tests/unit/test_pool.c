/* Pools: who gets which box when, and in what state. */
#include "python_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

static pybox_pool *make_pool(const pybox_box_options *options, const pybox_pool_options *pool_options)
{
    pybox_pool *pool;
    assert_works(pybox_pool_create(module, image, options, pool_options, &pool));
    return pool;
}

static pybox_box *take(pybox_pool *pool)
{
    pybox_box *box;
    assert_works(pybox_pool_take(pool, 0, &box));
    return box;
}

static void assert_counts(pybox_pool *pool, uint32_t idle, uint32_t taken)
{
    pybox_pool_statistics statistics = {0};
    pybox_pool_describe(pool, &statistics);
    assert_int_equal(statistics.idle, idle);
    assert_int_equal(statistics.taken, taken);
}

static void test_boxes_come_back_as_they_were_made(void **state)
{
    (void)state;
    static const char *const arguments[] = {"one"};
    static const char *const uses[] = {
        "n = 1; sys.argv.append(2); open('/work/f', 'w').write('x' * 100000); print('y' * 1000000)",
        "n = 2; s = bytearray(50 << 20); sys.stdin.read()",
        "n = 3; os._exit(1)",
        "n = 4\nwhile True: pass",
        "n = 5; 1 / 0",
    };
    const pybox_limits limits = {.fuel = 30000000, .grace_fuel = 1};
    for (int policy = PYBOX_ROLLBACK_NEVER; policy <= PYBOX_ROLLBACK_ALWAYS; policy++) {
        pybox_pool *pool = make_pool(&(pybox_box_options){.arguments = arguments, .argument_count = 1, .input = "in\n",
                                                          .input_length = 3, .rollback = (pybox_rollback)policy},
                                     &(pybox_pool_options){.maximum = 2});
        assert_counts(pool, 1, 0);
        for (int i = 0; i < 20; i++) {
            pybox_box *box = take(pool);
            assert_eval(box, "import sys, os; (sys.argv, os.listdir('/work'), input(), 'n' in globals())",
                        "(['one'], [], 'in', False)");
            if (i % 3 == 0)
                checkpoint(box);
            run_limited(box, "import sys, os", NULL);
            char code[256];
            snprintf(code, sizeof code, "import sys, os; %s", uses[i % 5]);
            run_limited(box, code, &limits);
            if (i % 4 == 0 && i % 5 < 2)
                checkpoint(box);
            pybox_pool_give(pool, box);
            assert_counts(pool, 1, 0);
        }
        pybox_pool_statistics statistics = {0};
        pybox_pool_describe(pool, &statistics);
        assert_int_equal(statistics.takes, 20);
        assert_int_equal(statistics.created, 1);
        assert_int_equal(statistics.waits, 0);
        assert_int_equal(statistics.evicted, 0);
        assert_int_equal(statistics.size, sizeof statistics);
        pybox_pool_destroy(pool);
    }
}

static uint64_t refill_yield(void *context, pybox_box *box, uint64_t used)
{
    (void)context, (void)box, (void)used;
    return PYBOX_REFILL_YIELD;
}

static void test_a_box_with_a_pending_run_can_be_given_back(void **state)
{
    (void)state;
    pybox_pool *pool = make_pool(NULL, &(pybox_pool_options){.maximum = 1});
    const pybox_limits limits = {.fuel = 100000};
    const pybox_result *result;
    for (int i = 0; i < 3; i++) {
        pybox_box *box = take(pool);
        assert_eval(box, "'n' in globals()", "False");
        assert_works(pybox_box_run(box, &(pybox_run){.code = "n = 1\nwhile True: pass", .limits = &limits,
                                                     .refill = refill_yield}, &result));
        assert_int_equal(result->outcome, PYBOX_PENDING);
        pybox_pool_give(pool, box);
        assert_counts(pool, 1, 0);
    }
    pybox_pool_destroy(pool);
}

/* Appends to a text of 100 bytes. */
static int append(void *context, pybox_stream stream, const void *bytes, size_t length)
{
    char *text = context;
    (void)stream;
    assert_true(strlen(text) + length < 100);
    strncat(text, bytes, length);
    return 0;
}

static int note_display(void *context, uint32_t number, const char *mime, const void *bytes, size_t length)
{
    (void)number;
    (void)bytes;
    (void)length;
    return append(context, PYBOX_STDOUT, mime, strlen(mime));
}

static void test_output_goes_elsewhere_until_the_box_is_given_back(void **state)
{
    (void)state;
    char pools[100] = "", others[100] = "";
    pybox_pool *pool;
    pybox_box *box;
    const pybox_result *result;
    const pybox_box_options options = {.output = append, .output_context = pools};
    const pybox_run shows = {.code = "import pybox\npybox.display('x')\nprint('b')"};
    assert_works(pybox_pool_create(module, image, &options, NULL, &pool));
    assert_works(pybox_pool_take(pool, 0, &box));
    assert_works(pybox_box_run(box, &(pybox_run){.code = "print('a')"}, &result));
    assert_works(pybox_box_redirect(box, append, others, note_display, others));
    assert_works(pybox_box_run(box, &shows, &result));
    assert_int_equal(result->display_count, 0);
    assert_works(pybox_box_redirect(box, NULL, NULL, NULL, NULL));
    assert_works(pybox_box_run(box, &(pybox_run){.code = "print('c')"}, &result));
    assert_string_equal(result->output.bytes, "c\n");
    assert_string_equal(pools, "a\n");
    assert_string_equal(others, "text/plainb\n");
    assert_int_equal(pybox_box_redirect(NULL, NULL, NULL, NULL, NULL), PYBOX_ERROR_ARGUMENT);
    pybox_pool_give(pool, box);
    assert_works(pybox_pool_take(pool, 0, &box));
    assert_works(pybox_box_run(box, &(pybox_run){.code = "print('d')"}, &result));
    assert_string_equal(pools, "a\nd\n");
    pybox_pool_give(pool, box);
    pybox_pool_destroy(pool);
}

/* A host function that redirects its own box. */
static void redirect(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)answer;
    *(pybox_status *)context = pybox_box_redirect(call->box, NULL, NULL, NULL, NULL);
}

static void test_a_box_that_runs_is_not_redirected(void **state)
{
    (void)state;
    pybox_status status = PYBOX_OK;
    pybox_functions *functions;
    const pybox_result *result;
    assert_works(pybox_functions_create(&functions));
    assert_works(pybox_functions_add(functions, &(pybox_function){.name = "f", .signature = "()", .function = redirect,
                                                                  .context = &status}));
    pybox_box *box = make_box(&(pybox_box_options){.functions = functions});
    assert_works(pybox_box_run(box, &(pybox_run){.code = "import tools; tools.f()"}, &result));
    assert_int_equal(status, PYBOX_ERROR_BUSY);
    pybox_box_destroy(box);
    pybox_functions_destroy(functions);
}

static void test_no_more_than_the_maximum(void **state)
{
    (void)state;
    pybox_pool *pool = make_pool(NULL, &(pybox_pool_options){.minimum_idle = 2, .maximum = 3});
    pybox_box *boxes[3], *more = (pybox_box *)1;
    assert_counts(pool, 2, 0);
    for (int i = 0; i < 3; i++)
        boxes[i] = take(pool);
    assert_counts(pool, 0, 3);
    assert_int_equal(pybox_pool_take(pool, 0, &more), PYBOX_ERROR_BUSY);
    assert_null(more);
    assert_int_equal(pybox_pool_take(pool, 2 * MS, &more), PYBOX_ERROR_BUSY);
    for (int i = 0; i < 3; i++)
        pybox_pool_give(pool, boxes[i]);
    assert_counts(pool, 3, 0);
    pybox_pool_statistics statistics = {0};
    pybox_pool_describe(pool, &statistics);
    assert_int_equal(statistics.takes, 3);
    assert_int_equal(statistics.waits, 1);
    assert_int_equal(statistics.created, 3);
    pybox_pool_destroy(pool);
}

static void test_idle_boxes_go_but_for_the_minimum(void **state)
{
    (void)state;
    pybox_pool *pool = make_pool(NULL, &(pybox_pool_options){.minimum_idle = 1, .maximum = 4, .idle_ns = 1});
    pybox_box *boxes[4];
    for (int i = 0; i < 4; i++)
        boxes[i] = take(pool);
    for (int i = 0; i < 4; i++)
        pybox_pool_give(pool, boxes[i]);
    for (int i = 0; i < 4; i++)
        pybox_pool_give(pool, take(pool));
    assert_counts(pool, 1, 0);
    pybox_pool_statistics statistics = {0};
    pybox_pool_describe(pool, &statistics);
    assert_int_equal(statistics.evicted, statistics.created - 1);
    pybox_pool_destroy(pool);
}

static void test_boxes_from_nothing(void **state)
{
    (void)state;
    pybox_box *box;
    pybox_pool *pool;
    assert_works(pybox_pool_create(module, NULL, NULL, &(pybox_pool_options){.maximum = 1}, &pool)); /* from nothing */
    for (int i = 0; i < 3; i++) {
        box = take(pool);
        assert_eval(box, "n = globals().get('n', 0) + 1; n", "1");
        pybox_pool_give(pool, box);
    }
    pybox_pool_destroy(pool);
}

/* Over a delta, whose pages lie over those of another image. */
static void test_boxes_over_a_delta(void **state)
{
    (void)state;
    char path[] = "/tmp/test_pool.XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    pybox_image *over;
    pybox_pool *pool;
    eval(box, "n = [1]");
    assert_works(pybox_box_save(box, path, &(pybox_save_options){.delta = 1}));
    pybox_box_destroy(box);
    assert_works(pybox_image_open(module, path, &over));
    unlink(path);
    assert_works(pybox_pool_create(module, over, NULL, &(pybox_pool_options){.maximum = 1}, &pool));
    for (int i = 0; i < 3; i++) {
        box = take(pool);
        assert_eval(box, "n.append(2); n", "[1, 2]");
        pybox_pool_give(pool, box);
    }
    pybox_pool_destroy(pool);
    pybox_image_close(over);
}

static void test_only_taken_boxes_are_given_back(void **state)
{
    (void)state;
    pybox_pool *pool = make_pool(NULL, NULL), *other = make_pool(NULL, NULL);
    pybox_box *box = take(pool), *own = make_policy(PYBOX_ROLLBACK_NEVER);
    pybox_pool_give(other, box);
    pybox_pool_give(pool, own);
    assert_counts(other, 1, 0);
    assert_counts(pool, 0, 1);
    pybox_pool_give(pool, box);
    pybox_pool_give(pool, box);
    assert_counts(pool, 1, 0);
    pybox_box_destroy(own);
    pybox_pool_destroy(other);
    pybox_pool_destroy(pool);
}

static void test_bad_arguments(void **state)
{
    (void)state;
    pybox_pool *pool = (pybox_pool *)1;
    pybox_box *box;
    assert_int_equal(pybox_pool_create(module, image, NULL, &(pybox_pool_options){.minimum_idle = 3, .maximum = 2}, &pool),
                     PYBOX_ERROR_ARGUMENT);
    assert_null(pool);
    assert_int_equal(pybox_pool_create(NULL, image, NULL, NULL, &pool), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_pool_create(module, image, NULL, NULL, NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_pool_create(module, image, &(pybox_box_options){.directory = "/nowhere"}, NULL, &pool),
                     PYBOX_ERROR_PATH);
    assert_int_equal(pybox_pool_take(NULL, 0, &box), PYBOX_ERROR_ARGUMENT);
    pybox_pool_give(NULL, NULL);
    pybox_pool_describe(NULL, NULL);
    pybox_pool_destroy(NULL);
}

/* ---- threads ---- */

struct waiting {
    pybox_pool *pool;
    pthread_t thread;
    int order;
    atomic_int *served;
};

static void *wait_for_box(void *context)
{
    struct waiting *waiting = context;
    pybox_box *box;
    assert_works(pybox_pool_take(waiting->pool, PYBOX_UNLIMITED, &box));
    waiting->order = atomic_fetch_add(waiting->served, 1);
    assert_eval(box, "n = globals().get('n', 0) + 1; n", "1");
    pybox_pool_give(waiting->pool, box);
    return NULL;
}

static void test_takers_are_served_in_turn(void **state)
{
    (void)state;
    enum { WAITING = 6 };
    struct waiting waiting[WAITING];
    atomic_int served = 0;
    pybox_pool *pool = make_pool(NULL, &(pybox_pool_options){.maximum = 1});
    pybox_pool_statistics statistics = {0};
    pybox_box *box = take(pool);
    for (int i = 0; i < WAITING; i++) {
        waiting[i] = (struct waiting){.pool = pool, .served = &served};
        assert_int_equal(pthread_create(&waiting[i].thread, NULL, wait_for_box, &waiting[i]), 0);
        do { /* until it stands in the queue */
            usleep(100);
            pybox_pool_describe(pool, &statistics);
        } while (statistics.waits != (uint64_t)i + 1);
    }
    pybox_pool_give(pool, box);
    for (int i = 0; i < WAITING; i++) {
        pthread_join(waiting[i].thread, NULL);
        assert_int_equal(waiting[i].order, i);
    }
    assert_counts(pool, 1, 0);
    pybox_pool_destroy(pool);
}

static atomic_uint busy, most_busy;

static void *use_pool(void *context)
{
    pybox_pool *pool = context;
    for (int i = 0; i < 200; i++) {
        pybox_box *box;
        if (pybox_pool_take(pool, i % 3 == 0 ? 0 : i % 3 == 1 ? 50000 : 10000 * MS, &box) != PYBOX_OK)
            continue;
        unsigned now = atomic_fetch_add(&busy, 1) + 1;
        for (unsigned most = most_busy; most < now && !atomic_compare_exchange_weak(&most_busy, &most, now);)
            continue;
        assert_eval(box, "n = globals().get('n', 0) + 1; n", "1");
        atomic_fetch_sub(&busy, 1);
        pybox_pool_give(pool, box);
    }
    return NULL;
}

static void test_many_threads_and_few_boxes(void **state)
{
    (void)state;
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    pybox_pool *pool = make_pool(NULL, &(pybox_pool_options){.maximum = 3, .idle_ns = 1000});
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_pool, pool), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_true(most_busy >= 1 && most_busy <= 3);
    pybox_pool_statistics statistics = {0};
    pybox_pool_describe(pool, &statistics);
    assert_int_equal(statistics.taken, 0);
    assert_true(statistics.idle >= 1 && statistics.idle <= 3);
    assert_int_equal(statistics.created, statistics.idle + statistics.evicted);
    pybox_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boxes_come_back_as_they_were_made),
        cmocka_unit_test(test_a_box_with_a_pending_run_can_be_given_back),
        cmocka_unit_test(test_output_goes_elsewhere_until_the_box_is_given_back),
        cmocka_unit_test(test_a_box_that_runs_is_not_redirected),
        cmocka_unit_test(test_no_more_than_the_maximum),
        cmocka_unit_test(test_idle_boxes_go_but_for_the_minimum),
        cmocka_unit_test(test_boxes_from_nothing),
        cmocka_unit_test(test_boxes_over_a_delta),
        cmocka_unit_test(test_only_taken_boxes_are_given_back),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_takers_are_served_in_turn),
        cmocka_unit_test(test_many_threads_and_few_boxes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
