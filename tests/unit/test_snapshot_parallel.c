#include "parallel.h"

#include "error.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ITEMS 5000

struct tally {
    atomic_int done[ITEMS];
    atomic_int by_worker[PARALLEL_THREADS_LIMIT];
    uint32_t fail_from; /* items from this one on fail */
    int disturbed;      /* set if a signal may come to another thread than the caller */
    pthread_t caller;
};

static pybox_status count_item(void *context, unsigned worker, uint32_t item)
{
    struct tally *tally = context;
    atomic_fetch_add(&tally->done[item], 1);
    atomic_fetch_add(&tally->by_worker[worker], 1);
    sigset_t mask;
    if (!pthread_equal(pthread_self(), tally->caller) &&
        pthread_sigmask(SIG_SETMASK, NULL, &mask) == 0 && sigismember(&mask, SIGTERM) == 0)
        tally->disturbed = 1;
    if (item >= tally->fail_from)
        return error_set(PYBOX_ERROR_IO, "item %u failed", item);
    return PYBOX_OK;
}

static struct tally *tally_create(uint32_t fail_from)
{
    struct tally *tally = calloc(1, sizeof *tally);
    tally->fail_from = fail_from;
    tally->caller = pthread_self();
    return tally;
}

static void each_item_is_done_once(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= PARALLEL_THREADS_LIMIT; threads *= 4) {
        struct tally *tally = tally_create(UINT32_MAX);
        assert_int_equal(parallel_run(threads, ITEMS, count_item, tally), PYBOX_OK);
        for (int i = 0; i < ITEMS; i++)
            assert_int_equal(atomic_load(&tally->done[i]), 1);
        for (unsigned i = threads; i < PARALLEL_THREADS_LIMIT; i++)
            assert_int_equal(atomic_load(&tally->by_worker[i]), 0);
        assert_int_equal(tally->disturbed, 0);
        free(tally);
    }
}

static void no_items_are_no_work(void **state)
{
    (void)state;
    struct tally *tally = tally_create(0);
    assert_int_equal(parallel_run(3, 0, count_item, tally), PYBOX_OK);
    free(tally);
}

static void the_first_failing_item_is_told_by_name(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        struct tally *tally = tally_create(100);
        assert_int_equal(parallel_run(4, ITEMS, count_item, tally), PYBOX_ERROR_IO);
        assert_string_equal(error_message(), "item 100 failed");
        for (int i = 0; i <= 100; i++)
            assert_int_equal(atomic_load(&tally->done[i]), 1);
        assert_int_equal(atomic_load(&tally->done[ITEMS - 1]), 0); /* and it stops */
        free(tally);
    }
}

static void threads_are_as_many_as_are_of_use(void **state)
{
    (void)state;
    assert_int_equal(parallel_threads(8, 0), 1);
    assert_int_equal(parallel_threads(8, 31), 1);
    assert_int_equal(parallel_threads(8, 32), 2);
    assert_int_equal(parallel_threads(8, 100000), 8);
    assert_int_equal(parallel_threads(100000, UINT32_MAX), PARALLEL_THREADS_LIMIT);
    unsigned chosen = parallel_threads(0, 100000);
    assert_in_range(chosen, 1, 4);
    assert_true(chosen <= (unsigned)sysconf(_SC_NPROCESSORS_ONLN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_item_is_done_once),
        cmocka_unit_test(no_items_are_no_work),
        cmocka_unit_test(the_first_failing_item_is_told_by_name),
        cmocka_unit_test(threads_are_as_many_as_are_of_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
