/*
 * pybox as one of the compared systems: does the work that harness/ asks for, one line on standard input for
 * each task, and answers with one line of JSON. The protocol is in bench/README.md, its other side for Python in
 * peer_adapter.py.
 *
 *     bench-pybox-peer FRESH STATEMENT... EXPRESSION VALUE
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "pybox_embedding.h"

#define MAX_THREADS 64
#define MAX_COUNT 100000
#define MAX_SESSIONS 1000
#define MAX_PATH 3000
#define COMPUTE "compute:"
#define WARM_UP 3

static struct {
    const char *fresh;
    char **statements;
    int statement_count;
    const char *expression;
    const char *value; /* its repr */
} work;

static pybox_engine *engine;
static pybox_module *module;
static pybox_image *image;
static pybox_pool *pool;
static char snapshot[] = "/tmp/bench-pybox-peer-XXXXXX";
static char saved_again[sizeof snapshot + 1];

/* The program of the last task `compute:PATH`, in a box that stays. */
static struct {
    char path[MAX_PATH];
    pybox_box *box;
    char *result; /* repr() of what it returned first */
} program;

/* The harness prints the answer and stops. */
_Noreturn void peer_fail(const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (char *c = text; *c != '\0'; c++)
        if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ')
            *c = ' ';
    printf("{\"error\": \"%s\"}\n", text);
    fflush(stdout);
    unlink(snapshot);
    unlink(saved_again);
    exit(1);
}

void peer_check(pybox_status status)
{
    if (status != PYBOX_OK)
        peer_fail("%s", pybox_error_message());
}

