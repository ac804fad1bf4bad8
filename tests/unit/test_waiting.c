/* Runs that wait for the host without a native stack: top-level await, requests, answers, and going on. */
#include "waiting_fixture.h"

#define MS UINT64_C(1000000)

#include <pthread.h>
#include <unistd.h>

/* ------------------------------------------------------------------------------------------
 * Code that awaits
 */

static void test_code_may_await(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    assert_eval(box, "import asyncio\nawait asyncio.sleep(0, 6) * 7", "42");
    assert_eval(box, "async def f(x):\n    await asyncio.sleep(0.001)\n    return x\n"
                     "a = await f(1)\n[a, await f(2), *await asyncio.gather(f(3), f(4))]",
                "[1, 2, 3, 4]");
    assert_eval(box, "b = await f(5)\na + b", "6");
    assert_eval(box, "1 + 1", "2");
    assert_eval(box, "f(9).close()\ntype(f(8)).__name__", "'coroutine'"); /* is no code that awaits */
    const pybox_result *result;
    assert_works(pybox_box_run(box, &(pybox_run){.code = "async with asyncio.timeout(1):\n    async for x in g():\n        print(x)\n"}, &result));
    assert_string_equal(result->error.type.bytes, "NameError");
    assert_works(pybox_box_run(box, &(pybox_run){.mode = PYBOX_MODE_SINGLE, .code = "await f(7)"}, &result));
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_string_equal(result->output.bytes, "7\n");
    pybox_box_destroy(box);
}

static void test_runs_share_one_loop_and_its_tasks(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    assert_eval(box, "import asyncio\nloop = await asyncio.sleep(0, asyncio.get_running_loop())\n"
                     "seen = []\n"
                     "async def work():\n"
                     "    for i in range(3):\n"
                     "        seen.append(i)\n"
                     "        await asyncio.sleep(0)\n"
                     "task = asyncio.create_task(work())\n"
                     "seen == []",
                "True");
    assert_eval(box, "seen", "[]"); /* nobody spins the loop */
    assert_eval(box, "await asyncio.sleep(0)\nseen == [0, 1] and asyncio.get_running_loop() is loop", "True");
    assert_eval(box, "await task\nseen", "[0, 1, 2]");
    const pybox_result *result = run_limited(box, "asyncio.get_running_loop()", NULL);
    assert_string_equal(result->error.type.bytes, "RuntimeError");
    assert_eval(box, "asyncio.run(asyncio.sleep(0, 'as ever'))", "'as ever'");
    pybox_box_destroy(box);
}

static void test_context_variables_are_those_of_the_run(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    assert_eval(box, "import asyncio, contextvars\nv = contextvars.ContextVar('v', default=0)\nv.set(1).var is v", "True");
    assert_eval(box, "await asyncio.sleep(0)\nbefore = v.get()\nt = v.set(2)\nbefore", "1");
    assert_eval(box, "v.get()", "2");
    assert_eval(box, "async def f():\n    v.set(3)\nawait asyncio.create_task(f())\nv.get()", "2");
    pybox_box_destroy(box);
}

static int stopped_in_line_3(const pybox_result *result)
{
    return result->outcome == PYBOX_DEADLINE && result->error.line == 3;
}

static void test_exceptions_come_out_as_of_any_code(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_result *result = run_limited(box, "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    1 / 0\n"
                                                  "await f()\n", NULL);
    assert_int_equal(result->outcome, PYBOX_EXCEPTION);
    assert_string_equal(result->error.traceback.bytes,
                        "Traceback (most recent call last):\n"
                        "  File \"<run>\", line 5, in <module>\n    await f()\n"
                        "  File \"<run>\", line 4, in f\n    1 / 0\n    ~~^~~\n"
                        "ZeroDivisionError: division by zero\n");
    assert_int_equal(result->error.line, 4);
    result = run_limited(box, "await asyncio.sleep(0)\nraise SystemExit(7)", NULL);
    assert_int_equal(result->outcome, PYBOX_EXIT);
    assert_int_equal(result->exit_code, 7);
    result = run_limited(box, "x = 1\nawait asyncio.Future()\n", NULL);
    assert_string_equal(result->error.type.bytes, "RuntimeError");
    assert_non_null(strstr(result->error.message.bytes, "deadlock"));
    assert_int_equal(result->error.line, 2);
    result = run_until(box, "async def late():\n    try:\n        await asyncio.sleep(3600)\n    finally:\n        print('tidy')\n"
                            "await late()",
                       offsetof(pybox_limits, wall_ns), stopped_in_line_3);
    assert_false(result->cut);
    assert_string_equal(result->output.bytes, "tidy\n");
    assert_eval(box, "await asyncio.sleep(0, 'works')", "'works'");
    result = run_limited(box, "await asyncio.sleep(0)\nwhile True: pass", &(pybox_limits){.fuel = 5000000});
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    assert_int_equal(result->error.line, 2);
    assert_eval(box, "await asyncio.sleep(0, 'works')", "'works'");
    pybox_box_destroy(box);
}

