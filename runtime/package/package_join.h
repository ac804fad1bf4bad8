/* Several packages as one folder. */
#ifndef PACKAGE_JOIN_H
#define PACKAGE_JOIN_H

#include "package_metadata.h"
#include "vfs.h"

/* Where the one folder is: a place that Python looks for modules in, and that is there in every box. */
#define PACKAGE_FOLDER "/usr/lib/python3.13/site-packages"

/* Makes the union of archives, in a new one; one alone is held again. The same file may be in two if its bytes are the
 * same. Errors: ARGUMENT (two files of one name, two versions of a distribution), ARCHIVE (a file and a folder of one
 * name), LIMIT, NO_MEMORY. */
pybox_status package_join(struct vfs_archive *const *archives, size_t count, struct vfs_archive **joined);

/* A distribution in an archive. */
struct package_distribution {
    struct package_header name, version; /* in the archive; may be hostile */
    const char *text;                    /* its METADATA or PKG-INFO */
    size_t length;
};

/* The next distribution at or behind entry `*position`, which begins with 0. 0 if there is none. */
int package_distribution_next(const struct vfs_archive *archive, uint32_t *position,
                              struct package_distribution *distribution);

#endif
