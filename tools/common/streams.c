#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit_code.h"
#include "interrupts.h"

void streams_open_closed(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) /* the lowest free number is taken */
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            _exit(EXIT_CODE_FAILED);
}

int streams_write_all(int fd, const void *bytes, size_t length)
{
    const char *next = bytes;
    while (length > 0) {
        ssize_t written = write(fd, next, length);
        if (written >= 0) {
            next += written;
            length -= (size_t)written;
        } else if (errno == EAGAIN) { /* somebody else made the shared descriptor non-blocking */
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/* Waits as the run allows it. 0, or an errno. */
static int streams_wait(const struct streams *streams, int fd, short events)
{
    if (poll(&(struct pollfd){.fd = fd, .events = events}, 1, 0) > 0)
        return 0;
    return interrupts_wait(fd, events, streams->until_ns);
}

/* How much of `length` a descriptor that takes anything takes without waiting. */
static size_t streams_room(int fd, size_t length)
{
    struct stat file;
    size_t room = PIPE_BUF;
    if (length <= room || (fstat(fd, &file) == 0 && S_ISREG(file.st_mode)))
        return length;
    int queued, capacity = fcntl(fd, F_GETPIPE_SZ);
    if (capacity > 0 && ioctl(fd, FIONREAD, &queued) == 0 && queued == 0)
        room = (size_t)capacity; /* an empty pipe */
    return length < room ? length : room;
}

int streams_write(void *context, pybox_stream stream, const void *bytes, size_t length)
{
    struct streams *streams = context;
    int fd = stream == PYBOX_STDERR ? STDERR_FILENO : streams->output_fd, failed = 0;
    const char *next = bytes;
    while (length > 0 && failed == 0) {
        failed = streams_wait(streams, fd, POLLOUT);
        if (failed != 0)
            break;
        ssize_t written = write(fd, next, streams_room(fd, length));
        if (written >= 0) {
            next += written;
            length -= (size_t)written;
            if (stream == PYBOX_STDERR && written > 0)
                streams->unfinished = next[-1] != '\n';
        } else if (errno != EAGAIN && errno != EINTR) {
            failed = errno;
        }
    }
    if (failed != 0 && failed != EINTR && stream == PYBOX_STDOUT && streams->output_error == 0)
        streams->output_error = failed;
    return failed;
}

/* read() from standard input. The number of bytes, 0 at the end, or a negative errno. */
static ptrdiff_t streams_fill(const struct streams *streams, void *bytes, size_t capacity)
{
    for (;;) {
        int failed = streams_wait(streams, STDIN_FILENO, POLLIN);
        if (failed != 0)
            return -failed;
        ssize_t got = read(STDIN_FILENO, bytes, capacity);
        if (got >= 0)
            return got;
        if (errno != EAGAIN && errno != EINTR)
            return -errno;
    }
}

/* Reads more into the empty buffer. As streams_fill(). */
static ptrdiff_t streams_refill(struct streams *streams)
{
    ptrdiff_t got = streams_fill(streams, streams->buffer, sizeof streams->buffer);
    streams->start = 0;
    streams->end = got > 0 ? (size_t)got : 0;
    return got;
}

ptrdiff_t streams_read(void *context, void *bytes, size_t capacity)
{
    struct streams *streams = context;
    if (streams->start == streams->end) {
        if (!streams->by_line)
            return streams_fill(streams, bytes, capacity);
        ptrdiff_t got = streams_refill(streams);
        if (got <= 0)
            return got;
    }
    const char *from = streams->buffer + streams->start;
    size_t taken = streams->end - streams->start;
    const char *newline = streams->by_line ? memchr(from, '\n', taken) : NULL;
    if (newline != NULL)
        taken = (size_t)(newline - from) + 1;
    if (taken > capacity)
        taken = capacity;
    memcpy(bytes, from, taken);
    streams->start += taken;
    return (ptrdiff_t)taken;
}

/* Room for `more` bytes and a NUL behind the first `length`. 0, or -1 with ENOMEM. */
static int streams_grow(char **line, size_t *capacity, size_t length, size_t more)
{
    if (*line != NULL && *capacity - length > more)
        return 0;
    size_t wanted = 2 * (length + more) + 128;
    char *grown = realloc(*line, wanted);
    if (grown == NULL)
        return -1;
    *line = grown;
    *capacity = wanted;
    return 0;
}

ptrdiff_t streams_read_line(struct streams *streams, char **line, size_t *capacity)
{
    size_t length = 0;
    if (streams_grow(line, capacity, 0, 0) != 0)
        return -1;
    for (;;) {
        if (streams->start == streams->end) {
            ptrdiff_t got = streams_refill(streams);
            if (got < 0) {
                errno = (int)-got;
                return -1;
            }
            if (got == 0)
                break;
        }
        const char *from = streams->buffer + streams->start;
        size_t left = streams->end - streams->start;
        const char *newline = memchr(from, '\n', left);
        size_t taken = newline != NULL ? (size_t)(newline - from) + 1 : left;
        if (streams_grow(line, capacity, length, taken) != 0)
            return -1;
        memcpy(*line + length, from, taken);
        length += taken;
        streams->start += taken;
        if (newline != NULL)
            break;
    }
    (*line)[length] = '\0';
    return (ptrdiff_t)length;
}