/* ------------------------------------------------------------------------------------------
 * Requests and answers
 */

static void test_a_run_waits_and_goes_on(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    const pybox_result *result = run_waiting(box, "print('before')\nx = await ask(a=1)\nprint('behind')\nx['b']", PYBOX_WAIT_HOST);
    assert_int_equal(result->wake_ns, 0);
    assert_int_equal(result->request_count, 1);
    assert_string_equal(result->requests[0].function, "tools.ask");
    assert_string_equal(result->requests[0].arguments.bytes, "{\"a\": 1}");
    assert_string_equal(result->output.bytes, "before\n");
    const uint64_t id = result->requests[0].id, fuel = result->fuel_used, calls = result->host_calls;
    assert_int_equal(only_request(box).id, id);
    const pybox_result *none;
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "1"}, &none), PYBOX_ERROR_BUSY);
    assert_non_null(strstr(pybox_error_message(), "waits for the host"));
    assert_int_equal(pybox_box_finish(box, &none), PYBOX_ERROR_BUSY);
    assert_int_equal(pybox_box_answer(box, id + 1, NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_answer(box, 0, NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_answer(box, id, &(pybox_value){PYBOX_VALUE_JSON, "\xff", 0}), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(resume_box(box)->outcome, PYBOX_PENDING); /* nothing has come */
    answer_json(box, id, "{\"b\": [1, 2]}");
    assert_int_equal(pybox_box_answer(box, id, NULL), PYBOX_ERROR_ARGUMENT);
    assert_non_null(strstr(pybox_error_message(), "already"));
    result = resume_box(box);
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_string_equal(result->value_repr.bytes, "[1, 2]");
    assert_string_equal(result->output.bytes, "before\nbehind\n");
    assert_true(result->fuel_used > fuel && result->host_calls >= calls);
    assert_int_equal(result->wait, PYBOX_WAIT_NONE);
    assert_int_equal(pybox_box_resume(box, NULL, &none), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_answer(box, id, NULL), PYBOX_ERROR_ARGUMENT);
    assert_eval(box, "x", "{'b': [1, 2]}");
    pybox_box_destroy(box);
}

static void *finish_elsewhere(void *box)
{
    const pybox_result *result;
    int done = pybox_box_answer(box, only_request(box).id, NULL) == PYBOX_OK &&
               pybox_box_resume(box, NULL, &result) == PYBOX_OK && result->outcome == PYBOX_DONE;
    return (void *)(intptr_t)done;
}

static void test_any_thread_may_go_on(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    run_waiting(box, "await ask()", PYBOX_WAIT_HOST);
    pthread_t thread;
    void *done;
    assert_int_equal(pthread_create(&thread, NULL, finish_elsewhere, box), 0);
    pthread_join(thread, &done);
    assert_int_equal((intptr_t)done, 1);
    assert_eval(box, "1", "1");
    pybox_box_destroy(box);
}

static void test_answers_are_values_or_errors(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    const pybox_result *result = run_waiting(box, "await asyncio.gather(*(ask(i=i) for i in range(4)), return_exceptions=True)", PYBOX_WAIT_HOST);
    assert_int_equal(result->request_count, 4);
    assert_works(pybox_box_answer(box, result->requests[0].id, NULL));
    assert_works(pybox_box_answer(box, result->requests[3].id, &(pybox_value){PYBOX_VALUE_BYTES, "a\0b", 3}));
    assert_works(pybox_box_answer_error(box, result->requests[1].id, NULL, "no such thing"));
    answer_json(box, result->requests[2].id, "\"text\"");
    assert_string_equal(finish_run(box), "[None, RuntimeError('no such thing'), 'text', b'a\\x00b']");
    pybox_box_destroy(box);
}

#define FAN 100

static void test_many_are_answered_in_any_order(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    run_waiting(box, "async def one(i):\n"
                     "    try:\n        return await ask(i=i)\n"
                     "    except RuntimeError as error:\n        return str(error)\n"
                     "answers = await asyncio.gather(*(one(i) for i in range(100)))\n"
                     "answers == [f'bad {i}' if i % 7 == 3 else i * i for i in range(100)]", PYBOX_WAIT_HOST);
    unsigned seed = 12345;
    for (size_t left = FAN, count; left > 0; left--) {
        const pybox_request *requests;
        assert_works(pybox_box_requests(box, &requests, &count));
        assert_int_equal(count, left);
        seed = seed * 1103515245u + 12345u;
        const pybox_request *request = &requests[(seed >> 8) % count];
        char text[64];
        int i = atoi(request->arguments.bytes + 6);
        snprintf(text, sizeof text, i % 7 == 3 ? "bad %d" : "%d", i % 7 == 3 ? i : i * i);
        const uint64_t id = request->id;
        if (i % 7 == 3)
            assert_works(pybox_box_answer_error(box, id, NULL, text));
        else
            answer_json(box, id, text);
        if (left % 3 == 0) /* the others wait on */
            assert_int_equal(resume_box(box)->outcome, PYBOX_PENDING);
    }
    assert_string_equal(finish_run(box), "True");
    pybox_box_destroy(box);
}

static void test_a_timer_tells_when_to_wake(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    const pybox_result *result;
    char code[200];
    uint64_t ms = 20;
    for (;; ms *= 2) {
        snprintf(code, sizeof code, "try:\n    x = await asyncio.wait_for(ask(), %d / 1000)\n"
                                    "except TimeoutError:\n    x = 'too late'\n"
                                    "y = await ask(second=True)\n[x, y]", (int)ms);
        result = run_waiting(box, code, PYBOX_WAIT_HOST);
        if (result->wake_ns > 0)
            break;
        answer_json(box, result->requests[0].id, "2"); /* a busy machine: it was too late at once */
        assert_string_equal(finish_run(box), "['too late', 2]");
    }
    assert_in_range(result->wake_ns, 1, ms * MS);
    const uint64_t id = result->requests[0].id;
    const pybox_request *kept = result->requests;
    do
        usleep(5000);
    while ((result = resume_box(box))->requests[0].id == id);
    assert_int_equal(result->request_count, 1);
    assert_int_equal(result->wake_ns, 0);
    (void)kept;
    answer_json(box, id, "1"); /* accepted, and dropped */
    answer_json(box, result->requests[0].id, "2");
    assert_string_equal(finish_run(box), "['too late', 2]");
    pybox_box_destroy(box);
}

static void test_an_answer_wins_over_a_timer(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    const pybox_result *result;
    char code[100];
    uint64_t ms = 5;
    for (;; ms *= 2) {
        snprintf(code, sizeof code, "await asyncio.wait_for(ask(), %d / 1000)", (int)ms);
        result = run_limited(box, code, NULL);
        if (result->outcome == PYBOX_PENDING)
            break;
        assert_string_equal(result->error.type.bytes, "TimeoutError"); /* a busy machine: before it waited */
    }
    usleep((useconds_t)ms * 2000);
    answer_json(box, result->requests[0].id, "\"in time\"");
    assert_string_equal(finish_run(box), "'in time'");
    pybox_box_destroy(box);
}

static void test_what_the_loop_does_before_it_waits(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    const pybox_result *result = run_waiting(box, "async def tick():\n    for i in range(3):\n        print(i)\n        await asyncio.sleep(0)\n"
                                                  "background = asyncio.create_task(tick())\nawait ask()", PYBOX_WAIT_HOST);
    assert_string_equal(result->output.bytes, "0\n1\n2\n");
    assert_works(pybox_box_answer(box, result->requests[0].id, NULL));
    assert_string_equal(finish_run(box), "");
    /* A task that is left waits in later runs. */
    assert_eval(box, "left = asyncio.create_task(ask(left=True))\nawait asyncio.sleep(0)\nleft.done()", "False");
    assert_eval(box, "'not async'", "'not async'");
    result = run_waiting(box, "[await ask(right=True), await left]", PYBOX_WAIT_HOST);
    assert_int_equal(result->request_count, 2);
    assert_string_equal(result->requests[0].arguments.bytes, "{\"left\": true}");
    answer_json(box, result->requests[0].id, "1");
    answer_json(box, result->requests[1].id, "2");
    assert_string_equal(finish_run(box), "[2, 1]");
    pybox_box_destroy(box);
}

/* ------------------------------------------------------------------------------------------
 * The state of a box that waits
 */

static const char sum[] = "total = 40\nx = await ask(first=1)\ntotal += x\ntotal";

static void test_it_is_saved_and_goes_on_elsewhere(void **state)
{
    (void)state;
    static const char path[] = "test_waiting.snap";
    for (int form = PYBOX_FORM_COMPRESSED; form <= PYBOX_FORM_MAPPED; form++) {
        pybox_box *box = make_asking(NULL);
        run_waiting(box, sum, PYBOX_WAIT_HOST);
        assert_works(pybox_box_save(box, path, &(pybox_save_options){.form = (pybox_form)form}));
        pybox_box_destroy(box);
        pybox_image *waiting;
        assert_works(pybox_image_load(module, path, NULL, &waiting));
        const pybox_result *result;
        for (int asked = 0; asked < 2; asked++) {
            assert_works(pybox_box_create(module, waiting, NULL, &box));
            if (asked == 0) /* a run finds out */
                assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "1"}, &result), PYBOX_ERROR_BUSY);
            pybox_request request = only_request(box);
            assert_string_equal(request.function, "tools.ask");
            assert_string_equal(request.arguments.bytes, "{\"first\": 1}");
            answer_json(box, request.id, "2");
            assert_string_equal(finish_run(box), "42");
            assert_eval(box, "x", "2");
            pybox_box_destroy(box);
        }
        pybox_image_close(waiting);
    }
    unlink(path);
}

