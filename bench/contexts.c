/*
 * bench-contexts [RUNS]: what contexts cost: making them, and using global names in them.
 *
 * Making and destroying is timed by itself, RUNS times (1,000). Programs run in loops of 100,000 rounds, RUNS / 10 times, by CPU
 * time; their rows say what a round costs, and how much more than the same in a context without a parent and without protection.
 */
#include <pybox.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 100000
#define CREATED 200 /* contexts at a time */

static pybox_module *module;
static pybox_image *image;

static void check(pybox_status status, const char *what)
{
    if (status == PYBOX_OK)
        return;
    fprintf(stderr, "bench-contexts: %s: %s\n", what, pybox_error_message());
    exit(1);
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void print_row(const char *what, double *times, int count)
{
    qsort(times, (size_t)count, sizeof *times, compare);
    printf("| %s | %.2f | %.2f |\n", what, times[count / 2], times[count * 9 / 10]);
    fflush(stdout);
}

static pybox_box *make_box(void)
{
    pybox_box *box;
    check(pybox_box_create(module, image, NULL, &box), "box");
    return box;
}

static uint64_t run(pybox_box *box, const char *context, const char *code)
{
    const pybox_result *result;
    check(pybox_box_run(box, &(pybox_run){.code = code, .context = context}, &result), code);
    if (result->outcome != PYBOX_DONE) {
        fprintf(stderr, "bench-contexts: %s: %s\n", code, result->error.traceback.bytes);
        exit(1);
    }
    return result->cpu_ns;
}

static void measure_making(int runs, double *times)
{
    double *destroyed = calloc((size_t)runs, sizeof *destroyed);
    pybox_box *box = make_box();
    char name[32];
    run(box, "main", "x = 1");
    for (int i = 0; destroyed != NULL && i < runs; i++) {
        snprintf(name, sizeof name, "c%d", i);
        double began = now_us();
        check(pybox_context_create(box, name, "main"), name);
        times[i] = now_us() - began;
        if (i < CREATED)
            continue;
        snprintf(name, sizeof name, "c%d", i - CREATED);
        began = now_us();
        check(pybox_context_destroy(box, name), name);
        destroyed[i - CREATED] = now_us() - began;
    }
    print_row("create a context that inherits", times, runs);
    if (runs > CREATED)
        print_row("destroy it", destroyed, runs - CREATED);
    free(destroyed);
    for (int i = 0; i < runs; i++) {
        double began = now_us();
        run(box, "main", "pass");
        times[i] = now_us() - began;
    }
    print_row("run `pass` in main", times, runs);
    for (int i = 0; i < runs; i++) {
        snprintf(name, sizeof name, "c%d", runs - 1 - i % (runs < CREATED ? runs : CREATED));
        double began = now_us();
        run(box, name, "pass");
        times[i] = now_us() - began;
    }
    print_row("run `pass` in contexts by turns", times, runs);
    pybox_box_destroy(box);
}

static const struct kind {
    const char *name, *set_up, *code;
    int levels;    /* of contexts above that in which the code runs; the set-up runs in the topmost */
    int protects;  /* names */
    int as_before; /* the row that it is compared with, counted back; 0: with none */
} kinds[] = {
    {"look up a global", "x = 1", "def f():\n for _ in r: x; x; x; x; x; x; x; x\nf()", 0, 0, 0},
    {"the same, one level down", "x = 1", "def f():\n for _ in r: x; x; x; x; x; x; x; x\nf()", 1, 0, 1},
    {"the same, two levels down", "x = 1", "def f():\n for _ in r: x; x; x; x; x; x; x; x\nf()", 2, 0, 2},
    {"call a global function", "def g(): pass", "def f():\n for _ in r: g()\nf()", 0, 0, 0},
    {"the same, two levels down", "def g(): pass", "def f():\n for _ in r: g()\nf()", 2, 0, 1},
    {"look up a built-in", "", "def f():\n for _ in r: len; len; len; len; len; len; len; len\nf()", 0, 0, 0},
    {"the same, two levels down", "", "def f():\n for _ in r: len; len; len; len; len; len; len; len\nf()", 2, 0, 1},
    {"look up a global, not in a function", "x = 1", "for _ in r: x; x; x; x; x; x; x; x", 0, 0, 0},
    {"the same, two levels down", "x = 1", "for _ in r: x; x; x; x; x; x; x; x", 2, 0, 1},
    {"bind a global", "x = 1", "def f():\n global x\n for x in r: pass\nf()", 0, 0, 0},
    {"the same, 3 other names protected", "x = 1", "def f():\n global x\n for x in r: pass\nf()", 0, 3, 1},
    {"the same, 100 other names protected", "x = 1", "def f():\n global x\n for x in r: pass\nf()", 0, 100, 2},
    {"the same, two levels down", "", "def f():\n global x\n for x in r: pass\nf()", 2, 0, 3},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static void protect(pybox_box *box, const char *context, int count)
{
    char name[32];
    const char *names[1] = {name};
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "protected_%d", i);
        check(pybox_context_protect(box, context, names, 1), name);
    }
}

