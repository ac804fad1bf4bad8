/* Entering, leaving and cutting off guest code, in a process whose handlers are the library's. */
#include "trap.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "samples/sample_box.h"

static struct sample_box box;

static uint64_t result_of(struct sample_box *in, const char *name, uint64_t value)
{
    uint64_t values[4] = {value};
    assert_int_equal(sample_call(in, name, values), 0);
    return values[0];
}

static void test_a_call_returns_its_result(void **state)
{
    (void)state;
    uint64_t values[4] = {40, 2};
    assert_int_equal(sample_call(&box, "add", values), 0);
    assert_int_equal(values[0], 42);
    assert_int_equal(result_of(&box, "answer", 0), 42);
    assert_int_equal(result_of(&box, "count", 0), 8);
    assert_int_equal(result_of(&box, "count", 0), 9);
    assert_null(box.env.host_stack);
}

static void test_memory_is_reached_through_gs(void **state)
{
    (void)state;
    uint64_t values[4] = {131068, 0x12345678};
    assert_int_equal(sample_call(&box, "store", values), 0);
    uint32_t seen;
    memcpy(&seen, box.memory.base + 131068, 4);
    assert_int_equal(seen, 0x12345678);
    assert_int_equal(result_of(&box, "load", 131068), 0x12345678);
}

static void test_an_access_outside_memory_traps(void **state)
{
    (void)state;
    static const uint64_t outside[] = {131069,
                                       131072,
                                       UINT64_C(1) << 31,
                                       UINT64_C(0xffffffff),
                                       UINT64_C(1) << 32,
                                       (UINT64_C(1) << 33) - 2,
                                       (UINT64_C(1) << 33) + 65532};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        assert_int_equal(sample_call1(&box, "load", outside[i]), MODULE_TRAP_MEMORY);
        assert_int_equal(sample_call1(&box, "store", outside[i]), MODULE_TRAP_MEMORY);
        assert_int_equal(result_of(&box, "answer", 0), 42);
        assert_null(box.env.host_stack);
    }
}

static void test_growth_makes_memory_accessible(void **state)
{
    (void)state;
    struct sample_box own;
    sample_box_open(&own);
    assert_int_equal(sample_call1(&own, "load", 131072), MODULE_TRAP_MEMORY);
    assert_int_equal(result_of(&own, "grow", 3), 2);
    assert_int_equal(result_of(&own, "load", 131072), 0);
    assert_int_equal(result_of(&own, "load", 5 * 65536 - 4), 0);
    assert_int_equal(sample_call1(&own, "load", 5 * 65536 - 3), MODULE_TRAP_MEMORY);
    assert_true(result_of(&own, "grow", 6) == UINT64_MAX);
    assert_int_equal(own.memory.pages, 5);
    sample_box_close(&own);
}

static void test_endless_recursion_exhausts_the_stack(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(sample_call1(&box, "recurse", 0), MODULE_TRAP_EXHAUSTION);
        assert_int_equal(result_of(&box, "recurse", 1000), 1000);
    }
}

static void test_a_libc_function_may_meet_the_end_of_the_stack(void **state)
{
    (void)state;
    struct stack stack;
    assert_int_equal(stack_take(box.pool, &stack), PYBOX_OK);
    uint64_t low = (uint64_t)(uintptr_t)stack.low;
    stack_give(box.pool, &stack); /* the next one taken */
    for (uint64_t above = 8; above <= 128; above += 8) {
        uint64_t values[2] = {low, above};
        assert_int_equal(sample_call(&box, "edge", values), MODULE_TRAP_EXHAUSTION);
    }
    uint64_t values[2] = {low, 65536};
    assert_int_equal(sample_call(&box, "edge", values), 0);
}

static void test_a_trap_of_its_own_ends_the_run(void **state)
{
    (void)state;
    assert_int_equal(sample_call1(&box, "trap", MODULE_TRAP_UNREACHABLE), MODULE_TRAP_UNREACHABLE);
    assert_int_equal(sample_call1(&box, "trap", 0), MODULE_TRAP_HOST);
}

