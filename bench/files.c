/*
 * What snapshot files cost: deltas saved and loaded, and a new process that starts from a file. Medians and 99th percentiles
 * in microseconds.
 *
 *     build/bin/bench-files [--csv] [ROUNDS]
 */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pybox.h"
#include "samples.h"

#define MAX_THREADS 8
#define MAX_ROUNDS 10000

extern char **environ;

static pybox_engine *engine;
static pybox_module *module;
static pybox_image *image;
static size_t rounds = 300;
static double samples[MAX_THREADS * MAX_ROUNDS];
static char folder[] = "/tmp/bench-files-XXXXXX";
static char home[PATH_MAX];

static void check(pybox_status status)
{
    if (status == PYBOX_OK)
        return;
    fprintf(stderr, "bench-files: %s\n", pybox_error_message());
    exit(1);
}

static void run(pybox_box *box, const char *code)
{
    const pybox_result *result;
    const pybox_run what = {.mode = PYBOX_MODE_EVAL, .code = code};
    check(pybox_box_run(box, &what, &result));
    if (result->outcome != PYBOX_DONE)
        exit(1);
}

/* ------------------------------------------------------------------------------------------
 * Deltas
 */

enum phase { SAVE, SAVE_FIRST, LOAD, RESULT, PHASES };

static const char *const phase_names[PHASES] = {
    [SAVE] = "save a delta of a small session",
    [SAVE_FIRST] = "  the first one over its image",
    [LOAD] = "load it",
    [RESULT] = "  and to the first result of a box",
};

struct worker {
    pthread_t thread;
    unsigned number;
    enum phase phase;
    double *samples;
    size_t rounds;
};

static double save(pybox_box *box, const char *path)
{
    const pybox_save_options options = {.delta = 1};
    double start = samples_now_us();
    check(pybox_box_save(box, path, &options));
    return samples_now_us() - start;
}

static double load(const char *path, int and_run)
{
    const char *folders[] = {home};
    const pybox_image_options options = {.folders = folders, .folder_count = 1};
    pybox_image *loaded;
    pybox_box *box = NULL;
    double start = samples_now_us();
    check(pybox_image_load(module, path, &options, &loaded));
    if (and_run) {
        check(pybox_box_create(module, loaded, NULL, &box));
        run(box, "x = 1 + 1");
    }
    double time = samples_now_us() - start;
    pybox_box_destroy(box);
    pybox_image_close(loaded);
    return time;
}

static pybox_box *make_session(pybox_image *from)
{
    pybox_box *box;
    check(pybox_box_create(module, from, NULL, &box));
    run(box, "data = {'name': 'value'}\ndef f(x): return x + 1");
    return box;
}

/* An image opened anew knows no digests of its pages. */
static double save_first(const char *path)
{
    pybox_image *opened;
    check(pybox_image_open(module, NULL, &opened));
    pybox_box *box = make_session(opened);
    double time = save(box, path);
    pybox_box_destroy(box);
    pybox_image_close(opened);
    return time;
}

static void *work(void *context)
{
    const struct worker *worker = context;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%u.snap", folder, worker->number);
    pybox_box *box = make_session(image);
    save(box, path);
    for (size_t i = 0; i < worker->rounds; i++) {
        if (worker->phase == SAVE)
            run(box, "f(1)");
        worker->samples[i] = worker->phase == SAVE         ? save(box, path)
                             : worker->phase == SAVE_FIRST ? save_first(path)
                                                           : load(path, worker->phase == RESULT);
    }
    pybox_box_destroy(box);
    unlink(path);
    return NULL;
}

static void measure_phase(enum phase phase, unsigned threads)
{
    struct worker workers[MAX_THREADS];
    for (unsigned i = 0; i < threads; i++) {
        workers[i] = (struct worker){
            .number = i, .phase = phase, .samples = samples + i * rounds, .rounds = rounds};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            exit(1);
    }
    for (unsigned i = 0; i < threads; i++)
        pthread_join(workers[i].thread, NULL);
    samples_report(phase_names[phase], threads, samples, rounds * threads);
}

