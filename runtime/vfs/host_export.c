/* Copies from a tree to the host. Names and links are the guest's and so are taken to be hostile. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "changes.h"
#include "host_open.h"
#include "namehash.h"

#define PIECE_BYTES ((size_t)64 << 10)
#define FILE_MODE 0666
#define DIRECTORY_MODE 0777
#define TRIES 16

struct exporter {
    struct vfs *vfs;
    const struct host_export *how;
    struct host_count *count;
    uint8_t *piece;
    int target; /* the error is about the host's side */
};

static int export_target(struct exporter *exporter, int error)
{
    exporter->target = 1;
    return error;
}

static int export_count(struct exporter *exporter)
{
    const struct host_count *count = exporter->count;
    return count->files + count->links + count->directories >= exporter->how->most_files ? E2BIG : 0;
}

/* ---- files ---- */

static int export_data(struct exporter *exporter, const struct file *from, int fd)
{
    uint64_t at = 0;
    for (size_t done = 1;; at += done) {
        int error = files_read(exporter->vfs, from, exporter->piece, PIECE_BYTES, at, &done);
        if (error != 0)
            return error;
        if (done == 0)
            break;
        exporter->count->bytes += done;
        if (exporter->count->bytes > exporter->how->most_bytes)
            return EFBIG;
        /* What is all zero stays a hole. */
        if (exporter->piece[0] == 0 && memcmp(exporter->piece, exporter->piece + 1, done - 1) == 0)
            continue;
        for (size_t put = 0; put < done;) {
            ssize_t part = pwrite(fd, exporter->piece + put, done - put, (off_t)(at + put));
            if (part < 0)
                return export_target(exporter, errno);
            put += (size_t)part;
        }
    }
    return ftruncate(fd, (off_t)at) == 0 ? 0 : export_target(exporter, errno);
}

/* Makes a file of a name that nobody has. */
static int export_make_temporary(int directory, char name[32], int *fd)
{
    for (int i = 0; i < TRIES; i++) {
        snprintf(name, 32, ".pybox-%016llx", (unsigned long long)namehash_key());
        *fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
        if (*fd >= 0 || errno != EEXIST)
            break;
    }
    return *fd >= 0 ? 0 : errno;
}

