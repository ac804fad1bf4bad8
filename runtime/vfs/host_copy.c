/* Copies from the host into a tree. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host_open.h"

#define PIECE_BYTES ((size_t)64 << 10)

struct importer {
    struct vfs *vfs;
    struct host_count *count;
    uint8_t *piece;
    int source; /* the error is about the host's side */
};

static int import_source(struct importer *importer, int error)
{
    importer->source = 1;
    return error;
}

/* Sparse where the host's is. */
static int import_data(struct importer *importer, int fd, const struct file *to, uint64_t size)
{
    uint64_t at = 0;
    static const uint8_t zero[64];
    for (;;) {
        ssize_t got = pread(fd, importer->piece, PIECE_BYTES, (off_t)at);
        if (got < 0)
            return import_source(importer, errno);
        if (got == 0)
            break;
        int empty = 1;
        for (size_t i = 0, left = (size_t)got; empty && i < (size_t)got; i += sizeof zero, left -= sizeof zero)
            empty = memcmp(importer->piece + i, zero, left < sizeof zero ? left : sizeof zero) == 0;
        /* The last byte is written, so that the size is right. */
        int error = 0;
        if (!empty)
            error = host_open_write(importer->vfs, to, importer->piece, (size_t)got, at);
        else if (at + (uint64_t)got >= size)
            error = host_open_write(importer->vfs, to, zero, 1, at + (uint64_t)got - 1);
        if (error != 0)
            return error;
        at += (uint64_t)got;
        importer->count->bytes += (uint64_t)got;
    }
    return 0;
}

static int import_file(struct importer *importer, int fd, const struct file *at, const char *name)
{
    struct file to;
    struct stat stat;
    if (fstat(fd, &stat) != 0)
        return import_source(importer, errno);
    int error = host_open_replace(importer->vfs, at, name, strlen(name), &to);
    if (error != 0)
        return error;
    error = import_data(importer, fd, &to, (uint64_t)stat.st_size);
    host_open_close(importer->vfs, &to);
    importer->count->files += error == 0;
    return error;
}

static int import_link(struct importer *importer, int directory, const char *host_name, const struct file *at,
                       const char *name)
{
    char target[VFS_PATH_BYTES];
    struct host_file old;
    ssize_t length = readlinkat(directory, host_name, target, sizeof target);
    if (length < 0)
        return import_source(importer, errno);
    int error = host_open_stat(importer->vfs, at, name, strlen(name), &old);
    importer->vfs->at = at;
    if (error == 0)
        error = old.stat.type == VFS_DIRECTORY ? EISDIR : vfs_unlink(importer->vfs, VFS_AT, name, strlen(name));
    else if (error == ENOENT)
        error = 0;
    if (error == 0)
        error = vfs_symlink(importer->vfs, target, (size_t)length, VFS_AT, name, strlen(name));
    importer->vfs->at = NULL;
    importer->count->links += error == 0;
    return error;
}

static int import_directory(struct importer *importer, int fd, const struct file *at, int depth);

/* What is under that name of the host's directory, by the same name. */
static int import_entry(struct importer *importer, int directory, const char *name, const struct file *at, int depth)
{
    struct stat stat;
    struct file inner;
    if (fstatat(directory, name, &stat, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : import_source(importer, errno); /* gone meanwhile */
    if (S_ISLNK(stat.st_mode))
        return import_link(importer, directory, name, at, name);
    if (!S_ISREG(stat.st_mode) && !S_ISDIR(stat.st_mode)) {
        importer->count->skipped++;
        return 0;
    }
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY |
                                         (S_ISDIR(stat.st_mode) ? O_DIRECTORY : 0));
    if (fd < 0)
        return import_source(importer, errno);
    if (S_ISREG(stat.st_mode)) {
        int error = fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) ? import_file(importer, fd, at, name)
                                                                   : import_source(importer, EIO);
        close(fd);
        return error;
    }
    importer->vfs->at = at;
    int error = vfs_make_directory(importer->vfs, VFS_AT, name, strlen(name));
    importer->vfs->at = NULL;
    importer->count->directories += error == 0;
    if (error == 0 || error == EEXIST)
        error = host_open_at(importer->vfs, at, name, strlen(name), VFS_READ | VFS_ONLY_DIRECTORY, &inner);
    if (error == 0) {
        error = import_directory(importer, fd, &inner, depth - 1);
        host_open_close(importer->vfs, &inner);
    } else {
        close(fd);
    }
    return error;
}

