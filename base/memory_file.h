/* Files in memory (memfd) whose contents are fixed: nobody, in this process or another, can change them any more. */
#ifndef MEMORY_FILE_H
#define MEMORY_FILE_H

#include "pybox.h"

#include <fcntl.h>

#ifndef F_SEAL_WRITE /* glibc declares them with _GNU_SOURCE only */
#error "compile with _GNU_SOURCE"
#endif

#define MEMORY_FILE_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* Makes an empty file that can be sealed, closed on exec; `name` is seen in /proc only. -1 with errno. */
int memory_file_create(const char *name);

/* Seals it. While the kernel itself holds a page of it for a moment (it moves pages, or another processor has not yet
 * put new ones on its lists), sealing is refused with EBUSY: it is tried again for a few seconds then. 0, or -1 with
 * errno. Blocks. Any thread. */
int memory_file_seal(int fd);

#endif
