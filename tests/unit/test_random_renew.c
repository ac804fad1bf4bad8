/* pybox.random_renew, over a guest written by hand: generators get other numbers after a restore, which costs a run
 * nothing; and what a hostile guest makes of it. */
#include "pybox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guest_abi.h"
#include "samples/sample_run.h"

#define SYSTEM "poke 20004 1 " /* the generator at 20000 has the system's seed */

static unsigned peek(pybox_box *box, unsigned address)
{
    char code[64], value[32];
    snprintf(code, sizeof code, "peek %u", address);
    const pybox_result *result = sample_run(box, code);
    assert_int_equal(result->outcome, PYBOX_DONE);
    snprintf(value, sizeof value, "%.*s", (int)result->value.length, result->value.bytes);
    return (unsigned)strtoul(value, NULL, 10);
}

/* Runs code that must come to its end and use so much. */
static void assert_uses(pybox_box *box, const char *code, uint64_t fuel, uint64_t host_calls)
{
    const pybox_result *result = sample_run(box, code);
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_int_equal(result->fuel_used, fuel);
    assert_int_equal(result->host_calls, host_calls);
}

static void test_the_systems_generator_gets_another_state(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(NULL);
    assert_uses(box, SYSTEM "poke 22508 77 renew 1 19000 1000 2496 7", 3, 0);
    assert_int_equal(peek(box, 20000), 7);
    assert_int_equal(peek(box, 20008), 1);
    unsigned all = 0, end = 0;
    for (int i = 0; i < 80; i++) {
        all |= peek(box, 20012);
        end |= peek(box, 22504);
        sample_run(box, "renew 1 20000 0 2496 8");
    }
    assert_int_equal(all, 0xffffffff); /* each bit was set once: with random ones all but certain */
    assert_int_equal(end, 0xffffffff);
    assert_int_equal(peek(box, 22508), 77); /* behind it */
    pybox_box_destroy(box);
}

static void test_one_that_was_seeded_keeps_it(void **state)
{
    (void)state;
    pybox_box *box = sample_run_limited(NULL);
    assert_uses(box, "poke 20012 55 renew 1 20000 0 2496 9", 2, 0);
    assert_int_equal(peek(box, 20000), 9);
    assert_int_equal(peek(box, 20008), 0);
    assert_int_equal(peek(box, 20012), 55);
    pybox_box_destroy(box);
}

/* What is not all in memory, or too large, is left as it is. */
static void test_a_hostile_generator(void **state)
{
    (void)state;
    static const char *const codes[] = {
        "renew 1 131064 0 0 7",         "renew 1 131060 0 1 7",         "renew 1 0 131073 16 7",
        "renew 1 4294967295 0 2496 7",  "renew 1 20000 0 4097 7",       "renew 1 20000 0 4294967295 7",
        "renew 1 20000 0 4294967284 7",
    };
    pybox_box *box = sample_run_limited(NULL);
    sample_run(box, SYSTEM "poke 20012 66 poke 131060 5 poke 131064 5 poke 131068 5");
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        assert_int_equal(sample_run(box, codes[i])->outcome, PYBOX_DONE);
    assert_int_equal(peek(box, 20012), 66);
    assert_int_equal(peek(box, 131060), 5);
    assert_int_equal(peek(box, 131068), 5);
    assert_uses(box, "poke 131064 0 renew 1 131060 0 0 7", 2, 0); /* that much fits, and base + offset wraps around */
    assert_int_equal(peek(box, 131060), 7);
    assert_uses(box, "renew 1 4294967295 20001 2496 7", 1, 0);
    assert_int_equal(peek(box, 20000), 7);
    pybox_box_destroy(box);
}

/* So many after each restore; what comes then pays as every import does. */
static void test_few_are_free(void **state)
{
    (void)state;
    char code[64];
    pybox_box *box = sample_run_limited(NULL);
    sample_run(box, SYSTEM);
    assert_int_equal(pybox_box_checkpoint(box), PYBOX_OK);
    for (int i = 0; i < 3; i++) {
        snprintf(code, sizeof code, "renew %u 20000 0 2496 7", GUEST_RENEWALS - 1);
        assert_uses(box, code, 1, 0);
        assert_uses(box, "renew 1 20000 0 2496 7", 1, 0);
        assert_uses(box, "renew 1 20000 0 2496 7", 1 + RENEW_FUEL + 2496 / 16, 1);
        assert_uses(box, "renew 10 20000 0 2496 7", 1 + 10 * (RENEW_FUEL + 2496 / 16), 10);
        assert_int_equal(pybox_box_rollback(box), PYBOX_OK);
    }
    pybox_box *clone;
    sample_run(box, "renew 1024 20000 0 2496 7");
    assert_int_equal(pybox_box_clone(box, NULL, &clone), PYBOX_OK);
    assert_uses(box, "renew 1 20000 0 0 7", 1 + RENEW_FUEL, 1);
    assert_uses(clone, "renew 1 20000 0 0 7", 1, 0);
    pybox_box_destroy(clone);
    pybox_box_destroy(box);
}