static int64_t clock_ns(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* ------------------------------------------------------------------------------------------
 * The work
 */

static pybox_box *make_box(pybox_image *from, pybox_rollback policy)
{
    pybox_box *box;
    peer_check(pybox_box_create(module, from, &(pybox_box_options){.rollback = policy}, &box));
    return box;
}

static const pybox_result *try_run(pybox_box *box, const char *code)
{
    const pybox_result *result;
    peer_check(pybox_box_run(box, &(pybox_run){.mode = PYBOX_MODE_EVAL, .code = code}, &result));
    return result;
}

static const pybox_result *run(pybox_box *box, const char *code)
{
    const pybox_result *result = try_run(box, code);
    if (result->outcome != PYBOX_DONE)
        peer_fail("%s: %s", code, result->error.traceback.bytes);
    return result;
}

static void expect(pybox_box *box, const char *expression, const char *value)
{
    const char *found = run(box, expression)->value_repr.bytes;
    if (strcmp(found, value) != 0)
        peer_fail("%s is %s, not %s", expression, found, value);
}

static void run_statements(pybox_box *box)
{
    for (int i = 0; i < work.statement_count; i++)
        run(box, work.statements[i]);
}

static void once_fresh(pybox_box *box)
{
    run(box, work.fresh);
}

static void once_pool(pybox_box *box)
{
    (void)box;
    pybox_box *taken;
    peer_check(pybox_pool_take(pool, PYBOX_UNLIMITED, &taken));
    run(taken, work.fresh);
    pybox_pool_give(pool, taken);
}

static void once_create(pybox_box *box)
{
    (void)box;
    pybox_box *made = make_box(image, PYBOX_ROLLBACK_NEVER);
    run(made, work.fresh);
    pybox_box_destroy(made);
}

static void once_session(pybox_box *box)
{
    (void)box;
    pybox_box *made = make_box(image, PYBOX_ROLLBACK_NEVER);
    run_statements(made);
    expect(made, work.expression, work.value);
    pybox_box_destroy(made);
}

static void once_restore(pybox_box *box)
{
    (void)box;
    pybox_image *saved;
    peer_check(pybox_image_load(module, snapshot, &(pybox_image_options){.trusted = 1}, &saved));
    pybox_box *made = make_box(saved, PYBOX_ROLLBACK_NEVER);
    expect(made, work.expression, work.value);
    pybox_box_destroy(made);
    pybox_image_close(saved);
}

static void once_save(pybox_box *box)
{
    peer_check(pybox_box_save(box, saved_again, &(pybox_save_options){.delta = 1}));
}

static void once_save_whole(pybox_box *box)
{
    peer_check(pybox_box_save(box, saved_again, &(pybox_save_options){.form = PYBOX_FORM_MAPPED}));
}

static const struct task {
    const char *name;
    void (*once)(pybox_box *box);
    int in_session; /* its box has done the statements, and keeps what they left */
} tasks[] = {{"fresh", once_fresh, 0},
             {"pool", once_pool, 0},
             {"create", once_create, 0},
             {"session", once_session, 0},
             {"restore", once_restore, 0},
             {"save", once_save, 1},
             {"save-whole", once_save_whole, 1}};

/* The box that a thread does it with. */
static pybox_box *task_box(const struct task *task)
{
    if (!task->in_session)
        return make_box(image, PYBOX_ROLLBACK_ALWAYS);
    pybox_box *box = make_box(image, PYBOX_ROLLBACK_NEVER);
    run_statements(box);
    return box;
}

/* ------------------------------------------------------------------------------------------
 * Measuring
 */

struct worker {
    pthread_t thread;
    const struct embedding_task *embedding; /* or: */
    const struct task *task;
    pthread_barrier_t *start, *end;
    size_t count;
    int64_t *wall, *cpu; /* cpu: NULL if others run at the same time */
};

static void *work_on(void *context)
{
    const struct worker *worker = context;
    void (*once)(pybox_box *box) = worker->embedding != NULL ? worker->embedding->once : worker->task->once;
    pybox_box *box = worker->embedding != NULL ? embedding_box(worker->embedding, module, image)
                                               : task_box(worker->task);
    for (int i = 0; i < WARM_UP; i++)
        once(box);
    pthread_barrier_wait(worker->start); /* all are warm */
    pthread_barrier_wait(worker->start);
    for (size_t i = 0; i < worker->count; i++) {
        const int64_t cpu = worker->cpu != NULL ? clock_ns(CLOCK_PROCESS_CPUTIME_ID) : 0;
        const int64_t wall = clock_ns(CLOCK_MONOTONIC);
        once(box);
        worker->wall[i] = clock_ns(CLOCK_MONOTONIC) - wall;
        if (worker->cpu != NULL)
            worker->cpu[i] = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    }
    pthread_barrier_wait(worker->end);
    pybox_box_destroy(box);
    return NULL;
}

static void print_numbers(const char *name, const int64_t *numbers, size_t count)
{
    printf(", \"%s\": [", name);
    for (size_t i = 0; i < count; i++)
        printf("%s%" PRId64, i > 0 ? "," : "", numbers[i]);
    printf("]");
}

/* One of the two tasks is NULL. */
static void measure(const struct task *task, const struct embedding_task *embedding, unsigned threads, size_t count)
{
    struct worker workers[MAX_THREADS];
    pthread_barrier_t start, end;
    int64_t *wall = calloc(2 * threads * count, sizeof *wall);
    int64_t *cpu = wall + threads * count;
    if (wall == NULL)
        peer_fail("no memory");
    pthread_barrier_init(&start, NULL, threads + 1);
    pthread_barrier_init(&end, NULL, threads + 1);
    peer_check(pybox_pool_create(module, image, NULL,
                            &(pybox_pool_options){.minimum_idle = threads, .maximum = threads}, &pool));
    for (unsigned i = 0; i < threads; i++) {
        workers[i] = (struct worker){.task = task, .embedding = embedding, .start = &start, .end = &end, .count = count,
                                     .wall = wall + i * count, .cpu = threads == 1 ? cpu : NULL};
        if (pthread_create(&workers[i].thread, NULL, work_on, &workers[i]) != 0)
            peer_fail("no thread");
    }
    pthread_barrier_wait(&start);
    int64_t cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID), elapsed_ns = clock_ns(CLOCK_MONOTONIC);
    pthread_barrier_wait(&start); /* the time is taken before anybody works: afterwards it might be late */
    pthread_barrier_wait(&end);
    elapsed_ns = clock_ns(CLOCK_MONOTONIC) - elapsed_ns;
    cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns;
    for (unsigned i = 0; i < threads; i++)
        pthread_join(workers[i].thread, NULL);
    pybox_pool_destroy(pool);
    pthread_barrier_destroy(&start);
    pthread_barrier_destroy(&end);
    printf("{\"elapsed_ns\": %" PRId64 ", \"cpu_ns\": %" PRId64, elapsed_ns, cpu_ns);
    print_numbers("wall_each_ns", wall, threads * count);
    print_numbers("cpu_each_ns", cpu, threads == 1 ? count : 0);
    printf("}\n");
    free(wall);
}

