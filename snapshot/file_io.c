#include "file_io.h"

#include "bytes.h"
#include "error.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_BYTES 4096
#define CHECK_BYTES 65536
#define TEMPORARY_START ".pybox-"
#define TEMPORARY_END ".tmp"

pybox_status file_io_read(int fd, void *bytes, size_t length, uint64_t offset)
{
    uint8_t *to = bytes;
    while (length > 0) {
        ssize_t got = pread(fd, to, length, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_io(errno, "cannot read the snapshot at byte %" PRIu64, offset);
        if (got == 0)
            return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                             "the snapshot was truncated while it was read, at byte %" PRIu64,
                             offset);
        to += got;
        length -= (size_t)got;
        offset += (size_t)got;
    }
    return PYBOX_OK;
}

pybox_status file_io_write(int fd, const void *bytes, size_t length, uint64_t offset)
{
    const uint8_t *from = bytes;
    while (length > 0) {
        ssize_t put = pwrite(fd, from, length, (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return error_set_io(errno, "cannot write %zu bytes of a snapshot", length);
        from += put;
        length -= (size_t)put;
        offset += (size_t)put;
    }
    return PYBOX_OK;
}

pybox_status file_io_write_sparse(int fd, const uint8_t *bytes, size_t length, uint64_t offset)
{
    size_t at = 0;
    while (at < length) {
        size_t start = at; /* of a run of pages that are not zero */
        size_t page = 0;
        for (; at < length; at += page) {
            page = length - at < PAGE_BYTES ? length - at : PAGE_BYTES;
            if (bytes_are_zero(bytes + at, page))
                break;
        }
        if (at > start) {
            pybox_status status = file_io_write(fd, bytes + start, at - start, offset + start);
            if (status != PYBOX_OK)
                return status;
        }
        if (at < length)
            at += page; /* the zero page */
    }
    return PYBOX_OK;
}

pybox_status file_io_check_zero(int fd, uint64_t offset, uint64_t length)
{
    uint8_t bytes[CHECK_BYTES];
    while (length > 0) {
        size_t step = length < sizeof bytes ? (size_t)length : sizeof bytes;
        pybox_status status = file_io_read(fd, bytes, step, offset);
        if (status != PYBOX_OK)
            return status;
        if (!bytes_are_zero(bytes, step))
            return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                             "the snapshot has data where its layout leaves a gap, in the %zu "
                             "bytes from byte %" PRIu64,
                             step, offset);
        offset += step;
        length -= step;
    }
    return PYBOX_OK;
}

/* Opens the directory that holds `path`. */
static pybox_status file_io_open_directory(const char *path, struct file_io_draft *draft)
{
    const char *slash = strrchr(path, '/');
    draft->name = slash == NULL ? path : slash + 1;
    if (*draft->name == '\0' || strcmp(draft->name, ".") == 0 || strcmp(draft->name, "..") == 0)
        return error_set(PYBOX_ERROR_ARGUMENT, "'%s' does not name a file to write", path);
    size_t length = slash == NULL ? 0 : (size_t)(slash - path) + 1; /* with the slash: "/" works */
    char *directory = malloc(length + 2);
    if (directory == NULL)
        return error_set_memory("the name of a directory", length + 2);
    memcpy(directory, path, length);
    strcpy(directory + length, length == 0 ? "." : "");
    draft->directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(directory);
    if (draft->directory_fd < 0)
        return error_set_io(errno, "cannot open the directory of '%s'", path);
    return PYBOX_OK;
}

/* A device or a folder at `path` must not be replaced by a file. */
static pybox_status file_io_check_target(const struct file_io_draft *draft)
{
    struct stat found;
    if (fstatat(draft->directory_fd, draft->name, &found, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? PYBOX_OK : error_set_io(errno, "cannot write '%s'", draft->path);
    if (!S_ISREG(found.st_mode) && !S_ISLNK(found.st_mode))
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "'%s' exists and is no regular file; it is not replaced", draft->path);
    return PYBOX_OK;
}

static pybox_status file_io_name_temporary(struct file_io_draft *draft)
{
    uint64_t number;
    if (getrandom(&number, sizeof number, 0) != sizeof number)
        return error_set_io(errno, "cannot get a random number for a temporary file's name");
    snprintf(draft->temporary, sizeof draft->temporary, TEMPORARY_START "%016" PRIx64 TEMPORARY_END,
             number);
    return PYBOX_OK;
}

#define DESCRIPTOR_PATH_BYTES 32

static const char *file_io_descriptor_path(int fd, char path[DESCRIPTOR_PATH_BYTES])
{
    snprintf(path, DESCRIPTOR_PATH_BYTES, "/proc/self/fd/%d", fd);
    return path;
}

/* A file without a name, of which nothing stays if its writer is killed. 0 where there can be none. */
static int file_io_open_unnamed(struct file_io_draft *draft)
{
    char path[DESCRIPTOR_PATH_BYTES];
    draft->fd = openat(draft->directory_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
    if (draft->fd < 0)
        return 0;
    if (access(file_io_descriptor_path(draft->fd, path), F_OK) == 0) /* it gets its name by that */
        return 1;
    close(draft->fd);
    draft->fd = -1;
    return 0;
}

/* Gives a file without a name one, for the moment until it is renamed. */
static pybox_status file_io_link_unnamed(struct file_io_draft *draft)
{
    char path[DESCRIPTOR_PATH_BYTES];
    file_io_descriptor_path(draft->fd, path);
    for (;;) {
        pybox_status status = file_io_name_temporary(draft);
        if (status == PYBOX_OK && linkat(AT_FDCWD, path, draft->directory_fd, draft->temporary,
                                         AT_SYMLINK_FOLLOW) == 0)
            return PYBOX_OK;
        draft->temporary[0] = '\0';
        if (status != PYBOX_OK)
            return status;
        if (errno != EEXIST)
            return error_set_io(errno, "cannot create a file beside '%s'", draft->path);
    }
}

static pybox_status file_io_open_temporary(struct file_io_draft *draft)
{
    for (;;) {
        pybox_status status = file_io_name_temporary(draft);
        if (status != PYBOX_OK)
            return status;
        draft->fd = openat(draft->directory_fd, draft->temporary,
                           O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (draft->fd >= 0) {
            flock(draft->fd, LOCK_EX | LOCK_NB); /* a file system without locks has no such tidying */
            return PYBOX_OK;
        }
        if (errno != EEXIST && errno != EINTR)
            return error_set_io(errno, "cannot create a file beside '%s'", draft->path);
    }
}

pybox_status file_io_draft_create(const char *path, struct file_io_draft *draft)
{
    *draft = (struct file_io_draft){.fd = -1, .directory_fd = -1, .path = path};
    pybox_status status = file_io_open_directory(path, draft);
    if (status == PYBOX_OK)
        status = file_io_check_target(draft);
    if (status == PYBOX_OK && !file_io_open_unnamed(draft))
        status = file_io_open_temporary(draft);
    if (status != PYBOX_OK && draft->directory_fd >= 0)
        close(draft->directory_fd);
    return status;
}

int file_io_draft_is_there(const struct file_io_draft *draft)
{
    struct stat found;
    return fstatat(draft->directory_fd, draft->name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(found.st_mode);
}

int file_io_is_temporary(const char *name)
{
    const size_t start = sizeof TEMPORARY_START - 1, end = sizeof TEMPORARY_END - 1;
    size_t length = strlen(name);
    return length == start + 16 + end && strncmp(name, TEMPORARY_START, start) == 0 &&
           strcmp(name + length - end, TEMPORARY_END) == 0;
}

pybox_status file_io_draft_commit(struct file_io_draft *draft)
{
    pybox_status status = PYBOX_OK;
    if (fsync(draft->fd) != 0)
        status = error_set_io(errno, "cannot sync '%s' to its disk", draft->path);
    else if (draft->temporary[0] == '\0')
        status = file_io_link_unnamed(draft);
    if (status == PYBOX_OK && renameat(draft->directory_fd, draft->temporary, draft->directory_fd, draft->name) != 0)
        status = error_set_io(errno, "cannot give '%s' its name", draft->path);
    if (status != PYBOX_OK) {
        file_io_draft_discard(draft);
        return status;
    }
    if (fsync(draft->directory_fd) != 0)
        status =
            error_set_io(errno, "'%s' is written, but its directory cannot be synced", draft->path);
    close(draft->fd);
    close(draft->directory_fd);
    return status;
}

void file_io_draft_discard(struct file_io_draft *draft)
{
    if (draft->temporary[0] != '\0')
        unlinkat(draft->directory_fd, draft->temporary, 0);
    close(draft->fd);
    close(draft->directory_fd);
}
