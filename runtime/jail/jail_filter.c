/*
 * Which system calls the process may make. What is in no table here is refused: with EPERM, or with the end of the
 * process for what only an attack would try, and for everything if `kill` says so.
 *
 * The calls are those of pybox, of glibc 2.36 to 2.41 beneath it, and of clang's and gcc's sanitizers; the tests run
 * everything that pybox can do with `kill`.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "jail_inside.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define CALL(name) SCMP_SYS(name)

/* Memory, time, and what is already open. None makes anything new to run, or reaches another process. */
static const int always[] = {
    /* reading and writing what is open */
    CALL(read), CALL(write), CALL(readv), CALL(writev), CALL(pread64), CALL(pwrite64), CALL(preadv), CALL(pwritev),
    CALL(preadv2), CALL(pwritev2), CALL(lseek), CALL(close), CALL(close_range), CALL(dup), CALL(dup2), CALL(dup3),
    CALL(ftruncate), CALL(fallocate), CALL(fadvise64), CALL(fsync), CALL(fdatasync), CALL(flock), CALL(pipe2),
    CALL(copy_file_range), CALL(sendfile), CALL(memfd_create),
    /* looking */
    CALL(fstat), CALL(newfstatat), CALL(statx), CALL(fstatfs), CALL(getdents64), CALL(readlinkat), CALL(readlink),
    CALL(access), CALL(faccessat), CALL(faccessat2), CALL(stat), CALL(lstat), CALL(getcwd),
    /* waiting */
    CALL(poll), CALL(ppoll), CALL(select), CALL(pselect6), CALL(futex), CALL(nanosleep), CALL(clock_nanosleep),
    CALL(restart_syscall), CALL(sched_yield), CALL(eventfd2),
    /* memory, whose protection is looked at below */
    CALL(munmap), CALL(mremap), CALL(madvise), CALL(process_madvise), CALL(mincore), CALL(brk), CALL(membarrier),
    CALL(msync),
    /* time, chance, and questions about oneself */
    CALL(clock_gettime), CALL(clock_getres), CALL(gettimeofday), CALL(time), CALL(getrandom), CALL(getrusage),
    CALL(times), CALL(sysinfo), CALL(uname), CALL(getpid), CALL(getppid), CALL(gettid), CALL(getuid), CALL(geteuid),
    CALL(getgid), CALL(getegid), CALL(getpgrp), CALL(getpgid), CALL(getsid), CALL(sched_getaffinity),
    CALL(sched_getparam), CALL(sched_getscheduler), CALL(getrlimit), CALL(getcpu),
    /* signals of one's own, threads at their end, the end */
    CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(rt_sigpending), CALL(rt_sigsuspend),
    CALL(rt_sigtimedwait), CALL(sigaltstack), CALL(set_robust_list), CALL(rseq), CALL(set_tid_address), CALL(exit),
    CALL(exit_group),
    /* becoming narrower */
    CALL(seccomp), CALL(landlock_create_ruleset), CALL(landlock_add_rule), CALL(landlock_restrict_self),
};

static const int when_writing[] = {
    CALL(open), CALL(openat), CALL(openat2), CALL(mkdirat), CALL(unlinkat), CALL(renameat), CALL(renameat2),
    CALL(linkat), CALL(symlinkat), CALL(utimensat), CALL(mkdir), CALL(unlink), CALL(rename), CALL(rmdir), CALL(syncfs),
};

/* Of what is open already; none is made, and none connected. */
static const int with_sockets[] = {
    CALL(accept4),     CALL(accept),      CALL(recvfrom),    CALL(recvmsg),       CALL(shutdown),   CALL(getsockopt),
    CALL(getpeername), CALL(getsockname), CALL(epoll_ctl),   CALL(epoll_create1), CALL(epoll_wait), CALL(epoll_pwait),
};

/* Nothing in pybox makes them: who does is not pybox any more. */
static const int attacks[] = {
    CALL(execve), CALL(execveat), CALL(fork), CALL(vfork), CALL(ptrace), CALL(process_vm_readv),
    CALL(process_vm_writev), CALL(socket), CALL(socketpair), CALL(connect), CALL(bind), CALL(listen), CALL(pidfd_open),
    CALL(pidfd_getfd), CALL(pidfd_send_signal), CALL(mount), CALL(umount2), CALL(pivot_root), CALL(chroot),
    CALL(unshare), CALL(setns), CALL(open_tree), CALL(move_mount), CALL(fsopen), CALL(fsmount), CALL(fsconfig),
    CALL(mount_setattr), CALL(open_by_handle_at), CALL(name_to_handle_at), CALL(bpf), CALL(perf_event_open),
    CALL(io_uring_setup), CALL(io_uring_enter), CALL(io_uring_register), CALL(init_module), CALL(finit_module),
    CALL(delete_module), CALL(kexec_load), CALL(kexec_file_load), CALL(reboot), CALL(swapon), CALL(swapoff),
    CALL(keyctl), CALL(add_key), CALL(request_key), CALL(setuid), CALL(setgid), CALL(setreuid), CALL(setregid),
    CALL(setresuid), CALL(setresgid), CALL(setgroups), CALL(setfsuid), CALL(setfsgid), CALL(capset),
    CALL(personality), CALL(modify_ldt), CALL(iopl), CALL(ioperm), CALL(kcmp), CALL(quotactl), CALL(acct),
    CALL(settimeofday), CALL(clock_settime), CALL(adjtimex), CALL(clock_adjtime), CALL(sethostname),
    CALL(setdomainname), CALL(syslog), CALL(mknod), CALL(mknodat), CALL(uselib), CALL(lookup_dcookie),
    CALL(shmat), CALL(pkey_mprotect), CALL(vmsplice), CALL(memfd_secret),
};