static void test_a_host_call_may_stop_the_run(void **state)
{
    (void)state;
    uint64_t values[4] = {SAMPLE_IMPORT_STOP, MODULE_TRAP_EXIT};
    assert_int_equal(sample_call(&box, "host", values), MODULE_TRAP_EXIT);
    uint64_t again[4] = {SAMPLE_IMPORT_TWICE, 21};
    assert_int_equal(sample_call(&box, "host", again), 0);
    assert_int_equal(again[0], 42);
}

static uint64_t see_stack(struct sample_box *in, uint64_t value)
{
    uint8_t *here = __builtin_frame_address(0);
    return value + (here >= in->stack.guard_start && here < in->stack.top);
}

static void test_host_calls_run_on_the_callers_stack(void **state)
{
    (void)state;
    box.see = see_stack;
    uint64_t values[4] = {SAMPLE_IMPORT_SEE, 10};
    assert_int_equal(sample_call(&box, "host", values), 0);
    assert_int_equal(values[0], 10);
}

/* Runs in another box and in this one, each way to leave; the outer run must not notice. */
static uint64_t nest(struct sample_box *in, uint64_t depth)
{
    struct sample_box other;
    sample_box_open(&other);
    other.nested = nest;
    struct sample_box *const boxes[] = {&other, in};
    uint64_t good = 0;
    for (int i = 0; i < 2; i++) {
        struct sample_box *b = boxes[i];
        void *outer = b->env.host_stack;
        good += sample_call1(b, "load", 1 << 20) == MODULE_TRAP_MEMORY;
        good += sample_call1(b, "recurse", 0) == MODULE_TRAP_EXHAUSTION;
        good += sample_call1(b, "trap", 5) == 5;
        good += sample_call1(b, "answer", 0) == 0;
        uint64_t values[4] = {SAMPLE_IMPORT_NESTED, depth - 1};
        if (depth > 1)
            good += sample_call(b, "host", values) == 0 && values[0] == 8 + (depth > 2) * 2;
        good += b->env.host_stack == outer ? 0 : 100;
    }
    sample_box_close(&other);
    return good;
}

static void test_runs_nest(void **state)
{
    (void)state;
    box.nested = nest;
    uint64_t values[4] = {SAMPLE_IMPORT_NESTED, 3};
    assert_int_equal(sample_call(&box, "host", values), 0);
    assert_int_equal(values[0], 10);
    /* The outer run has its own memory again after the inner one. */
    box.memory.base[100] = 77;
    uint64_t seen[4] = {SAMPLE_IMPORT_NESTED, 1};
    assert_int_equal(sample_call(&box, "host", seen), 0);
    assert_int_equal(result_of(&box, "load", 100) & 0xff, 77);
}

static uint64_t cut_inner(struct sample_box *in, uint64_t value)
{
    return (uint64_t)sample_call1(in, "trap", value);
}

static void test_a_trap_cuts_off_the_innermost_run_only(void **state)
{
    (void)state;
    box.nested = cut_inner;
    uint64_t values[4] = {SAMPLE_IMPORT_NESTED, MODULE_TRAP_UNREACHABLE};
    assert_int_equal(sample_call(&box, "host", values), 0);
    assert_int_equal(values[0], MODULE_TRAP_UNREACHABLE);
}

/* Loads the callee-saved registers with 1 to 6, calls function(argument), stores what they are
 * then. */
void call_marked(void (*function)(void *), void *argument, uint64_t after[6]);
__asm__("    .text\n"
        "call_marked:\n"
        "    push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; push %rdx\n"
        "    mov $1, %ebx; mov $2, %ebp; mov $3, %r12d; mov $4, %r13d; mov $5, %r14d\n"
        "    mov $6, %r15d\n"
        "    mov %rdi, %rax; mov %rsi, %rdi; call *%rax\n"
        "    pop %rdx\n"
        "    mov %rbx, (%rdx); mov %rbp, 8(%rdx); mov %r12, 16(%rdx); mov %r13, 24(%rdx)\n"
        "    mov %r14, 32(%rdx); mov %r15, 40(%rdx)\n"
        "    pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n");