/* ------------------------------------------------------------------------------------------
 * Processes
 */

/* The process that is measured: this program, started with --first FILE. */
static int first_result(const char *path)
{
    const pybox_image_options options = {.trusted = 1}; /* as the module's own base image is */
    pybox_box *box;
    check(pybox_engine_create(NULL, &engine));
    check(pybox_module_open(engine, NULL, &module));
    check(pybox_image_load(module, path, &options, &image));
    check(pybox_box_create(module, image, NULL, &box));
    run(box, "x = 1 + 1");
    _exit(0); /* a result is what counts; nothing is open */
}

/* From before it is made until it is reaped. */
static double whole_process(const char *path)
{
    char program[] = "/proc/self/exe", option[] = "--first", file[PATH_MAX + 32];
    char *const words[] = {program, option, file, NULL};
    int status;
    pid_t child;
    snprintf(file, sizeof file, "%s", path);
    double start = samples_now_us();
    if (posix_spawn(&child, program, NULL, NULL, words, environ) != 0 ||
        waitpid(child, &status, 0) != child || status != 0) {
        fprintf(stderr, "bench-files: a process that starts from %s failed\n", path);
        exit(1);
    }
    return samples_now_us() - start;
}

struct process_worker {
    pthread_t thread;
    char path[PATH_MAX + 32];
    double *samples;
};

static void *work_processes(void *context)
{
    const struct process_worker *worker = context;
    for (size_t i = 0; i < rounds; i++)
        worker->samples[i] = whole_process(worker->path);
    return NULL;
}

static void measure_processes(const char *what, const char *name, unsigned threads)
{
    static struct process_worker workers[MAX_THREADS];
    for (unsigned i = 0; i < threads; i++) {
        workers[i].samples = samples + i * rounds;
        snprintf(workers[i].path, sizeof workers[i].path, "%s/%s", home, name);
        if (pthread_create(&workers[i].thread, NULL, work_processes, &workers[i]) != 0)
            exit(1);
    }
    for (unsigned i = 0; i < threads; i++)
        pthread_join(workers[i].thread, NULL);
    samples_report(what, threads, samples, rounds * threads);
}

/* Where the module's files are: as the library finds them. */
static void find_home(void)
{
    const char *given = getenv("PYBOX_HOME");
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length < 0)
        exit(1);
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    *slash = '\0';
    if (given != NULL)
        snprintf(home, sizeof home, "%s", given);
    else if (snprintf(home, sizeof home, "%s/../lib/pybox", program) >= (int)sizeof home)
        exit(1);
}

int main(int argc, char **argv)
{
    static const unsigned thread_counts[] = {1, 2, MAX_THREADS};
    static const struct {
        const char *what, *file;
    } starts[] = {
        {"new process to its first result, zstd file", "python.snap"},
        {"  mapped file", "python.image"},
    };
    if (argc == 3 && strcmp(argv[1], "--first") == 0)
        return first_result(argv[2]);
    if (!samples_arguments(argc, argv, MAX_ROUNDS, &rounds)) {
        fprintf(stderr, "usage: bench-files [--csv] [ROUNDS]\n");
        return 2;
    }
    find_home();
    if (mkdtemp(folder) == NULL)
        exit(1);
    check(pybox_engine_create(NULL, &engine));
    check(pybox_module_open(engine, NULL, &module));
    check(pybox_image_open(module, NULL, &image));
    samples_say("%-46s %21s %21s %21s\n", "microseconds", "1 thread", "2 threads", "8 threads");
    for (enum phase phase = 0; phase < PHASES; phase++) {
        samples_begin(phase_names[phase]);
        for (size_t j = 0; j < 3; j++)
            measure_phase(phase, thread_counts[j]);
        samples_end();
    }
    for (size_t i = 0; i < 2; i++) {
        samples_begin(starts[i].what);
        for (size_t j = 0; j < 3; j++)
            measure_processes(starts[i].what, starts[i].file, thread_counts[j]);
        samples_end();
    }
    rmdir(folder);
    pybox_image_close(image);
    pybox_module_close(module);
    pybox_engine_destroy(engine);
    return 0;
}
