/* Landlock: which files may be opened by path. Its interface is the kernel's own; there is no library of it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "jail_inside.h"

#define FILE_READ (LANDLOCK_ACCESS_FS_READ_FILE)
#define FILE_WRITE (LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE)
#define FOLDER_READ (FILE_READ | LANDLOCK_ACCESS_FS_READ_DIR)
#define FOLDER_WRITE                                                                                                   \
    (FILE_WRITE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |       \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM | REFER)
#define REFER (UINT64_C(1) << 13)    /* to move a file to another folder: version 2, Linux 5.19 */
#define TRUNCATE (UINT64_C(1) << 14) /* version 3, Linux 6.2 */
#define VERSION_1 ((UINT64_C(1) << 13) - 1)

int jail_paths_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? (int)version : 0;
}

/* All rights that this kernel can withhold. */
static uint64_t jail_paths_rights(void)
{
    int version = jail_paths_version();
    return VERSION_1 | (version >= 2 ? REFER : 0) | (version >= 3 ? TRUNCATE : 0);
}

static pybox_status jail_paths_add(int rules, const pybox_jail_path *path, uint64_t rights)
{
    struct stat stat;
    if (path->path == NULL)
        return jail_fail(PYBOX_ERROR_ARGUMENT, "a path of the jail is NULL");
    int fd = open(path->path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return jail_fail(PYBOX_ERROR_PATH, "'%s', which the jail is to leave open, cannot be opened: %m", path->path);
    uint64_t wanted = FILE_READ | (path->write ? FILE_WRITE : 0);
    if (fstat(fd, &stat) == 0 && S_ISDIR(stat.st_mode))
        wanted = FOLDER_READ | (path->write ? FOLDER_WRITE : 0);
    const struct landlock_path_beneath_attr rule = {.allowed_access = wanted & rights, .parent_fd = fd};
    long failed = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    int error = errno;
    close(fd);
    errno = error;
    if (failed != 0)
        return jail_fail(PYBOX_ERROR_PATH, "the kernel cannot leave '%s' open: %m", path->path);
    return PYBOX_OK;
}

pybox_status jail_paths_prepare(const pybox_jail_path *paths, size_t count, int *rules)
{
    uint64_t rights = jail_paths_rights();
    const struct landlock_ruleset_attr held = {.handled_access_fs = rights};
    *rules = (int)syscall(SYS_landlock_create_ruleset, &held, sizeof held.handled_access_fs, 0);
    if (*rules < 0)
        return jail_fail(PYBOX_ERROR_UNSUPPORTED, "the kernel refuses rules about paths: %m");
    pybox_status status = PYBOX_OK;
    for (size_t i = 0; i < count && status == PYBOX_OK; i++)
        status = jail_paths_add(*rules, &paths[i], rights);
    if (status != PYBOX_OK)
        close(*rules);
    return status;
}

pybox_status jail_paths_enforce(int rules)
{
    long failed = syscall(SYS_landlock_restrict_self, rules, 0);
    int error = errno;
    close(rules);
    errno = error;
    if (failed != 0)
        return jail_fail(PYBOX_ERROR_UNSUPPORTED, "the kernel refuses to hold files to the paths: %m");
    return PYBOX_OK;
}
