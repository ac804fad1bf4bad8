#include "stack.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"
#include "module_abi.h"

#define MIB (UINT64_C(1) << 20)

static int readable(const uint8_t *address)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int good = write(ends[1], address, 1) == 1;
    close(ends[0]);
    close(ends[1]);
    return good;
}

static int resident_pages(const uint8_t *start, const uint8_t *end)
{
    static unsigned char pages[65536];
    int count = 0;
    assert_int_equal(mincore((void *)start, (size_t)(end - start), pages), 0);
    for (ptrdiff_t i = 0; i < (end - start) / 4096; i++)
        count += pages[i] & 1;
    return count;
}

static int count_mappings(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    int lines = 0, c;
    while ((c = fgetc(maps)) != EOF)
        lines += c == '\n';
    fclose(maps);
    return lines;
}

static void test_a_stack_has_a_guard_below(void **state)
{
    (void)state;
    struct stack_pool *pool;
    struct stack stack;
    assert_int_equal(stack_pool_create(MIB - 5, &pool), PYBOX_OK);
    assert_int_equal(stack_take(pool, &stack), PYBOX_OK);
    assert_int_equal(stack.top - stack.low, MIB);
    assert_int_equal(stack.low - stack.guard_start, STACK_GUARD_BYTES);
    assert_true(STACK_GUARD_BYTES > MODULE_STACK_RESERVE);
    assert_int_equal((uintptr_t)stack.top % 4096, 0);
    stack.top[-1] = stack.low[0] = 1;
    assert_false(readable(stack.low - 1));
    assert_false(readable(stack.guard_start));
    stack_give(pool, &stack);
    assert_null(stack.top);
    stack_give(pool, &stack); /* harmless */
    stack_pool_destroy(pool);
    stack_pool_destroy(NULL);
}

static void test_stacks_are_used_again(void **state)
{
    (void)state;
    struct stack_pool *pool;
    struct stack a, b;
    assert_int_equal(stack_pool_create(MIB, &pool), PYBOX_OK);
    assert_int_equal(stack_take(pool, &a), PYBOX_OK);
    assert_int_equal(stack_take(pool, &b), PYBOX_OK);
    assert_ptr_not_equal(a.top, b.top);
    uint8_t *top = b.top;
    stack_give(pool, &a);
    stack_give(pool, &b);
    assert_int_equal(stack_take(pool, &a), PYBOX_OK);
    assert_ptr_equal(a.top, top);
    stack_give(pool, &a);
    stack_pool_destroy(pool);
}

static void test_a_deep_runs_memory_is_given_back(void **state)
{
    (void)state;
    struct stack_pool *pool;
    struct stack stack;
    assert_int_equal(stack_pool_create(8 * MIB, &pool), PYBOX_OK);
    assert_int_equal(stack_take(pool, &stack), PYBOX_OK);
    struct stack where = stack;
    memset(stack.top - 65536, 1, 65536);
    stack_give(pool, &stack);
    assert_in_range(resident_pages(where.low, where.top), 16, 17); /* a shallow one's stays */
    assert_int_equal(stack_take(pool, &stack), PYBOX_OK);
    memset(stack.top - 4 * MIB, 1, 4 * MIB);
    stack_give(pool, &stack);
    assert_in_range(resident_pages(where.low, where.top), 16, 66);
    assert_int_equal(stack_take(pool, &stack), PYBOX_OK);
    memset(stack.low, 1, 8 * MIB); /* all of it can be used again */
    stack_give(pool, &stack);
    assert_in_range(resident_pages(where.low, where.top), 16, 66);
    /* Deep, but nothing written just below what is kept: found out within some runs. */
    assert_int_equal(stack_take(pool, &stack), PYBOX_OK);
    memset(stack.low, 1, (size_t)(stack.top - stack.low) - 256 * 1024 - 4096);
    stack_give(pool, &stack);
    for (int i = 0; i < 64; i++) {
        assert_int_equal(stack_take(pool, &stack), PYBOX_OK);
        stack_give(pool, &stack);
    }
    assert_in_range(resident_pages(where.low, where.top), 16, 66);
    stack_pool_destroy(pool);
}

static void test_few_idle_stacks_are_kept(void **state)
{
    (void)state;
    struct stack_pool *pool;
    struct stack stacks[64];
#ifdef __SANITIZE_THREAD__
    print_message("mappings are not counted: the thread sanitizer makes its own for each of ours\n");
    return;
#endif
    int before = count_mappings();
    assert_int_equal(stack_pool_create(MIB, &pool), PYBOX_OK);
    for (int i = 0; i < 64; i++)
        assert_int_equal(stack_take(pool, &stacks[i]), PYBOX_OK);
    assert_true(count_mappings() > before + 100);
    for (int i = 0; i < 64; i++)
        stack_give(pool, &stacks[i]);
    assert_true(count_mappings() < before + 40);
    stack_pool_destroy(pool);
    assert_true(count_mappings() < before + 5);
}

static void test_sizes_are_checked(void **state)
{
    (void)state;
    struct stack_pool *pool;
    assert_int_equal(stack_pool_create(0, &pool), PYBOX_ERROR_ARGUMENT);
    assert_null(pool);
    assert_int_equal(stack_pool_create(UINT64_MAX, &pool), PYBOX_ERROR_ARGUMENT);
}

static void test_a_lack_of_address_space_is_an_error(void **state)
{
    (void)state;
    struct rlimit before;
    struct stack_pool *pool;
    struct stack stack;
    getrlimit(RLIMIT_AS, &before);
    const struct rlimit little = {UINT64_C(2) << 30, before.rlim_max};
    assert_int_equal(stack_pool_create(4096 * MIB, &pool), PYBOX_OK);
    if (setrlimit(RLIMIT_AS, &little) != 0)
        skip();
    pybox_status status = stack_take(pool, &stack);
    setrlimit(RLIMIT_AS, &before);
    assert_int_equal(status, PYBOX_ERROR_NO_MEMORY);
    assert_null(stack.top);
    assert_non_null(strstr(error_message(), "stack_bytes"));
    stack_pool_destroy(pool);
}

static void *take_and_give(void *argument)
{
    struct stack_pool *pool = argument;
    uintptr_t good = 0;
    for (int i = 0; i < 2000; i++) {
        struct stack stack;
        if (stack_take(pool, &stack) != PYBOX_OK)
            break;
        memcpy(stack.top - sizeof good, &i, sizeof i);
        sched_yield();
        good += memcmp(stack.top - sizeof good, &i, sizeof i) == 0; /* nobody else's */
        stack_give(pool, &stack);
    }
    return (void *)good;
}

static void test_threads_share_a_pool(void **state)
{
    (void)state;
    struct stack_pool *pool;
    pthread_t threads[8];
    assert_int_equal(stack_pool_create(MIB, &pool), PYBOX_OK);
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, pool), 0);
    for (int i = 0; i < 8; i++) {
        void *good;
        pthread_join(threads[i], &good);
        assert_int_equal((uintptr_t)good, 2000);
    }
    stack_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_stack_has_a_guard_below),
        cmocka_unit_test(test_stacks_are_used_again),
        cmocka_unit_test(test_a_deep_runs_memory_is_given_back),
        cmocka_unit_test(test_few_idle_stacks_are_kept),
        cmocka_unit_test(test_sizes_are_checked),
        cmocka_unit_test(test_a_lack_of_address_space_is_an_error),
        cmocka_unit_test(test_threads_share_a_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
