#include "wasm_file.h"

#include "error.h"
#include "wasm_module.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads up to `capacity` bytes, fewer only at the file's end. */
static pybox_status read_all(int fd, const char *path, uint8_t *bytes, size_t capacity,
                             size_t *length)
{
    size_t done = 0;
    while (done < capacity) {
        ssize_t count = read(fd, bytes + done, capacity - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return error_set_io(errno, "%s: cannot be read", path);
        if (count == 0)
            break;
        done += (size_t)count;
    }
    *length = done;
    return PYBOX_OK;
}

static pybox_status read_open(int fd, const char *path, uint8_t **bytes, size_t *length)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return error_set_io(errno, "%s: cannot be read", path);
    if (!S_ISREG(info.st_mode))
        return error_set(PYBOX_ERROR_IO, "%s: not a regular file", path);
    if ((uint64_t)info.st_size > WASM_MAX_BYTES)
        return error_set(PYBOX_ERROR_LIMIT, "%s: %lld bytes; at most %u are allowed", path,
                         (long long)info.st_size, WASM_MAX_BYTES);
    size_t capacity = (size_t)info.st_size;
    uint8_t *buffer = malloc(capacity + 1);
    if (buffer == NULL)
        return error_set_memory(path, capacity);
    pybox_status status = read_all(fd, path, buffer, capacity, length);
    if (status != PYBOX_OK) {
        free(buffer);
        return status;
    }
    *bytes = buffer;
    return PYBOX_OK;
}

pybox_status wasm_file_read(const char *path, uint8_t **bytes, size_t *length)
{
    *bytes = NULL;
    *length = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set_io(errno, "%s: cannot be opened", path);
    pybox_status status = read_open(fd, path, bytes, length);
    close(fd);
    return status;
}

static int write_all(int fd, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = write(fd, bytes, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        bytes += count;
        length -= (size_t)count;
    }
    return 0;
}

pybox_status wasm_file_write(const char *path, const void *bytes, size_t length)
{
    char *temporary;
    if (asprintf(&temporary, "%s.%ld.tmp", path, (long)getpid()) < 0)
        return error_set_memory("a file name", 0);
    pybox_status status = PYBOX_OK;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        status = error_set_io(errno, "%s: cannot be created", temporary);
    } else {
        int failed = write_all(fd, bytes, length);
        if (close(fd) != 0 || failed != 0 || rename(temporary, path) != 0) {
            status = error_set_io(errno, "%s: cannot be written", path);
            unlink(temporary);
        }
    }
    free(temporary);
    return status;
}
