#include "source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SOURCE_BYTES ((size_t)256 << 20)

/* All that can be read from `fd`. 0, or an errno. */
static int source_file_drain(int fd, struct source *source)
{
    size_t capacity = 0;
    for (;;) {
        if (capacity - source->length < 2) {
            if (capacity > MAX_SOURCE_BYTES)
                return EFBIG;
            capacity = capacity > 0 ? 2 * capacity : 65536;
            char *grown = realloc(source->text, capacity);
            if (grown == NULL)
                return ENOMEM;
            source->text = grown;
        }
        ssize_t got = read(fd, source->text + source->length, capacity - source->length - 1);
        if (got == 0)
            break;
        if (got > 0)
            source->length += (size_t)got;
        else if (errno != EINTR)
            return errno;
    }
    source->text[source->length] = '\0';
    return 0;
}

int source_file_read(const char *path, struct source *source,
                     char failure[SOURCE_FILE_FAILURE_BYTES])
{
    *source = (struct source){0};
    int from_input = strcmp(path, "-") == 0;
    int fd = from_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    int failed = fd < 0 ? errno : source_file_drain(fd, source);
    if (fd >= 0 && !from_input)
        close(fd);
    if (failed == 0)
        return 0;
    source_file_free(source);
    snprintf(failure, SOURCE_FILE_FAILURE_BYTES, "can't read %s: %s",
             from_input ? "standard input" : path, strerror(failed));
    return -1;
}

void source_file_free(struct source *source)
{
    free(source->text);
    *source = (struct source){0};
}
