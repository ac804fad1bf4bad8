/* Callbacks of a box in the middle of its run: whatever they try with the box is refused, and nothing of it is lost. */
#include "python_fixture.h"

/* The box, and what its callback has found. */
struct tried {
    pybox_box *box;
    pybox_pool *pool;
    int times;
    const char *wrong; /* what was not refused */
};

static void need_busy(struct tried *tried, pybox_status status, const char *what)
{
    if (status != PYBOX_ERROR_BUSY)
        tried->wrong = what;
}

#define BUSY(call) need_busy(tried, call, #call)

static int never_called(void *context, const char *name, const char *parent)
{
    (void)name;
    (void)parent;
    ((struct tried *)context)->wrong = "the list of contexts";
    return 0;
}

static void try_runs(struct tried *tried)
{
    pybox_box *const box = tried->box;
    const pybox_result *result;
    const pybox_request *requests;
    size_t count;
    BUSY(pybox_box_run(box, &(pybox_run){.code = "stolen = 1"}, &result));
    BUSY(pybox_box_call(box, &(pybox_call){.function = "len"}, &result));
    BUSY(pybox_box_finish(box, &result));
    BUSY(pybox_box_resume(box, NULL, &result));
    BUSY(pybox_box_requests(box, &requests, &count));
    BUSY(pybox_box_answer(box, 1, NULL));
    BUSY(pybox_box_answer_error(box, 1, NULL, "no"));
}

static void try_contexts(struct tried *tried)
{
    static const char *const names[] = {"x"};
    pybox_box *const box = tried->box;
    const pybox_variable variable = {.name = "x"};
    const pybox_result *result;
    BUSY(pybox_variable_set(box, &variable, &(pybox_value){PYBOX_VALUE_NONE, NULL, 0}));
    BUSY(pybox_variable_get(box, &variable, &result));
    BUSY(pybox_variable_delete(box, &variable));
    BUSY(pybox_context_create(box, "c", NULL));
    BUSY(pybox_context_copy(box, "c", "main"));
    BUSY(pybox_context_reset(box, "main"));
    BUSY(pybox_context_destroy(box, "c"));
    BUSY(pybox_context_protect(box, "main", names, 1));
    BUSY(pybox_context_unprotect(box, "main", NULL, 0));
    BUSY(pybox_context_list(box, never_called, tried));
}

static void try_states(struct tried *tried)
{
    pybox_box *const box = tried->box;
    pybox_box *clone;
    pybox_image *made;
    BUSY(pybox_box_checkpoint(box));
    BUSY(pybox_box_rollback(box));
    BUSY(pybox_box_drop(box));
    BUSY(pybox_box_clone(box, NULL, &clone));
    BUSY(pybox_image_create(box, &made));
    BUSY(pybox_box_save(box, "/nowhere/x.snap", NULL));
    if (tried->pool != NULL)
        pybox_pool_give(tried->pool, box);
    pybox_box_destroy(box);
}

static void try_all(void *context)
{
    struct tried *tried = context;
    if (tried->times++ > 0)
        return;
    try_runs(tried);
    try_contexts(tried);
    try_states(tried);
}

static int on_output(void *context, pybox_stream stream, const void *bytes, size_t length)
{
    (void)stream;
    (void)bytes;
    (void)length;
    try_all(context);
    return 0;
}

static ptrdiff_t on_input(void *context, void *bytes, size_t capacity)
{
    (void)bytes;
    (void)capacity;
    try_all(context);
    return 0;
}

static int on_display(void *context, uint32_t number, const char *mime, const void *bytes, size_t length)
{
    (void)number;
    (void)mime;
    (void)bytes;
    (void)length;
    try_all(context);
    return 0;
}

static int on_trace(void *context, pybox_trace_event event, const char *file, uint32_t line, const char *function)
{
    (void)event;
    (void)file;
    (void)line;
    (void)function;
    try_all(context);
    return 0;
}

static uint64_t on_refill(void *context, pybox_box *box, uint64_t used)
{
    (void)box;
    (void)used;
    try_all(context);
    return UINT64_C(1) << 40;
}

static void check(struct tried *tried, pybox_run run)
{
    const pybox_result *result;
    run.mode = PYBOX_MODE_EVAL;
    assert_works(pybox_box_run(tried->box, &run, &result));
    if (result->outcome != PYBOX_DONE)
        fail_msg("%s: %s", run.code, result->error.traceback.bytes);
    if (tried->wrong != NULL)
        fail_msg("%s: in its callback: %s", run.code, tried->wrong);
    assert_true(tried->times > 0);
    assert_eval(tried->box, "'stolen' in globals()", "False");
}

static void test_callbacks_cannot_use_their_box(void **state)
{
    static const char *const codes[] = {"print(1)", "import sys; sys.stdin.read()",
                                        "import pybox; pybox.display(1)"};
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct tried tried = {0};
        const pybox_box_options options = {.output = on_output,
                                           .output_context = &tried,
                                           .input_callback = on_input,
                                           .input_context = &tried,
                                           .display = on_display,
                                           .display_context = &tried};
        tried.box = make_box(&options);
        check(&tried, (pybox_run){.code = codes[i]});
        pybox_box_destroy(tried.box);
    }
}

static void test_nor_can_those_of_a_run(void **state)
{
    (void)state;
    const pybox_limits limits = {.fuel = 100000};
    struct tried traced = {.box = make_box(NULL)};
    check(&traced, (pybox_run){.code = "1", .trace = on_trace, .trace_context = &traced});
    pybox_box_destroy(traced.box);
    struct tried refilled = {.box = make_box(NULL)};
    check(&refilled, (pybox_run){.code = "for i in range(100000): pass",
                                 .limits = &limits,
                                 .refill = on_refill,
                                 .refill_context = &refilled});
    pybox_box_destroy(refilled.box);
}

static void test_a_pool_does_not_take_a_box_that_runs(void **state)
{
    (void)state;
    struct tried tried = {0};
    pybox_pool_statistics statistics;
    assert_works(pybox_pool_create(module, image, &(pybox_box_options){.output = on_output, .output_context = &tried},
                                   NULL, &tried.pool));
    assert_works(pybox_pool_take(tried.pool, 0, &tried.box));
    check(&tried, (pybox_run){.code = "print(1)"});
    pybox_pool_describe(tried.pool, &statistics);
    assert_int_equal(statistics.taken, 1);
    pybox_pool_give(tried.pool, tried.box);
    pybox_pool_describe(tried.pool, &statistics);
    assert_int_equal(statistics.taken, 0);
    pybox_pool_destroy(tried.pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_callbacks_cannot_use_their_box),
        cmocka_unit_test(test_nor_can_those_of_a_run),
        cmocka_unit_test(test_a_pool_does_not_take_a_box_that_runs),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
