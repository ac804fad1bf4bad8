#include "hostfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "walk.h"

#define DIRECTORY_MODE 0777
#define LIST_BYTES 8192
#define NANOSECONDS 1000000000u

static uint8_t hostfs_type(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return VFS_REGULAR;
    case S_IFDIR:
        return VFS_DIRECTORY;
    case S_IFLNK:
        return VFS_SYMLINK;
    case S_IFCHR:
        return VFS_CHARACTER;
    default:
        return VFS_UNKNOWN;
    }
}

int hostfs_mount(const char *path, int read_only, struct hostfs **mounted, uint8_t *type)
{
    struct stat stat;
    *mounted = NULL;
    if (path == NULL || path[0] == '\0')
        return ENOENT;
    /* Looked at first: to open a pipe or a device may block or do something. */
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int error = fstat(fd, &stat) != 0 ? errno : 0;
    hostfs_close(fd);
    if (error != 0)
        return error;
    *type = hostfs_type(stat.st_mode);
    if (*type != VFS_DIRECTORY && *type != VFS_REGULAR)
        return EACCES;
    int flags = *type == VFS_DIRECTORY ? O_RDONLY | O_DIRECTORY : read_only ? O_RDONLY : O_RDWR;
    fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno;
    if (fstat(fd, &stat) != 0 || hostfs_type(stat.st_mode) != *type) {
        hostfs_close(fd);
        return EACCES;
    }
    struct hostfs *host = malloc(sizeof *host);
    if (host == NULL) {
        hostfs_close(fd);
        return ENOMEM;
    }
    host->fd = fd;
    host->device = stat.st_dev;
    *mounted = host;
    return 0;
}

void hostfs_unmount(struct hostfs *host)
{
    hostfs_close(host->fd);
    free(host);
}

/* ---- opening ---- */

static int hostfs_open_flags(uint32_t how, uint16_t flags)
{
    int open_flags = O_NONBLOCK | O_NOCTTY;
    if (how & VFS_WRITE)
        open_flags |= how & VFS_READ ? O_RDWR : O_WRONLY;
    if (how & VFS_CREATE)
        open_flags |= O_CREAT;
    if (how & VFS_EXCLUSIVE)
        open_flags |= O_EXCL;
    if (how & VFS_TRUNCATE)
        open_flags |= O_TRUNC;
    if (how & VFS_ONLY_DIRECTORY)
        open_flags |= O_DIRECTORY;
    if (!(how & VFS_FOLLOW))
        open_flags |= O_NOFOLLOW;
    if (flags & VFS_APPEND)
        open_flags |= O_APPEND;
    if (flags & (VFS_SYNC | VFS_RSYNC))
        open_flags |= O_SYNC;
    else if (flags & VFS_DSYNC)
        open_flags |= O_DSYNC;
    return open_flags;
}

/* Looks at a name in the base itself in one call: nothing is walked, so nothing can lead out. 1 if that was enough:
 * `*error` and `*stat` are the answer. 0 for a longer path, and for a link that is to be followed. */
static int hostfs_look(const struct hostfs_walk *walk, const char *path, int follow, struct stat *stat,
                       int *error)
{
    if (strchr(path, '/') != NULL || strcmp(path, "..") == 0)
        return 0;
    *error = fstatat(walk->base, path, stat, AT_SYMLINK_NOFOLLOW) != 0 ? errno : 0;
    return *error != 0 || !follow || !S_ISLNK(stat->st_mode);
}

/* Looks at what is at the path. */
static int hostfs_find(const struct hostfs_walk *walk, const char *path, int follow, struct stat *stat)
{
    int fd, error;
    if (hostfs_look(walk, path, follow, stat, &error))
        return error;
    error = hostfs_open_beneath(walk, path, O_PATH | (follow ? 0 : O_NOFOLLOW), &fd);
    if (error != 0)
        return error;
    error = fstat(fd, stat) != 0 ? errno : 0;
    hostfs_close(fd);
    return error;
}

/* May what is at the path be opened like this? 0 too if nothing was found and it is to be made: opening goes the same
 * way, and knows best what is wrong. */