/* What this process has written. */
static long written_kib(void)
{
    char line[256];
    long value = -1;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    if (file == NULL)
        peer_fail("no /proc/self/smaps_rollup");
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "Pss_Dirty: %ld", &value) == 1)
            break;
    fclose(file);
    if (value < 0)
        peer_fail("no Pss_Dirty in /proc/self/smaps_rollup");
    return value;
}

/* What each of `count` idle sessions adds to that, when it has been trimmed if that is wanted. */
static void measure_memory(size_t count, int trims)
{
    static pybox_box *boxes[MAX_SESSIONS];
    if (count > MAX_SESSIONS)
        peer_fail("at most %d sessions", MAX_SESSIONS);
    pybox_box *first = make_box(image, PYBOX_ROLLBACK_NEVER); /* what all share is there then */
    run_statements(first);
    if (trims)
        peer_check(pybox_box_trim(first));
    const long before = written_kib();
    for (size_t i = 0; i < count; i++) {
        boxes[i] = make_box(image, PYBOX_ROLLBACK_NEVER);
        run_statements(boxes[i]);
        if (trims)
            peer_check(pybox_box_trim(boxes[i]));
    }
    const double each = (double)(written_kib() - before) / (double)count;
    for (size_t i = 0; i < count; i++) {
        expect(boxes[i], work.expression, work.value);
        pybox_box_destroy(boxes[i]);
    }
    pybox_box_destroy(first);
    printf("{\"kib\": %.1f}\n", each);
}

/* ------------------------------------------------------------------------------------------
 * Programs that compute
 */

static void program_leave(void)
{
    pybox_box_destroy(program.box);
    free(program.result);
    memset(&program, 0, sizeof program);
}

static char *read_text(const char *path)
{
    char *text = NULL;
    size_t room = 0;
    FILE *in = fopen(path, "rb");
    if (in == NULL || getdelim(&text, &room, 0, in) < 0)
        peer_fail("%s cannot be read", path);
    fclose(in);
    return text;
}

/* Unless it is that one already: in a new box, where it has run once. */
static void program_enter(const char *path)
{
    if (program.box != NULL && strcmp(program.path, path) == 0)
        return;
    program_leave();
    char *text = read_text(path);
    snprintf(program.path, sizeof program.path, "%s", path);
    program.box = make_box(image, PYBOX_ROLLBACK_NEVER);
    run(program.box, text);
    free(text);
    program.result = strdup(run(program.box, "run()")->value_repr.bytes);
}

static void print_text(const char *name, const char *text)
{
    printf(", \"%s\": \"", name);
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ')
            printf("\\u%04x", (unsigned)*text);
        else
            printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    }
    printf("\"");
}