/* In the other process. */
static int go_on_with(const char *path)
{
    const pybox_result *result;
    pybox_image *waiting;
    pybox_box *box;
    const pybox_request *requests;
    size_t count;
    void *unused = NULL;
    if (set_up(&unused) != 0 || pybox_image_load(module, path, NULL, &waiting) != PYBOX_OK ||
        pybox_box_create(module, waiting, NULL, &box) != PYBOX_OK ||
        pybox_box_requests(box, &requests, &count) != PYBOX_OK || count != 1)
        return 1;
    const uint64_t id = requests[0].id;
    if (pybox_box_answer(box, id, &(pybox_value){PYBOX_VALUE_JSON, "2", 0}) != PYBOX_OK ||
        pybox_box_resume(box, NULL, &result) != PYBOX_OK || result->outcome != PYBOX_DONE)
        return 2;
    printf("%s\n", result->value_repr.bytes);
    pybox_box_destroy(box);
    pybox_image_close(waiting);
    return tear_down(&unused);
}

static void test_it_goes_on_in_another_process(void **state)
{
    (void)state;
    static const char path[] = "test_waiting_process.snap";
    pybox_box *box = make_asking(NULL);
    run_waiting(box, "async def all():\n    async with asyncio.timeout(3600):\n        return 40 + await ask()\nawait all()", PYBOX_WAIT_HOST);
    assert_works(pybox_box_save(box, path, NULL));
    pybox_box_destroy(box);
    char program[4096], command[5000], line[64] = "";
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    assert_true(length > 0);
    program[length] = '\0';
    snprintf(command, sizeof command, "'%s' --go-on %s", program, path);
    FILE *other = popen(command, "r");
    assert_non_null(other);
    assert_non_null(fgets(line, sizeof line, other));
    assert_int_equal(pclose(other), 0);
    assert_string_equal(line, "42\n");
    unlink(path);
}

