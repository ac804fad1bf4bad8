/*
 * What sessions cost: fresh states, checkpoints, rollbacks, new boxes, pools, and the memory of many. Medians and 99th
 * percentiles in microseconds, with one thread and with two at the same time, each with boxes of its own.
 *
 *     build/bin/bench-sessions [ROUNDS]
 */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pybox.h"

#define MAX_THREADS 2
#define MAX_ROUNDS 100000
#define WARM_UP 50
#define SESSIONS 10000
#define IDLE_SESSIONS 500

static pybox_engine *engine;
static pybox_module *module;
static pybox_image *image;
static size_t rounds = 2000;
static double samples[MAX_THREADS * MAX_ROUNDS];

static void check(pybox_status status)
{
    if (status == PYBOX_OK)
        return;
    fprintf(stderr, "bench-sessions: %s\n", pybox_error_message());
    exit(1);
}

static double now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec * 1e-3;
}

static pybox_box *make_box(pybox_rollback policy)
{
    pybox_box *box;
    check(pybox_box_create(module, image, &(pybox_box_options){.rollback = policy}, &box));
    return box;
}

static const pybox_result *run(pybox_box *box, const char *code)
{
    const pybox_result *result;
    const pybox_run what = {.mode = PYBOX_MODE_EVAL, .code = code};
    check(pybox_box_run(box, &what, &result));
    if (result->outcome != PYBOX_DONE) {
        fprintf(stderr, "bench-sessions: %s: %s\n", code, result->error.traceback.bytes);
        exit(1);
    }
    return result;
}

/* ------------------------------------------------------------------------------------------
 * Measuring
 */

/* A thing to measure: `once` returns the microseconds of what counts in it. */
struct measure {
    const char *what;
    pybox_rollback policy;
    const char *before; /* run once in the box, or NULL */
    const char *code;
    double (*once)(const struct measure *measure, pybox_box *box);
    size_t share; /* one in so many rounds */
};

struct worker {
    pthread_t thread;
    const struct measure *measure;
    pthread_barrier_t *start;
    double *samples;
    size_t rounds;
};