static int clobber_code;

static void clobber(void *argument)
{
    clobber_code = sample_call1(&box, "clobber", *(uint64_t *)argument);
}

static void test_registers_are_preserved(void **state)
{
    (void)state;
    for (uint64_t trap = 0; trap < 2; trap++) {
        uint64_t after[6] = {0};
        call_marked(clobber, &trap, after);
        assert_int_equal(clobber_code, trap ? MODULE_TRAP_MEMORY : 0);
        for (uint64_t i = 0; i < 6; i++)
            assert_int_equal(after[i], i + 1);
        uint64_t flags;
        __asm__ volatile("pushfq\n\tpop %0" : "=r"(flags));
        assert_int_equal(flags & 0x400, 0); /* string operations go up */
    }
}

static void test_floating_point_control_is_the_guests_own(void **state)
{
    (void)state;
    for (uint64_t trap = 0; trap < 2; trap++) {
        uint32_t mxcsr = 0xdf80, mxcsr_after, mxcsr_usual = 0x1f80; /* flush to zero, round up */
        uint16_t x87 = 0x0b7f, x87_after, x87_usual = 0x037f;
        __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(mxcsr), "m"(x87));
        uint64_t values[4] = {0, 0, trap ? 9 : 0};
        int code = sample_call(&box, "control_words", values);
        __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr_after), "=m"(x87_after));
        __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(mxcsr_usual), "m"(x87_usual));
        assert_int_equal(code, trap ? 9 : 0);
        assert_int_equal(values[0], 0x1f80);
        assert_int_equal(values[1], 0x037f);
        assert_int_equal(mxcsr_after, mxcsr);
        assert_int_equal(x87_after, x87);
    }
}

static uint64_t gs_base(void)
{
    uint64_t base;
    __asm__ volatile(".byte 0xf3, 0x48, 0x0f, 0xae, 0xc8" : "=a"(base)); /* rdgsbase %rax */
    return base;
}

static void test_the_hosts_gs_base_is_preserved(void **state)
{
    (void)state;
    uint64_t own = (uint64_t)(uintptr_t)&box, before = gs_base();
    __asm__ volatile(".byte 0xf3, 0x48, 0x0f, 0xae, 0xd8" : : "a"(own)); /* wrgsbase %rax */
    uint64_t after[3];
    sample_call1(&box, "answer", 0);
    after[0] = gs_base();
    sample_call1(&box, "load", 1 << 20);
    after[1] = gs_base();
    sample_call1(&box, "trap", 5);
    after[2] = gs_base();
    __asm__ volatile(".byte 0xf3, 0x48, 0x0f, 0xae, 0xd8" : : "a"(before));
    for (int i = 0; i < 3; i++)
        assert_true(after[i] == own);
}

static void test_the_signal_mask_is_as_before_after_a_fault(void **state)
{
    (void)state;
    sigset_t mask, before, after;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    for (int i = 0; i < 3; i++)
        assert_int_equal(sample_call1(&box, "load", 1 << 20), MODULE_TRAP_MEMORY);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    sigemptyset(&before);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert_int_equal(sigismember(&after, SIGUSR2), 1);
    assert_int_equal(sigismember(&after, SIGSEGV), 0);
    assert_int_equal(sigismember(&after, SIGBUS), 0);
}

static void test_a_missing_image_page_is_the_guests_fault(void **state)
{
    (void)state;
    struct sample_box own;
    sample_box_open(&own);
    int fd = memfd_create("shrinks", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 65536), 0);
    assert_int_equal(memory_map_image(&own.memory, fd, 0, 65536), PYBOX_OK);
    assert_int_equal(result_of(&own, "load", 60000), 0);
    assert_int_equal(ftruncate(fd, 4096), 0);
    assert_int_equal(sample_call1(&own, "load", 60000), MODULE_TRAP_MEMORY); /* SIGBUS */
    assert_int_equal(result_of(&own, "load", 4000), 0);
    close(fd);
    sample_box_close(&own);
}

