#include "memory_file.h"

#include <errno.h>
#include <sys/mman.h>
#include <time.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u /* Linux 6.3 */
#endif

#define SEAL_ATTEMPTS 20 /* the kernel waits for 150 ms in each, see mm/memfd.c: memfd_wait_for_pins() */

int memory_file_create(const char *name)
{
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);
    return fd < 0 && errno == EINVAL ? memfd_create(name, flags) : fd;
}

int memory_file_seal(int fd)
{
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    for (int attempt = 1;; attempt++) {
        if (fcntl(fd, F_ADD_SEALS, MEMORY_FILE_SEALS) == 0)
            return 0;
        if (errno != EBUSY || attempt == SEAL_ATTEMPTS)
            return -1;
        nanosleep(&pause, NULL);
    }
}
