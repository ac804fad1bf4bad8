#include "progress.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "printable.h"
#include "streams.h"

#define WIDTH 72 /* columns that it takes at most */

#define FIRST_MS 500
#define NEXT_MS 100

static pthread_t ticker;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static int running, ended;
static char what[WIDTH];
static struct timespec began;

static struct timespec progress_after(struct timespec from, long milliseconds)
{
    from.tv_nsec += milliseconds % 1000 * 1000000;
    from.tv_sec += milliseconds / 1000 + from.tv_nsec / 1000000000;
    from.tv_nsec %= 1000000000;
    return from;
}

static void progress_show(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double seconds =
        (double)(now.tv_sec - began.tv_sec) + (double)(now.tv_nsec - began.tv_nsec) / 1e9;
    char line[WIDTH + 32];
    int length = snprintf(line, sizeof line, "\r%s: %.1f s", what, seconds);
    streams_write_all(STDERR_FILENO, line, (size_t)length);
}

static void *progress_tick(void *unused)
{
    (void)unused;
    struct timespec next = progress_after(began, FIRST_MS);
    int shown = 0;
    pthread_mutex_lock(&lock);
    while (!ended) {
        if (pthread_cond_timedwait(&changed, &lock, &next) == 0)
            continue;
        progress_show();
        shown = 1;
        next = progress_after(next, NEXT_MS);
    }
    pthread_mutex_unlock(&lock);
    static const char erase[] = "\r\033[K";
    if (shown)
        streams_write_all(STDERR_FILENO, erase, sizeof erase - 1);
    return NULL;
}

/* Signals are for the thread that works. */
static int progress_start(void)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&ticker, NULL, progress_tick, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

void progress_begin(const char *format, ...)
{
    if (!isatty(STDERR_FILENO))
        return;
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    printable_copy(what, sizeof what, text, strlen(text));
    clock_gettime(CLOCK_MONOTONIC, &began);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    ended = 0;
    running = progress_start() == 0;
}

void progress_end(void)
{
    if (!running)
        return;
    pthread_mutex_lock(&lock);
    ended = 1;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    pthread_join(ticker, NULL);
    pthread_cond_destroy(&changed);
    running = 0;
}
