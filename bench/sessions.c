/*
 * What sessions cost: fresh states, checkpoints, rollbacks, new boxes, pools, and the memory of many. Medians and 99th
 * percentiles in microseconds, with one thread, two and eight at the same time, each with boxes of its own.
 *
 *     build/bin/bench-sessions [--csv] [ROUNDS]
 */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pybox.h"
#include "samples.h"

#define MAX_THREADS 8
#define MAX_ROUNDS 100000
#define WARM_UP 50
#define SESSIONS 10000
#define IDLE_SESSIONS 500

static pybox_engine *engine;
static pybox_module *module;
static pybox_image *image;
static _Thread_local pybox_image *own_image; /* so that no thread gets another's memories; NULL: the one for all */
static size_t rounds = 2000;
static double samples[MAX_THREADS * MAX_ROUNDS];

static void check(pybox_status status)
{
    if (status == PYBOX_OK)
        return;
    fprintf(stderr, "bench-sessions: %s\n", pybox_error_message());
    exit(1);
}

static pybox_box *make_box(pybox_rollback policy)
{
    pybox_box *box;
    check(pybox_box_create(module, own_image != NULL ? own_image : image,
                           &(pybox_box_options){.rollback = policy}, &box));
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
    check(pybox_image_open(module, NULL, &own_image));
    pybox_box *box = make_box(measure->policy);
    if (measure->before != NULL)
        run(box, measure->before);
    for (size_t i = 0; i < WARM_UP; i++)
        measure->once(measure, box);
    pthread_barrier_wait(worker->start);
    for (size_t i = 0; i < worker->rounds; i++)
        worker->samples[i] = measure->once(measure, box);
    pybox_box_destroy(box);
    pybox_image_close(own_image);
    return NULL;
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
    samples_report(measure->what, threads, samples, each * threads);
}

static double once_run(const struct measure *measure, pybox_box *box)
{
    double start = samples_now_us();
    run(box, measure->code);
    return samples_now_us() - start;
}

/* Only the rollback counts. */
static double once_rollback(const struct measure *measure, pybox_box *box)
{
    run(box, measure->code);
    double start = samples_now_us();
    check(pybox_box_rollback(box));
    return samples_now_us() - start;
}

/* Only the run after the one that counts for nothing. */
static double once_after(const struct measure *measure, pybox_box *box)
{
    run(box, measure->code);
    double start = samples_now_us();
    run(box, "x = 1 + 1");
    return samples_now_us() - start;
}

static double once_checkpoint(const struct measure *measure, pybox_box *box)
{
    double start = samples_now_us();
    check(pybox_box_checkpoint(box));
    run(box, measure->code);
    check(pybox_box_rollback(box));
    check(pybox_box_drop(box));
    return samples_now_us() - start;
}

static double once_new(const struct measure *measure, pybox_box *box)
{
    (void)box;
    double start = samples_now_us();
    pybox_box *made = make_box(measure->policy);
    run(made, measure->code);
    double time = samples_now_us() - start;
    pybox_box_destroy(made);
    return time;
}

/* A memory for each box, none of which has been another's. */
static double once_cold(const struct measure *measure, pybox_box *box)
{
    enum { SPARE = 4 };
    pybox_box *takers[SPARE];
    for (int i = 0; i < SPARE; i++)
        takers[i] = make_box(measure->policy);
    double time = once_new(measure, box);
    for (int i = 0; i < SPARE; i++)
        pybox_box_destroy(takers[i]);
    return time;
}

/* From idle to a result, after a trim. */
static double once_trimmed(const struct measure *measure, pybox_box *box)
{
    check(pybox_box_trim(box));
    double start = samples_now_us();
    run(box, measure->code);
    return samples_now_us() - start;
}

static double once_trim(const struct measure *measure, pybox_box *box)
{
    run(box, measure->code);
    double start = samples_now_us();
    check(pybox_box_trim(box));
    return samples_now_us() - start;
}

static double once_clone(const struct measure *measure, pybox_box *box)
{
    double start = samples_now_us();
    pybox_box *made;
    check(pybox_box_clone(box, NULL, &made));
    if (measure->code != NULL)
        run(made, measure->code);
    double time = samples_now_us() - start;
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
    {"new box to its first result, others have gone", PYBOX_ROLLBACK_NEVER, NULL, "x = 1 + 1", once_new, 2},
    {"  others are there", PYBOX_ROLLBACK_NEVER, NULL, "x = 1 + 1", once_cold, 8},
    {"clone of a small session", PYBOX_ROLLBACK_NEVER, "x = 1", NULL, once_clone, 2},
    {"  to its first result", PYBOX_ROLLBACK_NEVER, "x = 1", "x = 1 + 1", once_clone, 2},
    {"trim of a small session", PYBOX_ROLLBACK_RUN, "data = {}", "x = 1 + 1", once_trim, 4},
    {"  x = 1 + 1 after it", PYBOX_ROLLBACK_RUN, "data = {}", "x = 1 + 1", once_trimmed, 4},
};

