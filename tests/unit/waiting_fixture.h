/* Boxes whose guest asks the host by hand, for tests of waiting: `await ask(...)`, and `ask_and_wait(...)` on the
 * stack. */
#ifndef WAITING_FIXTURE_H
#define WAITING_FIXTURE_H

#include "python_fixture.h"

/* The answer is what was asked for: JSON, bytes, None, or a RuntimeError. */
static const char asking[] = "import asyncio, json, time, _pybox_async as bridge\n"
                             "class function:\n"
                             "    def answer(answer):\n"
                             "        kind, body = answer\n"
                             "        if kind == 3: raise RuntimeError(body[4:].decode())\n"
                             "        return json.loads(body) if kind == 1 else body if kind == 2 else None\n"
                             "async def ask(**arguments):\n"
                             "    return await bridge.Later(bridge.new_id(), 'tools.ask', json.dumps(arguments).encode(), function)\n"
                             "def ask_and_wait(**arguments):\n"
                             "    return function.answer(bridge.ask_and_wait(bridge.new_id(), 'tools.ask_and_wait', json.dumps(arguments).encode()))\n";

static inline pybox_box *make_asking(const pybox_box_options *options)
{
    pybox_box *box = make_box(options);
    eval(box, asking);
    return box;
}

/* A run that must come to wait in that way. */
static inline const pybox_result *run_waiting(pybox_box *box, const char *code, pybox_wait wait)
{
    const pybox_result *result = run_limited(box, code, NULL);
    if (result->outcome != PYBOX_PENDING)
        fail_msg("%s: %s: %s", code, pybox_outcome_name(result->outcome), result->error.traceback.bytes);
    assert_int_equal(result->wait, wait);
    return result;
}

static inline const pybox_result *resume_box(pybox_box *box)
{
    const pybox_result *result;
    assert_works(pybox_box_resume(box, NULL, &result));
    return result;
}

/* The run must come to its end now. The repr of its value. */
static inline const char *finish_run(pybox_box *box)
{
    const pybox_result *result = resume_box(box);
    if (result->outcome != PYBOX_DONE)
        fail_msg("%s: %s", pybox_outcome_name(result->outcome), result->error.traceback.bytes);
    return result->value_repr.bytes;
}

static inline void answer_json(pybox_box *box, uint64_t id, const char *json)
{
    assert_works(pybox_box_answer(box, id, &(pybox_value){PYBOX_VALUE_JSON, json, 0}));
}

/* The only request that waits. */
static inline pybox_request only_request(pybox_box *box)
{
    const pybox_request *requests;
    size_t count;
    assert_works(pybox_box_requests(box, &requests, &count));
    assert_int_equal(count, 1);
    return requests[0];
}

#endif
