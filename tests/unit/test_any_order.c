/* The calls on boxes in any order, from the host and from host functions: each works or is refused, and no order
 * makes a guest look as if it had broken its protocol. */
#include "context_fixture.h"

enum { BOXES = 25, CALLS = 60, DEPTH = 3 };

static uint64_t random_state;
static int depth;
static pybox_functions *functions;

static uint32_t pick(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 20) % below;
}

#define PICK(list) (list)[pick(sizeof(list) / sizeof *(list))]

static const char *const codes[] = {
    "1",
    "x = [1, 2]\nx",
    "await tools.later(1)",
    "await asyncio.gather(*[tools.later(i) for i in range(20)], return_exceptions=True)",
    "import tools, asyncio",
    "tools.sync(3)",
    "tools.use()",
    "asyncio.run(tools.later(5))",
    "while 1: pass",
    "import os; os._exit(2)",
    "print('x' * 100)",
    "import pybox; pybox.display(5)",
    "t = asyncio.ensure_future(tools.later(5))",
    "def f():\n  return tools.use()\nf()",
    "raise SystemExit(3)",
    "1 / 0",
    "class D:\n  def __del__(s): print('d')\nd = D()",
    "x = bytearray(3 << 20)",
    "async def g():\n  try: await tools.later(1)\n  finally: await tools.later(2)\nawait g()",
    "{(1, 2): {3}}",
    "globals().clear()",
    "f()",
};
static const char *const contexts[] = {"main", "a", "b", "c\xc3\xa9"};
static const char *const names[] = {"x", "f", "y", "tools", "asyncio"};
static const pybox_limits some = {.fuel = 20000000};

static int stop_sometimes(void *context, const char *name, const char *parent)
{
    (void)context, (void)name, (void)parent;
    return pick(4) == 0;
}

static pybox_status run_something(pybox_box *box)
{
    const pybox_result *result;
    const pybox_run run = {.mode = (pybox_mode)pick(2),
                           .code = PICK(codes),
                           .context = pick(2) ? NULL : PICK(contexts),
                           .limits = &some,
                           .form = (pybox_form_of_values)pick(2),
                           .profile = pick(6) == 0};
    return pybox_box_run(box, &run, &result);
}

static pybox_status set_something(pybox_box *box)
{
    const pybox_variable variable = {
        .name = PICK(names), .context = PICK(contexts), .frozen = (int)pick(2), .form = (pybox_form_of_values)pick(2)};
    return pybox_variable_set(box, &variable, &(pybox_value){PYBOX_VALUE_JSON, "{\"a\": [1, {\"$set\": [1]}]}", 0});
}

/* What may be done in a host function, too. */
static pybox_status use_inside(pybox_box *box)
{
    const char *const context = PICK(contexts), *name = PICK(names);
    const pybox_variable variable = {.name = name, .context = context, .form = (pybox_form_of_values)pick(2)};
    const pybox_result *result;
    switch (pick(13)) {
    case 0:
        return pybox_context_create(box, context, pick(2) ? NULL : PICK(contexts));
    case 1:
        return pybox_context_copy(box, context, PICK(contexts));
    case 2:
        return pick(3) > 0 ? pybox_context_reset(box, context) : pybox_context_destroy(box, context);
    case 3:
        return pybox_context_protect(box, context, &name, 1);
    case 4:
        return pybox_context_unprotect(box, context, pick(2) ? &name : NULL, 1);
    case 5:
        return set_something(box);
    case 6:
        return pybox_variable_get(box, &variable, &result);
    case 7:
        return pybox_variable_delete(box, &variable);
    case 8:
        return pybox_box_call(box, &(pybox_call){.function = pick(2) ? "f" : "tools.use", .context = context, .limits = &some},
                              &result);
    case 9:
        return pybox_context_list(box, stop_sometimes, NULL);
    default:
        return run_something(box);
    }
}

static void use(pybox_box *box, int times);

