/* What the tests that run with each method share. Include it in one file of a program. */
#ifndef ROLLBACK_WAYS_H
#define ROLLBACK_WAYS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rollback_fixture.h"

/* The way that the group runs with. */
static const struct fixture_way *way;

static inline void make(struct fixture *fixture)
{
    fixture_make(fixture, &way->options);
}

static inline void restore(struct fixture *fixture)
{
    assert_int_equal(rollback_restore(fixture->rollback), PYBOX_OK);
}

static inline void checkpoint(struct fixture *fixture)
{
    assert_int_equal(rollback_checkpoint(fixture->rollback), PYBOX_OK);
}

static inline void write_byte(struct fixture *fixture, uint64_t page, uint8_t value)
{
    rollback_enter(fixture->rollback);
    fixture->memory.base[page * FIXTURE_PAGE + page % FIXTURE_PAGE] ^= value;
}

static inline int skip_what_does_not_work(void **state)
{
    (void)state;
    if (!fixture_works_here(way))
        skip();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, skip_what_does_not_work)

/* The tests with each way; how many failed. `tests` is an array. */
#define RUN_WITH_EACH_WAY(tests, failed)                                        \
    for (way = fixture_ways; way < fixture_ways + FIXTURE_WAYS; way++) {        \
        print_message("-- %s\n", way->name);                                    \
        (failed) += cmocka_run_group_tests_name(way->name, (tests), NULL, NULL); \
    }

#endif