static void test_clones_are_answered_by_themselves(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    const pybox_result *result = run_waiting(box, sum, PYBOX_WAIT_HOST);
    const uint64_t id = result->requests[0].id;
    pybox_box *first = clone_box(box), *second = clone_box(box);
    answer_json(box, id, "1"); /* not the clones' */
    assert_int_equal(pybox_box_run(first, &(pybox_run){.code = "1"}, &result), PYBOX_ERROR_BUSY);
    answer_json(first, only_request(first).id, "2");
    answer_json(second, only_request(second).id, "3");
    assert_string_equal(finish_run(second), "43");
    assert_string_equal(finish_run(box), "41");
    assert_string_equal(finish_run(first), "42");
    pybox_image *made;
    run_waiting(box, sum, PYBOX_WAIT_HOST);
    assert_works(pybox_image_create(box, &made));
    pybox_box_destroy(first);
    assert_works(pybox_box_create(module, made, NULL, &first));
    answer_json(first, only_request(first).id, "5");
    assert_string_equal(finish_run(first), "45");
    pybox_image_close(made);
    pybox_box_destroy(second);
    pybox_box_destroy(first);
    pybox_box_destroy(box);
}

static void test_it_can_return_to_where_it_waits(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    checkpoint(box);
    run_waiting(box, sum, PYBOX_WAIT_HOST);
    checkpoint(box);
    for (int i = 0; i < 3; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        answer_json(box, only_request(box).id, text);
        snprintf(text, sizeof text, "%d", 40 + i);
        assert_string_equal(finish_run(box), text);
        rollback(box);
    }
    const pybox_result *result;
    assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "1"}, &result), PYBOX_ERROR_BUSY);
    drop(box);
    rollback(box); /* the run is given up */
    assert_int_equal(pybox_box_resume(box, NULL, &result), PYBOX_ERROR_ARGUMENT);
    assert_eval(box, "'total' in globals()", "False");
    pybox_box_destroy(box);
}