static int hostfs_check(const struct hostfs_walk *walk, const char *path, uint32_t how)
{
    struct stat stat;
    int error = hostfs_find(walk, path, (how & VFS_FOLLOW) != 0, &stat);
    if (error != 0)
        return how & VFS_CREATE ? 0 : error;
    if ((how & (VFS_CREATE | VFS_EXCLUSIVE)) == (VFS_CREATE | VFS_EXCLUSIVE))
        return EEXIST;
    switch (hostfs_type(stat.st_mode)) {
    case VFS_DIRECTORY:
        return how & (VFS_WRITE | VFS_CREATE | VFS_TRUNCATE) ? EISDIR : 0;
    case VFS_REGULAR:
        return how & VFS_ONLY_DIRECTORY ? ENOTDIR : 0;
    case VFS_SYMLINK:
        return ELOOP;
    default:
        return EACCES;
    }
}

int hostfs_open(const struct hostfs_walk *walk, const char *path, uint32_t how, uint16_t flags,
                int *fd, uint8_t *type)
{
    struct stat stat;
    int error = hostfs_check(walk, path, how);
    if (error == 0)
        error = hostfs_open_beneath(walk, path, hostfs_open_flags(how, flags), fd);
    if (error == ENXIO)
        error = EACCES; /* a pipe or socket, put there just now */
    if (error != 0)
        return error;
    error = fstat(*fd, &stat) != 0 ? errno : 0;
    *type = hostfs_type(stat.st_mode);
    if (error == 0 && *type != VFS_DIRECTORY && *type != VFS_REGULAR)
        error = EACCES;
    if (error != 0)
        hostfs_close(*fd);
    return error;
}

/* ---- state ---- */

static uint64_t hostfs_ns(struct timespec time)
{
    return time.tv_sec < 0 ? 0 : (uint64_t)time.tv_sec * NANOSECONDS + (uint64_t)time.tv_nsec;
}

static void hostfs_fill(const struct hostfs *host, const struct stat *from, struct vfs_stat *stat)
{
    stat->device = 0; /* the caller's: which mount it is */
    /* What is mounted inside on the host has numbers of its own; they must not be taken for ours. */
    stat->inode = from->st_ino;
    if (from->st_dev != host->device)
        stat->inode ^= (from->st_dev + 1) * 0x9e3779b97f4a7c15u;
    if (stat->inode == 0)
        stat->inode = UINT64_MAX;
    stat->links = from->st_nlink;
    stat->size = (uint64_t)from->st_size;
    stat->accessed_ns = hostfs_ns(from->st_atim);
    stat->modified_ns = hostfs_ns(from->st_mtim);
    stat->changed_ns = hostfs_ns(from->st_ctim);
    stat->type = hostfs_type(from->st_mode);
}

int hostfs_stat_fd(const struct hostfs *host, int fd, struct vfs_stat *stat)
{
    struct stat from;
    if (fstat(fd, &from) != 0)
        return errno;
    hostfs_fill(host, &from, stat);
    return 0;
}

int hostfs_stat(const struct hostfs *host, const struct hostfs_walk *walk, const char *path,
                int follow, struct vfs_stat *stat)
{
    struct stat from;
    int error = hostfs_find(walk, path, follow, &from);
    if (error == 0)
        hostfs_fill(host, &from, stat);
    return error;
}

static struct timespec hostfs_time(uint64_t time_ns)
{
    if (time_ns == VFS_TIME_NOW)
        return (struct timespec){0, UTIME_NOW};
    if (time_ns == VFS_TIME_KEEP)
        return (struct timespec){0, UTIME_OMIT};
    return (struct timespec){(time_t)(time_ns / NANOSECONDS), (long)(time_ns % NANOSECONDS)};
}

int hostfs_set_times_fd(int fd, uint64_t accessed_ns, uint64_t modified_ns)
{
    const struct timespec times[2] = {hostfs_time(accessed_ns), hostfs_time(modified_ns)};
    return futimens(fd, times) == 0 ? 0 : errno;
}

int hostfs_set_times(const struct hostfs_walk *walk, const char *path, int follow,
                     uint64_t accessed_ns, uint64_t modified_ns)
{
    const struct timespec times[2] = {hostfs_time(accessed_ns), hostfs_time(modified_ns)};
    int fd;
    int error = hostfs_open_beneath(walk, path, O_PATH | (follow ? 0 : O_NOFOLLOW), &fd);
    if (error != 0)
        return error;
    error = utimensat(fd, "", times, AT_EMPTY_PATH) == 0 ? 0 : errno;
    hostfs_close(fd);
    return error;
}

