/*
 * Times that a program of this folder has measured, and how it reports them: as a table, or with --csv as rows
 * `measurement,threads,median_us,p99_us,samples`. Include it in one file of a program.
 */
#ifndef SAMPLES_H
#define SAMPLES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int samples_csv; /* rows are wanted */

static inline double samples_now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec * 1e-3;
}

static int samples_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts `values`, of which there is at least one, and reports them. In a table: continues the line that samples_begin() has
 * begun. */
static inline void samples_report(const char *what, unsigned threads, double *values, size_t count)
{
    qsort(values, count, sizeof *values, samples_compare);
    const double median = values[count / 2], p99 = values[count * 99 / 100];
    if (samples_csv)
        printf("\"%s\",%u,%.2f,%.2f,%zu\n", what + strspn(what, " "), threads, median, p99, count);
    else
        printf(" %10.2f %10.2f", median, p99);
}

static inline void samples_begin(const char *what)
{
    if (!samples_csv)
        printf("%-46s", what);
}

static inline void samples_end(void)
{
    if (!samples_csv)
        printf("\n");
    fflush(stdout);
}

/* A figure that is no time: only for people. */
#define samples_say(...) (samples_csv ? 0 : printf(__VA_ARGS__))

/* The arguments [--csv] [ROUNDS]: takes them. Whether they are right. */
static inline int samples_arguments(int argc, char **argv, size_t most, size_t *rounds)
{
    int at = 1;
    if (at < argc && strcmp(argv[at], "--csv") == 0) {
        samples_csv = 1;
        at++;
    }
    if (at < argc) {
        char *end;
        *rounds = strtoul(argv[at++], &end, 10);
        if (*end != '\0')
            return 0;
    }
    if (at != argc || *rounds == 0 || *rounds > most)
        return 0;
    if (samples_csv)
        puts("measurement,threads,median_us,p99_us,samples");
    return 1;
}

#endif
