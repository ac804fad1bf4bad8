/* What is behind a pybox_package. */
#ifndef PACKAGE_HANDLE_H
#define PACKAGE_HANDLE_H

#include <pthread.h>
#include <stdatomic.h>

#include "package_contents.h"
#include "pybox.h"

/* Counted by reference, shared by threads. All but `joined` never changes. */
struct pybox_package {
    atomic_uint holds;
    struct package_contents contents;
    pybox_package_info info; /* points into the contents */

    /* The union that was made last with this package as the first: boxes that are made one after the other have the
     * same packages. */
    pthread_mutex_t lock;
    struct vfs_archive *joined;
    struct vfs_archive **parts; /* held, so that no other has one's address */
    size_t part_count;
};

/* A handle for contents, which it takes, also on failure. Errors: NO_MEMORY. */
pybox_status package_handle_make(struct package_contents *contents, int compiled, struct pybox_package **handle);

#endif