/* A call that is allowed when one of its arguments, under a mask, has a value. */
struct rule {
    int call;
    unsigned argument;
    uint64_t mask, value;
};

/* clang-format off */
#define ANY_NEW_FILE (O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY))
#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
#define NAMESPACES (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | \
                    CLONE_NEWCGROUP)
#define THIS_IOCTL(number) {CALL(ioctl), 1, UINT32_MAX, (uint32_t)(number)}
#define THIS_FCNTL(command) {CALL(fcntl), 1, UINT32_MAX, command}
#define THIS_PRCTL(option) {CALL(prctl), 0, UINT32_MAX, option}

static const struct rule looked_at[] = {
    THIS_FCNTL(F_DUPFD), THIS_FCNTL(F_DUPFD_CLOEXEC), THIS_FCNTL(F_GETFD), THIS_FCNTL(F_SETFD), THIS_FCNTL(F_GETFL),
    THIS_FCNTL(F_SETFL), THIS_FCNTL(F_ADD_SEALS), THIS_FCNTL(F_GET_SEALS), THIS_FCNTL(F_GETPIPE_SZ),
    THIS_FCNTL(F_GETLK), THIS_FCNTL(F_SETLK), THIS_FCNTL(F_OFD_SETLK), THIS_FCNTL(F_OFD_SETLKW),
    THIS_IOCTL(TCGETS), THIS_IOCTL(TIOCGWINSZ), THIS_IOCTL(FIONREAD),
    THIS_IOCTL(_IOC(_IOC_READ | _IOC_WRITE, 'f', 16, 12 * 8)) /* PAGEMAP_SCAN, Linux 6.7 */,
    THIS_IOCTL(UFFDIO_API), THIS_IOCTL(UFFDIO_REGISTER), THIS_IOCTL(UFFDIO_UNREGISTER), THIS_IOCTL(UFFDIO_WRITEPROTECT),
    THIS_PRCTL(PR_SET_NAME), THIS_PRCTL(PR_GET_NAME), THIS_PRCTL(PR_GET_DUMPABLE), THIS_PRCTL(PR_GET_SECCOMP),
    THIS_PRCTL(PR_GET_NO_NEW_PRIVS), THIS_PRCTL(PR_SET_NO_NEW_PRIVS), THIS_PRCTL(PR_SET_VMA),
    {CALL(userfaultfd), 0, ~(uint64_t)(O_CLOEXEC | O_NONBLOCK), 1}, /* of this process's own faults only */
    {CALL(prlimit64), 2, UINT64_MAX, 0}, /* asks, and sets nothing */
    {CALL(mmap), 2, PROT_EXEC, 0},
    {CALL(mprotect), 2, PROT_EXEC, 0},
};

static const struct rule when_only_reading[] = {
    {CALL(open), 1, ANY_NEW_FILE, O_RDONLY},
    {CALL(openat), 2, ANY_NEW_FILE, O_RDONLY},
};

/* Code comes from files, and is never writable. */
static const struct rule with_modules[] = {
    {CALL(mmap), 2, PROT_EXEC | PROT_WRITE, PROT_EXEC},
};

static const struct rule with_threads[] = {
    {CALL(clone), 0, THREAD | NAMESPACES, THREAD},
};

static const struct rule at_a_terminal[] = {
    THIS_IOCTL(TCSETS), THIS_IOCTL(TCSETSW), THIS_IOCTL(TCSETSF), THIS_IOCTL(TCFLSH), THIS_IOCTL(TCXONC),
    THIS_IOCTL(TIOCGPGRP), {CALL(fchmod), 1, UINT32_MAX, 0600}, /* libedit's history */
};

static const struct rule with_open_sockets[] = {
    {CALL(sendto), 4, UINT64_MAX, 0}, /* to whom it is connected */
};
/* clang-format on */

/* A filter under construction; the first failure is kept. */
struct filter {
    scmp_filter_ctx context;
    int failed;
};

static void filter_list(struct filter *filter, uint32_t action, const int *calls, size_t count)
{
    for (size_t i = 0; i < count && filter->failed == 0; i++)
        if (calls[i] != __NR_SCMP_ERROR && calls[i] >= 0) /* one that this machine does not have is below 0 */
            filter->failed = seccomp_rule_add(filter->context, action, calls[i], 0);
}