static void test_what_is_stopped_is_undone(void **state)
{
    (void)state;
    const pybox_limits limits = {.fuel = 20000000};
    const pybox_result *result;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_RUN);
    eval(box, asking);
    assert_works(pybox_box_run(box, &(pybox_run){.code = "mark = 1\nawait ask()\nwhile True: pass", .limits = &limits}, &result));
    assert_int_equal(result->outcome, PYBOX_PENDING);
    pybox_box *clone = clone_box(box);
    assert_works(pybox_box_answer(box, result->requests[0].id, NULL));
    assert_int_equal(resume_box(box)->outcome, PYBOX_OUT_OF_FUEL);
    assert_eval(box, "'mark' in globals()", "False"); /* as before the run began */
    assert_works(pybox_box_answer(clone, only_request(clone).id, NULL));
    assert_works(pybox_box_resume(clone, &(pybox_resume){.limits = &limits}, &result));
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    assert_int_equal(pybox_box_run(clone, &(pybox_run){.code = "1"}, &result), PYBOX_ERROR_BUSY);
    only_request(clone); /* it waits again */
    pybox_box_destroy(clone);
    pybox_box_destroy(box);
}

static void test_pools_take_back_what_waits(void **state)
{
    (void)state;
    pybox_pool *pool;
    pybox_box *box;
    assert_works(pybox_pool_create(module, image, NULL, NULL, &pool));
    for (int i = 0; i < 2; i++) {
        assert_works(pybox_pool_take(pool, 0, &box));
        assert_eval(box, "'ask' in globals()", "False");
        eval(box, asking);
        run_waiting(box, i == 0 ? "await ask()" : "ask_and_wait()", i == 0 ? PYBOX_WAIT_HOST : PYBOX_WAIT_STACK);
        pybox_pool_give(pool, box);
    }
    assert_works(pybox_pool_take(pool, 0, &box));
    assert_eval(box, "'ask' in globals()", "False");
    pybox_pool_give(pool, box);
    pybox_pool_destroy(pool);
}