/* ------------------------------------------------------------------------------------------
 * Signals that come while guest code runs
 */

static atomic_int user_signals;

static void count_signal(int signal_number)
{
    (void)signal_number;
    user_signals++;
}

struct sender {
    pthread_t target;
    volatile uint8_t *started;
    uint8_t go_on; /* what lets the guest go on */
};

static void *send_signal(void *argument)
{
    struct sender *sender = argument;
    while (*sender->started == 0)
        usleep(100);
    usleep(1000);
    pthread_kill(sender->target, SIGUSR1);
    usleep(20000);
    *sender->started = sender->go_on;
    return NULL;
}

static int call_and_signal(int flags, const char *name, uint64_t *values)
{
    struct sigaction action = {.sa_handler = count_signal, .sa_flags = flags};
    struct sender sender = {pthread_self(), box.memory.base, 2};
    pthread_t thread;
    sigaction(SIGUSR1, &action, NULL);
    user_signals = 0;
    memset(box.memory.base, 0, 4);
    assert_int_equal(pthread_create(&thread, NULL, send_signal, &sender), 0);
    int code = sample_call(&box, name, values);
    pthread_join(thread, NULL);
    return code;
}

static void test_other_signals_may_come_meanwhile(void **state)
{
    (void)state;
    for (int flags = 0; flags <= SA_ONSTACK; flags += SA_ONSTACK) {
        uint64_t values[4] = {0};
        assert_int_equal(call_and_signal(flags, "spin", values), 0);
        assert_int_equal(user_signals, 1);
    }
}

static void test_a_signal_on_a_full_stack_ends_the_run(void **state)
{
    (void)state;
    struct stack stack;
    assert_int_equal(stack_take(box.pool, &stack), PYBOX_OK);
    uint64_t low = (uint64_t)(uintptr_t)stack.low;
    stack_give(box.pool, &stack);
    uint64_t values[2] = {low, 256};
    /* Its handler wants to run on the guest's stack, where there is no room. */
    assert_int_equal(call_and_signal(0, "sink", values), MODULE_TRAP_EXHAUSTION);
    assert_int_equal(user_signals, 0);
    uint64_t again[2] = {low, 256};
    assert_int_equal(call_and_signal(SA_ONSTACK, "sink", again), 0);
    assert_int_equal(user_signals, 1);
}

/* ------------------------------------------------------------------------------------------
 * Threads and processes
 */

#define THREADS 8
#define ROUNDS 500

static void *run_mixed(void *argument)
{
    struct sample_box own = {0};
    uint64_t good = 0;
    sigset_t all;
    sigfillset(&all); /* as many hosts do in worker threads */
    if (argument != NULL)
        pthread_sigmask(SIG_BLOCK, &all, NULL);
    sample_box_open(&own);
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t values[4] = {SAMPLE_IMPORT_TWICE, (uint64_t)i};
        good += sample_call(&own, "host", values) == 0 && values[0] == 2 * (uint64_t)i;
        good += sample_call1(&own, "load", 1 << 20) == MODULE_TRAP_MEMORY;
        good += sample_call1(&own, "trap", 5) == 5;
        if (i % 50 == 0)
            good += 49 + (sample_call1(&own, "recurse", 0) == MODULE_TRAP_EXHAUSTION);
    }
    sample_box_close(&own);
    return (void *)(uintptr_t)good;
}

static void test_many_threads_at_once(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = count_signal, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    const struct itimerval often = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &often, NULL); /* lands in any of them, anywhere */
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_mixed, i % 2 ? &box : NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        void *good;
        pthread_join(threads[i], &good);
        assert_int_equal((uintptr_t)good, ROUNDS * 4);
    }
    setitimer(ITIMER_REAL, &never, NULL);
}

static int count_mappings(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    int lines = 0, c;
    while ((c = fgetc(maps)) != EOF)
        lines += c == '\n';
    fclose(maps);
    return lines;
}

static void *run_once(void *argument)
{
    (void)argument;
    struct sample_box own;
    sample_box_open(&own);
    uintptr_t code = (uintptr_t)sample_call1(&own, "load", 1 << 20);
    sample_box_close(&own);
    return (void *)code;
}

