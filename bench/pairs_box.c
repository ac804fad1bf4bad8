/*
 * One program of bench/programs in one box, for bench/pairs: one of the sides that are compared.
 *
 *     build/bin/bench-pairs-box FOLDER PROGRAM [SAMPLES]
 *
 * Reads numbers from standard input, a line each: the program's run() is called so often, and a line with the CPU
 * time in nanoseconds is written. The first answer, before any number, is what run() returned, as JSON.
 *
 * SAMPLES: a file for where the CPU was at each tick of its time in a number's work: the offset in hexadecimal and the
 * object, a line each. bench/hot tells which functions these are.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

#include "pybox.h"

#define MAX_SAMPLES 1000000

static uintptr_t samples[MAX_SAMPLES];
static volatile size_t sample_count;

static void check(pybox_status status)
{
    if (status == PYBOX_OK)
        return;
    fprintf(stderr, "bench-pairs-box: %s\n", pybox_error_message());
    exit(1);
}

static const pybox_result *run(pybox_box *box, pybox_mode mode, const char *code)
{
    const pybox_result *result;
    const pybox_run what = {.mode = mode, .code = code};
    check(pybox_box_run(box, &what, &result));
    if (result->outcome != PYBOX_DONE) {
        fprintf(stderr, "bench-pairs-box: %.60s: %s\n", code, result->error.traceback.bytes);
        exit(1);
    }
    return result;
}

static char *read_file(const char *path)
{
    char *text = NULL;
    size_t room = 0;
    FILE *in = fopen(path, "rb");
    if (in == NULL || getdelim(&text, &room, 0, in) < 0) {
        perror(path);
        exit(1);
    }
    fclose(in);
    return text;
}

static void take_sample(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info;
    const ucontext_t *at = context;
    if (sample_count < MAX_SAMPLES)
        samples[sample_count++] = (uintptr_t)at->uc_mcontext.gregs[REG_RIP];
}

static void set_ticks(long microseconds)
{
    const struct itimerval every = {{0, microseconds}, {0, microseconds}};
    setitimer(ITIMER_PROF, &every, NULL);
}

static void write_samples(const char *path)
{
    FILE *out = fopen(path, "a");
    if (out == NULL) {
        perror(path);
        exit(1);
    }
    for (size_t i = 0; i < sample_count; i++) {
        Dl_info object;
        if (dladdr((void *)samples[i], &object) != 0)
            fprintf(out, "%lx %s\n", (unsigned long)(samples[i] - (uintptr_t)object.dli_fbase), object.dli_fname);
    }
    fclose(out);
}

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void answer(pybox_box *box, const char *samples_path)
{
    char code[64];
    unsigned long count;
    while (scanf("%lu", &count) == 1) {
        snprintf(code, sizeof(code), "for _ in range(%lu): run()", count);
        if (samples_path != NULL)
            set_ticks(1000);
        uint64_t start = cpu_ns();
        run(box, PYBOX_MODE_EXEC, code);
        uint64_t used = cpu_ns() - start;
        set_ticks(0);
        printf("%llu\n", (unsigned long long)used);
    }
}

int main(int count, char **arguments)
{
    pybox_engine *engine;
    pybox_module *module;
    pybox_image *image;
    pybox_box *box;
    char path[4096];
    if (count < 3) {
        fputs("use: bench-pairs-box FOLDER PROGRAM [SAMPLES]\n", stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    snprintf(path, sizeof(path), "%s/python.so", arguments[1]);
    check(pybox_engine_create(NULL, &engine));
    check(pybox_module_open(engine, path, &module));
    check(pybox_image_open(module, NULL, &image));
    check(pybox_box_create(module, image, NULL, &box));
    const struct sigaction action = {.sa_sigaction = take_sample, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    sigaction(SIGPROF, &action, NULL);
    char *program = read_file(arguments[2]);
    run(box, PYBOX_MODE_EXEC, program);
    free(program);
    printf("%s\n", run(box, PYBOX_MODE_EVAL, "run()")->value.bytes);
    answer(box, count > 3 ? arguments[3] : NULL);
    if (count > 3)
        write_samples(arguments[3]);
    pybox_box_destroy(box);
    pybox_image_close(image);
    pybox_module_close(module);
    pybox_engine_destroy(engine);
    return 0;
}
