/* Runs that wait for the host on their native stack: synchronous calls, and loops of asyncio.run(). */
#include "waiting_fixture.h"

#include <pthread.h>
#include <unistd.h>

static void test_a_synchronous_call_waits(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    const pybox_result *result = run_waiting(box, "print('before')\n[ask_and_wait(i=i) for i in range(2)]", PYBOX_WAIT_STACK);
    assert_string_equal(result->output.bytes, "before\n");
    assert_int_equal(result->request_count, 1);
    assert_string_equal(result->requests[0].function, "tools.ask_and_wait");
    assert_int_equal(resume_box(box)->outcome, PYBOX_PENDING); /* nothing has come */
    answer_json(box, only_request(box).id, "[1]");
    result = resume_box(box);
    assert_int_equal(result->outcome, PYBOX_PENDING);
    assert_string_equal(result->requests[0].arguments.bytes, "{\"i\": 1}");
    assert_works(pybox_box_answer_error(box, result->requests[0].id, NULL, "no"));
    result = resume_box(box);
    assert_int_equal(result->outcome, PYBOX_EXCEPTION);
    assert_string_equal(result->error.message.bytes, "no");
    assert_eval(box, "1", "1");
    pybox_box_destroy(box);
}

static void test_so_does_a_loop_of_its_own(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    eval(box, "async def main(ms):\n"
              "    slow = asyncio.create_task(asyncio.sleep(ms / 1000, 'slept'))\n"
              "    return await asyncio.gather(*(ask(i=i) for i in range(20)), slow)");
    uint64_t wake_ns = 0;
    for (int ms = 10; wake_ns == 0; ms *= 2) { /* on a busy machine the sleep is over before the loop waits */
        char code[40];
        snprintf(code, sizeof code, "asyncio.run(main(%d))", ms);
        const pybox_result *result = run_waiting(box, code, PYBOX_WAIT_STACK);
        assert_int_equal(result->request_count, 20);
        wake_ns = result->wake_ns;
        assert_in_range(wake_ns, 0, ms * 1000000);
        for (int i = 19; i >= 0; i--) {
            const pybox_request *requests;
            size_t count;
            assert_works(pybox_box_requests(box, &requests, &count));
            assert_int_equal(count, i + 1);
            answer_json(box, requests[i].id, "7");
            if (i == 10)
                assert_int_equal(resume_box(box)->outcome, PYBOX_PENDING);
        }
        assert_string_equal(finish_run(box), "[7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 'slept']");
    }
    pybox_box_destroy(box);
}

static void test_a_synchronous_call_among_others(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    const pybox_result *result = run_waiting(box, "task = asyncio.create_task(ask(i=1))\nawait asyncio.sleep(0)\n"
                                                  "[ask_and_wait(i=2), await task, await ask(i=3)]", PYBOX_WAIT_STACK);
    assert_int_equal(result->request_count, 2); /* the task's too */
    answer_json(box, result->requests[0].id, "10");
    answer_json(box, result->requests[1].id, "20");
    result = resume_box(box);
    assert_int_equal(result->outcome, PYBOX_PENDING);
    assert_int_equal(result->wait, PYBOX_WAIT_HOST);
    answer_json(box, only_request(box).id, "30");
    assert_string_equal(finish_run(box), "[20, 10, 30]");
    pybox_box_destroy(box);
}

static void *resume_elsewhere(void *box)
{
    const pybox_result *result;
    return (void *)(intptr_t)pybox_box_resume(box, NULL, &result);
}

static void test_it_stays_where_it_is(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL), *clone;
    const pybox_result *result;
    run_waiting(box, "asyncio.run(ask())", PYBOX_WAIT_STACK);
    assert_int_equal(pybox_box_save(box, "/nonexistent/file", NULL), PYBOX_ERROR_BUSY);
    assert_non_null(strstr(pybox_error_message(), "native stack"));
    assert_non_null(strstr(pybox_error_message(), "asyncio.run()"));
    assert_int_equal(pybox_box_checkpoint(box), PYBOX_ERROR_BUSY);
    assert_int_equal(pybox_box_rollback(box), PYBOX_ERROR_BUSY);
    assert_int_equal(pybox_box_clone(box, NULL, &clone), PYBOX_ERROR_BUSY);
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "1"}, &result), PYBOX_ERROR_BUSY);
    pthread_t thread;
    void *status;
    assert_int_equal(pthread_create(&thread, NULL, resume_elsewhere, box), 0);
    pthread_join(thread, &status);
    assert_int_equal((intptr_t)status, PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_resume(box, &(pybox_resume){.limits = &(pybox_limits){.fuel = 1}}, &result), PYBOX_ERROR_ARGUMENT);
    answer_json(box, only_request(box).id, "\"done\"");
    assert_string_equal(finish_run(box), "'done'");
    run_waiting(box, "ask_and_wait()", PYBOX_WAIT_STACK);
    pybox_box_destroy(box); /* with its run */
}

