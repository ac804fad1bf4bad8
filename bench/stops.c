/*
 * bench-stops [RUNS]: how late runs are stopped, and whether fuel is the same in every run.
 *
 * Each kind of program runs RUNS times (1,000) with a deadline; how much later than that the call returned is its
 * lateness. Then a program that ends runs RUNS times, in one box and in fresh ones: its fuel is compared.
 */
#include <pybox.h>

#include <stdio.h>
#include <stdlib.h>

#define DEADLINE_NS 2000000u

static pybox_module *module;
static pybox_image *image;

static void check(pybox_status status, const char *what)
{
    if (status == PYBOX_OK)
        return;
    fprintf(stderr, "bench-stops: %s: %s\n", what, pybox_error_message());
    exit(1);
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static const struct kind {
    const char *name, *code;
} kinds[] = {
    {"loop", "while True: pass"},
    {"calls", "def f(n): return f(n - 1) if n else 0\nwhile True: f(50)"},
    {"swallowed", "while True:\n try:\n  while True: pass\n except BaseException: continue"},
    {"sleep", "import time\ntime.sleep(1e9)"},
    {"print", "while True: print('x', end='')"},
    {"regex", "import re\nre.match('(a+)+$', 'a' * 40 + 'b')"},
    {"big integer", "x = 10 ** 10 ** 8"},
    {"C loop", "sum(range(10 ** 12))"},
    {"copying", "x = bytes(50_000_000)\nwhile True: y = bytearray(x)"},
    {"sort", "import random\nx = list(range(100000))\nwhile True: random.shuffle(x); x.sort()"},
};

static pybox_box *make_box(void)
{
    pybox_box *box;
    check(pybox_box_create(module, image, &(pybox_box_options){.output = NULL}, &box), "box");
    return box;
}

static void measure(const struct kind *kind, int runs, double *late)
{
    const pybox_limits limits = {.wall_ns = DEADLINE_NS};
    const pybox_run run = {.code = kind->code, .limits = &limits};
    const pybox_result *result;
    pybox_box *box = make_box();
    int cut = 0;
    for (int i = 0; i < runs; i++) {
        check(pybox_box_run(box, &run, &result), kind->name);
        if (result->outcome != PYBOX_DEADLINE) {
            fprintf(stderr, "bench-stops: %s: the outcome is %s: %s\n", kind->name,
                    pybox_outcome_name(result->outcome), result->error.message.bytes);
            exit(1);
        }
        late[i] = (double)(result->wall_ns - DEADLINE_NS) / 1e6;
        if (result->cut) {
            cut++;
            pybox_box_destroy(box);
            box = make_box();
        }
    }
    pybox_box_destroy(box);
    qsort(late, (size_t)runs, sizeof(*late), compare);
    printf("| %s | %.3f | %.3f | %.3f | %.3f | %d%% |\n", kind->name, late[runs / 2],
           late[runs * 9 / 10], late[runs * 99 / 100], late[runs - 1], cut * 100 / runs);
    fflush(stdout);
}

static void count_fuel(int runs)
{
    const uint64_t seed = 1, clock = 0;
    const pybox_run run = {
        .code = "import json\n"
                "print(len(json.dumps({str(n): [n, n / 7] for n in range(200)})))\n"
                "print(sorted(str(n * 7919 % 1009) for n in range(500))[:3])"};
    uint64_t first = 0, different = 0;
    for (int i = 0; i < runs; i++) {
        pybox_box *box;
        const pybox_result *result;
        check(pybox_box_create(module, image,
                               &(pybox_box_options){.seed = &seed, .clock_ns = &clock}, &box),
              "box");
        check(pybox_box_run(box, &run, &result), "run");
        if (i == 0)
            first = result->fuel_used;
        different += result->fuel_used != first;
        pybox_box_destroy(box);
    }
    printf("\n%d runs of one program, each in a fresh box: fuel %llu, in %llu of them another\n", runs,
           (unsigned long long)first, (unsigned long long)different);
}

int main(int argc, char **argv)
{
    int runs = argc > 1 ? atoi(argv[1]) : 1000;
    pybox_engine *engine;
    double *late = calloc(runs > 0 ? (size_t)runs : 1, sizeof(*late));
    if (runs < 10 || late == NULL) {
        fprintf(stderr, "usage: bench-stops [RUNS], at least 10\n");
        return 2;
    }
    check(pybox_engine_create(NULL, &engine), "engine");
    check(pybox_module_open(engine, NULL, &module), "module");
    check(pybox_image_open(module, NULL, &image), "image");
    printf("| stopped after 2 ms | late by, ms: median | p90 | p99 | most | cut |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        measure(&kinds[i], runs, late);
    count_fuel(runs);
    free(late);
    pybox_image_close(image);
    pybox_module_close(module);
    pybox_engine_destroy(engine);
    return 0;
}
