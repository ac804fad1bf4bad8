/*
 * The loop of an agent that acts by writing Python. The tools are host functions; the stubs of them go into the prompt;
 * each program that the model writes runs in a context of the agent's session, and what went wrong goes back to the
 * model: its own frames and a hint, not fifty lines of the interpreter's.
 *
 * The model here is a script (programs[]), so that the example runs anywhere.
 */
#include <pybox.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a model might write, mistakes included. */
static const char *const programs[] = {
    "import pandas as pd\n",
    "from tools import search\n"
    "hits = search('invoices', maximum=3)\n",
    "from tools import search, read\n"
    "hits = search('invoices', limit=2)\n"
    "total = sum(float(read(hit).split()[-1]) for hit in hits)\n",
    "from tools import finish\n"
    "finish(f'The invoices come to {total:.2f}.')\n",
};

static const struct {
    const char *name, *text;
} documents[] = {
    {"invoice-1", "paper 12.50"}, {"letter-1", "dear all"}, {"invoice-2", "ink 30.25"}, {"invoice-3", "pens 4.00"}};

struct agent {
    char answer[200];
    int is_done;
};

static void search(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context;
    const char *limit = strstr(call->arguments.bytes, "\"limit\":");
    int left = limit != NULL ? atoi(limit + 8) : 10;
    char names[200] = "[";
    for (size_t i = 0; i < sizeof documents / sizeof *documents && left > 0; i++)
        if (strncmp(documents[i].name, "invoice", 7) == 0) {
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s\"%s\"", names[1] != '\0' ? ", " : "",
                     documents[i].name);
            left--;
        }
    strcat(names, "]");
    pybox_answer_value(answer, &(pybox_value){PYBOX_VALUE_JSON, names, 0});
}

static void read_document(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        if (strstr(call->arguments.bytes, documents[i].name) != NULL) {
            char text[100];
            snprintf(text, sizeof text, "\"%s\"", documents[i].text);
            pybox_answer_value(answer, &(pybox_value){PYBOX_VALUE_JSON, text, 0});
            return;
        }
    pybox_answer_error(answer, "FileNotFoundError", "no such document");
}

static void finish(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    struct agent *agent = context;
    snprintf(agent->answer, sizeof agent->answer, "%s", call->arguments.bytes);
    agent->is_done = 1;
    pybox_answer_value(answer, &(pybox_value){PYBOX_VALUE_NONE, NULL, 0});
}

static int fail(const char *what)
{
    fprintf(stderr, "agent: %s: %s\n", what, pybox_error_message());
    return 1;
}

static pybox_status add_tools(pybox_functions *functions, struct agent *agent)
{
    const pybox_function tools[] = {
        {.name = "search", .signature = "(query: str, limit: int = 10) -> list[str]",
         .documentation = "Names of the documents that fit the query.", .function = search},
        {.name = "read", .signature = "(name: str) -> str", .documentation = "The text of a document.",
         .function = read_document},
        {.name = "finish", .signature = "(answer: str) -> None", .documentation = "The task is done.",
         .function = finish, .context = agent},
    };
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
        pybox_status status = pybox_functions_add(functions, &tools[i]);
        if (status != PYBOX_OK)
            return status;
    }
    return PYBOX_OK;
}

/* One turn. 0, or 1: the program cannot go on. */
static int turn(pybox_box *box, const char *code)
{
    const pybox_result *result;
    if (pybox_box_run(box, &(pybox_run){.code = code, .filename = "step.py"}, &result) != PYBOX_OK)
        return fail("a run");
    printf("--- %s\n", pybox_outcome_name(result->outcome));
    if (result->outcome != PYBOX_DONE)
        printf("%s", result->error.user_traceback.bytes);
    if (result->error.hint.length > 0)
        printf("hint: %s\n", result->error.hint.bytes);
    return 0;
}

int main(void)
{
    pybox_engine *engine;
    pybox_module *module;
    pybox_image *image;
    pybox_box *box;
    pybox_functions *functions;
    struct agent agent = {"", 0};
    char *stub;
    const pybox_limits limits = {.fuel = 1000000000, .wall_ns = 5000000000, .memory_bytes = 128 << 20};
    if (pybox_engine_create(NULL, &engine) != PYBOX_OK ||
        pybox_module_open(engine, NULL, &module) != PYBOX_OK ||
        pybox_image_open(module, NULL, &image) != PYBOX_OK ||
        pybox_functions_create(&functions) != PYBOX_OK || add_tools(functions, &agent) != PYBOX_OK ||
        pybox_functions_stub(functions, "tools", &stub) != PYBOX_OK)
        return fail("cannot start");
    printf("%s", stub); /* into the prompt */
    pybox_text_free(stub);
    const pybox_box_options options = {
        .limits = &limits, .functions = functions, .rollback = PYBOX_ROLLBACK_RUN};
    if (pybox_box_create(module, image, &options, &box) != PYBOX_OK)
        return fail("cannot make a box");

    int failed = 0;
    for (size_t i = 0; !failed && !agent.is_done && i < sizeof programs / sizeof *programs; i++)
        failed = turn(box, programs[i]);
    printf("answer: %s\n", agent.answer);

    pybox_box_destroy(box);
    pybox_functions_destroy(functions);
    pybox_image_close(image);
    pybox_module_close(module);
    pybox_engine_destroy(engine);
    return failed || !agent.is_done;
}
