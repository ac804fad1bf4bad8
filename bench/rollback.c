/*
 * How long rolling a memory back takes: medians and 99th percentiles, in microseconds, for each
 * method. The memory is like Python's: an image of 20 MiB, half of its pages zero, of which a run
 * reads a thousand pages. A "run" here writes one word to each of its pages, spread evenly over the
 * image, or over the memory behind it where it says so. Where there are four numbers, the last two
 * are of the run's writes and the rollback together: there shows what is left to page faults.
 *
 *     build/bin/bench-rollback [ROUNDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "memory.h"
#include "rollback.h"

#define PAGE UINT64_C(4096)
#define IMAGE_PAGES 5120 /* 20 MiB */
#define MEMORY_PAGES 1024 /* 64 MiB */
#define READ_PAGES 1000
#define MAX_ROUNDS 100000

static int image_file;
static uint8_t *image;
static struct memory memory;
static struct rollback *rollback;
static double samples[MAX_ROUNDS], run_samples[MAX_ROUNDS];
static size_t rounds = 2000;
static volatile uint8_t sink;

static void check(pybox_status status)
{
    if (status == PYBOX_OK)
        return;
    fprintf(stderr, "bench-rollback: %s\n", error_message());
    exit(1);
}

static double now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec * 1e-3;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *what, double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    printf("  %-50s %9.2f %9.2f\n", what, values[count / 2], values[count * 99 / 100]);
}

static void report_with_run(const char *what, size_t count)
{
    qsort(samples, count, sizeof *samples, compare);
    qsort(run_samples, count, sizeof *run_samples, compare);
    printf("  %-50s %9.2f %9.2f %9.2f %9.2f\n", what, samples[count / 2], samples[count * 99 / 100],
           run_samples[count / 2], run_samples[count * 99 / 100]);
}

static void make_image(void)
{
    image_file = memfd_create("image", MFD_CLOEXEC);
    if (image_file < 0 || ftruncate(image_file, IMAGE_PAGES * PAGE) != 0)
        exit(1);
    image = mmap(NULL, IMAGE_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, image_file, 0);
    if (image == MAP_FAILED)
        exit(1);
    for (uint32_t page = 0; page < IMAGE_PAGES; page += 2)
        memset(image + page * PAGE, (int)(page % 255 + 1), PAGE);
    mprotect(image, IMAGE_PAGES * PAGE, PROT_READ);
}

static void set_up(const struct rollback_options *options)
{
    check(memory_create(MEMORY_PAGES, MEMORY_PAGES, &memory));
    check(memory_map_image(&memory, image_file, 0, IMAGE_PAGES * PAGE));
    check(rollback_create(&memory, image, IMAGE_PAGES * PAGE, options, &rollback));
    for (uint32_t i = 0; i < READ_PAGES; i++)
        sink = memory.base[i * (IMAGE_PAGES / READ_PAGES) * PAGE];
}

static void tear_down(void)
{
    rollback_destroy(rollback);
    memory_destroy(&memory);
}

/* Writes to `count` pages among the `area` pages from `first` on. */
static void run(uint32_t first, uint32_t area, uint32_t count, uint64_t value)
{
    rollback_enter(rollback);
    for (uint32_t i = 0; i < count; i++)
        memcpy(memory.base + (first + (uint64_t)area * i / count) * PAGE + 64, &value,
               sizeof value);
}

static void touch_and_roll_back(const char *what, const struct rollback_options *options,
                                uint32_t first, uint32_t area, uint32_t count)
{
    size_t times = count > 1000 ? rounds / 10 : rounds;
    set_up(options);
    for (size_t i = 0; i < times + 50; i++) {
        double start = now_us();
        run(first, area, count, i + 1);
        double between = now_us();
        check(rollback_restore(rollback));
        double end = now_us();
        if (i < 50)
            continue;
        samples[i - 50] = end - between;
        run_samples[i - 50] = end - start;
    }
    report_with_run(what, times);
    tear_down();
}

/* A session with few private pages: each run after a checkpoint, and undone. */
static void small_session(const struct rollback_options *options)
{
    set_up(options);
    run(0, IMAGE_PAGES, 120, 1);
    for (size_t i = 0; i < rounds; i++) {
        double start = now_us();
        rollback_enter(rollback); /* so that the checkpoint need not ask who wrote before it */
        check(rollback_checkpoint(rollback));
        samples[i] = now_us() - start;
        run(0, IMAGE_PAGES, 73, i + 2);
        check(rollback_restore(rollback));
        check(rollback_drop(rollback));
        run_samples[i] = now_us() - start;
    }
    report_with_run("session of 120 pages: checkpoint; run, undo, drop", rounds);
    tear_down();
}

/* In a session with 10 MB of private pages: a checkpoint, and then runs that end well (renewed) or
 * badly (rolled back). */
