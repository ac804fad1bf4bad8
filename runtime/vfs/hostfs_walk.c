/* The ways into a directory of the host: openat2, or a walk that is as strict. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hostfs.h"

#define CLIMB_DEPTH 128 /* directories below the base */
#define CLIMB_LINKS 40
#define RETRIES 64 /* of a walk that another process's renames disturbed */
#define FILE_MODE 0666

void hostfs_close(int fd)
{
    int error = errno;
    close(fd);
    errno = error;
}

/* ---- openat2 ---- */

static int hostfs_openat2(const struct hostfs_walk *walk, const char *path, int flags, int *fd)
{
    const struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .mode = flags & O_CREAT ? FILE_MODE : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS |
                   (walk->no_links ? RESOLVE_NO_SYMLINKS : 0),
    };
    for (int i = 0; i < RETRIES; i++) {
        long got = syscall(SYS_openat2, walk->base, path, &how, sizeof how);
        if (got >= 0) {
            *fd = (int)got;
            return 0;
        }
        if (errno != EAGAIN && errno != EINTR)
            return errno == EXDEV ? EPERM : errno;
    }
    return EAGAIN; /* the caller walks by itself */
}

/* ---- our own walk ---- */

/* The directories from the base down to where we are. Each was opened as a child of the one before it, so going up
 * never leads above the base whatever is renamed meanwhile. */
struct climb {
    int fds[CLIMB_DEPTH]; /* [0] is the base and not ours */
    int depth;
    int links;
    int slash; /* a link's target ends in one, so that it must be a directory */
    char text[VFS_PATH_BYTES + 1]; /* what is left of the path */
    char name[256];                /* the last component; "." if it was a `..` */
};

static void climb_end(struct climb *climb)
{
    while (climb->depth > 0)
        hostfs_close(climb->fds[climb->depth--]);
}

/* Cuts the first component off the text. 0: none is left, or it is too long. */
static int climb_take(struct climb *climb)
{
    char *rest = climb->text + strspn(climb->text, "/");
    size_t length = strcspn(rest, "/");
    if (length == 0)
        return 0;
    if (length >= sizeof climb->name)
        return ENAMETOOLONG;
    memcpy(climb->name, rest, length);
    climb->name[length] = '\0';
    rest += length;
    climb->slash |= *rest == '/' && rest[strspn(rest, "/")] == '\0'; /* also of what that is a link to */
    rest += strspn(rest, "/");
    memmove(climb->text, rest, strlen(rest) + 1);
    return 0;
}

/* Replaces the link `link` by its target. */
static int climb_follow(struct climb *climb, int link)
{
    char target[VFS_PATH_BYTES + 1];
    if (++climb->links > CLIMB_LINKS)
        return ELOOP;
    ssize_t length = readlinkat(link, "", target, sizeof target);
    if (length < 0)
        return errno;
    size_t left = strlen(climb->text);
    if (length == 0)
        return ENOENT;
    if (target[0] == '/')
        return EPERM;
    if ((size_t)length + 1 + left > VFS_PATH_BYTES)
        return ENAMETOOLONG;
    memmove(climb->text + length + 1, climb->text, left + 1);
    climb->text[length] = '/';
    memcpy(climb->text, target, (size_t)length);
    if (left == 0)
        climb->text[length] = '\0';
    return 0;
}

/* Goes to climb->name below the last directory. `*done`: it is the last component and no link to follow. */
static int climb_step(struct climb *climb, int no_links, int follow, int *done)
{
    int last = climb->text[0] == '\0';
    struct stat stat;
    *done = last && !follow;
    if (*done)
        return 0;
    int fd = openat(climb->fds[climb->depth], climb->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        *done = last && errno == ENOENT; /* to be created, perhaps */
        return *done ? 0 : errno;
    }
    int error = fstat(fd, &stat) != 0 ? errno : 0;
    if (error == 0 && S_ISLNK(stat.st_mode)) {
        error = no_links ? ELOOP : climb_follow(climb, fd);
        hostfs_close(fd);
        return error;
    }
    if (error == 0 && !last && !S_ISDIR(stat.st_mode))
        error = ENOTDIR;
    if (error == 0 && !last && climb->depth + 1 >= CLIMB_DEPTH)
        error = ENAMETOOLONG;
    if (error != 0 || last) {
        hostfs_close(fd);
        *done = 1;
        return error;
    }
    climb->fds[++climb->depth] = fd;
    return 0;
}

