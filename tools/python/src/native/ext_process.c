/*
 * What belongs to the process: its engine, the signals of guests' faults, and forks.
 *
 * Faults. A guest's access outside its memory comes as SIGSEGV or SIGBUS. Python programs put handlers of their own
 * there at any time (faulthandler.enable()), which would report a crash where there is none. So the handler is ours
 * and not the library's, and is put back in front before each outermost run; one that was found there is called for
 * all that is no guest's fault.
 *
 * Forks. The child has the parent's memory, but only one of its threads: if another one was in the library at that
 * moment, it may have held a lock for ever. What was made before is then refused in the child, and not freed.
 */
#include "ext.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Read in signal handlers, where the dynamic linker may not be asked for a thread's storage. */
#define SIGNAL_SAFE __attribute__((tls_model("initial-exec")))

/* ---- forks ---- */

static _Atomic unsigned inside; /* calls in progress that may be without the GIL, of all threads */
static _Thread_local unsigned mine SIGNAL_SAFE; /* of this thread */
static unsigned others_at_fork;
static unsigned generation;
static pthread_t main_thread;

static void before_fork(void)
{
    others_at_fork = atomic_load(&inside) - mine;
}

static void after_fork_in_child(void)
{
    main_thread = pthread_self();
    atomic_store(&inside, mine);
    generation += others_at_fork > 0;
}

unsigned ext_process_generation(void)
{
    return generation;
}

int ext_process_is_alive(unsigned made)
{
    return made == generation;
}

int ext_process_check(unsigned made)
{
    if (made == generation)
        return 0;
    ext_error_say(PYBOX_ERROR_UNSUPPORTED,
                  "this was made before a fork(), at which another thread was in a call of pybox: make a new one in "
                  "the child, or fork while no other thread uses pybox");
    return -1;
}

void ext_process_enter(void)
{
    mine++;
    atomic_fetch_add_explicit(&inside, 1, memory_order_relaxed);
}

void ext_process_leave(void)
{
    mine--;
    atomic_fetch_sub_explicit(&inside, 1, memory_order_relaxed);
}

int ext_process_is_main_thread(void)
{
    return pthread_equal(pthread_self(), main_thread);
}

/* The thread that Python runs signal handlers in: not always the one that imports us. */
static int find_main_thread(void)
{
    PyObject *threading = PyImport_ImportModule("threading");
    PyObject *thread = threading != NULL ? PyObject_CallMethod(threading, "main_thread", NULL) : NULL;
    PyObject *ident = thread != NULL ? PyObject_GetAttrString(thread, "ident") : NULL;
    unsigned long number = ident != NULL ? PyLong_AsUnsignedLong(ident) : 0;
    Py_XDECREF(ident);
    Py_XDECREF(thread);
    Py_XDECREF(threading);
    main_thread = (pthread_t)number;
    return PyErr_Occurred() ? -1 : 0;
}

/* ---- faults ---- */

static const int fault_signals[2] = {SIGSEGV, SIGBUS};

/* Who comes after us. `first` was there at the beginning, `later` has put itself in front of us since. */
static struct chained {
    struct sigaction first, later;
    int has_later;
} chained[2];

/* What `later` does with a fault that is not ours often ends with its raising it again, with us as the handler that it
 * has found: then it is the turn of `first`. */
static _Thread_local int passed_on SIGNAL_SAFE;

static void fault_default(int number, const siginfo_t *info)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(number, &action, NULL);
    /* The instruction faults again, without us. Where none did, the signal is sent again. */
    if (info->si_code <= 0 || info->si_code == SI_KERNEL)
        syscall(SYS_rt_tgsigqueueinfo, getpid(), (pid_t)syscall(SYS_gettid), number, info);
}

static void fault_pass(const struct sigaction *action, int number, siginfo_t *info, void *context)
{
    sigset_t before;
    if (!(action->sa_flags & SA_SIGINFO) && action->sa_handler == SIG_DFL) {
        fault_default(number, info);
        return;
    }
    if (!(action->sa_flags & SA_SIGINFO) && action->sa_handler == SIG_IGN) {
        if (info->si_code > 0) /* the kernel does not ignore these */
            fault_default(number, info);
        return;
    }
    pthread_sigmask(SIG_BLOCK, &action->sa_mask, &before);
    if (action->sa_flags & SA_SIGINFO)
        action->sa_sigaction(number, info, context);
    else
        action->sa_handler(number);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void fault_handle(int number, siginfo_t *info, void *context)
{
    const int saved = errno;
    const struct chained *next = &chained[number == SIGBUS];
    if (!pybox_signal_handle(number, info, context)) {
        const int to_later = next->has_later && !passed_on;
        passed_on = to_later;
        fault_pass(to_later ? &next->later : &next->first, number, info, context);
    }
    errno = saved;
}

static int is_ours(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == fault_handle;
}

static int is_default(const struct sigaction *action)
{
    return !(action->sa_flags & SA_SIGINFO) && action->sa_handler == SIG_DFL;
}

void ext_process_watch_faults(void)
{
    static int is_first = 1;
    for (int i = 0; i < 2; i++) {
        const struct sigaction ours = {.sa_sigaction = fault_handle, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
        struct sigaction found;
        if (sigaction(fault_signals[i], NULL, &found) != 0 || is_ours(&found))
            continue;
        if (is_first || is_default(&found)) {
            chained[i].first = found;
            chained[i].has_later = 0;
        } else {
            chained[i].later = found;
            chained[i].has_later = 1;
        }
        sigaction(fault_signals[i], &ours, NULL);
    }
    is_first = 0;
}

/* ---- the engine and the package's folder ---- */

pybox_engine *ext_process_engine(void)
{
    static pybox_engine *engine;
    static unsigned made;
    if (engine != NULL && made == generation)
        return engine;
    engine = NULL; /* of a parent: not freed */
    ext_process_watch_faults();
    const pybox_engine_options options = {.signals = PYBOX_SIGNALS_HOST};
    pybox_status status = pybox_engine_create(&options, &engine);
    made = generation;
    return status == PYBOX_OK ? engine : ext_error_raise(status);
}

const char *ext_process_home(void)
{
    static char home[4096];
    Dl_info info;
    const char *given = getenv("PYBOX_HOME");
    if (given != NULL && given[0] != '\0')
        return given;
    if (home[0] == '\0' && dladdr((void *)fault_signals, &info) != 0 && info.dli_fname != NULL) {
        const char *slash = strrchr(info.dli_fname, '/');
        const int folder = slash != NULL ? (int)(slash - info.dli_fname) : 1;
        PyOS_snprintf(home, sizeof home, "%.*s/engine/lib/pybox", folder, slash != NULL ? info.dli_fname : ".");
    }
    return home;
}

int ext_process_init(void)
{
    static int is_made;
    if (is_made)
        return 0;
    is_made = 1;
    if (pthread_atfork(before_fork, NULL, after_fork_in_child) != 0) {
        PyErr_NoMemory();
        return -1;
    }
    return find_main_thread();
}