static void session(const struct rollback_options *options)
{
    size_t times = rounds / 10;
    for (size_t i = 0; i < times / 4; i++) {
        set_up(options);
        run(0, IMAGE_PAGES, 2560, 1);
        double start = now_us();
        check(rollback_checkpoint(rollback));
        samples[i] = now_us() - start;
        tear_down();
    }
    report("session of 10 MB: first checkpoint", samples, times / 4);
    set_up(options);
    run(0, IMAGE_PAGES, 2560, 1);
    check(rollback_checkpoint(rollback));
    for (size_t i = 0; i < times + 10; i++) {
        double start = now_us();
        run(0, IMAGE_PAGES, 73, i + 2);
        double between = now_us();
        check(rollback_restore(rollback));
        double end = now_us();
        if (i < 10)
            continue;
        samples[i - 10] = end - between;
        run_samples[i - 10] = end - start;
    }
    report_with_run("  roll 73 pages back to it", times);
    for (size_t i = 0; i < times; i++) {
        run(0, IMAGE_PAGES, 73, i + 7);
        double start = now_us();
        check(rollback_renew(rollback));
        samples[i] = now_us() - start;
    }
    report("  renew it after 73 pages", samples, times);
    for (size_t i = 0; i < times / 4; i++) {
        double start = now_us();
        rollback_enter(rollback);
        check(rollback_checkpoint(rollback));
        run(0, IMAGE_PAGES, 73, i + 9);
        check(rollback_restore(rollback));
        check(rollback_drop(rollback));
        samples[i] = now_us() - start;
    }
    report("  in it: checkpoint, 73 pages, undo, drop", samples, times / 4);
    tear_down();
}

/* Small runs, with one that writes 10 MB before them. */
static void after_a_greedy_run(const struct rollback_options *options)
{
    size_t times = rounds / 40;
    double *first = samples, *tenth = run_samples;
    set_up(options);
    for (size_t i = 0; i < times; i++) {
        for (int j = 0; j < 20; j++) {
            run(0, IMAGE_PAGES, 73, i + (size_t)j);
            check(rollback_restore(rollback));
        }
        run(0, IMAGE_PAGES, 2560, i);
        check(rollback_restore(rollback));
        for (int j = 0; j < 10; j++) {
            double start = now_us();
            run(0, IMAGE_PAGES, 73, i + 100 + (size_t)j);
            check(rollback_restore(rollback));
            double took = now_us() - start;
            if (j == 0)
                first[i] = took;
            tenth[i] = took;
        }
    }
    report("73 pages, first run after one of 10 MB (with run)", first, times);
    report("  tenth run after it (with run)", tenth, times);
    tear_down();
}

static void measure(const char *name, enum rollback_method method, int always_scan)
{
    const struct rollback_options options = {.method = method, .always_scan = always_scan};
    struct rollback *probe;
    struct memory none;
    check(memory_create(0, 0, &none));
    pybox_status status = rollback_create(&none, NULL, 0, &options, &probe);
    rollback_destroy(probe);
    memory_destroy(&none);
    printf("%-52s %9s %9s %9s %9s\n", name, "median", "p99", "with run", "p99");
    if (status != PYBOX_OK) {
        printf("  does not work here: %s\n", error_message());
        return;
    }
    touch_and_roll_back("roll back 1 page", &options, 0, IMAGE_PAGES, 1);
    touch_and_roll_back("roll back 73 pages", &options, 0, IMAGE_PAGES, 73);
    touch_and_roll_back("roll back 100 KB", &options, 0, IMAGE_PAGES, 25);
    touch_and_roll_back("roll back 1 MB", &options, 0, IMAGE_PAGES, 256);
    touch_and_roll_back("roll back 10 MB", &options, 0, IMAGE_PAGES, 2560);
    touch_and_roll_back("roll back 10 MB behind the image", &options, IMAGE_PAGES, 2560, 2560);
    struct rollback_options large = options;
    large.resident_bytes = UINT64_C(16) << 20;
    touch_and_roll_back("roll back 10 MB, up to 16 MiB kept", &large, 0, IMAGE_PAGES, 2560);
    after_a_greedy_run(&options);
    small_session(&options);
    session(&options);
}

int main(int count, char **words)
{
    if (count > 1)
        rounds = strtoul(words[1], NULL, 10);
    if (rounds < 400 || rounds > MAX_ROUNDS) {
        fprintf(stderr, "usage: bench-rollback [ROUNDS], from 400 to %d\n", MAX_ROUNDS);
        return 2;
    }
    make_image();
    puts("microseconds");
    measure("track", ROLLBACK_TRACK, 0);
    measure("track, fault counts not trusted", ROLLBACK_TRACK, 1);
    measure("scan", ROLLBACK_SCAN, 0);
    measure("entries", ROLLBACK_ENTRIES, 0);
    measure("plain", ROLLBACK_PLAIN, 0);
    return 0;
}
