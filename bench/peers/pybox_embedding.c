/*
 * See pybox_embedding.h.
 */
#include "pybox_embedding.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLS 1000
#define CALLS_TEXT "1000"
#define LATER_SUM "499500"
#define ROWS 12500
#define ROWS_TEXT "12500"
#define ROW_BYTES 128 /* at most */
#define RECORD "{\"name\": \"Ann\", \"age\": 41, \"score\": 2.5, \"tags\": [\"a\", \"b\"], \"ok\": true}"
#define IMPORTS "import asyncio\nfrom tools import *\n"

static pybox_functions *functions;
static char *rows; /* 1 MB of JSON */
static size_t rows_length;
static unsigned calls; /* of nothing(), while they are counted */

/* ------------------------------------------------------------------------------------------
 * The host functions
 */

static void answer_nothing(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context, (void)call, (void)answer;
    calls++;
}

static void answer_record(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context, (void)call;
    pybox_answer_value(answer, &(pybox_value){PYBOX_VALUE_JSON, RECORD, sizeof RECORD - 1});
}

static void answer_later(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context, (void)call;
    pybox_answer_later(answer);
}

static const pybox_function made[] = {
    {.name = "nothing", .signature = "() -> None", .function = answer_nothing},
    {.name = "record", .signature = "(value: dict) -> dict", .function = answer_record},
    {.name = "later", .signature = "(i: int) -> int", .is_async = 1, .function = answer_later},
};

static void make_rows(void)
{
    rows = malloc((size_t)ROWS * ROW_BYTES + 2);
    if (rows == NULL)
        peer_fail("no memory");
    for (int i = 0; i < ROWS; i++)
        rows_length += (size_t)snprintf(rows + rows_length, ROW_BYTES,
                                        "%s{\"id\": %d, \"name\": \"user %d\", \"score\": %d.%d, \"tags\": [\"a\", \"b\"], "
                                        "\"active\": %s}",
                                        i > 0 ? ", " : "[", i, i, i / 2, i % 2 * 5, i % 2 == 0 ? "true" : "false");
    rows[rows_length++] = ']';
}

void embedding_start(void)
{
    make_rows();
    peer_check(pybox_functions_create(&functions));
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        peer_check(pybox_functions_add(functions, &made[i]));
}

void embedding_end(void)
{
    pybox_functions_destroy(functions);
    free(rows);
}

/* ------------------------------------------------------------------------------------------
 * The tasks
 */

static const pybox_result *run_in(pybox_box *box, const char *context, const char *code)
{
    const pybox_result *result;
    peer_check(pybox_box_run(box, &(pybox_run){.mode = PYBOX_MODE_EVAL, .code = code, .context = context}, &result));
    if (result->outcome != PYBOX_DONE && result->outcome != PYBOX_PENDING)
        peer_fail("%s: %s", code, result->error.traceback.bytes);
    return result;
}

static void expect_value(const char *code, const pybox_result *result, const char *value)
{
    if (result->outcome != PYBOX_DONE || strcmp(result->value.bytes, value) != 0)
        peer_fail("%s is %s, not %s", code, result->value.bytes, value);
}

static void expect(pybox_box *box, const char *code, const char *value)
{
    expect_value(code, run_in(box, NULL, code), value);
}

static void set_rows(pybox_box *box, const char *name, const char *text, size_t length)
{
    peer_check(pybox_variable_set(box, &(pybox_variable){.name = name}, &(pybox_value){PYBOX_VALUE_JSON, text, length}));
}

static const pybox_result *get_rows(pybox_box *box)
{
    const pybox_result *result;
    peer_check(pybox_variable_get(box, &(pybox_variable){.name = "data"}, &result));
    if (result->outcome != PYBOX_DONE || result->value_kind != PYBOX_VALUE_JSON)
        peer_fail("data: %s%s", result->error.traceback.bytes, result->value_error.bytes);
    return result;
}

static void once_call(pybox_box *box)
{
    run_in(box, NULL, "for _ in range(" CALLS_TEXT "):\n    nothing()");
}

static void once_call_dict(pybox_box *box)
{
    run_in(box, NULL, "for _ in range(" CALLS_TEXT "):\n    answer = record(record_value)");
}

static void once_eval(pybox_box *box)
{
    expect(box, "x + 1", "2");
}