static void *work(void *context)
{
    const struct worker *worker = context;
    const struct measure *measure = worker->measure;
    pybox_box *box = make_box(measure->policy);
    if (measure->before != NULL)
        run(box, measure->before);
    for (size_t i = 0; i < WARM_UP; i++)
        measure->once(measure, box);
    pthread_barrier_wait(worker->start);
    for (size_t i = 0; i < worker->rounds; i++)
        worker->samples[i] = measure->once(measure, box);
    pybox_box_destroy(box);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure_with(const struct measure *measure, unsigned threads)
{
    struct worker workers[MAX_THREADS];
    pthread_barrier_t start;
    size_t each = rounds / measure->share + 1;
    pthread_barrier_init(&start, NULL, threads);
    for (unsigned i = 0; i < threads; i++) {
        workers[i] = (struct worker){
            .measure = measure, .start = &start, .samples = samples + i * each, .rounds = each};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            exit(1);
    }
    for (unsigned i = 0; i < threads; i++)
        pthread_join(workers[i].thread, NULL);
    pthread_barrier_destroy(&start);
    size_t count = each * threads;
    qsort(samples, count, sizeof *samples, compare);
    printf(" %10.2f %10.2f", samples[count / 2], samples[count * 99 / 100]);
}

static double once_run(const struct measure *measure, pybox_box *box)
{
    double start = now_us();
    run(box, measure->code);
    return now_us() - start;
}

/* Only the rollback counts. */
static double once_rollback(const struct measure *measure, pybox_box *box)
{
    run(box, measure->code);
    double start = now_us();
    check(pybox_box_rollback(box));
    return now_us() - start;
}

/* Only the run after the one that counts for nothing. */
static double once_after(const struct measure *measure, pybox_box *box)
{
    run(box, measure->code);
    double start = now_us();
    run(box, "x = 1 + 1");
    return now_us() - start;
}

static double once_checkpoint(const struct measure *measure, pybox_box *box)
{
    double start = now_us();
    check(pybox_box_checkpoint(box));
    run(box, measure->code);
    check(pybox_box_rollback(box));
    check(pybox_box_drop(box));
    return now_us() - start;
}

static double once_new(const struct measure *measure, pybox_box *box)
{
    (void)box;
    double start = now_us();
    pybox_box *made = make_box(measure->policy);
    run(made, measure->code);
    double time = now_us() - start;
    pybox_box_destroy(made);
    return time;
}

static double once_clone(const struct measure *measure, pybox_box *box)
{
    double start = now_us();
    pybox_box *made;
    check(pybox_box_clone(box, NULL, &made));
    if (measure->code != NULL)
        run(made, measure->code);
    double time = now_us() - start;
    pybox_box_destroy(made);
    return time;
}

static const struct measure measures[] = {
    {"x = 1 + 1, state kept", PYBOX_ROLLBACK_NEVER, NULL, "x = 1 + 1", once_run, 1},
    {"x = 1 + 1 with full rollback", PYBOX_ROLLBACK_ALWAYS, NULL, "x = 1 + 1", once_run, 1},
    {"x = 1 + 1 in a session", PYBOX_ROLLBACK_RUN, NULL, "x = 1 + 1", once_run, 1},
    {"import json and use it, full rollback", PYBOX_ROLLBACK_ALWAYS, NULL, "import json; json.loads('[1, 2, 3]')",
     once_run, 1},
    {"rollback alone after x = 1 + 1", PYBOX_ROLLBACK_NEVER, NULL, "x = 1 + 1", once_rollback, 1},
    {"  after 100 KB", PYBOX_ROLLBACK_NEVER, NULL, "s = b'x' * 100_000", once_rollback, 1},
    {"  after 1 MB", PYBOX_ROLLBACK_NEVER, NULL, "s = b'x' * 1_000_000", once_rollback, 4},
    {"  after 10 MB", PYBOX_ROLLBACK_NEVER, NULL, "s = b'x' * 10_000_000", once_rollback, 20},
    {"x = 1 + 1 after a fresh run of 10 MB", PYBOX_ROLLBACK_ALWAYS, NULL, "s = b'x' * 10_000_000", once_after, 20},
    {"session of 10 MB: checkpoint, run, rollback", PYBOX_ROLLBACK_NEVER,
     "kept = [bytes([i % 256]) * 1000 for i in range(10_000)]", "x = 1 + 1", once_checkpoint, 1},
    {"  a run with the option RUN", PYBOX_ROLLBACK_RUN, "kept = [bytes([i % 256]) * 1000 for i in range(10_000)]",
     "x = 1 + 1", once_run, 1},
    {"new box to its first result", PYBOX_ROLLBACK_NEVER, NULL, "x = 1 + 1", once_new, 2},
    {"clone of a small session", PYBOX_ROLLBACK_NEVER, "x = 1", NULL, once_clone, 2},
    {"  to its first result", PYBOX_ROLLBACK_NEVER, "x = 1", "x = 1 + 1", once_clone, 2},
};

/* ------------------------------------------------------------------------------------------
 * Pools
 */

struct pool_worker {
    pthread_t thread;
    pybox_pool *pool;
    size_t runs;
};

static void *work_pool(void *context)
{
    const struct pool_worker *worker = context;
    for (size_t i = 0; i < worker->runs; i++) {
        pybox_box *box;
        check(pybox_pool_take(worker->pool, PYBOX_UNLIMITED, &box));
        run(box, "x = 1 + 1");
        pybox_pool_give(worker->pool, box);
    }
    return NULL;
}

/* Runs a second and a thread. */
static double measure_pool(unsigned threads)
{
    struct pool_worker workers[MAX_THREADS];
    pybox_pool *pool;
    const pybox_pool_options options = {.minimum_idle = threads, .maximum = threads};
    check(pybox_pool_create(module, image, NULL, &options, &pool));
    double start = 0;
    for (int warm = 1; warm >= 0; warm--) {
        start = now_us();
        for (unsigned i = 0; i < threads; i++) {
            workers[i] = (struct pool_worker){.pool = pool, .runs = warm ? WARM_UP : rounds * 5};
            if (pthread_create(&workers[i].thread, NULL, work_pool, &workers[i]) != 0)
                exit(1);
        }
        for (unsigned i = 0; i < threads; i++)
            pthread_join(workers[i].thread, NULL);
    }
    double time = now_us() - start;
    pybox_pool_destroy(pool);
    return (double)(rounds * 5) * 1e6 / time;
}

/* ------------------------------------------------------------------------------------------
 * Memory
 */

/* KiB that this process has written. What it has only read of the image's file is the file's. */
static long private_kib(void)
{
    char line[256];
    long sum = 0, value;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "Private_Dirty: %ld", &value) == 1)
            sum += value;
    fclose(file);
    return sum;
}

