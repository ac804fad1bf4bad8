#include "host_check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "error.h"

#ifndef __x86_64__
#error "pybox runs on x86-64 Linux"
#endif

/* AT_HWCAP2: the kernel has enabled rdgsbase and wrgsbase for programs.
 * arch/x86/include/uapi/asm/hwcap2.h */
#define HWCAP2_FSGSBASE 2u
#define HOST_PAGE_BYTES 4096

static const char *kernel_release(struct utsname *facts)
{
    return uname(facts) == 0 ? facts->release : "of unknown version";
}

pybox_status host_check(void)
{
    struct utsname facts;
    if ((getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE) == 0)
        return error_set(
            PYBOX_ERROR_UNSUPPORTED,
            "programs may not set the gs base here (FSGSBASE), kernel %s; expected a CPU "
            "of 2013 or later (Intel Ivy Bridge, AMD Excavator) and Linux 5.9 or later "
            "without the boot option nofsgsbase",
            kernel_release(&facts));
    long page = sysconf(_SC_PAGESIZE);
    if (page != HOST_PAGE_BYTES)
        return error_set(PYBOX_ERROR_UNSUPPORTED, "memory pages of %ld bytes; expected %d", page,
                         HOST_PAGE_BYTES);
    int fd = memfd_create("pybox-check", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd >= 0)
        close(fd);
    else if (errno == ENOSYS || errno == EPERM || errno == EACCES)
        return error_set(
            PYBOX_ERROR_UNSUPPORTED,
            "memfd_create is refused (%m), kernel %s; expected Linux 3.17 or later and a "
            "system call filter that allows it",
            kernel_release(&facts));
    return PYBOX_OK; /* too many open files, say, is for those to report who need one */
}