/* Goes to the directory that the path's last component is in. `create`: to make a file of it. */
static int climb_path(struct climb *climb, const struct hostfs_walk *walk, const char *path, int follow, int create)
{
    size_t length = strlen(path);
    if (length > VFS_PATH_BYTES)
        return ENAMETOOLONG;
    climb->fds[0] = walk->base;
    climb->depth = 0;
    climb->links = 0;
    climb->slash = 0;
    memcpy(climb->text, path, length + 1);
    for (;;) {
        strcpy(climb->name, ".");
        int error = climb_take(climb);
        int done = climb->text[0] == '\0';
        if (error == 0 && strcmp(climb->name, "..") == 0) {
            strcpy(climb->name, ".");
            if (climb->depth == 0)
                error = EPERM;
            else
                hostfs_close(climb->fds[climb->depth--]);
        } else if (error == 0 && strcmp(climb->name, ".") != 0) {
            error = create && climb->slash ? EISDIR : climb_step(climb, walk->no_links, follow, &done);
        }
        if (error != 0)
            climb_end(climb);
        if (error != 0 || done)
            return error;
    }
}

static int climb_open(const struct hostfs_walk *walk, const char *path, int flags, int *fd)
{
    struct climb climb;
    int follow = !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
    for (int i = 0; i < RETRIES; i++) {
        int error = climb_path(&climb, walk, path, follow, flags & O_CREAT);
        if (error != 0)
            return error;
        struct stat stat;
        const int all = flags | O_NOFOLLOW | O_CLOEXEC | (climb.slash && !(flags & O_CREAT) ? O_DIRECTORY : 0);
        *fd = openat(climb.fds[climb.depth], climb.name, all, FILE_MODE);
        error = *fd < 0 ? errno : 0;
        climb_end(&climb);
        if (error == 0 && follow && (flags & O_PATH)) {
            /* O_PATH opens a link that was put there just now. */
            if (fstat(*fd, &stat) != 0)
                error = errno;
            else if (S_ISLNK(stat.st_mode))
                error = ELOOP;
            if (error != 0)
                hostfs_close(*fd);
        }
        if (error != ELOOP || !follow || walk->no_links)
            return error;
    }
    return ELOOP;
}

int hostfs_open_beneath(const struct hostfs_walk *walk, const char *path, int flags, int *fd)
{
    if (!*walk->no_openat2) {
        int error = hostfs_openat2(walk, path, flags, fd);
        if (error == ENOSYS)
            *walk->no_openat2 = 1;
        else if (error != EAGAIN)
            return error;
    }
    return climb_open(walk, path, flags, fd);
}

int hostfs_parent(const struct hostfs_walk *walk, const char *path, int *parent, const char **name)
{
    const char *slash = strrchr(path, '/');
    *name = slash == NULL ? path : slash + 1;
    if (strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0)
        return EBUSY;
    if (slash == NULL) {
        *parent = fcntl(walk->base, F_DUPFD_CLOEXEC, 3);
        return *parent < 0 ? errno : 0;
    }
    char directory[VFS_PATH_BYTES + 1];
    size_t length = (size_t)(slash - path);
    if (length > VFS_PATH_BYTES)
        return ENAMETOOLONG;
    memcpy(directory, path, length);
    directory[length] = '\0';
    return hostfs_open_beneath(walk, directory, O_PATH | O_DIRECTORY, parent);
}