static int is_pending(const pybox_result *result)
{
    return result->outcome == PYBOX_PENDING;
}

static void test_limits_hold_on(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    static const char code[] = "try:\n    ask_and_wait()\nfinally:\n    print('tidy')";
    const pybox_result *result = run_until(box, code, offsetof(pybox_limits, wall_ns), is_pending);
    while (result->outcome == PYBOX_PENDING) { /* its time goes on */
        usleep(10000);
        result = resume_box(box);
    }
    assert_int_equal(result->outcome, PYBOX_DEADLINE);
    assert_non_null(strstr(result->error.traceback.bytes, "line 2, in <module>\n    ask_and_wait()"));
    assert_string_equal(result->output.bytes, "tidy\n");
    run_waiting(box, code, PYBOX_WAIT_STACK);
    pybox_box_interrupt(box, PYBOX_INTERRUPT_KEYBOARD);
    result = resume_box(box);
    assert_string_equal(result->error.type.bytes, "KeyboardInterrupt");
    run_waiting(box, "asyncio.run(ask())", PYBOX_WAIT_STACK);
    pybox_box_interrupt(box, PYBOX_INTERRUPT_STOP);
    assert_int_equal(resume_box(box)->outcome, PYBOX_INTERRUPTED);
    /* Who is being stopped does not wait. */
    run_waiting(box, "try:\n    ask_and_wait()\nfinally:\n    ask_and_wait()", PYBOX_WAIT_STACK);
    pybox_box_interrupt(box, PYBOX_INTERRUPT_STOP);
    assert_int_equal(resume_box(box)->outcome, PYBOX_INTERRUPTED);
    run_waiting(box, code, PYBOX_WAIT_STACK);
    pybox_box_interrupt(box, PYBOX_INTERRUPT_CUT);
    result = resume_box(box);
    assert_true(result->cut);
    rollback(box);
    assert_eval(box, "1", "1");
    pybox_box_destroy(box);
}

static void test_what_the_guest_says_is_checked(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    static const char *const lists[] = {
        "b''", "bytes(19)", "bytes(21)", "bytes(16) + b'\\xff' * 4",
        "bytes(16) + b'\\1\\0\\0\\0'",                                                  /* no request */
        "bytes(8) + b'\\1' + bytes(7) + b'\\1\\0\\0\\0' + b'\\1' + bytes(15)",             /* without a name */
        "bytes(8) + b'\\1' + bytes(7) + b'\\1\\0\\0\\0' + b'\\1' + bytes(7) + b'\\1' + bytes(7)", /* cut off */
        "bytes(8) + b'\\1' + bytes(7) + b'\\1\\0\\0\\0' + b'\\1' + bytes(7) + b'\\1' + bytes(7) + b'\\n'",
        "bytes(8) + b'\\0' + bytes(7) + b'\\1\\0\\0\\0' + b'\\1' + bytes(7) + b'\\1' + bytes(7) + b'n'",  /* not asked yet */
        "bytes(8) + b'\\1' + bytes(7) + b'\\1\\0\\0\\0' + bytes(8) + b'\\1' + bytes(7) + b'n'",         /* 0 */
        "bytes(8) + b'\\1' + bytes(7) + b'\\1\\0\\0\\0' + b'\\1' + bytes(7) + b'\\1\\0\\0\\0\\1\\0\\0\\0n\\xff'",
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        char code[300];
        snprintf(code, sizeof code, "bridge.wait_on_stack(%s)", lists[i]);
        const pybox_result *result = run_limited(box, code, NULL);
        assert_int_equal(result->outcome, PYBOX_EXCEPTION);
        assert_non_null(strstr(result->error.message.bytes, "did not understand"));
    }
    run_waiting(box, "bridge.wait_on_stack(bytes(20))", PYBOX_WAIT_STACK);
    assert_string_equal(finish_run(box), "b''");
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_synchronous_call_waits),
        cmocka_unit_test(test_so_does_a_loop_of_its_own),
        cmocka_unit_test(test_a_synchronous_call_among_others),
        cmocka_unit_test(test_it_stays_where_it_is),
        cmocka_unit_test(test_limits_hold_on),
        cmocka_unit_test(test_what_the_guest_says_is_checked),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