/* All that is in a directory of the host; takes `fd`. */
static int import_directory(struct importer *importer, int fd, const struct file *at, int depth)
{
    DIR *list = depth > 0 ? fdopendir(fd) : NULL;
    if (list == NULL) {
        int error = depth > 0 ? errno : ENAMETOOLONG;
        close(fd);
        return error;
    }
    const struct dirent *entry;
    int error = 0;
    while (error == 0 && (errno = 0, entry = readdir(list)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            error = import_entry(importer, dirfd(list), entry->d_name, at, depth);
    if (error == 0 && errno != 0)
        error = import_source(importer, errno);
    closedir(list);
    return error;
}

/* `fd` is taken. */
static int import_to(struct importer *importer, int fd, int is_directory, const struct file *root, const char *text)
{
    const char *name = strrchr(text, '/') + 1;
    struct file at;
    int error = host_open_make(importer->vfs, root, text, is_directory ? strlen(text) : (size_t)(name - 1 - text));
    const char *relative = is_directory ? text + 1 : text + (name == text + 1 ? 0 : 1);
    size_t length = is_directory ? strlen(relative) : name == text + 1 ? 0 : (size_t)(name - 1 - relative);
    if (error == 0)
        error = host_open_at(importer->vfs, root, length == 0 ? "." : relative, length == 0 ? 1 : length,
                             VFS_READ | VFS_ONLY_DIRECTORY | VFS_FOLLOW, &at);
    if (error != 0) {
        close(fd);
        return error;
    }
    if (is_directory) {
        error = import_directory(importer, fd, &at, HOST_ACCESS_DEPTH);
    } else {
        error = import_file(importer, fd, &at, name);
        close(fd);
    }
    host_open_close(importer->vfs, &at);
    return error;
}

int host_import(struct vfs *vfs, const char *host_path, const char *path, struct host_count *count, int *source)
{
    char text[VFS_PATH_BYTES + 1];
    struct importer importer = {.vfs = vfs, .count = count};
    struct file root;
    struct stat stat;
    *count = (struct host_count){0};
    *source = 0;
    int error = host_access_path(path, text);
    if (error != 0)
        return error;
    int fd = open(host_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    *source = 1;
    if (fd < 0)
        return errno;
    error = fstat(fd, &stat) != 0                                          ? errno
            : S_ISREG(stat.st_mode) || S_ISDIR(stat.st_mode) ? 0
                                                             : EINVAL;
    importer.piece = error == 0 ? malloc(PIECE_BYTES) : NULL;
    if (error == 0 && importer.piece == NULL)
        error = ENOMEM;
    *source = error != 0 && error != ENOMEM;
    if (error == 0 && !S_ISDIR(stat.st_mode) && (text[1] == '\0' || path[strlen(path) - 1] == '/'))
        error = EISDIR;
    if (error == 0)
        error = host_open_root(vfs, &root);
    if (error != 0) {
        close(fd);
        free(importer.piece);
        return error;
    }
    error = host_open_begin(vfs);
    if (error == 0)
        error = host_open_end(vfs, import_to(&importer, fd, S_ISDIR(stat.st_mode), &root, text));
    else
        close(fd);
    host_open_close(vfs, &root);
    free(importer.piece);
    *source = error != 0 && importer.source;
    return error;
}
