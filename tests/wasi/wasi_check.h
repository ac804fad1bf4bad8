/* What the programs share: a check that tells where it failed, and ends the program. */
#ifndef WASI_CHECK_H
#define WASI_CHECK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);      \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define FAILS(call, error) CHECK((errno = 0, (call) == -1 && errno == (error)))

#endif
