/*
 * bench-waiting [RUNS]: a fan-out of 1,000 host calls from one run, in milliseconds.
 *
 * Each way runs RUNS times (200) in one box. "at once": the host functions answer when they are called. "later": the run is
 * pending with 1,000 requests, which are answered in the order they were made in, or backwards, or each with a resume of its own. "on the
 * stack": the same under asyncio.run(). Then what it takes to save a box that waits for 1,000 answers, to open it, and to go on.
 */
#include <pybox.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CALLS 1000

static pybox_module *module;
static pybox_image *image;
static pybox_functions *functions;

static void check(pybox_status status, const char *what)
{
    if (status == PYBOX_OK)
        return;
    fprintf(stderr, "bench-waiting: %s: %s\n", what, pybox_error_message());
    exit(1);
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void print_row(const char *name, double *ms, int runs)
{
    qsort(ms, (size_t)runs, sizeof *ms, compare);
    printf("| %s | %.3f | %.3f | %.2f |\n", name, ms[runs / 2], ms[runs * 9 / 10], ms[runs / 2] * 1e3 / CALLS);
    fflush(stdout);
}

static void answer_at_once(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context, (void)call;
    pybox_answer_value(answer, &(pybox_value){PYBOX_VALUE_JSON, "1", 1});
}

static void answer_later(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context, (void)call;
    pybox_answer_later(answer);
}

static pybox_box *make_box(pybox_image *from)
{
    pybox_box *box;
    check(pybox_box_create(module, from, &(pybox_box_options){.functions = functions}, &box), "box");
    return box;
}

static const pybox_result *run(pybox_box *box, const char *code)
{
    const pybox_result *result;
    check(pybox_box_run(box, &(pybox_run){.mode = PYBOX_MODE_EVAL, .code = code}, &result), "run");
    return result;
}

enum order { IN_ORDER, BACKWARDS, ONE_BY_ONE };

/* Answers all that a pending run asks, and goes on. */
static const pybox_result *serve(pybox_box *box, const pybox_result *result, enum order order)
{
    static uint64_t ids[CALLS];
    const size_t count = result->request_count;
    for (size_t i = 0; i < count; i++)
        ids[i] = result->requests[order == BACKWARDS ? count - 1 - i : i].id;
    for (size_t i = 0; i < count; i++) {
        check(pybox_box_answer(box, ids[i], &(pybox_value){PYBOX_VALUE_JSON, "1", 1}), "answer");
        if (order == ONE_BY_ONE || i == count - 1)
            check(pybox_box_resume(box, NULL, &result), "resume");
    }
    return result;
}

static void expect_done(const pybox_result *result)
{
    if (result->outcome == PYBOX_DONE && strcmp(result->value_repr.bytes, "1000") == 0)
        return;
    fprintf(stderr, "bench-waiting: %s: %s\n", pybox_outcome_name(result->outcome), result->error.traceback.bytes);
    exit(1);
}

static void measure(const char *name, const char *code, enum order order, int runs, double *ms)
{
    pybox_box *box = make_box(image);
    run(box, "import asyncio, tools");
    for (int i = 0; i < runs; i++) {
        const double before = now_ms();
        const pybox_result *result = run(box, code);
        if (result->outcome == PYBOX_PENDING)
            result = serve(box, result, order);
        ms[i] = now_ms() - before;
        expect_done(result);
    }
    pybox_box_destroy(box);
    print_row(name, ms, runs);
}

static void measure_snapshots(const char *code, int runs, double *save_ms, double *open_ms)
{
    static const char path[] = "bench-waiting.snap";
    pybox_box *box = make_box(image);
    run(box, "import asyncio, tools");
    for (int i = 0; i < runs; i++) {
        pybox_image *waiting;
        run(box, code);
        double before = now_ms();
        check(pybox_box_save(box, path, &(pybox_save_options){.form = PYBOX_FORM_MAPPED}), "save");
        save_ms[i] = now_ms() - before;
        check(pybox_box_rollback(box), "rollback");
        run(box, "import asyncio, tools");
        before = now_ms();
        check(pybox_image_load(module, path, NULL, &waiting), "load");
        pybox_box *other = make_box(waiting);
        pybox_result asked = {0};
        check(pybox_box_requests(other, &asked.requests, &asked.request_count), "requests");
        expect_done(serve(other, &asked, IN_ORDER));
        open_ms[i] = now_ms() - before;
        pybox_box_destroy(other);
        pybox_image_close(waiting);
    }
    pybox_box_destroy(box);
    unlink(path);
    print_row("saving it while it waits", save_ms, runs);
    print_row("opening that, answering, going on", open_ms, runs);
}

int main(int argc, char **argv)
{
    static const char at_once[] = "sum(await asyncio.gather(*(tools.now(i) for i in range(1000))))";
    static const char later[] = "sum(await asyncio.gather(*(tools.later(i) for i in range(1000))))";
    static const char on_stack[] = "async def main():\n    return sum(await asyncio.gather(*(tools.later(i) for i in range(1000))))\n"
                                   "asyncio.run(main())";
    static const char without[] = "async def f(i): return 1\nsum(await asyncio.gather(*(f(i) for i in range(1000))))";
    const int runs = argc > 1 ? atoi(argv[1]) : 200;
    pybox_engine *engine;
    if (runs < 1) {
        fprintf(stderr, "usage: bench-waiting [RUNS]\n");
        return 2;
    }
    double *ms = calloc((size_t)runs * 2, sizeof *ms);
    if (ms == NULL)
        return 1;
    check(pybox_engine_create(NULL, &engine), "engine");
    check(pybox_module_open(engine, NULL, &module), "module");
    check(pybox_image_open(module, NULL, &image), "image");
    check(pybox_functions_create(&functions), "functions");
    const pybox_function made[] = {
        {.name = "now", .signature = "(i: int) -> int", .is_async = 1, .function = answer_at_once},
        {.name = "later", .signature = "(i: int) -> int", .is_async = 1, .function = answer_later},
    };
    for (int i = 0; i < 2; i++)
        check(pybox_functions_add(functions, &made[i]), "function");
    printf("| 1,000 host calls, ms | median | p90 | us a call |\n|---|---|---|---|\n");
    measure("none: 1,000 tasks without the host", without, IN_ORDER, runs, ms);
    measure("answered at once", at_once, IN_ORDER, runs, ms);
    measure("later, in order", later, IN_ORDER, runs, ms);
    measure("later, backwards", later, BACKWARDS, runs, ms);
    measure("later, on the stack", on_stack, IN_ORDER, runs, ms);
    measure("later, one by one: 1,000 resumes", later, ONE_BY_ONE, runs > 10 ? runs / 10 : 1, ms);
    measure_snapshots(later, runs > 10 ? runs / 10 : 1, ms, ms + runs);
    free(ms);
    pybox_functions_destroy(functions);
    pybox_image_close(image);
    pybox_module_close(module);
    pybox_engine_destroy(engine);
    return 0;
}
