#include "trap.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "enter.h"
#include "error.h"

/* For the host's handlers too, when there was no alternate stack; ours needs next to nothing. */
#define ALTERNATE_STACK_BYTES 65536u
#define ALTERNATE_GUARD_BYTES 4096u
/* At least as large as a signal frame (a few KiB with AVX-512, 11 KiB with AMX). */
#define SIGNAL_FRAME_BYTES 65536u

#define EFLAGS_DIRECTION 0x400
#define EFLAGS_ALIGNMENT 0x40000

/* A thread's runs, the innermost first. */
struct trap_entry {
    const struct trap_run *run;
    struct trap_entry *outer;
};

/* Read in signal handlers, where the dynamic linker may not be asked for a thread's storage: hence
 * initial-exec, of which every process has room for these few bytes, also if it loads us late. */
static _Thread_local struct trap_entry *current __attribute__((tls_model("initial-exec")));
static _Thread_local int thread_ready __attribute__((tls_model("initial-exec")));

/* ------------------------------------------------------------------------------------------
 * Guests' faults
 */

static int between(uintptr_t value, const uint8_t *start, const uint8_t *end)
{
    return value >= (uintptr_t)start && value < (uintptr_t)end;
}

/* The trap code of a fault, or 0 if it is not this run's. */
static int fault_code(const struct trap_run *run, const siginfo_t *info, uintptr_t instruction,
                      uintptr_t stack_pointer)
{
    const struct stack *stack = run->stack;
    int in_module = between(instruction, run->code_start, run->code_end);
    int on_stack = between(stack_pointer, stack->guard_start, stack->top);
    uintptr_t address = (uintptr_t)info->si_addr;
    /* The kernel had another signal to deliver, and no room for its frame: there is no address
     * then. */
    if (info->si_code == SI_KERNEL)
        return between(stack_pointer, stack->guard_start, stack->low + SIGNAL_FRAME_BYTES)
                   ? MODULE_TRAP_EXHAUSTION
                   : 0;
    if (between(address, stack->guard_start, stack->low))
        return in_module || on_stack ? MODULE_TRAP_EXHAUSTION : 0;
    if (in_module && between(address, run->memory->base - MEMORY_BEFORE_BYTES,
                             run->memory->base + MEMORY_RESERVED_BYTES))
        return MODULE_TRAP_MEMORY;
    return 0;
}

int trap_signal(int signal_number, void *siginfo, void *ucontext)
{
    const siginfo_t *info = siginfo;
    greg_t *registers = ((ucontext_t *)ucontext)->uc_mcontext.gregs;
    const struct trap_entry *entry = current;
    /* A code of 0 or less: some program sent the signal. */
    if ((signal_number != SIGSEGV && signal_number != SIGBUS) || entry == NULL ||
        info->si_code <= 0)
        return 0;
    int code =
        fault_code(entry->run, info, (uintptr_t)registers[REG_RIP], (uintptr_t)registers[REG_RSP]);
    if (code == 0)
        return 0;
    struct module_env *env = entry->run->env;
    registers[REG_RIP] = (greg_t)(uintptr_t)enter_leave;
    registers[REG_RDI] = (greg_t)(uintptr_t)env;
    registers[REG_RSI] = code;
    /* enter_leave() sets it too, but the next signal may come before that. */
    registers[REG_RSP] = (greg_t)(uintptr_t)env->host_stack;
    registers[REG_EFL] &= ~(greg_t)(EFLAGS_DIRECTION | EFLAGS_ALIGNMENT);
    return 1;
}

/* Not instrumented: it runs on the guest's stack, of which sanitizers know nothing, and does not
 * return, so that its calls would add up in ThreadSanitizer's own stack. */
#if defined(__clang__)
#define UNINSTRUMENTED __attribute__((disable_sanitizer_instrumentation))
#else
#define UNINSTRUMENTED __attribute__((no_sanitize("address", "thread", "undefined")))
#endif

UNINSTRUMENTED void trap_raise(uint32_t code)
{
    enter_leave(current->run->env, code != 0 ? (int)code : MODULE_TRAP_HOST);
}

/* ------------------------------------------------------------------------------------------
 * Handlers
 */

static const int handled_signals[] = {SIGSEGV, SIGBUS};

/* The handlers found by trap_install(): for SIGSEGV and SIGBUS. Written before ours are in place.
 */
static struct sigaction previous[2];

static struct sigaction *previous_action(int signal_number)
{
    return &previous[signal_number == SIGBUS];
}

/* What the kernel would do without a handler: nothing, or the end of the process. */
static void chain_default(int signal_number, siginfo_t *info)
{
    int sent = info->si_code <= 0;
    if (sent && previous_action(signal_number)->sa_handler == SIG_IGN)
        return;
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(signal_number, &action, NULL);
    /* The instruction faults again, now without us. Where none did, the signal is sent again, and
     * comes when this handler returns. */
    if (sent || info->si_code == SI_KERNEL)
        syscall(SYS_rt_tgsigqueueinfo, getpid(), (pid_t)syscall(SYS_gettid), signal_number, info);
}