static void measure_program(const char *path, size_t count)
{
    program_enter(path);
    int64_t *wall = calloc(2 * count, sizeof *wall), *cpu = wall + count;
    if (wall == NULL)
        peer_fail("no memory");
    int64_t cpu_ns = 0, elapsed_ns = 0;
    for (size_t i = 0; i < count; i++) {
        const int64_t cpu_before = clock_ns(CLOCK_PROCESS_CPUTIME_ID), wall_before = clock_ns(CLOCK_MONOTONIC);
        run(program.box, "run()");
        elapsed_ns += wall[i] = clock_ns(CLOCK_MONOTONIC) - wall_before;
        cpu_ns += cpu[i] = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_before;
    }
    printf("{\"elapsed_ns\": %" PRId64 ", \"cpu_ns\": %" PRId64, elapsed_ns, cpu_ns);
    print_numbers("wall_each_ns", wall, count);
    print_numbers("cpu_each_ns", cpu, count);
    print_text("result", program.result);
    printf("}\n");
    free(wall);
}

/* Fresh runs are fresh, errors are errors, sessions keep their state and share none. */
static void check_work(void)
{
    pybox_box *box = make_box(image, PYBOX_ROLLBACK_ALWAYS);
    expect(box, "x = 1 + 1\nx", "2");
    if (try_run(box, "x")->outcome != PYBOX_EXCEPTION || try_run(box, "1 / 0")->outcome != PYBOX_EXCEPTION)
        peer_fail("a run that should raise an exception did not");
    pybox_box_destroy(box);
    pybox_box *session = make_box(image, PYBOX_ROLLBACK_NEVER);
    run_statements(session);
    expect(session, work.expression, work.value);
    box = make_box(image, PYBOX_ROLLBACK_NEVER);
    if (try_run(box, work.expression)->outcome != PYBOX_EXCEPTION)
        peer_fail("a session sees another one's state");
    pybox_box_destroy(box);
    peer_check(pybox_box_save(session, snapshot, &(pybox_save_options){.form = PYBOX_FORM_MAPPED}));
    pybox_box_destroy(session);
    once_restore(NULL);
    printf("{\"version\": \"%s\"}\n", pybox_version());
}

static void answer(const char *name, unsigned threads, size_t count)
{
    if (threads < 1 || threads > MAX_THREADS || count < 1 || count > MAX_COUNT)
        peer_fail("%u threads, %zu times: too many or too few", threads, count);
    if (strcmp(name, "check") == 0) {
        check_work();
        return;
    }
    if (strncmp(name, COMPUTE, sizeof COMPUTE - 1) == 0) {
        measure_program(name + sizeof COMPUTE - 1, count);
        return;
    }
    program_leave();
    if (strncmp(name, "memory", 6) == 0) {
        measure_memory(count, strcmp(name, "memory-trimmed") == 0);
        return;
    }
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        if (strcmp(name, tasks[i].name) == 0) {
            measure(&tasks[i], NULL, threads, count);
            return;
        }
    if (embedding_find(name) != NULL) {
        embedding_check(module, image);
        measure(NULL, embedding_find(name), threads, count);
        return;
    }
    peer_fail("no task %s", name);
}

int main(int argc, char **argv)
{
    char line[MAX_PATH + 64], name[MAX_PATH];
    unsigned threads;
    size_t count;
    if (argc < 5) {
        fprintf(stderr, "usage: bench-pybox-peer FRESH STATEMENT... EXPRESSION VALUE\n");
        return 2;
    }
    work.fresh = argv[1];
    work.statements = argv + 2;
    work.statement_count = argc - 4;
    work.expression = argv[argc - 2];
    work.value = argv[argc - 1];
    const int descriptor = mkstemp(snapshot);
    if (descriptor < 0)
        peer_fail("no temporary file");
    close(descriptor);
    snprintf(saved_again, sizeof saved_again, "%s2", snapshot);
    peer_check(pybox_engine_create(NULL, &engine));
    peer_check(pybox_module_open(engine, NULL, &module));
    peer_check(pybox_image_open(module, NULL, &image));
    embedding_start();
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (sscanf(line, "%2999s %u %zu", name, &threads, &count) != 3)
            peer_fail("not a request: %s", line);
        answer(name, threads, count);
        fflush(stdout);
    }
    unlink(snapshot);
    unlink(saved_again);
    program_leave();
    embedding_end();
    pybox_image_close(image);
    pybox_module_close(module);
    pybox_engine_destroy(engine);
    return 0;
}