static void once_data_in(pybox_box *box)
{
    set_rows(box, "data", rows, rows_length);
    expect(box, "len(data)", ROWS_TEXT);
}

static void once_data_out(pybox_box *box)
{
    const size_t length = get_rows(box)->value.length;
    if (length < rows_length / 2)
        peer_fail("%zu bytes come back", length);
}

/* Every call is pending before the first is answered. */
static void once_fan_out(pybox_box *box)
{
    static const char code[] = "sum(await asyncio.gather(*[later(i) for i in range(" CALLS_TEXT ")]))";
    const pybox_result *result = run_in(box, NULL, code);
    if (result->outcome != PYBOX_PENDING || result->request_count != CALLS)
        peer_fail("%zu calls wait, not %d", result->request_count, CALLS);
    for (size_t i = 0; i < CALLS; i++) {
        const pybox_request *request = &result->requests[i];
        int number;
        char text[16];
        if (sscanf(request->arguments.bytes, "{\"i\":%d}", &number) != 1)
            peer_fail("not the arguments: %s", request->arguments.bytes);
        snprintf(text, sizeof text, "%d", number);
        peer_check(pybox_box_answer(box, request->id, &(pybox_value){PYBOX_VALUE_JSON, text, 0}));
    }
    peer_check(pybox_box_resume(box, NULL, &result));
    expect_value(code, result, LATER_SUM);
}

static void once_context(pybox_box *box)
{
    peer_check(pybox_context_create(box, "child", "main"));
    run_in(box, "child", "x = 1 + 1");
    peer_check(pybox_context_destroy(box, "child"));
}

static const struct embedding_task tasks[] = {
    {"call", IMPORTS, 0, once_call},
    {"call-dict", IMPORTS "record_value = {'name': 'Ann', 'age': 41, 'score': 2.5, 'tags': ['a', 'b'], 'ok': True}", 0,
     once_call_dict},
    {"eval", "x = 1", 0, once_eval},
    {"data-in", "", 0, once_data_in},
    {"data-out", "", 1, once_data_out},
    {"fan-out", IMPORTS, 0, once_fan_out},
    {"context", "x = 1", 0, once_context},
};

const struct embedding_task *embedding_find(const char *name)
{
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        if (strcmp(name, tasks[i].name) == 0)
            return &tasks[i];
    return NULL;
}

pybox_box *embedding_box(const struct embedding_task *task, pybox_module *module, pybox_image *image)
{
    pybox_box *box;
    peer_check(pybox_box_create(module, image, &(pybox_box_options){.functions = functions}, &box));
    run_in(box, NULL, task->set_up);
    if (task->has_data)
        set_rows(box, "data", rows, rows_length);
    return box;
}

/* ------------------------------------------------------------------------------------------
 * Checking, before the first of the tasks
 */

static void check_calls(pybox_module *module, pybox_image *image)
{
    const struct embedding_task *task = embedding_find("call-dict");
    pybox_box *box = embedding_box(task, module, image);
    calls = 0;
    once_call(box);
    if (calls != CALLS)
        peer_fail("%u calls reached the host, not %d", calls, CALLS);
    task->once(box);
    expect(box, "answer == record_value", "true");
    once_fan_out(box);
    pybox_box_destroy(box);
}

static void check_data(pybox_module *module, pybox_image *image)
{
    pybox_box *box = embedding_box(embedding_find("data-out"), module, image);
    const pybox_result *result = get_rows(box);
    char *back = malloc(result->value.length);
    if (back == NULL)
        peer_fail("no memory");
    const size_t length = result->value.length;
    memcpy(back, result->value.bytes, length);
    set_rows(box, "back", back, length);
    free(back);
    expect(box, "data == back", "true");
    expect(box, "data == [{'id': i, 'name': f'user {i}', 'score': i * 0.5, 'tags': ['a', 'b'], 'active': i % 2 == 0} "
                "for i in range(" ROWS_TEXT ")]", "true");
    pybox_box_destroy(box);
}

void embedding_check(pybox_module *module, pybox_image *image)
{
    static int is_done;
    if (is_done)
        return;
    is_done = 1;
    check_calls(module, image);
    check_data(module, image);
    pybox_box *box = embedding_box(embedding_find("context"), module, image);
    once_context(box);
    expect(box, "x", "1");
    pybox_box_destroy(box);
}
