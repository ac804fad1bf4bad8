/*
 * The permissions that files seem to have. WASI knows none, and wasi-libc leaves the bits 0, with which what a program
 * packs into an archive or copies would be unreadable elsewhere. The linker puts these functions in the place of
 * those that all of wasi-libc's stat functions end in (steps/guest-link).
 */
#include <sys/stat.h>

int __real_fstat(int descriptor, struct stat *status);
int __wrap_fstat(int descriptor, struct stat *status);
int __real___wasilibc_nocwd_fstatat(int folder, const char *path, struct stat *status, int flags);
int __wrap___wasilibc_nocwd_fstatat(int folder, const char *path, struct stat *status, int flags);

/* As Linux and a usual umask have them. */
static void add_permissions(struct stat *status)
{
    if (S_ISDIR(status->st_mode))
        status->st_mode |= 0755;
    else if (S_ISLNK(status->st_mode))
        status->st_mode |= 0777;
    else
        status->st_mode |= 0644;
}

int __wrap_fstat(int descriptor, struct stat *status)
{
    const int result = __real_fstat(descriptor, status);
    if (result == 0)
        add_permissions(status);
    return result;
}

int __wrap___wasilibc_nocwd_fstatat(int folder, const char *path, struct stat *status, int flags)
{
    const int result = __real___wasilibc_nocwd_fstatat(folder, path, status, flags);
    if (result == 0)
        add_permissions(status);
    return result;
}
