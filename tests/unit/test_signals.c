/*
 * Whose fault is it? Each case runs in a child process, since it may end one: the host's handlers
 * before and after ours, its faults in and outside of runs, and the host mode.
 */
#include "trap.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"
#include "samples/sample_box.h"

#define HANDLED 7 /* the exit code of a child whose own handler was called */
#define GOOD 0

static struct sample_box box;

/* Ends the child with the line's number, so that the failing check can be told. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            _exit(100 + __COUNTER__);                                                              \
    } while (0)

/* What became of a child that runs `body`: its exit code, or minus the signal that ended it. */
static int in_child(void (*body)(void))
{
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGSEGV, SIG_DFL); /* not cmocka's */
        signal(SIGBUS, SIG_DFL);
        body();
        _exit(GOOD);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void set_handler(int signal_number, void *handler, int flags)
{
    struct sigaction action = {.sa_flags = flags};
    if (flags & SA_SIGINFO)
        action.sa_sigaction = (void (*)(int, siginfo_t *, void *))handler;
    else
        action.sa_handler = (void (*)(int))handler;
    CHECK(sigaction(signal_number, &action, NULL) == 0);
}

static void open_box(void)
{
    CHECK(trap_install() == PYBOX_OK);
    sample_box_open(&box);
    CHECK(sample_call1(&box, "load", 1 << 20) == MODULE_TRAP_MEMORY);
}

static volatile uintptr_t nowhere = 64;

static void fault(void)
{
    *(volatile uint8_t *)nowhere = 1;
}

static void plain_exit(int signal_number)
{
    _exit(signal_number == SIGSEGV ? HANDLED : 1);
}

static void siginfo_exit(int signal_number, siginfo_t *info, void *ucontext)
{
    _exit(signal_number == SIGSEGV && (uintptr_t)info->si_addr == nowhere && ucontext != NULL
              ? HANDLED
              : 1);
}

/* ------------------------------------------------------------------------------------------
 * What the host's fault does
 */

static void body_default(void)
{
    open_box();
    fault();
}

static void body_ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    open_box();
    fault();
}

static void body_plain(void)
{
    set_handler(SIGSEGV, plain_exit, 0);
    open_box();
    fault();
}

static void body_siginfo(void)
{
    set_handler(SIGSEGV, siginfo_exit, SA_SIGINFO);
    open_box();
    fault();
}

static void body_thread_without_run(void)
{
    set_handler(SIGSEGV, siginfo_exit, SA_SIGINFO);
    CHECK(trap_install() == PYBOX_OK);
    fault();
}

static void body_in_host_call(void)
{
    set_handler(SIGSEGV, siginfo_exit, SA_SIGINFO);
    open_box();
    uint64_t values[4] = {SAMPLE_IMPORT_FAULT, nowhere};
    sample_call(&box, "host", values);
}

static void body_box_memory_in_host_call(void)
{
    set_handler(SIGSEGV, plain_exit, 0);
    open_box();
    /* In the box's reservation, but by the host's instruction: the host's bug. */
    uint64_t values[4] = {SAMPLE_IMPORT_FAULT, (uint64_t)(uintptr_t)box.memory.base + (1 << 20)};
    sample_call(&box, "host", values);
}

static void body_module_code_elsewhere(void)
{
    set_handler(SIGSEGV, siginfo_exit, SA_SIGINFO);
    open_box();
    sample_call1(&box, "load_host", nowhere); /* module code, but no address of its box */
}

static void body_other_boxes_memory(void)
{
    set_handler(SIGSEGV, plain_exit, 0);
    struct sample_box other;
    open_box();
    sample_box_open(&other);
    sample_call1(&box, "load_host", (uint64_t)(uintptr_t)other.memory.base + (1 << 20));
}

