#include <errno.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "jail_inside.h"

#define MESSAGE_BYTES 512
#define MAX_OPTION_BYTES 4096 /* as in options.c */
#define ALL_ALLOWANCES                                                                                                 \
    (PYBOX_JAIL_WRITE | PYBOX_JAIL_THREADS | PYBOX_JAIL_MODULES | PYBOX_JAIL_TERMINAL | PYBOX_JAIL_SOCKETS)

/* What the process was left when it went in, and IN_JAIL; 0 outside. Children inherit both this and the jail. */
#define IN_JAIL (UINT32_C(1) << 31)
static _Atomic uint32_t inside;

pybox_status jail_fail(pybox_status status, const char *format, ...)
{
    char text[MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return pybox_error_set(status, text);
}

unsigned pybox_jail_probe(void)
{
    /* The question is answered with EOPNOTSUPP or ENOSYS where there is no such filter. */
    uint32_t action = SECCOMP_RET_KILL_PROCESS;
    unsigned can = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 ? PYBOX_JAIL_CAN_FILTER : 0;
    return can | (jail_paths_version() > 0 ? PYBOX_JAIL_CAN_PATHS : 0);
}

/* A limit can be lowered by anybody; `most` is for both of its values. */
static pybox_status jail_limit(__rlimit_resource_t resource, rlim_t most, const char *name)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0)
        return jail_fail(PYBOX_ERROR_UNSUPPORTED, "the limit of %s cannot be read: %m", name);
    if (limit.rlim_cur > most)
        limit.rlim_cur = most;
    limit.rlim_max = limit.rlim_cur; /* not to be raised again */
    if (setrlimit(resource, &limit) != 0)
        return jail_fail(PYBOX_ERROR_UNSUPPORTED, "the limit of %s cannot be lowered: %m", name);
    return PYBOX_OK;
}

static pybox_status jail_limits(const pybox_jail_options *options)
{
    rlim_t open_files = options->open_files > 0 ? options->open_files : RLIM_INFINITY;
    pybox_status status = jail_limit(RLIMIT_CORE, 0, "core files");
    if (status == PYBOX_OK)
        status = jail_limit(RLIMIT_NOFILE, open_files, "open files");
    if (status == PYBOX_OK && !(options->allow & PYBOX_JAIL_THREADS))
        status = jail_limit(RLIMIT_NPROC, 0, "processes and threads");
    return status;
}

/* From here on it cannot be taken back. */
static pybox_status jail_close_doors(const pybox_jail_options *options, int paths)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return jail_fail(PYBOX_ERROR_UNSUPPORTED, "new privileges cannot be given up: %m");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return jail_fail(PYBOX_ERROR_UNSUPPORTED, "core dumps cannot be forbidden: %m");
    pybox_status status = jail_limits(options);
    if (status == PYBOX_OK && paths >= 0)
        status = jail_paths_enforce(paths);
    return status;
}

static pybox_status jail_check(const pybox_jail_options *options, uint32_t before)
{
    unsigned can = pybox_jail_probe();
    if (options->allow & ~(uint32_t)ALL_ALLOWANCES)
        return jail_fail(PYBOX_ERROR_ARGUMENT, "the jail has no such allowance: 0x%x",
                         options->allow & ~(uint32_t)ALL_ALLOWANCES);
    if (options->path_count > 0 && options->paths == NULL)
        return jail_fail(PYBOX_ERROR_ARGUMENT, "%zu paths are given, and paths is NULL", options->path_count);
    if (before != 0 && (options->allow & ~before) != 0)
        return jail_fail(PYBOX_ERROR_ARGUMENT,
                         "the process is in a jail already, without what is asked for now (0x%x); a jail can be made "
                         "narrower, never wider",
                         options->allow & ~before);
    if (!(can & PYBOX_JAIL_CAN_FILTER))
        return jail_fail(PYBOX_ERROR_UNSUPPORTED, "the kernel has no filters for system calls (CONFIG_SECCOMP_FILTER, "
                                                  "Linux 4.14), or they are forbidden here");
    if (options->paths != NULL && !(can & PYBOX_JAIL_CAN_PATHS))
        return jail_fail(PYBOX_ERROR_UNSUPPORTED, "paths are given, and the kernel has no Landlock to hold files to "
                                                  "them (CONFIG_SECURITY_LANDLOCK, Linux 5.13; pybox_jail_probe())");
    return PYBOX_OK;
}

/* As options.c does it: fields that the caller's header did not have are 0, those that we do not know must be. */
static pybox_status jail_options(const pybox_jail_options *options, pybox_jail_options *chosen)
{
    if (options == NULL)
        return PYBOX_OK;
    size_t size = options->size != 0 ? options->size : sizeof *chosen;
    if (size < sizeof size || size > MAX_OPTION_BYTES)
        return jail_fail(PYBOX_ERROR_ARGUMENT,
                         "pybox_jail_options.size is %zu; expected sizeof(pybox_jail_options) or 0", size);
    for (size_t i = sizeof *chosen; i < size; i++)
        if (((const char *)options)[i] != 0)
            return jail_fail(PYBOX_ERROR_ARGUMENT,
                             "pybox_jail_options has a field set that this version of the library (%s) does not know",
                             PYBOX_VERSION);
    memcpy(chosen, options, size < sizeof *chosen ? size : sizeof *chosen);
    return PYBOX_OK;
}

pybox_status pybox_jail_enter(const pybox_jail_options *options)
{
    pybox_jail_options chosen = {0};
    uint32_t before = atomic_load(&inside);
    int paths = -1;
    pybox_status status = jail_options(options, &chosen);
    if (status == PYBOX_OK)
        status = jail_check(&chosen, before);
    if (status == PYBOX_OK && chosen.paths != NULL)
        status = jail_paths_prepare(chosen.paths, chosen.path_count, &paths);
    /* A second time these are shut already, and the filter lets nobody touch them. */
    if (status == PYBOX_OK && before == 0)
        status = jail_close_doors(&chosen, paths);
    else if (status == PYBOX_OK && paths >= 0)
        status = jail_paths_enforce(paths);
    if (status == PYBOX_OK)
        status = jail_filter_load(chosen.allow, chosen.kill);
    if (status == PYBOX_OK)
        atomic_store(&inside, IN_JAIL | chosen.allow);
    return status;
}