/* As the kernel would have called it. */
static void chain(int signal_number, siginfo_t *info, void *ucontext)
{
    struct sigaction *action = previous_action(signal_number);
    if (!(action->sa_flags & SA_SIGINFO) &&
        (action->sa_handler == SIG_DFL || action->sa_handler == SIG_IGN)) {
        chain_default(signal_number, info);
        return;
    }
    struct sigaction called = *action;
    sigset_t before, self;
    if (called.sa_flags & (int)SA_RESETHAND)
        *action = (struct sigaction){.sa_handler = SIG_DFL};
    pthread_sigmask(SIG_BLOCK, &called.sa_mask, &before);
    if (called.sa_flags & SA_NODEFER && !sigismember(&called.sa_mask, signal_number)) {
        sigemptyset(&self);
        sigaddset(&self, signal_number);
        pthread_sigmask(SIG_UNBLOCK, &self, NULL);
    }
    if (called.sa_flags & SA_SIGINFO)
        called.sa_sigaction(signal_number, info, ucontext);
    else
        called.sa_handler(signal_number);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void handle(int signal_number, siginfo_t *info, void *ucontext)
{
    int saved = errno;
    if (!trap_signal(signal_number, info, ucontext))
        chain(signal_number, info, ucontext);
    errno = saved;
}

pybox_status trap_install(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int installed; /* of handled_signals[], under the lock */
    pybox_status status = PYBOX_OK;
    struct sigaction action = {.sa_sigaction = handle,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    pthread_mutex_lock(&lock);
    for (; installed < 2; installed++) {
        int signal_number = handled_signals[installed];
        if (sigaction(signal_number, NULL, previous_action(signal_number)) != 0 ||
            sigaction(signal_number, &action, NULL) != 0) {
            status =
                error_set(PYBOX_ERROR_UNSUPPORTED, "cannot handle signal %d: %m", signal_number);
            break;
        }
    }
    pthread_mutex_unlock(&lock);
    return status;
}

pybox_status trap_check_host(void)
{
    for (int i = 0; i < 2; i++) {
        struct sigaction action;
        if (sigaction(handled_signals[i], NULL, &action) != 0 ||
            (action.sa_flags & (SA_SIGINFO | SA_ONSTACK)) != (SA_SIGINFO | SA_ONSTACK))
            return error_set(PYBOX_ERROR_ARGUMENT,
                             "the host is to handle signals, but has no handler for %s; expected "
                             "one with SA_SIGINFO and SA_ONSTACK that calls pybox_signal_handle(), "
                             "installed before the engine is created",
                             handled_signals[i] == SIGSEGV ? "SIGSEGV" : "SIGBUS");
    }
    return PYBOX_OK;
}

/* ------------------------------------------------------------------------------------------
 * Threads
 */

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t alternate_key; /* a thread's alternate stack, if it is ours */
static int key_made;

static size_t alternate_bytes(void)
{
    return ALTERNATE_STACK_BYTES + (getauxval(AT_MINSIGSTKSZ) + 4095) / 4096 * 4096;
}

static void alternate_free(void *start)
{
    stack_t now;
    if (sigaltstack(NULL, &now) != 0 || now.ss_flags & SS_ONSTACK)
        return;       /* the thread ends in a signal handler: what it stands on stays */
    thread_ready = 0; /* another key's destructor may still run a box */
    if (now.ss_sp == (uint8_t *)start + ALTERNATE_GUARD_BYTES) {
        const stack_t none = {.ss_flags = SS_DISABLE};
        sigaltstack(&none, NULL);
    }
    munmap(start, ALTERNATE_GUARD_BYTES + alternate_bytes());
}

static void make_key(void)
{
    key_made = pthread_key_create(&alternate_key, alternate_free) == 0;
}

/* Gives the thread an alternate stack; the thread must have none. Whether that worked. */
static int alternate_make(void)
{
    size_t bytes = alternate_bytes();
    pthread_once(&key_once, make_key);
    if (!key_made)
        return 0;
    uint8_t *start = mmap(NULL, ALTERNATE_GUARD_BYTES + bytes, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED)
        return 0;
    const stack_t stack = {.ss_sp = start + ALTERNATE_GUARD_BYTES, .ss_size = bytes};
    if (mprotect(stack.ss_sp, bytes, PROT_READ | PROT_WRITE) != 0 ||
        pthread_setspecific(alternate_key, start) != 0) {
        munmap(start, ALTERNATE_GUARD_BYTES + bytes);
        return 0;
    }
    if (sigaltstack(&stack, NULL) != 0) {
        pthread_setspecific(alternate_key, NULL);
        munmap(start, ALTERNATE_GUARD_BYTES + bytes);
        return 0;
    }
    return 1;
}

/* Before the thread's first run. Whether its faults can be handled. */
static int thread_prepare(void)
{
    stack_t now;
    sigset_t faults;
    if (sigaltstack(NULL, &now) != 0 || (now.ss_flags & SS_DISABLE && !alternate_make()))
        return 0;
    /* Many hosts block all signals in their worker threads; a fault would then end the process. */
    sigemptyset(&faults);
    sigaddset(&faults, SIGSEGV);
    sigaddset(&faults, SIGBUS);
    pthread_sigmask(SIG_UNBLOCK, &faults, NULL);
    thread_ready = 1;
    return 1;
}

int trap_resume(const struct trap_run *run)
{
    struct trap_entry entry = {run, current};
    current = &entry;
    atomic_signal_fence(memory_order_seq_cst);
    int code = enter_resume(run->env);
    atomic_signal_fence(memory_order_seq_cst);
    current = entry.outer;
    return code;
}

int trap_enter(const struct trap_run *run, void (*call)(void *, uint64_t *), void *instance,
               uint64_t *values)
{
    if (!thread_ready && !thread_prepare())
        return MODULE_TRAP_HOST;
    struct trap_entry entry = {run, current};
    current = &entry;
    atomic_signal_fence(memory_order_seq_cst);
    int code = enter_guest(run->env, run->stack->entry, call, instance, values);
    atomic_signal_fence(memory_order_seq_cst);
    current = entry.outer;
    return code;
}