static void test_a_fault_of_the_hosts_goes_to_the_host(void **state)
{
    (void)state;
    assert_int_equal(in_child(body_default), -SIGSEGV);
    assert_int_equal(in_child(body_ignored), -SIGSEGV);
    assert_int_equal(in_child(body_plain), HANDLED);
    assert_int_equal(in_child(body_siginfo), HANDLED);
    assert_int_equal(in_child(body_thread_without_run), HANDLED);
    assert_int_equal(in_child(body_in_host_call), HANDLED);
    assert_int_equal(in_child(body_box_memory_in_host_call), HANDLED);
    assert_int_equal(in_child(body_module_code_elsewhere), HANDLED);
    assert_int_equal(in_child(body_other_boxes_memory), HANDLED);
}

/* ------------------------------------------------------------------------------------------
 * Signals that a program sends
 */

static void body_sent_default(void)
{
    open_box();
    kill(getpid(), SIGSEGV);
}

static void body_sent_ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    signal(SIGBUS, SIG_IGN);
    open_box();
    kill(getpid(), SIGSEGV);
    raise(SIGBUS);
    CHECK(sample_call1(&box, "load", 1 << 20) == MODULE_TRAP_MEMORY);
}

static void body_sent_plain(void)
{
    set_handler(SIGSEGV, plain_exit, 0);
    open_box();
    raise(SIGSEGV);
}

static uint64_t send_in_run(struct sample_box *in, uint64_t value)
{
    (void)in;
    raise(SIGSEGV);
    return value;
}

static volatile sig_atomic_t calls;

static void count_call(int signal_number)
{
    (void)signal_number;
    calls++;
}

static void body_sent_in_run(void)
{
    set_handler(SIGSEGV, count_call, 0);
    open_box();
    box.see = send_in_run;
    uint64_t values[4] = {SAMPLE_IMPORT_SEE, 1};
    CHECK(sample_call(&box, "host", values) == 0);
    CHECK(calls == 1);
}

static void test_a_sent_signal_is_the_hosts(void **state)
{
    (void)state;
    assert_int_equal(in_child(body_sent_default), -SIGSEGV);
    assert_int_equal(in_child(body_sent_ignored), GOOD);
    assert_int_equal(in_child(body_sent_plain), HANDLED);
    assert_int_equal(in_child(body_sent_in_run), GOOD);
}

/* ------------------------------------------------------------------------------------------
 * How the host's handler is called
 */

static volatile sig_atomic_t seen_usr1, seen_segv;

static void look_at_mask(int signal_number)
{
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    seen_usr1 = sigismember(&mask, SIGUSR1);
    seen_segv = sigismember(&mask, signal_number);
    errno = 77; /* must not reach the interrupted code */
}

static void masked(int flags)
{
    struct sigaction action = {.sa_handler = look_at_mask, .sa_flags = flags};
    sigset_t mask;
    sigaddset(&action.sa_mask, SIGUSR1);
    CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
    CHECK(trap_install() == PYBOX_OK);
    errno = 5;
    raise(SIGSEGV);
    CHECK(errno == 5);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    CHECK(!sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGSEGV));
}

static void body_mask(void)
{
    masked(0);
    CHECK(seen_usr1 == 1 && seen_segv == 1);
}

static void body_nodefer(void)
{
    masked(SA_NODEFER);
    CHECK(seen_usr1 == 1 && seen_segv == 0);
}

static void body_resethand(void)
{
    set_handler(SIGSEGV, count_call, (int)SA_RESETHAND);
    open_box();
    raise(SIGSEGV);
    CHECK(calls == 1);
    CHECK(sample_call1(&box, "load", 1 << 20) == MODULE_TRAP_MEMORY);
    raise(SIGSEGV);
    _exit(1); /* the second one is deadly */
}

static sigjmp_buf jump;

static void jump_out(int signal_number)
{
    siglongjmp(jump, signal_number);
}

static void body_jumps_out(void)
{
    set_handler(SIGSEGV, jump_out, SA_ONSTACK);
    open_box();
    for (volatile int i = 0; i < 3; i++) {
        if (sigsetjmp(jump, 1) == 0)
            fault();
        calls++;
        CHECK(sample_call1(&box, "load", 1 << 20) == MODULE_TRAP_MEMORY);
        CHECK(sample_call1(&box, "recurse", 0) == MODULE_TRAP_EXHAUSTION);
    }
    CHECK(calls == 3);
}

