/* The guest's standard streams on the command's own: written as they come, read as they are asked
 * for. */
#ifndef STREAMS_H
#define STREAMS_H

#include "pybox.h"

struct streams {
    int output_fd;    /* where the guest's standard output goes */
    int output_error; /* the errno of the first write to it that failed, or 0 */
    int unfinished;   /* the guest's standard error does not end with a newline */
    uint64_t until_ns; /* of CLOCK_MONOTONIC: when waiting ends, with EINTR; UINT64_MAX: never */
    int by_line;       /* the guest gets a line at a time: the others are for streams_read_line() */
    size_t start, end; /* of what is read and not yet given */
    char buffer[4096];
};

#define STREAMS_TO(fd) ((struct streams){.output_fd = (fd), .until_ns = UINT64_MAX})

/* The pybox_output_callback: all of it is written when it returns, or an errno is given back:
 * EINTR if it had to wait and was interrupted. */
int streams_write(void *streams, pybox_stream stream, const void *bytes, size_t length);

/* The pybox_input_callback: the command's standard input. -EINTR if it was interrupted. */
ptrdiff_t streams_read(void *streams, void *bytes, size_t capacity);

/* The next line of standard input with its newline, for a reader that shares it with the guest;
 * *line is grown as getline() does. Returns its length, 0 at the end, or -1 with errno (EINTR
 * included). */
ptrdiff_t streams_read_line(struct streams *streams, char **line, size_t *capacity);

/* To be called first in main(): a standard stream that is closed becomes /dev/null. Otherwise the
 * next file that is opened, a snapshot say, would be the program's standard input. */
void streams_open_closed(void);

/* Writes all of it to a descriptor, waiting where it does not take any more. 0, or an errno. */
int streams_write_all(int fd, const void *bytes, size_t length);

#endif
