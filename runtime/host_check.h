/* Whether this machine can run boxes. */
#ifndef HOST_CHECK_H
#define HOST_CHECK_H

#include "pybox.h"

/* The kernel lets programs set the gs base (FSGSBASE, Linux 5.9), has memfd_create, and pages of
 * 4096 bytes. Quick. Any thread. Errors: UNSUPPORTED. */
pybox_status host_check(void);

#endif