/* ------------------------------------------------------------------------------------------
 * Pools
 */

struct pool_worker {
    pthread_t thread;
    pybox_pool *pool;
    double *samples;
    size_t runs;
};

static void *work_pool(void *context)
{
    const struct pool_worker *worker = context;
    for (size_t i = 0; i < worker->runs; i++) {
        pybox_box *box;
        double start = samples_now_us();
        check(pybox_pool_take(worker->pool, PYBOX_UNLIMITED, &box));
        run(box, "x = 1 + 1");
        pybox_pool_give(worker->pool, box);
        worker->samples[i] = samples_now_us() - start;
    }
    return NULL;
}

/* All threads, with a pool of as many boxes. Runs a second and a thread. */
static double measure_pool(unsigned threads)
{
    struct pool_worker workers[MAX_THREADS];
    pybox_pool *pool;
    const pybox_pool_options options = {.minimum_idle = threads, .maximum = threads};
    check(pybox_pool_create(module, image, NULL, &options, &pool));
    double start = 0;
    for (int warm = 1; warm >= 0; warm--) {
        start = samples_now_us();
        for (unsigned i = 0; i < threads; i++) {
            workers[i] = (struct pool_worker){
                .pool = pool, .samples = samples + i * rounds, .runs = warm ? 1 + rounds / 40 : rounds};
            if (pthread_create(&workers[i].thread, NULL, work_pool, &workers[i]) != 0)
                exit(1);
        }
        for (unsigned i = 0; i < threads; i++)
            pthread_join(workers[i].thread, NULL);
    }
    double time = samples_now_us() - start;
    pybox_pool_destroy(pool);
    samples_report("pool: take, x = 1 + 1, give", threads, samples, rounds * threads);
    return (double)rounds * 1e6 / time;
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

static void measure_idle(const char *what, pybox_rollback policy, int trim)
{
    static pybox_box *boxes[IDLE_SESSIONS];
    long before = private_kib();
    for (int i = 0; i < IDLE_SESSIONS; i++) {
        boxes[i] = make_box(policy);
        run(boxes[i], "data = {'name': 'value'}\ndef f(x): return x + 1");
        run(boxes[i], "f(1)");
        if (trim)
            check(pybox_box_trim(boxes[i]));
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
    double start = samples_now_us();
    for (int i = 0; i < SESSIONS; i++) {
        boxes[i] = make_box(PYBOX_ROLLBACK_NEVER);
        snprintf(code, sizeof code, "x = %d", i);
        run(boxes[i], code);
    }
    double made = samples_now_us();
    for (int i = 0; i < SESSIONS; i++) {
        const pybox_result *result = run(boxes[i], "x");
        if (atoi(result->value_repr.bytes) != i)
            exit(1);
    }
    double ran = samples_now_us();
    printf("%d sessions alive: %.1f s to make, %.1f us to run one again, %.1f GiB\n", SESSIONS,
           (made - start) / 1e6, (ran - made) / SESSIONS,
           (double)(private_kib() - before) / (1 << 20));
    for (int i = 0; i < SESSIONS; i++)
        pybox_box_destroy(boxes[i]);
}

static const unsigned thread_counts[] = {1, 2, MAX_THREADS};
#define THREAD_COUNTS (sizeof thread_counts / sizeof *thread_counts)

static void measure_times(void)
{
    samples_say("%-46s %21s %21s %21s\n", "microseconds", "1 thread", "2 threads", "8 threads");
    samples_say("%-46s %10s %10s %10s %10s %10s %10s\n", "", "median", "p99", "median", "p99", "median", "p99");
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
        samples_begin(measures[i].what);
        for (size_t j = 0; j < THREAD_COUNTS; j++)
            measure_with(&measures[i], thread_counts[j]);
        samples_end();
    }
    double speed[THREAD_COUNTS];
    samples_begin("pool: take, x = 1 + 1, give");
    for (size_t j = 0; j < THREAD_COUNTS; j++)
        speed[j] = measure_pool(thread_counts[j]);
    samples_end();
    samples_say("%-46s %10.0f %21.0f %21.0f\n", "  a second and thread", speed[0], speed[1], speed[2]);
}

int main(int argc, char **argv)
{
    if (!samples_arguments(argc, argv, MAX_ROUNDS, &rounds)) {
        fprintf(stderr, "usage: bench-sessions [--csv] [ROUNDS]\n");
        return 2;
    }
    check(pybox_engine_create(NULL, &engine));
    check(pybox_module_open(engine, NULL, &module));
    check(pybox_image_open(module, NULL, &image));
    measure_times();
    if (!samples_csv) {
        measure_idle("private memory of an idle session", PYBOX_ROLLBACK_NEVER, 0);
        measure_idle("  with the option RUN", PYBOX_ROLLBACK_RUN, 0);
        measure_idle("  with the option RUN, trimmed", PYBOX_ROLLBACK_RUN, 1);
        measure_many();
    }
    pybox_image_close(image);
    pybox_module_close(module);
    pybox_engine_destroy(engine);
    return 0;
}