/* With a fixed seed no new numbers are due after a rollback, and what was free is as it was. */
static void test_a_fixed_seed_brings_back_what_was_free(void **state)
{
    (void)state;
    const uint64_t seed = 5;
    pybox_box *box = sample_run_box(&sample_guest, &(pybox_box_options){.seed = &seed}), *clone;
    sample_run(box, SYSTEM "renew 1023 20000 0 2496 7");
    assert_int_equal(pybox_box_checkpoint(box), PYBOX_OK);
    unsigned first = 0;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pybox_box_clone(box, NULL, &clone), PYBOX_OK);
        assert_uses(box, "renew 2 20000 0 2496 7", 1 + RENEW_FUEL + 2496 / 16, 1);
        first = i == 0 ? peek(box, 20012) : first;
        assert_int_equal(peek(box, 20012), first);
        assert_uses(clone, "renew 2 20000 0 2496 7", 1 + RENEW_FUEL + 2496 / 16, 1);
        assert_int_equal(peek(clone, 20012), first);
        pybox_box_destroy(clone);
        assert_int_equal(pybox_box_rollback(box), PYBOX_OK);
    }
    pybox_box_destroy(box);
}

/* What is given back is given back exactly: a run ends at the same unit with and without. */
static void test_limits_hold(void **state)
{
    (void)state;
    for (int renewals = 0; renewals < 2; renewals++) {
        pybox_box *box = sample_run_limited(&(pybox_limits){.fuel = 10000, .grace_fuel = 1000});
        const pybox_result *result = sample_run(box, renewals ? "renew 500 20000 0 2496 7 spin 0" : "spin 1 spin 0");
        assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
        assert_int_equal(result->fuel_used, 10002);
        pybox_box_destroy(box);
    }
    pybox_box *box = sample_run_limited(&(pybox_limits){.host_calls = 3});
    assert_uses(box, "renew 1024 20000 0 16 7", 1, 0);
    const pybox_result *result = sample_run(box, "renew 4 20000 0 16 7");
    assert_int_equal(result->outcome, PYBOX_LIMIT);
    assert_int_equal(result->host_calls, 3);
    pybox_box_destroy(box);
    /* Not for nothing for ever, whatever a guest does: it is stopped by fuel, and by time meanwhile. */
    box = sample_run_limited(&(pybox_limits){.fuel = 100000, .grace_fuel = 1000});
    result = sample_run(box, "renew 4000000000 20000 0 4096 7");
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    pybox_box_destroy(box);
    box = sample_run_limited(&(pybox_limits){.wall_ns = 1000, .grace_ns = 1});
    result = sample_run(box, "renew 4000000000 20000 0 4096 7");
    assert_int_equal(result->outcome, PYBOX_DEADLINE);
    pybox_box_destroy(box);
}

static void test_a_module_that_is_not_metered(void **state)
{
    (void)state;
    pybox_box *box = sample_run_box(&sample_guest_plain, NULL);
    assert_uses(box, SYSTEM "renew 1 20000 0 2496 7", 0, 0);
    assert_uses(box, "renew 1024 20000 0 2496 8", 0, 1);
    assert_int_equal(peek(box, 20000), 8);
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_systems_generator_gets_another_state),
        cmocka_unit_test(test_one_that_was_seeded_keeps_it),
        cmocka_unit_test(test_a_hostile_generator),
        cmocka_unit_test(test_few_are_free),
        cmocka_unit_test(test_a_fixed_seed_brings_back_what_was_free),
        cmocka_unit_test(test_limits_hold),
        cmocka_unit_test(test_a_module_that_is_not_metered),
    };
    return cmocka_run_group_tests(tests, sample_run_set_up, sample_run_tear_down);
}