int hostfs_readlink(const struct hostfs_walk *walk, const char *path, char *target, size_t capacity,
                    size_t *length)
{
    int fd;
    *length = 0;
    int error = hostfs_open_beneath(walk, path, O_PATH | O_NOFOLLOW, &fd);
    if (error != 0)
        return error;
    ssize_t got = readlinkat(fd, "", target, capacity);
    error = got >= 0 ? 0 : errno == ENOENT ? EINVAL : errno; /* ENOENT: it is no link */
    if (got > 0)
        *length = (size_t)got;
    hostfs_close(fd);
    return error;
}

/* ---- names ---- */

int hostfs_make_directory(const struct hostfs_walk *walk, const char *path)
{
    int parent;
    const char *name;
    int error = hostfs_parent(walk, path, &parent, &name);
    if (error != 0)
        return error == EBUSY ? EEXIST : error;
    error = mkdirat(parent, name, DIRECTORY_MODE) == 0 ? 0 : errno;
    hostfs_close(parent);
    return error;
}

int hostfs_remove(const struct hostfs_walk *walk, const char *path, int directory)
{
    int parent;
    const char *name;
    int error = hostfs_parent(walk, path, &parent, &name);
    if (error != 0)
        return error;
    error = unlinkat(parent, name, directory ? AT_REMOVEDIR : 0) == 0 ? 0 : errno;
    hostfs_close(parent);
    return error;
}

/* What rename and link have in common. */
static int hostfs_two(const struct hostfs_walk *from_walk, const char *from,
                      const struct hostfs_walk *to_walk, const char *to, int link)
{
    int from_parent, to_parent;
    const char *from_name, *to_name;
    int error = hostfs_parent(from_walk, from, &from_parent, &from_name);
    if (error != 0)
        return error;
    error = hostfs_parent(to_walk, to, &to_parent, &to_name);
    if (error == 0) {
        int result = link ? linkat(from_parent, from_name, to_parent, to_name, 0)
                          : renameat(from_parent, from_name, to_parent, to_name);
        error = result == 0 ? 0 : errno;
        hostfs_close(to_parent);
    }
    hostfs_close(from_parent);
    return error;
}

int hostfs_rename(const struct hostfs_walk *from_walk, const char *from,
                  const struct hostfs_walk *to_walk, const char *to)
{
    return hostfs_two(from_walk, from, to_walk, to, 0);
}

int hostfs_link(const struct hostfs_walk *from_walk, const char *from,
                const struct hostfs_walk *to_walk, const char *to)
{
    return hostfs_two(from_walk, from, to_walk, to, 1);
}

int hostfs_symlink(const char *target, uint32_t depth, const struct hostfs_walk *walk,
                   const char *path)
{
    int parent;
    const char *name;
    if (!walk_target_is_safe(target, strlen(target), depth))
        return EPERM;
    int error = hostfs_parent(walk, path, &parent, &name);
    if (error != 0)
        return error == EBUSY ? EEXIST : error;
    error = symlinkat(target, parent, name) == 0 ? 0 : errno;
    hostfs_close(parent);
    return error;
}

/* ---- listing ---- */

static uint8_t hostfs_entry_type(uint8_t type)
{
    return hostfs_type((mode_t)DTTOIF(type));
}

int hostfs_list(int fd, uint64_t cookie, vfs_each *each, void *context)
{
    _Alignas(struct dirent64) char buffer[LIST_BYTES];
    if (cookie > INT64_MAX)
        return EINVAL;
    if (lseek(fd, (off_t)cookie, SEEK_SET) < 0)
        return errno;
    for (;;) {
        long got = syscall(SYS_getdents64, fd, buffer, sizeof buffer);
        if (got <= 0)
            return got == 0 ? 0 : errno;
        for (long at = 0; at < got;) {
            const struct dirent64 *from = (const struct dirent64 *)(buffer + at);
            const struct vfs_entry entry = {
                .next = (uint64_t)from->d_off,
                .inode = from->d_ino,
                .name = from->d_name,
                .length = (uint32_t)strlen(from->d_name),
                .type = hostfs_entry_type(from->d_type),
            };
            if (!each(context, &entry))
                return ECANCELED;
            at += from->d_reclen;
        }
    }
}
