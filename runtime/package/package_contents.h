/* What a package holds: its files as an archive that boxes mount, and what it says of itself. */
#ifndef PACKAGE_CONTENTS_H
#define PACKAGE_CONTENTS_H

#include "package_metadata.h"
#include "package_zip.h"
#include "vfs.h"

struct package_contents {
    struct vfs_archive *archive; /* laid out as site-packages is */
    struct package_facts facts;
    uint64_t bytes; /* of all files */
    uint32_t files;
};

/* Reads a wheel in memory: checks it as a whole, decompresses it, compares every file with RECORD, and puts what its
 * .data folder has for purelib and platlib to the rest; scripts, headers and data stay in .data. Errors: ARCHIVE
 * (malformed, or other than RECORD says), UNSUPPORTED (native code, or for another Python), LIMIT, NO_MEMORY. */
pybox_status package_wheel_read(const uint8_t *bytes, size_t length, const struct package_limits *limits,
                                struct package_contents *contents);

/* Reads the folder behind `fd`, named `name`: a package (it has an __init__.py), a project (its src, if it has one), or
 * one laid out as site-packages is. Leaves out compiled files, __pycache__, and what has a name that begins with a dot.
 * Errors: PATH (links, names that no archive holds, no Python files), UNSUPPORTED (native code), LIMIT, IO, NO_MEMORY. */
pybox_status package_folder_read(int fd, const char *name, const struct package_limits *limits,
                                 struct package_contents *contents);

void package_contents_free(struct package_contents *contents);

#endif