static void body_installed_twice(void)
{
    set_handler(SIGSEGV, siginfo_exit, SA_SIGINFO);
    open_box();
    CHECK(trap_install() == PYBOX_OK);
    fault();
}

static struct sigaction library_action;
static volatile sig_atomic_t own_first;

static void own_then_library(int signal_number, siginfo_t *info, void *ucontext)
{
    own_first++;
    library_action.sa_sigaction(signal_number, info, ucontext);
}

static void body_later_handler_chains_to_ours(void)
{
    set_handler(SIGSEGV, siginfo_exit, SA_SIGINFO);
    open_box();
    CHECK(sigaction(SIGSEGV, NULL, &library_action) == 0);
    set_handler(SIGSEGV, own_then_library, SA_SIGINFO | SA_ONSTACK);
    CHECK(sample_call1(&box, "load", 1 << 20) == MODULE_TRAP_MEMORY);
    CHECK(own_first == 1);
    fault();
}

static void test_the_hosts_handler_is_called_as_by_the_kernel(void **state)
{
    (void)state;
    assert_int_equal(in_child(body_mask), GOOD);
    assert_int_equal(in_child(body_nodefer), GOOD);
    assert_int_equal(in_child(body_resethand), -SIGSEGV);
    assert_int_equal(in_child(body_jumps_out), GOOD);
    assert_int_equal(in_child(body_installed_twice), HANDLED);
    assert_int_equal(in_child(body_later_handler_chains_to_ours), HANDLED);
}

/* ------------------------------------------------------------------------------------------
 * The host mode
 */

static void hosts_handler(int signal_number, siginfo_t *info, void *ucontext)
{
    if (trap_signal(signal_number, info, ucontext))
        return;
    siginfo_exit(signal_number, info, ucontext);
}

static void body_host_mode(void)
{
    set_handler(SIGSEGV, hosts_handler, SA_SIGINFO | SA_ONSTACK);
    set_handler(SIGBUS, hosts_handler, SA_SIGINFO | SA_ONSTACK);
    CHECK(trap_check_host() == PYBOX_OK);
    sample_box_open(&box);
    for (int i = 0; i < 10; i++) {
        CHECK(sample_call1(&box, "load", 1 << 20) == MODULE_TRAP_MEMORY);
        CHECK(sample_call1(&box, "recurse", 0) == MODULE_TRAP_EXHAUSTION);
    }
    struct sigaction now;
    sigaction(SIGSEGV, NULL, &now);
    CHECK(now.sa_sigaction == hosts_handler);
    fault();
}

static void body_host_mode_needs_handlers(void)
{
    CHECK(trap_check_host() == PYBOX_ERROR_ARGUMENT);
    CHECK(strstr(error_message(), "SIGSEGV") != NULL);
    set_handler(SIGSEGV, hosts_handler, SA_SIGINFO | SA_ONSTACK);
    CHECK(trap_check_host() == PYBOX_ERROR_ARGUMENT);
    CHECK(strstr(error_message(), "SIGBUS") != NULL);
    set_handler(SIGBUS, hosts_handler, SA_SIGINFO);
    CHECK(trap_check_host() == PYBOX_ERROR_ARGUMENT);
    set_handler(SIGBUS, hosts_handler, SA_SIGINFO | SA_ONSTACK);
    CHECK(trap_check_host() == PYBOX_OK);
}

static void test_the_host_may_handle_signals_itself(void **state)
{
    (void)state;
    assert_int_equal(in_child(body_host_mode), HANDLED);
    assert_int_equal(in_child(body_host_mode_needs_handlers), GOOD);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fault_of_the_hosts_goes_to_the_host),
        cmocka_unit_test(test_a_sent_signal_is_the_hosts),
        cmocka_unit_test(test_the_hosts_handler_is_called_as_by_the_kernel),
        cmocka_unit_test(test_the_host_may_handle_signals_itself),
    };
    if (argc != 2)
        return 99;
    sample_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
