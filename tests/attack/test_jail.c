/* pybox_jail_enter(): what it refuses, each family of system calls by one that does something, and what it leaves. Each
 * attempt is made in a child of its own, first outside, where it must work, so that a refusal means something. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "pybox.h"

static char folder[] = "/tmp/pybox-jail-XXXXXX";

/* ---- children ---- */

enum {
    CODE_WORKED = 0,
    CODE_NOT_ENTERED = 200,
    CODE_BROKEN = 201,
};

/* Returns 0, or an errno. */
typedef int attempt_function(void);

/* Ends as the attempt did: its exit code is the errno. */
static void child_do(const pybox_jail_options *options, attempt_function *attempt)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    if (options != NULL && pybox_jail_enter(options) != PYBOX_OK) {
        fprintf(stderr, "%s\n", pybox_error_message());
        _exit(CODE_NOT_ENTERED);
    }
    _exit(attempt());
}

/* The exit code, or 1000 and the signal. */
static int child_end(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

#define KILLED (1000 + SIGSYS)

static int child_try(const pybox_jail_options *options, attempt_function *attempt)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        child_do(options, attempt);
    return child_end(child);
}

/* ---- attempts ---- */

static int outcome(long result)
{
    return result >= 0 ? CODE_WORKED : errno;
}

static int try_exec(void)
{
    char *const arguments[] = {"true", NULL};
    execv("/bin/true", arguments);
    return errno;
}

static int try_exec_of_memory(void)
{
    int in = open("/bin/true", O_RDONLY | O_CLOEXEC), out = memfd_create("true", MFD_CLOEXEC);
    struct stat stat;
    if (in < 0 || out < 0 || fstat(in, &stat) != 0 || sendfile(out, in, NULL, (size_t)stat.st_size) < 0)
        return CODE_BROKEN;
    char *const arguments[] = {"true", NULL}, *const environment[] = {NULL};
    fexecve(out, arguments, environment);
    return errno;
}

static int try_fork(void)
{
    pid_t child = (pid_t)syscall(SYS_fork);
    if (child == 0)
        _exit(0);
    return child < 0 ? errno : child_end(child);
}

static int try_clone(void)
{
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
    if (child == 0)
        _exit(0);
    return child < 0 ? errno : child_end(child);
}

static void *do_nothing(void *context)
{
    return context;
}

static int try_thread(void)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, do_nothing, NULL);
    return error != 0 ? error : pthread_join(thread, NULL);
}

static int try_namespace(void)
{
    return outcome(unshare(CLONE_FS)); /* what everybody may */
}

