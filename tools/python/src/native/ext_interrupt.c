/*
 * Ctrl-C. Python's own handler of SIGINT only sets a flag, which the main thread looks at when it runs Python code
 * again: not while it runs a guest. So for the time of a run a handler of ours is in front of it, which calls it, and
 * interrupts the guest. What Python code a callback runs meanwhile may set another one; it is asked for after each.
 *
 * A signal in the microsecond before the library has begun the run interrupts nothing: its Python handler is called
 * when the run has ended, and a second Ctrl-C ends it.
 */
#include "ext.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

/* Written by the main thread alone, and read by the handler there. */
static pybox_box *volatile watched;
static volatile sig_atomic_t came;
static pthread_t watching;
static struct sigaction before;

static void handle(int number, siginfo_t *info, void *context)
{
    const int saved = errno;
    if (!pthread_equal(pthread_self(), watching)) {
        pthread_kill(watching, number); /* where the box cannot go away meanwhile */
        errno = saved;
        return;
    }
    came = 1;
    if (watched != NULL)
        pybox_box_interrupt(watched, PYBOX_INTERRUPT_STOP);
    if (before.sa_flags & SA_SIGINFO)
        before.sa_sigaction(number, info, context);
    else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
        before.sa_handler(number);
    errno = saved;
}

static int is_ours(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == handle;
}

/* A program that ignores SIGINT, or lets it end the process, goes on doing so. */
static int has_handler(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) || (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN);
}

void ext_interrupt_renew(void)
{
    struct sigaction found;
    if (sigaction(SIGINT, NULL, &found) != 0 || is_ours(&found))
        return;
    before = found;
    if (!has_handler(&found))
        return;
    struct sigaction ours = found;
    ours.sa_sigaction = handle;
    ours.sa_flags |= SA_SIGINFO | SA_ONSTACK;
    watching = pthread_self();
    sigaction(SIGINT, &ours, NULL);
}

void ext_interrupt_watch(pybox_box *box, pybox_box **outer)
{
    *outer = watched;
    if (*outer == NULL)
        came = 0;
    watched = box;
    if (*outer == NULL)
        ext_interrupt_renew();
}

int ext_interrupt_end(pybox_box *outer)
{
    struct sigaction now;
    watched = outer;
    if (outer == NULL && sigaction(SIGINT, NULL, &now) == 0 && is_ours(&now))
        sigaction(SIGINT, &before, NULL);
    return came;
}