static void test_a_thread_leaves_nothing_behind(void **state)
{
    (void)state;
    int before = 0;
    for (int i = 0; i < 60; i++) {
        pthread_t thread;
        void *code;
        assert_int_equal(pthread_create(&thread, NULL, run_once, NULL), 0);
        pthread_join(thread, &code);
        assert_int_equal((uintptr_t)code, MODULE_TRAP_MEMORY);
        if (i == 9)
            before = count_mappings();
    }
    assert_in_range(count_mappings(), 1, (unsigned)before + 10);
}

static void *run_with_own_stack(void *argument)
{
    static uint8_t own[65536];
    const stack_t given = {.ss_sp = own, .ss_size = sizeof own};
    stack_t after;
    sigaltstack(&given, NULL);
    void *code = run_once(argument);
    sigaltstack(NULL, &after);
    const stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    return after.ss_sp == own ? code : NULL;
}

static void test_the_hosts_alternate_stack_is_used(void **state)
{
    (void)state;
    pthread_t thread;
    void *code;
    assert_int_equal(pthread_create(&thread, NULL, run_with_own_stack, NULL), 0);
    pthread_join(thread, &code);
    assert_int_equal((uintptr_t)code, MODULE_TRAP_MEMORY);
}

static void test_a_forked_child_goes_on(void **state)
{
    (void)state;
    box.memory.base[8] = 5;
    pid_t child = fork();
    if (child == 0) {
        box.memory.base[8] = 6;
        int good = sample_call1(&box, "load", 1 << 20) == MODULE_TRAP_MEMORY &&
                   sample_call1(&box, "recurse", 0) == MODULE_TRAP_EXHAUSTION &&
                   sample_call1(&box, "answer", 0) == 0;
        _exit(good ? 7 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_int_equal(box.memory.base[8], 5);
    assert_int_equal(sample_call1(&box, "load", 1 << 20), MODULE_TRAP_MEMORY);
}

/* cmocka takes SIGSEGV and SIGBUS for itself during a test: they are given back first. */
static struct sigaction library_actions[2];

static void with_library_handlers(void **state)
{
    sigaction(SIGSEGV, &library_actions[0], NULL);
    sigaction(SIGBUS, &library_actions[1], NULL);
    ((void (*)(void **))*state)(state);
}

#define guarded(test) {#test, with_library_handlers, NULL, NULL, (void *)test}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        guarded(test_a_call_returns_its_result),
        guarded(test_memory_is_reached_through_gs),
        guarded(test_an_access_outside_memory_traps),
        guarded(test_growth_makes_memory_accessible),
        guarded(test_endless_recursion_exhausts_the_stack),
        guarded(test_a_libc_function_may_meet_the_end_of_the_stack),
        guarded(test_a_trap_of_its_own_ends_the_run),
        guarded(test_a_host_call_may_stop_the_run),
        guarded(test_host_calls_run_on_the_callers_stack),
        guarded(test_runs_nest),
        guarded(test_a_trap_cuts_off_the_innermost_run_only),
        guarded(test_registers_are_preserved),
        guarded(test_floating_point_control_is_the_guests_own),
        guarded(test_the_hosts_gs_base_is_preserved),
        guarded(test_the_signal_mask_is_as_before_after_a_fault),
        guarded(test_a_missing_image_page_is_the_guests_fault),
        guarded(test_other_signals_may_come_meanwhile),
        guarded(test_a_signal_on_a_full_stack_ends_the_run),
        guarded(test_many_threads_at_once),
        guarded(test_a_thread_leaves_nothing_behind),
        guarded(test_the_hosts_alternate_stack_is_used),
        guarded(test_a_forked_child_goes_on),
    };
    if (argc != 2 || trap_install() != PYBOX_OK)
        return 99;
    sigaction(SIGSEGV, NULL, &library_actions[0]);
    sigaction(SIGBUS, NULL, &library_actions[1]);
    sample_path = argv[1];
    sample_box_open(&box);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sample_box_close(&box);
    return failed;
}