static int try_socket(void)
{
    return outcome(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int try_socketpair(void)
{
    int pair[2];
    return outcome(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}

static int try_ptrace(void)
{
    return outcome(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int try_peek(void)
{
    char from = 1, to = 0;
    struct iovec local = {&to, 1}, remote = {&from, 1};
    return outcome(process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
}

static int try_signal_another(void)
{
    return outcome(kill(getppid(), 0));
}

static int try_signal_itself(void)
{
    return outcome(kill(getpid(), 0));
}

static int try_user(void)
{
    return outcome(syscall(SYS_setuid, getuid()));
}

static int try_personality(void)
{
    return outcome(syscall(SYS_personality, 0xffffffffL)); /* only asks */
}

static int try_mount(void)
{
    return outcome(syscall(SYS_mount, "none", "/nowhere", "tmpfs", 0, NULL));
}

static int try_io_uring(void)
{
    return outcome(syscall(SYS_io_uring_setup, 0, NULL));
}

static int try_keys(void)
{
    return outcome(syscall(SYS_keyctl, -1, 0, 0, 0, 0));
}

static int try_32_bit(void)
{
    return outcome(syscall(SYS_getpid | 0x40000000)); /* the x32 ABI's number */
}

static int try_executable_memory(void)
{
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? errno : CODE_WORKED;
}

static int try_made_executable(void)
{
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? CODE_BROKEN : outcome(mprotect(memory, 4096, PROT_READ | PROT_EXEC));
}

static int try_code_of_file(void)
{
    int fd = open("/bin/true", O_RDONLY | O_CLOEXEC);
    void *memory = fd < 0 ? NULL : mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    return memory == NULL ? CODE_BROKEN : memory == MAP_FAILED ? errno : CODE_WORKED;
}

/* A path in the test's folder; the process's working directory is there. */
static int try_create(void)
{
    return outcome(open("created", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int try_write(void)
{
    return outcome(open("file", O_RDWR | O_CLOEXEC));
}

static int try_truncate(void)
{
    return outcome(open("file", O_RDONLY | O_TRUNC | O_CLOEXEC));
}

static int try_unnamed(void)
{
    int fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return fd >= 0 || errno == EOPNOTSUPP ? CODE_WORKED : errno; /* some file systems have none */
}

static int try_openat2(void)
{
    const struct open_how how = {.flags = O_WRONLY | O_CLOEXEC};
    return outcome(syscall(SYS_openat2, AT_FDCWD, "file", &how, sizeof how));
}

static int try_folder(void)
{
    rmdir("made");
    return outcome(mkdir("made", 0700));
}

static int try_rename(void)
{
    return outcome(rename("file", "file2") == 0 ? rename("file2", "file") : -1);
}

static int try_link(void)
{
    unlinkat(AT_FDCWD, "linked", 0);
    return outcome(linkat(AT_FDCWD, "file", AT_FDCWD, "linked", 0));
}

static int try_symlink(void)
{
    unlinkat(AT_FDCWD, "symlinked", 0);
    return outcome(symlinkat("/etc", AT_FDCWD, "symlinked"));
}

static int try_remove(void)
{
    return outcome(unlinkat(AT_FDCWD, "nothing", 0) == 0 || errno == ENOENT ? 0 : -1);
}

static int try_mode(void)
{
    return outcome(fchmodat(AT_FDCWD, "file", 0600, 0));
}

static int try_ioctl(void)
{
    int fd = open("file", O_RDONLY | O_CLOEXEC);
    return fd < 0 ? CODE_BROKEN : outcome(ioctl(fd, FIOCLEX));
}

static int try_typing(void)
{
    char letter = 'x';
    ioctl(STDIN_FILENO, TIOCSTI, &letter); /* puts words into the mouth of the terminal's user */
    return errno;
}

static int try_limit(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_STACK, &limit) != 0 ? CODE_BROKEN : outcome(setrlimit(RLIMIT_STACK, &limit));
}

static int try_dumps(void)
{
    return outcome(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int try_clock(void)
{
    return outcome(syscall(SYS_clock_settime, 12345, NULL));
}

static int try_reading(void)
{
    char byte;
    int fd = open("kept", O_RDONLY | O_CLOEXEC);
    return fd < 0 ? errno : read(fd, &byte, 1) == 1 && byte == 'f' ? CODE_WORKED : CODE_BROKEN;
}

static int epoll_attempt(void)
{
    return outcome(epoll_create1(EPOLL_CLOEXEC));
}

enum { ATTACK = 1 /* ends the process in every jail */, INSIDE_ONLY = 2 /* need not work outside */ };

static const struct attempt {
    const char *name;
    attempt_function *function;
    int flags;
    int refused;    /* the errno without `kill` */
    uint32_t allow; /* with this it works */
} attempts[] = {
    {"exec", try_exec, ATTACK, 0, 0},
    {"exec of memory", try_exec_of_memory, ATTACK, 0, 0},
    {"fork", try_fork, ATTACK, 0, 0},
    {"clone", try_clone, ATTACK, 0, 0},
    {"namespace", try_namespace, ATTACK, 0, 0},
    {"socket", try_socket, ATTACK, 0, 0},
    {"socketpair", try_socketpair, ATTACK, 0, 0},
    {"ptrace", try_ptrace, ATTACK, 0, 0},
    {"peek", try_peek, ATTACK | INSIDE_ONLY, 0, 0},
    {"user", try_user, ATTACK, 0, 0},
    {"personality", try_personality, ATTACK, 0, 0},
    {"mount", try_mount, ATTACK | INSIDE_ONLY, 0, 0},
    {"io_uring", try_io_uring, ATTACK | INSIDE_ONLY, 0, 0},
    {"keys", try_keys, ATTACK | INSIDE_ONLY, 0, 0},
    {"clock", try_clock, ATTACK | INSIDE_ONLY, 0, 0},
    {"x32", try_32_bit, ATTACK | INSIDE_ONLY, 0, 0},
    {"signal to another", try_signal_another, 0, EPERM, 0},
    {"executable memory", try_executable_memory, 0, EPERM, 0},
    {"memory made executable", try_made_executable, 0, EPERM, 0},
    {"code of a file", try_code_of_file, 0, EPERM, PYBOX_JAIL_MODULES},
    {"create", try_create, 0, EPERM, PYBOX_JAIL_WRITE},
    {"write", try_write, 0, EPERM, PYBOX_JAIL_WRITE},
    {"truncate", try_truncate, 0, EPERM, PYBOX_JAIL_WRITE},
    {"unnamed file", try_unnamed, 0, EPERM, PYBOX_JAIL_WRITE},
    {"folder", try_folder, 0, EPERM, PYBOX_JAIL_WRITE},
    {"rename", try_rename, 0, EPERM, PYBOX_JAIL_WRITE},
    {"link", try_link, 0, EPERM, PYBOX_JAIL_WRITE},
    {"symlink", try_symlink, 0, EPERM, PYBOX_JAIL_WRITE},
    {"remove", try_remove, 0, EPERM, PYBOX_JAIL_WRITE},
    {"mode", try_mode, 0, EPERM, 0},
    {"ioctl", try_ioctl, 0, EPERM, 0},
    {"typing", try_typing, INSIDE_ONLY, EPERM, 0},
    {"limit", try_limit, 0, EPERM, 0},
    {"dumps", try_dumps, 0, EPERM, 0},
    {"epoll", epoll_attempt, 0, EPERM, PYBOX_JAIL_SOCKETS},
};

#define ATTEMPTS (sizeof attempts / sizeof *attempts)

static void expect_code(const char *where, const struct attempt *attempt, int code, int expected)
{
    if (code != expected)
        fail_msg("%s, %s: ended with %d, expected %d", attempt->name, where, code, expected);
}

static void test_outside_they_work(void **state)
{
    (void)state;
    for (size_t i = 0; i < ATTEMPTS; i++)
        if (!(attempts[i].flags & INSIDE_ONLY))
            expect_code("outside", &attempts[i], child_try(NULL, attempts[i].function), CODE_WORKED);
}

static void test_inside_they_are_refused(void **state)
{
    (void)state;
    const pybox_jail_options none = {.size = sizeof none};
    for (size_t i = 0; i < ATTEMPTS; i++)
        expect_code("in the jail", &attempts[i], child_try(&none, attempts[i].function),
                    attempts[i].flags & ATTACK ? KILLED : attempts[i].refused);
}

static void test_with_kill_each_ends_the_process(void **state)
{
    (void)state;
    const pybox_jail_options strict = {.size = sizeof strict, .kill = 1};
    for (size_t i = 0; i < ATTEMPTS; i++)
        expect_code("with kill", &attempts[i], child_try(&strict, attempts[i].function), KILLED);
}

static void test_an_allowance_allows_its_own_and_nothing_else(void **state)
{
    (void)state;
    static const uint32_t allowances[] = {PYBOX_JAIL_WRITE, PYBOX_JAIL_THREADS, PYBOX_JAIL_MODULES,
                                          PYBOX_JAIL_TERMINAL, PYBOX_JAIL_SOCKETS};
    for (size_t a = 0; a < sizeof allowances / sizeof *allowances; a++) {
        const pybox_jail_options options = {.size = sizeof options, .allow = allowances[a], .kill = 1};
        for (size_t i = 0; i < ATTEMPTS; i++)
            expect_code("with an allowance", &attempts[i], child_try(&options, attempts[i].function),
                        attempts[i].allow == allowances[a] ? CODE_WORKED : KILLED);
    }
}

/* These have a way around that glibc or pybox takes: they are refused with another errno, and never with death. */
static void test_what_has_another_way_says_so(void **state)
{
    (void)state;
    for (int kill = 0; kill < 2; kill++) {
        const pybox_jail_options none = {.size = sizeof none, .kill = kill};
        const pybox_jail_options threads = {.size = sizeof none, .kill = kill, .allow = PYBOX_JAIL_THREADS};
        const pybox_jail_options write = {.size = sizeof none, .kill = kill, .allow = PYBOX_JAIL_WRITE};
        assert_int_equal(child_try(&none, try_thread), EAGAIN);
        assert_int_equal(child_try(&threads, try_thread), CODE_WORKED);
        assert_int_equal(child_try(&none, try_openat2), ENOSYS);
        assert_int_equal(child_try(&write, try_openat2), CODE_WORKED);
    }
}

static void test_what_pybox_needs_stays(void **state)
{
    (void)state;
    const pybox_jail_options strict = {.size = sizeof strict, .kill = 1};
    assert_int_equal(child_try(&strict, try_reading), CODE_WORKED);
    assert_int_equal(child_try(&strict, try_signal_itself), CODE_WORKED);
}

/* ---- the whole process ---- */

static int try_state(void)
{
    struct rlimit core, processes, files;
    if (getrlimit(RLIMIT_CORE, &core) != 0 || getrlimit(RLIMIT_NPROC, &processes) != 0 ||
        getrlimit(RLIMIT_NOFILE, &files) != 0)
        return CODE_BROKEN;
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
                   prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2 && core.rlim_max == 0 && processes.rlim_max == 0 &&
                   files.rlim_cur == 40 && files.rlim_max == 40
               ? CODE_WORKED
               : CODE_BROKEN;
}

static void test_privileges_dumps_and_limits(void **state)
{
    (void)state;
    const pybox_jail_options options = {.size = sizeof options, .kill = 1, .open_files = 40};
    assert_int_equal(child_try(&options, try_state), CODE_WORKED);
}

/* A thread that was there before. */
static int pipes[2];

static void *read_and_attack(void *context)
{
    char byte;
    (void)context;
    if (read(pipes[0], &byte, 1) == 1)
        syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
    return NULL;
}

static int try_other_thread(void)
{
    pthread_t thread;
    const pybox_jail_options none = {.size = sizeof none};
    if (pipe(pipes) != 0 || pthread_create(&thread, NULL, read_and_attack, NULL) != 0 ||
        pybox_jail_enter(&none) != PYBOX_OK || write(pipes[1], "", 1) != 1)
        return CODE_BROKEN;
    pthread_join(thread, NULL);
    return CODE_WORKED;
}

/* What rollback needs is opened with the first engine: in the jail, nobody but root could open it. */
static int try_engine(void)
{
    pybox_engine *engine;
    char path[64], target[64];
    int found = 0;
    const pybox_jail_options strict = {.size = sizeof strict, .kill = 1};
    if (pybox_engine_create(NULL, &engine) != PYBOX_OK)
        return CODE_BROKEN;
    for (int fd = 3; fd < 100; fd++) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(path, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        found |= length > 0 && strstr(target, "/pagemap") != NULL;
    }
    return found && pybox_jail_enter(&strict) == PYBOX_OK ? CODE_WORKED : CODE_BROKEN + 1;
}

static void test_an_engine_opens_what_rollback_needs(void **state)
{
    (void)state;
    assert_int_equal(child_try(NULL, try_engine), CODE_WORKED);
}

static void test_all_threads_are_in_it(void **state)
{
    (void)state;
    assert_int_equal(child_try(NULL, try_other_thread), KILLED);
}

static int try_again(void)
{
    const pybox_jail_options write = {.size = sizeof write, .allow = PYBOX_JAIL_WRITE};
    const pybox_jail_options threads = {.size = sizeof threads, .allow = PYBOX_JAIL_THREADS};
    if (pybox_jail_enter(&write) != PYBOX_OK || try_create() != CODE_WORKED) /* as it is */
        return CODE_BROKEN;
    if (pybox_jail_enter(&threads) != PYBOX_ERROR_ARGUMENT || strstr(pybox_error_message(), "never wider") == NULL ||
        try_create() != CODE_WORKED)
        return CODE_BROKEN + 1;
    if (pybox_jail_enter(NULL) != PYBOX_OK || try_create() != EPERM || try_reading() != CODE_WORKED) /* narrower */
        return CODE_BROKEN + 2;
    return pybox_jail_enter(&write) == PYBOX_ERROR_ARGUMENT ? CODE_WORKED : CODE_BROKEN + 3;
}

static void test_a_second_time_it_only_becomes_narrower(void **state)
{
    (void)state;
    const pybox_jail_options both = {.size = sizeof both, .allow = PYBOX_JAIL_WRITE | PYBOX_JAIL_MODULES};
    assert_int_equal(child_try(&both, try_again), CODE_WORKED);
}

/* ---- options and kernels ---- */

static void test_options(void **state)
{
    (void)state;
    pybox_jail_options options = {.size = sizeof options, .allow = 1u << 20};
    assert_int_equal(pybox_jail_enter(&options), PYBOX_ERROR_ARGUMENT);
    assert_non_null(strstr(pybox_error_message(), "0x100000"));
    options = (pybox_jail_options){.size = 4};
    assert_int_equal(pybox_jail_enter(&options), PYBOX_ERROR_ARGUMENT);
    options = (pybox_jail_options){.path_count = 1};
    assert_int_equal(pybox_jail_enter(&options), PYBOX_ERROR_ARGUMENT);
    struct {
        pybox_jail_options known;
        int unknown;
    } longer = {.known = {.size = sizeof longer}, .unknown = 1};
    assert_int_equal(pybox_jail_enter(&longer.known), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(prctl(PR_GET_SECCOMP, 0, 0, 0, 0), 0); /* nothing of it is in force */
    assert_true(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
}

/* seccomp() gives `error` from now on, in this thread. */
static int forbid_filters(int error)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int try_without_seccomp(void)
{
    struct rlimit before, after;
    if (!forbid_filters(ENOSYS) || getrlimit(RLIMIT_NPROC, &before) != 0 ||
        (pybox_jail_probe() & PYBOX_JAIL_CAN_FILTER) != 0)
        return CODE_BROKEN;
    if (pybox_jail_enter(NULL) != PYBOX_ERROR_UNSUPPORTED ||
        strstr(pybox_error_message(), "no filters for system calls") == NULL)
        return CODE_BROKEN + 1;
    return getrlimit(RLIMIT_NPROC, &after) == 0 && before.rlim_cur == after.rlim_cur &&
                   prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0
               ? CODE_WORKED
               : CODE_BROKEN + 2;
}

static void test_a_kernel_without_filters(void **state)
{
    (void)state;
    assert_true(pybox_jail_probe() & PYBOX_JAIL_CAN_FILTER); /* else this whole file proves nothing */
    assert_int_equal(child_try(NULL, try_without_seccomp), CODE_WORKED);
}

static void *with_a_filter_of_its_own(void *context)
{
    char byte;
    if (!forbid_filters(EPERM) || write(*(int *)context, "", 1) != 1)
        return NULL;
    return read(pipes[0], &byte, 1) < 0 ? NULL : context;
}

static int try_beside_a_filter(void)
{
    pthread_t thread;
    int ready[2];
    char byte;
    if (pipe(pipes) != 0 || pipe(ready) != 0 ||
        pthread_create(&thread, NULL, with_a_filter_of_its_own, &ready[1]) != 0 || read(ready[0], &byte, 1) != 1)
        return CODE_BROKEN;
    return pybox_jail_enter(NULL) == PYBOX_ERROR_BUSY ? CODE_WORKED : CODE_BROKEN + 1;
}

static void test_another_thread_has_a_filter(void **state)
{
    (void)state;
    assert_int_equal(child_try(NULL, try_beside_a_filter), CODE_WORKED);
}

/* ---- paths ---- */

static int try_paths(void)
{
    int held = open("kept", O_RDONLY | O_CLOEXEC);
    const pybox_jail_path paths[] = {{"in", 0}, {"out", 1}};
    pybox_jail_options options = {.allow = PYBOX_JAIL_WRITE, .paths = paths, .path_count = 2};
    char byte;
    if (held < 0 || pybox_jail_enter(&options) != PYBOX_OK)
        return CODE_BROKEN;
    if (open("in/file", O_RDONLY | O_CLOEXEC) < 0 || open("out/new", O_RDWR | O_CREAT | O_CLOEXEC, 0600) < 0 ||
        rename("out/new", "out/newer") != 0 || unlink("out/newer") != 0 || read(held, &byte, 1) != 1)
        return CODE_BROKEN + 1;
    if (open("file", O_RDONLY | O_CLOEXEC) >= 0 || errno != EACCES || open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0 ||
        open("in/new", O_RDWR | O_CREAT | O_CLOEXEC, 0600) >= 0 || errno != EACCES ||
        open("in/file", O_RDWR | O_CLOEXEC) >= 0 || errno != EACCES || rename("in/file", "out/file") == 0)
        return CODE_BROKEN + 2;
    options.path_count = 0;
    return pybox_jail_enter(&options) == PYBOX_OK && open("in/file", O_RDONLY | O_CLOEXEC) < 0 ? CODE_WORKED
                                                                                               : CODE_BROKEN + 3;
}

static void test_paths(void **state)
{
    (void)state;
    const pybox_jail_path missing = {"no-such-file", 0}, nameless = {NULL, 0};
    pybox_jail_options options = {.paths = &missing, .path_count = 1};
    if (!(pybox_jail_probe() & PYBOX_JAIL_CAN_PATHS)) {
        assert_int_equal(pybox_jail_enter(&options), PYBOX_ERROR_UNSUPPORTED);
        return;
    }
    assert_int_equal(pybox_jail_enter(&options), PYBOX_ERROR_PATH);
    assert_non_null(strstr(pybox_error_message(), "no-such-file"));
    options.paths = &nameless;
    assert_int_equal(pybox_jail_enter(&options), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
    assert_int_equal(child_try(NULL, try_paths), CODE_WORKED);
}

static void test_errors_of_other_libraries(void **state)
{
    (void)state;
    assert_int_equal(pybox_error_set(PYBOX_ERROR_LIMIT, "too\nmuch"), PYBOX_ERROR_LIMIT);
    assert_string_equal(pybox_error_message(), "too?much");
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(pybox_error_set(PYBOX_ERROR_IO, text), PYBOX_ERROR_IO);
    assert_int_equal(strlen(pybox_error_message()), 1023);
    assert_int_equal(pybox_error_set(PYBOX_OK, NULL), PYBOX_OK);
    assert_string_equal(pybox_error_message(), "");
}

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL || chdir(folder) != 0 || mkdir("in", 0700) != 0 || mkdir("out", 0700) != 0)
        return -1;
    static const char *const files[] = {"file", "kept", "in/file"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        FILE *file = fopen(files[i], "w");
        if (file == NULL || fputs("f", file) < 0 || fclose(file) != 0)
            return -1;
    }
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const left[] = {"file", "kept", "created", "linked", "symlinked", "in/file"};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        unlink(left[i]);
    rmdir("in");
    rmdir("out");
    rmdir("made");
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outside_they_work),
        cmocka_unit_test(test_inside_they_are_refused),
        cmocka_unit_test(test_with_kill_each_ends_the_process),
        cmocka_unit_test(test_an_allowance_allows_its_own_and_nothing_else),
        cmocka_unit_test(test_what_has_another_way_says_so),
        cmocka_unit_test(test_what_pybox_needs_stays),
        cmocka_unit_test(test_privileges_dumps_and_limits),
        cmocka_unit_test(test_an_engine_opens_what_rollback_needs),
        cmocka_unit_test(test_all_threads_are_in_it),
        cmocka_unit_test(test_a_second_time_it_only_becomes_narrower),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_a_kernel_without_filters),
        cmocka_unit_test(test_another_thread_has_a_filter),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_errors_of_other_libraries),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