static void filter_rule(struct filter *filter, uint32_t action, const struct rule *rule)
{
    struct scmp_arg_cmp compared = {rule->argument, SCMP_CMP_MASKED_EQ, rule->mask, rule->value};
    if (filter->failed == 0)
        filter->failed = seccomp_rule_add_array(filter->context, action, rule->call, 1, &compared);
}

static void filter_rules(struct filter *filter, const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        filter_rule(filter, SCMP_ACT_ALLOW, &rules[i]);
}

static void filter_files(struct filter *filter, uint32_t allow)
{
    static const int beneath[] = {CALL(openat2)};
    if (allow & PYBOX_JAIL_WRITE) {
        filter_list(filter, SCMP_ACT_ALLOW, when_writing, COUNT(when_writing));
        return;
    }
    filter_rules(filter, when_only_reading, COUNT(when_only_reading));
    /* What it is to open lies in memory, where no filter sees it: host directories are then walked with openat. */
    filter_list(filter, SCMP_ACT_ERRNO(ENOSYS), beneath, COUNT(beneath));
}

static void filter_threads(struct filter *filter, uint32_t allow, int kill)
{
    static const int in_memory[] = {CALL(clone3)};
    static const struct rule thread = {CALL(clone), 0, CLONE_THREAD, CLONE_THREAD};
    static const struct rule process = {CALL(clone), 0, CLONE_THREAD, 0};
    if (allow & PYBOX_JAIL_THREADS)
        filter_rules(filter, with_threads, COUNT(with_threads));
    else
        filter_rule(filter, SCMP_ACT_ERRNO(EAGAIN), &thread);
    if (!kill)
        filter_rule(filter, SCMP_ACT_KILL_PROCESS, &process);
    /* glibc then takes clone, whose flags can be seen. */
    filter_list(filter, SCMP_ACT_ERRNO(ENOSYS), in_memory, COUNT(in_memory));
}

/* To this process and nobody else: abort(), raise(), a fault that is handed on. */
static void filter_signals(struct filter *filter)
{
    const uint64_t self = (uint64_t)getpid();
    const struct rule own[] = {
        {CALL(tgkill), 0, UINT32_MAX, self},
        {CALL(rt_tgsigqueueinfo), 0, UINT32_MAX, self},
        {CALL(kill), 0, UINT32_MAX, self},
    };
    filter_rules(filter, own, COUNT(own));
}

/* A rule that does what is done anyway is an error to libseccomp: with `kill` there are none that kill. */
static void filter_fill(struct filter *filter, uint32_t allow, int kill)
{
    filter_list(filter, SCMP_ACT_ALLOW, always, COUNT(always));
    filter_rules(filter, looked_at, COUNT(looked_at));
    filter_files(filter, allow);
    filter_threads(filter, allow, kill);
    filter_signals(filter);
    if (allow & PYBOX_JAIL_MODULES)
        filter_rules(filter, with_modules, COUNT(with_modules));
    if (allow & PYBOX_JAIL_TERMINAL)
        filter_rules(filter, at_a_terminal, COUNT(at_a_terminal));
    if (allow & PYBOX_JAIL_SOCKETS) {
        filter_list(filter, SCMP_ACT_ALLOW, with_sockets, COUNT(with_sockets));
        filter_rules(filter, with_open_sockets, COUNT(with_open_sockets));
    }
    if (!kill)
        filter_list(filter, SCMP_ACT_KILL_PROCESS, attacks, COUNT(attacks));
}

static pybox_status filter_refused(int error)
{
    switch (error) {
    case -ENOMEM:
        return jail_fail(PYBOX_ERROR_NO_MEMORY, "cannot allocate memory for a filter of system calls");
    case -ECANCELED:
    case -ESRCH:
        return jail_fail(PYBOX_ERROR_BUSY, "another thread has a filter of system calls of its own, so that there "
                                           "cannot be one for all");
    default:
        return jail_fail(PYBOX_ERROR_UNSUPPORTED, "the kernel refuses a filter of system calls: %s",
                         strerrordesc_np(-error));
    }
}

pybox_status jail_filter_load(uint32_t allow, int kill)
{
    struct filter filter = {seccomp_init(kill ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM)), 0};
    if (filter.context == NULL)
        return jail_fail(PYBOX_ERROR_NO_MEMORY, "cannot allocate memory for a filter of system calls");
    /* Of all threads; calls of other machines' numbers end the process; a tree, as a list of 150 is slow. */
    filter.failed = seccomp_attr_set(filter.context, SCMP_FLTATR_CTL_TSYNC, 1);
    if (filter.failed == 0)
        filter.failed = seccomp_attr_set(filter.context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (filter.failed == 0)
        filter.failed = seccomp_attr_set(filter.context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    filter_fill(&filter, allow, kill);
    if (filter.failed == 0)
        filter.failed = seccomp_load(filter.context);
    seccomp_release(filter.context);
    return filter.failed == 0 ? PYBOX_OK : filter_refused(filter.failed);
}