static void test_sessions_are_parked_while_they_wait(void **state)
{
    (void)state;
    char folder[] = "test_waiting_store_XXXXXX", command[100];
    assert_non_null(mkdtemp(folder));
    pybox_store *store;
    uint64_t revision = 0;
    assert_works(pybox_store_open(folder, &store));
    pybox_box *box = make_asking(NULL);
    run_waiting(box, sum, PYBOX_WAIT_HOST);
    assert_works(pybox_store_park(store, "ann", box, &revision));
    pybox_box_destroy(box);
    pybox_image *parked;
    assert_works(pybox_store_resume(store, module, "ann", &parked, &revision));
    assert_works(pybox_box_create(module, parked, NULL, &box));
    answer_json(box, only_request(box).id, "2");
    assert_string_equal(finish_run(box), "42");
    pybox_box_destroy(box);
    pybox_image_close(parked);
    pybox_store_close(store);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void test_a_guest_that_lies_is_found_out(void **state)
{
    (void)state;
    static const char *const lies[] = {
        "lambda wake_ns: b''", "lambda wake_ns: b'\\xff' * 1000", "lambda wake_ns: bytes(16) + b'\\1\\0\\0\\0' + bytes(15)",
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        char code[200];
        const pybox_result *result;
        pybox_box *box = make_asking(NULL);
        checkpoint(box);
        snprintf(code, sizeof code, "bridge.list_requests = %s\nawait ask()", lies[i]);
        assert_int_equal(pybox_box_run(box, &(pybox_run){.code = code}, &result), PYBOX_ERROR_GUEST);
        assert_int_equal(pybox_box_run(box, &(pybox_run){.code = "1"}, &result), PYBOX_ERROR_DIRTY);
        assert_int_equal(pybox_box_resume(box, NULL, &result), PYBOX_ERROR_ARGUMENT);
        rollback(box);
        assert_eval(box, "1", "1");
        pybox_box_destroy(box);
    }
    /* No more than a list that is empty: there is nothing to answer, but it can be gone on with. */
    pybox_box *box = make_asking(NULL);
    const pybox_result *result = run_waiting(box, "bridge.list_requests = lambda wake_ns: bytes(20)\nawait ask()", PYBOX_WAIT_HOST);
    assert_int_equal(result->request_count, 0);
    assert_int_equal(resume_box(box)->outcome, PYBOX_PENDING);
    rollback(box);
    pybox_box_destroy(box);
}

/* ------------------------------------------------------------------------------------------
 * Limits
 */

static uint64_t fuel_of_parts(int backwards)
{
    pybox_box *box = make_asking(NULL);
    const pybox_result *result = run_waiting(box, "await asyncio.gather(*(ask(i=i) for i in range(10)))", PYBOX_WAIT_HOST);
    for (int i = 0; i < 10; i++)
        answer_json(box, result->requests[backwards ? 9 - i : i].id, "5");
    const uint64_t fuel = resume_box(box)->fuel_used;
    pybox_box_destroy(box);
    return fuel;
}

static void test_fuel_is_that_of_all_parts(void **state)
{
    (void)state;
    assert_int_equal(fuel_of_parts(0), fuel_of_parts(0));
    assert_int_equal(fuel_of_parts(1), fuel_of_parts(1));
    pybox_box *box = make_asking(NULL);
    const pybox_limits limits = {.fuel = 3000000};
    const pybox_run run = {.code = "while True: await ask()", .limits = &limits};
    const pybox_result *result;
    assert_works(pybox_box_run(box, &run, &result));
    uint64_t before = 0;
    int parts = 0;
    for (; result->outcome == PYBOX_PENDING; parts++) {
        assert_true(result->fuel_used > before && result->fuel_used <= limits.fuel);
        assert_int_equal(result->fuel_left, limits.fuel - result->fuel_used);
        before = result->fuel_used;
        assert_works(pybox_box_answer(box, result->requests[0].id, NULL));
        result = resume_box(box);
    }
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    assert_true(parts > 3);
    /* More of it, or limits of its own for a part. */
    assert_works(pybox_box_run(box, &run, &result));
    const uint64_t left = result->fuel_left;
    assert_works(pybox_box_answer(box, result->requests[0].id, NULL));
    assert_works(pybox_box_resume(box, &(pybox_resume){.fuel = 1000000}, &result));
    assert_int_equal(result->outcome, PYBOX_PENDING);
    assert_true(result->fuel_left > left);
    assert_works(pybox_box_answer(box, result->requests[0].id, NULL));
    assert_works(pybox_box_resume(box, &(pybox_resume){.limits = &(pybox_limits){.fuel = 90000000}}, &result));
    assert_int_equal(result->outcome, PYBOX_PENDING);
    assert_in_range(result->fuel_left, 80000000, 90000000);
    pybox_box_destroy(box);
}

static uint64_t refill(void *context, pybox_box *box, uint64_t used)
{
    (void)box, (void)used;
    ++*(int *)context;
    return 1000000;
}

static void test_a_run_keeps_what_it_was_given(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    int refills = 0;
    const pybox_run run = {
        .mode = PYBOX_MODE_EVAL,
        .code = "async def work(): return await ask()\nasync def all():\n    for i in range(20): await work()\nawait all()",
        .limits = &(pybox_limits){.fuel = 100000},
        .refill = refill,
        .refill_context = &refills,
        .profile = 1,
    };
    const pybox_result *result;
    assert_works(pybox_box_run(box, &run, &result));
    int parts = 0;
    for (; result->outcome == PYBOX_PENDING; parts++) {
        assert_int_equal(result->profile.length, 0);
        assert_works(pybox_box_answer(box, result->requests[0].id, NULL));
        result = resume_box(box);
    }
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_int_equal(parts, 20);
    assert_true(refills > 0);
    assert_non_null(strstr(result->profile.bytes, "work"));
    pybox_box_destroy(box);
}

static void test_contexts_wait_too(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    assert_works(pybox_context_create(box, "ann", "main"));
    const pybox_result *result;
    const pybox_run run = {.mode = PYBOX_MODE_EVAL, .context = "ann",
                           .code = "import sys\nx = await ask()\n(x, sys.modules['__main__'].__dict__ is globals())"};
    assert_works(pybox_box_run(box, &run, &result));
    assert_int_equal(result->outcome, PYBOX_PENDING);
    pybox_box *clone = clone_box(box);
    assert_int_equal(pybox_context_destroy(box, "ann"), PYBOX_ERROR_BUSY);
    assert_int_equal(pybox_variable_get(box, &(pybox_variable){.name = "x"}, &result), PYBOX_ERROR_BUSY);
    assert_int_equal(pybox_box_call(box, &(pybox_call){.function = "len"}, &result), PYBOX_ERROR_BUSY);
    answer_json(box, only_request(box).id, "5");
    assert_string_equal(finish_run(box), "(5, True)");
    assert_int_equal(run_limited(box, "x", NULL)->outcome, PYBOX_EXCEPTION); /* it is ann's */
    answer_json(clone, only_request(clone).id, "6");
    assert_string_equal(finish_run(clone), "(6, True)");
    assert_works(pybox_context_destroy(clone, "ann"));
    pybox_box_destroy(clone);
    pybox_box_destroy(box);
}

static void test_calls_wait_too(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    eval(box, "async def twice(x):\n    return {'all': [x, await ask(x=x)]}");
    const pybox_value argument = {PYBOX_VALUE_JSON, "7", 0};
    const pybox_result *result;
    assert_works(pybox_box_call(box, &(pybox_call){.function = "twice", .arguments = &argument, .argument_count = 1}, &result));
    assert_int_equal(result->outcome, PYBOX_PENDING);
    assert_string_equal(result->requests[0].arguments.bytes, "{\"x\": 7}");
    answer_json(box, result->requests[0].id, "8");
    result = resume_box(box);
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_string_equal(result->value.bytes, "{\"all\":[7,8]}");
    pybox_box_destroy(box);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 * MS + (uint64_t)now.tv_nsec;
}

/* Waits for longer than the run may take. Whether the machine was so busy that the run's own time was over. */
static int wait_longer_than_the_limit(pybox_box *box, uint64_t limit_ns)
{
    const pybox_limits limits = {.wall_ns = limit_ns};
    const pybox_run run = {.mode = PYBOX_MODE_EVAL, .code = "await ask(); await asyncio.sleep(60)", .limits = &limits};
    const pybox_result *result;
    const uint64_t began_ns = now_ns();
    assert_works(pybox_box_run(box, &run, &result));
    const uint64_t paused_ns = now_ns();
    usleep((useconds_t)(limit_ns / 1000));
    const uint64_t waited_ns = now_ns() - paused_ns;
    if (result->outcome == PYBOX_PENDING)
        result = resume_box(box);
    if (now_ns() - began_ns - waited_ns >= limit_ns)
        return 1;
    assert_int_equal(result->outcome, PYBOX_PENDING);
    assert_works(pybox_box_answer(box, only_request(box).id, NULL));
    result = resume_box(box);
    assert_int_equal(result->outcome, PYBOX_DEADLINE);
    assert_in_range(result->wall_ns, limit_ns, now_ns() - began_ns - waited_ns);
    return 0;
}

static void test_time_does_not_run_while_it_waits(void **state)
{
    (void)state;
    int was_busy = 1;
    for (uint64_t ms = 100; was_busy; ms *= 2) {
        pybox_box *box = make_asking(NULL);
        was_busy = wait_longer_than_the_limit(box, ms * MS);
        pybox_box_destroy(box);
    }
}

static void test_interrupts_are_noticed_when_it_goes_on(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    static const char code[] = "try:\n    print(await ask())\nfinally:\n    print('tidy')";
    run_waiting(box, code, PYBOX_WAIT_HOST);
    pybox_box_interrupt(box, PYBOX_INTERRUPT_STOP);
    const pybox_result *result = resume_box(box);
    assert_int_equal(result->outcome, PYBOX_INTERRUPTED);
    assert_string_equal(result->error.type.bytes, "pybox.Interrupted");
    assert_non_null(strstr(result->error.traceback.bytes, "line 2, in <module>\n    print(await ask())"));
    assert_string_equal(result->output.bytes, "tidy\n");
    run_waiting(box, code, PYBOX_WAIT_HOST);
    pybox_box_interrupt(box, PYBOX_INTERRUPT_KEYBOARD);
    result = resume_box(box);
    assert_int_equal(result->outcome, PYBOX_INTERRUPTED);
    assert_string_equal(result->error.type.bytes, "KeyboardInterrupt");
    assert_string_equal(result->output.bytes, "tidy\n");
    run_waiting(box, code, PYBOX_WAIT_HOST);
    pybox_box_interrupt(box, PYBOX_INTERRUPT_CUT);
    result = resume_box(box);
    assert_int_equal(result->outcome, PYBOX_INTERRUPTED);
    assert_true(result->cut);
    assert_int_equal(pybox_box_resume(box, NULL, &result), PYBOX_ERROR_ARGUMENT);
    rollback(box);
    assert_eval(box, "1", "1");
    pybox_box_destroy(box);
}

static void test_what_cannot_be_asked(void **state)
{
    (void)state;
    pybox_box *box = make_asking(NULL);
    const pybox_request *requests;
    size_t count = 9;
    const pybox_result *result;
    assert_works(pybox_box_requests(box, &requests, &count));
    assert_int_equal(count, 0);
    assert_int_equal(pybox_box_requests(box, NULL, &count), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_requests(NULL, &requests, &count), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_resume(box, NULL, &result), PYBOX_ERROR_ARGUMENT);
    assert_null(result);
    assert_int_equal(pybox_box_answer(box, 1, NULL), PYBOX_ERROR_ARGUMENT);
    result = run_limited(box, "await asyncio.gather(*(ask() for i in range(65537)))", NULL);
    assert_int_equal(result->outcome, PYBOX_EXCEPTION);
    assert_non_null(strstr(result->error.message.bytes, "65,536"));
    result = run_limited(box, "await ask(long='x' * (33 << 20))", NULL);
    assert_int_equal(result->outcome, PYBOX_EXCEPTION);
    pybox_box_destroy(box);
}

int main(int count, char **arguments)
{
    if (count == 3 && strcmp(arguments[1], "--go-on") == 0)
        return go_on_with(arguments[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code_may_await),
        cmocka_unit_test(test_runs_share_one_loop_and_its_tasks),
        cmocka_unit_test(test_context_variables_are_those_of_the_run),
        cmocka_unit_test(test_exceptions_come_out_as_of_any_code),
        cmocka_unit_test(test_a_run_waits_and_goes_on),
        cmocka_unit_test(test_any_thread_may_go_on),
        cmocka_unit_test(test_answers_are_values_or_errors),
        cmocka_unit_test(test_many_are_answered_in_any_order),
        cmocka_unit_test(test_a_timer_tells_when_to_wake),
        cmocka_unit_test(test_an_answer_wins_over_a_timer),
        cmocka_unit_test(test_what_the_loop_does_before_it_waits),
        cmocka_unit_test(test_it_is_saved_and_goes_on_elsewhere),
        cmocka_unit_test(test_it_goes_on_in_another_process),
        cmocka_unit_test(test_clones_are_answered_by_themselves),
        cmocka_unit_test(test_it_can_return_to_where_it_waits),
        cmocka_unit_test(test_what_is_stopped_is_undone),
        cmocka_unit_test(test_pools_take_back_what_waits),
        cmocka_unit_test(test_sessions_are_parked_while_they_wait),
        cmocka_unit_test(test_a_guest_that_lies_is_found_out),
        cmocka_unit_test(test_fuel_is_that_of_all_parts),
        cmocka_unit_test(test_a_run_keeps_what_it_was_given),
        cmocka_unit_test(test_contexts_wait_too),
        cmocka_unit_test(test_calls_wait_too),
        cmocka_unit_test(test_time_does_not_run_while_it_waits),
        cmocka_unit_test(test_interrupts_are_noticed_when_it_goes_on),
        cmocka_unit_test(test_what_cannot_be_asked),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