static pybox_status answer_some(pybox_box *box)
{
    const pybox_request *requests;
    size_t count;
    pybox_status status = pybox_box_requests(box, &requests, &count);
    for (size_t i = 0; i < count && status == PYBOX_OK; i++)
        if (pick(5) == 0)
            status = pybox_box_answer_error(box, requests[i].id, "ValueError", "no");
        else if (pick(3) > 0)
            status = pybox_box_answer(box, requests[i].id, &(pybox_value){PYBOX_VALUE_JSON, "[2]", 0});
    return status;
}

/* Makes another box of this one's state, and uses that. */
static pybox_status use_another(pybox_box *box)
{
    pybox_box *other = NULL;
    pybox_image *made = NULL;
    pybox_status status = pick(2) ? pybox_box_clone(box, NULL, &other) : pybox_image_create(box, &made);
    if (made != NULL)
        status = pybox_box_create(module, made, &(pybox_box_options){.functions = pick(2) ? functions : NULL}, &other);
    if (other != NULL)
        use(other, 4);
    pybox_box_destroy(other);
    pybox_image_close(made);
    return status;
}

static pybox_status use_outside(pybox_box *box)
{
    const pybox_result *result;
    switch (pick(10)) {
    case 0:
        return pybox_box_checkpoint(box);
    case 1:
        return pybox_box_rollback(box);
    case 2:
        return pybox_box_drop(box);
    case 3:
        return use_another(box);
    case 4:
        pybox_box_interrupt(box, (pybox_interrupt)pick(3));
        return PYBOX_OK;
    case 5:
        return pick(6) > 0 ? PYBOX_OK : pybox_box_finish(box, &result);
    case 6:
    case 7:
        return answer_some(box);
    default:
        return pybox_box_resume(box, pick(3) > 0 ? NULL : &(pybox_resume){.limits = &some}, &result);
    }
}

static void use(pybox_box *box, int times)
{
    for (int i = 0; i < times; i++) {
        const pybox_status status = depth > 0 || pick(2) ? use_inside(box) : use_outside(box);
        if (status == PYBOX_ERROR_GUEST || status == PYBOX_ERROR_NO_MEMORY)
            fail_msg("%s: %s", pybox_status_name(status), pybox_error_message());
    }
}

/* ------------------------------------------------------------------------------------------ */

static void host_later(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context, (void)call;
    if (pick(2))
        pybox_answer_later(answer);
    else if (pick(2))
        assert_works(pybox_answer_error(answer, "KeyError", "x"));
}

static void host_use(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context;
    depth++;
    if (depth <= DEPTH)
        use(call->box, 3);
    depth--;
    assert_works(pybox_answer_value(answer, &(pybox_value){PYBOX_VALUE_JSON, "[1]", 0}));
    if (pick(8) == 0)
        pybox_box_interrupt(call->box, (pybox_interrupt)pick(3));
    if (pick(5) == 0)
        pybox_answer_later(answer);
}

static void test_calls_in_any_order(void **state)
{
    (void)state;
    static const pybox_function list[] = {
        {.name = "later", .signature = "(x=None)", .is_async = 1, .function = host_later},
        {.name = "sync", .signature = "(x=None)", .function = host_later},
        {.name = "use", .signature = "()", .function = host_use},
    };
    static const pybox_limits limits = {.fuel = 100000000, .memory_bytes = 96 << 20};
    const pybox_result *result;
    random_state = UINT64_C(88172645463325252);
    assert_works(pybox_functions_create(&functions));
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        assert_works(pybox_functions_add(functions, &list[i]));
    for (int i = 0; i < BOXES; i++) {
        pybox_box *box = make_box(
            &(pybox_box_options){.functions = functions, .rollback = (pybox_rollback)pick(4), .limits = &limits});
        assert_works(pybox_box_run(box, &(pybox_run){.code = "import tools, asyncio"}, &result));
        use(box, CALLS);
        pybox_box_destroy(box);
    }
    pybox_functions_destroy(functions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_in_any_order),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