/* A box for each kind, with the context to run in as `at`. */
static pybox_box *prepare(const struct kind *kind, char at[16])
{
    pybox_box *box = make_box();
    char code[256], parent[16] = "main";
    strcpy(at, "top");
    check(pybox_context_create(box, at, NULL), at);
    snprintf(code, sizeof code, "%s\nr = range(%d)", kind->set_up, ROUNDS);
    run(box, at, code);
    for (int i = 0; i < kind->levels; i++) {
        strcpy(parent, at);
        snprintf(at, 16, "level%d", i + 1);
        check(pybox_context_create(box, at, parent), at);
    }
    protect(box, at, kind->protects);
    run(box, at, kind->code);
    return box;
}

/* All kinds by turns, so that what else the machine does is the same for all. */
static void measure_names(int runs)
{
    pybox_box *boxes[KINDS];
    char at[KINDS][16];
    double *times[KINDS];
    for (size_t k = 0; k < KINDS; k++) {
        boxes[k] = prepare(&kinds[k], at[k]);
        times[k] = calloc((size_t)runs, sizeof **times);
        if (times[k] == NULL)
            exit(1);
    }
    for (int i = 0; i < runs; i++)
        for (size_t k = 0; k < KINDS; k++)
            times[k][i] = (double)run(boxes[k], at[k], kinds[k].code) / ROUNDS;
    printf("\n| a round of | ns of CPU: median | least | more |\n|---|---|---|---|\n");
    for (size_t k = 0; k < KINDS; k++) {
        qsort(times[k], (size_t)runs, sizeof **times, compare);
        printf("| %s | %.2f | %.2f |", kinds[k].name, times[k][runs / 2], times[k][0]);
        if (kinds[k].as_before > 0)
            printf(" %+.1f%% |\n", (times[k][0] / times[k - (size_t)kinds[k].as_before][0] - 1) * 100);
        else
            printf(" |\n");
    }
    for (size_t k = 0; k < KINDS; k++) {
        pybox_box_destroy(boxes[k]);
        free(times[k]);
    }
}

int main(int argc, char **argv)
{
    int runs = argc > 1 ? atoi(argv[1]) : 1000;
    pybox_engine *engine;
    double *times = calloc(runs > 0 ? (size_t)runs : 1, sizeof *times);
    if (runs < 10 || times == NULL) {
        fprintf(stderr, "usage: bench-contexts [RUNS], at least 10\n");
        return 2;
    }
    check(pybox_engine_create(NULL, &engine), "engine");
    check(pybox_module_open(engine, NULL, &module), "module");
    check(pybox_image_open(module, NULL, &image), "image");
    printf("| | us: median | p90 |\n|---|---|---|\n");
    measure_making(runs, times);
    measure_names(runs / 10);
    free(times);
    pybox_image_close(image);
    pybox_module_close(module);
    pybox_engine_destroy(engine);
    return 0;
}
