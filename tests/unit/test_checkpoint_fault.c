/* Every allocation of checkpoints, rollbacks, drops, clones, pools and of the runs between them fails in turn: the
 * box is as it was, or dirty and can be rolled back. */
#include "alloc_fault.h"
#include "python_fixture.h"

#define MAX_ALLOCATIONS 3000

/* Does one thing to a box, in which n is 3; with checkpoints in which it is 1 and 2. What n is now, or 0 if it
 * failed. */
typedef int work_function(pybox_box *box);

static int reached; /* the allocation that was to fail */

static void end_faults(void)
{
    reached = fail_at == -1;
    fail_at = -1;
}

static int value_of(pybox_box *box)
{
    return atoi(eval(box, "n"));
}

static int work_checkpoint(pybox_box *box)
{
    pybox_status status = pybox_box_checkpoint(box);
    end_faults();
    if (status != PYBOX_OK)
        return 0;
    drop(box);
    return 3;
}

static int work_rollback(pybox_box *box)
{
    pybox_status status = pybox_box_rollback(box);
    end_faults();
    return status == PYBOX_OK ? 2 : 0;
}

static int work_drop(pybox_box *box)
{
    pybox_status status = pybox_box_drop(box);
    end_faults();
    if (status != PYBOX_OK)
        return 0;
    assert_int_equal(value_of(box), 3);
    rollback(box);
    assert_int_equal(value_of(box), 1);
    eval(box, "n = 2");
    checkpoint(box);
    eval(box, "n = 3");
    return 3;
}

static int work_clone(pybox_box *box)
{
    pybox_box *clone;
    pybox_status status = pybox_box_clone(box, NULL, &clone);
    end_faults();
    if (status != PYBOX_OK) {
        assert_null(clone);
        return 0;
    }
    assert_int_equal(value_of(clone), 3);
    pybox_box_destroy(clone);
    return 3;
}

/* A run that is undone, by the box's option. Some failures are the guest's to see. */
static int work_stopped_run(pybox_box *box)
{
    const pybox_limits limits = {.fuel = 100000, .grace_fuel = 1};
    const pybox_result *result;
    const pybox_run run = {.limits = &limits, .code = "n = 4; f.write('x' * 100); f.flush()\nwhile True: pass"};
    pybox_status status = pybox_box_run(box, &run, &result);
    end_faults();
    if (status == PYBOX_OK && result->outcome == PYBOX_EXCEPTION) {
        rollback(box);
        return 2;
    }
    return status == PYBOX_OK ? 3 : 0;
}

static void fail_each(work_function *work, pybox_rollback policy)
{
    for (long n = 0; n < MAX_ALLOCATIONS; n++) {
        pybox_box *box = make_policy(policy);
        eval(box, "n = 1; f = open('/work/f', 'w')");
        checkpoint(box);
        eval(box, "n = 2; s = bytearray(200000)");
        checkpoint(box);
        eval(box, "n = 3; f.write('abc'); del s");
        fail_at = n;
        int value = work(box);
        if (value == 0) {
            assert_true(reached);
            pybox_status status = pybox_box_checkpoint(box);
            if (status == PYBOX_OK) { /* nothing has changed */
                drop(box);
                assert_int_equal(value_of(box), 3);
            } else {
                assert_int_equal(status, PYBOX_ERROR_DIRTY);
            }
        } else {
            assert_int_equal(value_of(box), value);
        }
        for (int back = 2; back >= 1; back--) {
            rollback(box);
            assert_int_equal(value_of(box), back);
            drop(box);
        }
        pybox_box_destroy(box);
        if (value != 0 && !reached) {
            return;
        }
    }
    fail_msg("it never succeeds");
}

static void test_checkpoint(void **state)
{
    (void)state;
    fail_each(work_checkpoint, PYBOX_ROLLBACK_NEVER);
    fail_each(work_checkpoint, PYBOX_ROLLBACK_RUN);
}

static void test_rollback(void **state)
{
    (void)state;
    fail_each(work_rollback, PYBOX_ROLLBACK_NEVER);
    fail_each(work_rollback, PYBOX_ROLLBACK_RUN);
}

static void test_drop(void **state)
{
    (void)state;
    fail_each(work_drop, PYBOX_ROLLBACK_NEVER);
    fail_each(work_drop, PYBOX_ROLLBACK_RUN);
}

static void test_clone(void **state)
{
    (void)state;
    fail_each(work_clone, PYBOX_ROLLBACK_NEVER);
}

static void test_stopped_run(void **state)
{
    (void)state;
    fail_each(work_stopped_run, PYBOX_ROLLBACK_RUN);
}

static void test_pool(void **state)
{
    (void)state;
    const pybox_pool_options options = {.minimum_idle = 2, .maximum = 3};
    for (long n = 0; n < MAX_ALLOCATIONS; n++) {
        pybox_pool *pool;
        pybox_box *boxes[3] = {NULL};
        fail_at = n;
        pybox_status status = pybox_pool_create(module, image, NULL, &options, &pool);
        for (int i = 0; i < 3 && status == PYBOX_OK; i++)
            status = pybox_pool_take(pool, 0, &boxes[i]);
        end_faults();
        if (status != PYBOX_OK)
            assert_int_equal(status, PYBOX_ERROR_NO_MEMORY);
        if (pool != NULL) {
            for (int i = 0; i < 3; i++)
                pybox_pool_give(pool, boxes[i]);
            assert_works(pybox_pool_take(pool, 0, &boxes[0]));
            eval(boxes[0], "n = 1");
            fail_at = 0;
            pybox_pool_give(pool, boxes[0]);
            fail_at = -1;
            assert_works(pybox_pool_take(pool, 0, &boxes[0]));
            assert_eval(boxes[0], "'n' in globals()", "False");
            pybox_pool_give(pool, boxes[0]);
        }
        pybox_pool_destroy(pool);
        if (!reached)
            return;
    }
    fail_msg("it never succeeds");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checkpoint),
        cmocka_unit_test(test_rollback),
        cmocka_unit_test(test_drop),
        cmocka_unit_test(test_clone),
        cmocka_unit_test(test_stopped_run),
        cmocka_unit_test(test_pool),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
