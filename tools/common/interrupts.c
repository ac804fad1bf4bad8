#include "interrupts.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

/* Shared with the handler. Lock-free, so that it may touch them. */
static pybox_box *_Atomic running;
static volatile sig_atomic_t last, keys, untold;
static _Atomic uint64_t stop_ns = UINT64_MAX; /* CLOCK_MONOTONIC: from then on a stopped run waits for nothing */

static struct sigaction before_int, before_term;

static uint64_t interrupts_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void interrupts_handle(int number)
{
    int saved = errno;
    pybox_interrupt how = PYBOX_INTERRUPT_STOP;
    if (number == SIGINT)
        how = keys > 0 ? PYBOX_INTERRUPT_CUT : PYBOX_INTERRUPT_KEYBOARD;
    else if (last == SIGTERM)
        how = PYBOX_INTERRUPT_CUT;
    else
        stop_ns = interrupts_now();
    keys += number == SIGINT;
    last = number;
    untold = 1;
    pybox_box *box = running;
    if (box != NULL)
        pybox_box_interrupt(box, how);
    errno = saved;
}

/* As if it were not there, where the command was started with the signal ignored (as by nohup). */
static void interrupts_set(int number, struct sigaction *before)
{
    struct sigaction action = {.sa_handler = interrupts_handle};
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    sigaction(number, NULL, before);
    if (before->sa_handler != SIG_IGN)
        sigaction(number, &action, NULL);
}

void interrupts_to(pybox_box *box)
{
    last = keys = untold = 0;
    stop_ns = UINT64_MAX;
    running = box;
    interrupts_set(SIGINT, &before_int);
    interrupts_set(SIGTERM, &before_term);
}

int interrupts_end(void)
{
    sigaction(SIGINT, &before_int, NULL);
    sigaction(SIGTERM, &before_term, NULL);
    running = NULL;
    untold = 0;
    return last;
}

/* The time until then, at least 0. NULL: for ever. */
static struct timespec *interrupts_left(uint64_t until_ns, struct timespec *left)
{
    if (until_ns == UINT64_MAX)
        return NULL;
    uint64_t now_ns = interrupts_now();
    uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    *left = (struct timespec){(time_t)(left_ns / 1000000000), (long)(left_ns % 1000000000)};
    return left;
}

int interrupts_wait(int fd, short events, uint64_t until_ns)
{
    sigset_t both, before;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    /* Blocked but while waiting: one that comes in between is seen. */
    pthread_sigmask(SIG_BLOCK, &both, &before);
    int failed = 0;
    while (failed == 0) {
        struct timespec left;
        struct pollfd wanted = {.fd = fd, .events = events};
        if (untold) {
            untold = 0;
            failed = EINTR;
            break;
        }
        uint64_t stopped_ns = stop_ns;
        uint64_t end_ns = until_ns < stopped_ns ? until_ns : stopped_ns;
        int ready = ppoll(&wanted, 1, interrupts_left(end_ns, &left), &before);
        if (ready > 0)
            break;
        if (ready == 0)
            failed = EINTR; /* the time is over */
        else if (errno != EINTR)
            failed = errno;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}