static void measure_idle(const char *what, pybox_rollback policy)
{
    static pybox_box *boxes[IDLE_SESSIONS];
    long before = private_kib();
    for (int i = 0; i < IDLE_SESSIONS; i++) {
        boxes[i] = make_box(policy);
        run(boxes[i], "data = {'name': 'value'}\ndef f(x): return x + 1");
        run(boxes[i], "f(1)");
    }
    printf("%-46s %10.0f KiB\n", what, (double)(private_kib() - before) / IDLE_SESSIONS);
    for (int i = 0; i < IDLE_SESSIONS; i++)
        pybox_box_destroy(boxes[i]);
    malloc_trim(0);
}

static void measure_many(void)
{
    static pybox_box *boxes[SESSIONS];
    char code[64];
    long before = private_kib();
    double start = now_us();
    for (int i = 0; i < SESSIONS; i++) {
        boxes[i] = make_box(PYBOX_ROLLBACK_NEVER);
        snprintf(code, sizeof code, "x = %d", i);
        run(boxes[i], code);
    }
    double made = now_us();
    for (int i = 0; i < SESSIONS; i++) {
        const pybox_result *result = run(boxes[i], "x");
        if (atoi(result->value_repr.bytes) != i)
            exit(1);
    }
    double ran = now_us();
    printf("%d sessions alive: %.1f s to make, %.1f us to run one again, %.1f GiB\n", SESSIONS,
           (made - start) / 1e6, (ran - made) / SESSIONS,
           (double)(private_kib() - before) / (1 << 20));
    for (int i = 0; i < SESSIONS; i++)
        pybox_box_destroy(boxes[i]);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        rounds = strtoul(argv[1], NULL, 10);
    if (argc > 2 || rounds == 0 || rounds > MAX_ROUNDS) {
        fprintf(stderr, "usage: bench-sessions [ROUNDS]\n");
        return 2;
    }
    check(pybox_engine_create(NULL, &engine));
    check(pybox_module_open(engine, NULL, &module));
    check(pybox_image_open(module, NULL, &image));
    printf("%-46s %21s %21s\n", "microseconds", "1 thread", "2 threads");
    printf("%-46s %10s %10s %10s %10s\n", "", "median", "p99", "median", "p99");
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
        printf("%-46s", measures[i].what);
        measure_with(&measures[i], 1);
        measure_with(&measures[i], 2);
        printf("\n");
    }
    printf("%-46s %10.0f %21.0f\n", "pool: fresh runs a second and thread", measure_pool(1), measure_pool(2));
    measure_idle("private memory of an idle session", PYBOX_ROLLBACK_NEVER);
    measure_idle("  with the option RUN", PYBOX_ROLLBACK_RUN);
    measure_many();
    pybox_image_close(image);
    pybox_module_close(module);
    pybox_engine_destroy(engine);
    return 0;
}
