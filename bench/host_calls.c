/*
 * bench-host-calls [CALLS]: what a call of a host function takes, from the guest's line to the next one, with the loop
 * around it taken off; and what a set of 500 functions costs a box before its first run.
 *
 * Each row is measured ten times, over CALLS calls (100,000); the median and the least are shown.
 */
#include <pybox.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 10

static void check(pybox_status status, const char *what)
{
    if (status == PYBOX_OK)
        return;
    fprintf(stderr, "bench-host-calls: %s: %s\n", what, pybox_error_message());
    exit(1);
}

static void answer_nothing(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context;
    (void)call;
    (void)answer;
}

static void answer_text(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)call;
    pybox_answer_value(answer, &(pybox_value){.kind = PYBOX_VALUE_JSON, .bytes = context});
}

static void answer_run(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    const pybox_result *result;
    (void)context;
    (void)answer;
    check(pybox_box_run(call->box, &(pybox_run){.code = "pass"}, &result), "a nested run");
}

static char small[] = "{\"name\": \"Ann\", \"age\": 41, \"score\": 2.5, \"tags\": [\"a\", \"b\"], \"ok\": true}";

static const pybox_function functions[] = {
    {.name = "nothing", .signature = "()", .function = answer_nothing},
    {.name = "one", .signature = "(a: int = 0) -> None", .function = answer_nothing},
    {.name = "record", .signature = "(value: dict) -> dict", .function = answer_text, .context = small},
    {.name = "text", .signature = "(value: str) -> None", .function = answer_nothing},
    {.name = "blob", .signature = "(value: bytes) -> None", .function = answer_nothing},
    {.name = "nested", .signature = "()", .function = answer_run},
};

static const struct row {
    const char *name, *call;
    int share; /* of the calls */
} rows[] = {
    {"no arguments, no answer", "tools.nothing()", 1},
    {"an int", "tools.one(5)", 1},
    {"a dict of five, and one back", "tools.record(record)", 1},
    {"a str of 10 kB", "tools.text(text)", 10},
    {"bytes of 10 kB", "tools.blob(blob)", 10},
    {"a nested run of `pass`", "tools.nested()", 50},
};

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* CPU time of a loop of `count` turns, in ns. */
static double loop_ns(pybox_box *box, const char *call, int count)
{
    char code[500];
    const pybox_result *result;
    snprintf(code, sizeof code, "def f():\n    for _ in range(%d):\n        %s\nf()", count, call);
    check(pybox_box_run(box, &(pybox_run){.code = code}, &result), call);
    if (result->outcome != PYBOX_DONE) {
        fprintf(stderr, "bench-host-calls: %s: %s\n", call, result->error.traceback.bytes);
        exit(1);
    }
    return (double)result->cpu_ns;
}

static void measure(pybox_box *box, const struct row *row, int calls)
{
    double us[ROUNDS];
    const int count = calls / row->share > 0 ? calls / row->share : 1;
    for (int i = 0; i < ROUNDS; i++)
        us[i] = (loop_ns(box, row->call, count) - loop_ns(box, "pass", count)) / count / 1e3;
    qsort(us, ROUNDS, sizeof *us, compare);
    printf("| %s | %.2f | %.2f |\n", row->name, us[ROUNDS / 2], us[0]);
}

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* From nothing to the end of a box's first run. */
static void measure_first(const char *name, pybox_module *module, pybox_image *image, const pybox_functions *set,
                          const char *code)
{
    double us[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        pybox_box *box;
        const pybox_result *result;
        const double start = now_us();
        check(pybox_box_create(module, image, &(pybox_box_options){.functions = set}, &box), "box");
        check(pybox_box_run(box, &(pybox_run){.code = code}, &result), name);
        us[i] = now_us() - start;
        pybox_box_destroy(box);
    }
    qsort(us, ROUNDS, sizeof *us, compare);
    printf("| %s | %.1f | %.1f |\n", name, us[ROUNDS / 2], us[0]);
}

static void measure_sets(pybox_module *module, pybox_image *image)
{
    pybox_functions *set;
    pybox_box *box;
    pybox_image *with;
    const pybox_result *result;
    check(pybox_functions_create(&set), "functions");
    for (int i = 0; i < 500; i++) {
        char name[32];
        snprintf(name, sizeof name, "tool_%d", i);
        const pybox_function function = {
            .name = name,
            .signature = "(query: str, limit: int = 10, *, exact: bool = False) -> list[str]",
            .documentation = "Finds what fits the query.\n\nThe best come first.",
            .function = answer_nothing,
        };
        check(pybox_functions_add(set, &function), name);
    }
    check(pybox_box_create(module, image, &(pybox_box_options){.functions = set}, &box), "box");
    check(pybox_box_run(box, &(pybox_run){.code = "from tools import *"}, &result), "import");
    check(pybox_image_create(box, &with), "image");
    pybox_box_destroy(box);
    puts("\n| a new box and its first run | median, us | least, us |\n|---|---|---|");
    measure_first("`pass`, without functions", module, image, NULL, "pass");
    measure_first("`pass`, with 500", module, image, set, "pass");
    measure_first("`import tools`, with 500", module, image, set, "import tools");
    measure_first("`from tools import *`, with 500", module, image, set, "from tools import *");
    measure_first("the same over an image that has them", module, with, set, "from tools import *");
    pybox_image_close(with);
    pybox_functions_destroy(set);
}

int main(int argc, char **argv)
{
    const int calls = argc > 1 ? atoi(argv[1]) : 100000;
    pybox_engine *engine;
    pybox_module *module;
    pybox_image *image;
    pybox_functions *set;
    pybox_box *box;
    const pybox_result *result;
    if (calls <= 0) {
        fprintf(stderr, "usage: bench-host-calls [CALLS]\n");
        return 2;
    }
    check(pybox_engine_create(NULL, &engine), "engine");
    check(pybox_module_open(engine, NULL, &module), "module");
    check(pybox_image_open(module, NULL, &image), "image");
    check(pybox_functions_create(&set), "functions");
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        check(pybox_functions_add(set, &functions[i]), functions[i].name);
    check(pybox_box_create(module, image, &(pybox_box_options){.functions = set}, &box), "box");
    check(pybox_box_run(box, &(pybox_run){.code = "import tools\nrecord = {'name': 'Ann', 'age': 41, 'score': 2.5, "
                                                  "'tags': ['a', 'b'], 'ok': True}\n"
                                                  "text = 'x' * 10000\nblob = bytes(10000)\n"},
                        &result),
          "set-up");
    puts("| call | median, us | least, us |\n|---|---|---|");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        measure(box, &rows[i], calls);
    pybox_box_destroy(box);
    measure_sets(module, image);
    pybox_functions_destroy(set);
    pybox_image_close(image);
    pybox_module_close(module);
    pybox_engine_destroy(engine);
    return 0;
}