/* Gives a complete file its name: in place of a file or link that is there, if that is wanted. */
static int export_name(struct exporter *exporter, int directory, const char *temporary, const char *name)
{
    if (exporter->how->replace)
        return renameat(directory, temporary, directory, name) == 0 ? 0 : errno;
    if (renameat2(directory, temporary, directory, name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
    if (linkat(directory, temporary, directory, name, 0) != 0) /* a file system that cannot do that */
        return errno;
    unlinkat(directory, temporary, 0);
    return 0;
}

static int export_file(struct exporter *exporter, const struct file *at, const char *from, int directory,
                       const char *name)
{
    struct file file;
    struct vfs_stat stat;
    char temporary[32];
    int fd;
    int error = export_count(exporter);
    if (error == 0)
        error = host_open_at(exporter->vfs, at, from, strlen(from), VFS_READ, &file);
    if (error != 0)
        return error;
    error = files_stat(exporter->vfs, &file, &stat);
    if (error == 0)
        error = export_make_temporary(directory, temporary, &fd);
    if (error != 0) {
        host_open_close(exporter->vfs, &file);
        return export_target(exporter, error);
    }
    error = export_data(exporter, &file, fd);
    const struct timespec times[2] = {
        {0, UTIME_OMIT}, {(time_t)(stat.modified_ns / 1000000000u), (long)(stat.modified_ns % 1000000000u)}};
    if (error == 0)
        futimens(fd, times); /* as well as it goes */
    if (close(fd) != 0 && error == 0)
        error = export_target(exporter, errno);
    if (error == 0 && (error = export_name(exporter, directory, temporary, name)) != 0)
        export_target(exporter, error);
    if (error != 0)
        unlinkat(directory, temporary, 0);
    host_open_close(exporter->vfs, &file);
    exporter->count->files += error == 0;
    return error;
}

static int export_link(struct exporter *exporter, const struct file *at, const char *from, int directory,
                       const char *name, uint32_t depth)
{
    char target[VFS_PATH_BYTES + 1];
    size_t length;
    exporter->vfs->at = at;
    int error = vfs_readlink(exporter->vfs, VFS_AT, from, strlen(from), target, VFS_PATH_BYTES, &length);
    exporter->vfs->at = NULL;
    if (error == 0)
        error = export_count(exporter);
    if (error != 0)
        return error;
    target[length] = '\0';
    if (!walk_target_is_safe(target, length, depth)) {
        exporter->count->skipped++;
        return 0;
    }
    struct stat old;
    if (exporter->how->replace && fstatat(directory, name, &old, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(old.st_mode))
        unlinkat(directory, name, 0);
    if (symlinkat(target, directory, name) != 0)
        return export_target(exporter, errno);
    exporter->count->links++;
    return 0;
}

/* ---- directories ---- */

/* Makes and opens a directory of the host. What is there must be one, and no link to one. */
static int export_enter(struct exporter *exporter, int directory, const char *name, int *fd)
{
    if (mkdirat(directory, name, DIRECTORY_MODE) == 0)
        exporter->count->directories++;
    else if (errno != EEXIST)
        return export_target(exporter, errno);
    *fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *fd >= 0 ? 0 : export_target(exporter, errno == ELOOP ? ENOTDIR : errno);
}

static int export_directory(struct exporter *exporter, const struct file *from, int directory, uint32_t depth);

static int export_entry(struct exporter *exporter, const struct file *at, const char *name, int directory,
                        uint32_t depth)
{
    struct host_file facts;
    struct file inner;
    int fd;
    int error = host_open_stat(exporter->vfs, at, name, strlen(name), &facts);
    if (error != 0)
        return error;
    switch (facts.stat.type) {
    case VFS_REGULAR:
        return export_file(exporter, at, name, directory, name);
    case VFS_SYMLINK:
        return export_link(exporter, at, name, directory, name, depth);
    case VFS_DIRECTORY:
        break;
    default:
        exporter->count->skipped++;
        return 0;
    }
    error = export_count(exporter);
    if (error == 0)
        error = host_open_at(exporter->vfs, at, name, strlen(name), VFS_READ | VFS_ONLY_DIRECTORY, &inner);
    if (error != 0)
        return error;
    error = export_enter(exporter, directory, name, &fd);
    if (error == 0) {
        error = export_directory(exporter, &inner, fd, depth + 1);
        close(fd);
    }
    host_open_close(exporter->vfs, &inner);
    return error;
}

/* All that is in an open directory. */
static int export_directory(struct exporter *exporter, const struct file *from, int directory, uint32_t depth)
{
    struct host_names names;
    if (depth >= HOST_ACCESS_DEPTH)
        return ENAMETOOLONG;
    int error = host_open_list(exporter->vfs, from, &names);
    for (uint32_t i = 0; i < names.count && error == 0; i++)
        error = export_entry(exporter, from, names.texts + names.starts[i], directory, depth);
    host_open_free(&names);
    return error;
}

/* ---- changes alone ---- */

/* One that is at `relative` below the directory. */
static int export_change(struct exporter *exporter, const struct file *root, const struct change *change,
                         const char *relative, int directory)
{
    char name[256];
    int fd = -1, error = 0;
    uint32_t depth = 0;
    for (size_t length; error == 0 && relative[length = strcspn(relative, "/")] == '/'; relative += length + 1) {
        int inner;
        if (length >= sizeof name)
            error = ENAMETOOLONG;
        if (error != 0)
            break;
        memcpy(name, relative, length);
        name[length] = '\0';
        error = export_enter(exporter, fd >= 0 ? fd : directory, name, &inner);
        if (error == 0 && fd >= 0)
            close(fd);
        if (error == 0)
            fd = inner;
        depth++;
    }
    const char *path = change->file.path + 1;
    const int in = fd >= 0 ? fd : directory;
    if (error == 0 && change->file.stat.type == VFS_REGULAR) {
        error = export_file(exporter, root, path, in, relative);
    } else if (error == 0 && change->file.stat.type == VFS_SYMLINK) {
        error = export_link(exporter, root, path, in, relative, depth);
    } else if (error == 0) {
        int inner;
        error = export_enter(exporter, in, relative, &inner);
        if (error == 0)
            close(inner);
    }
    if (fd >= 0)
        close(fd);
    return error;
}

static int export_changes(struct exporter *exporter, const struct file *root, const char *text, int directory)
{
    struct changes changes;
    const size_t start = text[1] == '\0' ? 1 : strlen(text) + 1;
    const struct host_export *how = exporter->how;
    int error = changes_list(exporter->vfs, text, (enum changes_since)how->since, how->skip, &changes);
    for (size_t i = 0; i < changes.count && error == 0; i++) {
        const struct change *change = &changes.items[i];
        if (change->kind != CHANGE_REMOVED && strlen(change->file.path) > start)
            error = export_change(exporter, root, change, change->file.path + start, directory);
    }
    changes_free(&changes);
    return error;
}

/* ---- the whole ---- */

/* Opens the directory `path` of the host, after making it if it is not there. */
static int export_open(struct exporter *exporter, const char *path, int *fd)
{
    if (mkdir(path, DIRECTORY_MODE) == 0)
        exporter->count->directories++;
    else if (errno != EEXIST)
        return export_target(exporter, errno);
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *fd >= 0 ? 0 : export_target(exporter, errno);
}

/* A single file: to a path of the host, or into a directory. */
static int export_single(struct exporter *exporter, const struct file *root, const char *text, const char *host_path)
{
    const char *name = strrchr(text, '/') + 1, *slash = strrchr(host_path, '/');
    int directory = open(host_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        char *parent = slash == NULL ? strdup(".") : strndup(host_path, (size_t)(slash - host_path) + 1);
        if (parent == NULL)
            return ENOMEM;
        directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        name = slash == NULL ? host_path : slash + 1;
        free(parent);
    }
    if (directory < 0 || *name == '\0')
        return export_target(exporter, directory < 0 ? errno : EISDIR);
    int error = export_file(exporter, root, text + 1, directory, name);
    close(directory);
    return error;
}

static int export_all(struct exporter *exporter, const struct file *root, const char *text, const char *host_path)
{
    const char *relative = text[1] == '\0' ? "." : text + 1;
    struct host_file facts;
    struct file from;
    int directory = -1;
    int error = host_open_stat(exporter->vfs, root, relative, strlen(relative), &facts);
    if (error == 0 && facts.stat.type == VFS_REGULAR)
        return export_single(exporter, root, text, host_path);
    if (error == 0)
        error = facts.stat.type == VFS_DIRECTORY
                    ? host_open_at(exporter->vfs, root, relative, strlen(relative), VFS_READ | VFS_ONLY_DIRECTORY,
                                   &from)
                    : EINVAL;
    if (error != 0)
        return error;
    error = export_open(exporter, host_path, &directory);
    if (error == 0) {
        error = exporter->how->only_changes ? export_changes(exporter, root, text, directory)
                                            : export_directory(exporter, &from, directory, 0);
        close(directory);
    }
    host_open_close(exporter->vfs, &from);
    return error;
}

int host_export(struct vfs *vfs, const char *path, const char *host_path, const struct host_export *how,
                struct host_count *count, int *target)
{
    char text[VFS_PATH_BYTES + 1];
    struct exporter exporter = {.vfs = vfs, .how = how, .count = count};
    struct file root;
    *count = (struct host_count){0};
    *target = 0;
    int error = host_access_path(path, text);
    if (error == 0 && (exporter.piece = malloc(PIECE_BYTES)) == NULL)
        error = ENOMEM;
    if (error == 0)
        error = host_open_root(vfs, &root);
    if (error == 0) {
        error = export_all(&exporter, &root, text, host_path);
        host_open_close(vfs, &root);
    }
    free(exporter.piece);
    *target = error != 0 && exporter.target;
    return error;
}
