/* The account of fuel: what it says does not depend on how it is cut in slices. */
#include "fuel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Spends `costs` one by one, with a check after each, as module code does; the clock moves by `step_ns` a slice.
 * Returns the number of the cost at which the guest is found to be over its bound, or `count`. */
static int spend(struct fuel *fuel, const int *costs, int count, uint64_t step_ns, int *slices)
{
    uint64_t now_ns = 1;
    int64_t left = fuel_next(fuel);
    for (int i = 0; i < count; i++) {
        left -= costs[i];
        if (left >= 0)
            continue;
        now_ns += step_ns;
        fuel_measure(fuel, fuel_settle(fuel, &left), now_ns);
        ++*slices;
        if (fuel_is_over(fuel))
            return i;
        left = fuel_next(fuel);
    }
    fuel_settle(fuel, &left);
    return count;
}

static void test_a_run_ends_at_the_same_check_whatever_the_slices(void **state)
{
    (void)state;
    static int costs[20000];
    uint64_t total = 0, bound = 3000000, at_bound = 0;
    int expected = -1;
    for (int i = 0; i < 20000; i++) {
        costs[i] = (i * 7919) % 577;
        total += (uint64_t)costs[i];
        if (total > bound && expected < 0) {
            expected = i;
            at_bound = total;
        }
    }
    static const uint64_t steps[] = {1, 50, 20000, 100000, 1000000, 100000000};
    int counts[6] = {0};
    for (int i = 0; i < 6; i++) {
        struct fuel fuel;
        fuel_begin(&fuel, bound);
        assert_int_equal(spend(&fuel, costs, 20000, steps[i], &counts[i]), expected);
        assert_true(fuel.used == at_bound);
        assert_true(fuel_left(&fuel) == 0);
        fuel_begin(&fuel, UINT64_MAX);
        int slices = 0;
        assert_int_equal(spend(&fuel, costs, 20000, steps[i], &slices), 20000);
        assert_true(fuel.used == total);
        assert_true(fuel_left(&fuel) == UINT64_MAX);
    }
    assert_true(counts[5] > 2 * counts[0]); /* they were other slices */
}

static void test_slices_follow_the_rate_within_bounds(void **state)
{
    (void)state;
    struct fuel fuel;
    uint64_t now_ns = 1000;
    fuel_begin(&fuel, UINT64_MAX);
    int64_t left = fuel_next(&fuel);
    assert_int_equal(left, FUEL_SLICE_LEAST);
    fuel_measure(&fuel, fuel_settle(&fuel, &left), now_ns); /* the first tells nothing: no clock was read before */
    assert_int_equal(fuel_next(&fuel), FUEL_SLICE_LEAST);
    for (int i = 0; i < 20; i++) { /* 1 unit a ns */
        left = 0;
        uint64_t spent = fuel_settle(&fuel, &left);
        now_ns += spent;
        fuel_measure(&fuel, spent, now_ns);
        fuel_next(&fuel);
    }
    assert_int_equal(fuel.slice, FUEL_SLICE_NS);
    for (int i = 0; i < 20; i++) { /* 1000 units a ns */
        left = 0;
        uint64_t spent = fuel_settle(&fuel, &left);
        fuel_measure(&fuel, spent, now_ns += spent / 1000);
        fuel_next(&fuel);
    }
    assert_int_equal(fuel.slice, FUEL_SLICE_MOST);
    left = 0;
    fuel_measure(&fuel, fuel_settle(&fuel, &left), now_ns += 1000000000); /* it waited */
    assert_int_equal(fuel_next(&fuel), FUEL_SLICE_LEAST);
}

static void test_the_last_slice_is_what_is_left(void **state)
{
    (void)state;
    struct fuel fuel;
    fuel_begin(&fuel, 100);
    int64_t left = fuel_next(&fuel);
    assert_int_equal(left, 100);
    left = 30;
    assert_true(fuel_used(&fuel, left) == 70);
    assert_true(fuel_settle(&fuel, &left) == 70);
    assert_int_equal(left, 0);
    assert_true(fuel_left(&fuel) == 30);
    assert_int_equal(fuel_next(&fuel), 30);
    left = -5;
    fuel_settle(&fuel, &left);
    assert_true(fuel_is_over(&fuel));
    assert_int_equal(fuel_next(&fuel), -5); /* the next check finds it */
    left = -5;
    fuel_settle(&fuel, &left);
    assert_true(fuel.used == 105);
}

static void test_grants_and_grace(void **state)
{
    (void)state;
    struct fuel fuel;
    fuel_begin(&fuel, 10);
    int64_t left = fuel_next(&fuel) - 15;
    fuel_settle(&fuel, &left);
    assert_true(fuel_is_over(&fuel));
    fuel_grant(&fuel, 3);
    assert_true(fuel_is_over(&fuel));
    fuel_grant(&fuel, 7);
    assert_false(fuel_is_over(&fuel));
    assert_true(fuel_left(&fuel) == 5);
    fuel_allow(&fuel, 100); /* beyond what is used, not beyond what was granted */
    assert_int_equal(fuel_next(&fuel), 100);
    left = fuel.slice - 8;
    fuel_settle(&fuel, &left);
    assert_true(fuel_left(&fuel) == 0);
    assert_true(fuel.used == 23);
    fuel_grant(&fuel, UINT64_MAX - 1);
    assert_true(fuel_left(&fuel) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_run_ends_at_the_same_check_whatever_the_slices),
        cmocka_unit_test(test_slices_follow_the_rate_within_bounds),
        cmocka_unit_test(test_the_last_slice_is_what_is_left),
        cmocka_unit_test(test_grants_and_grace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
