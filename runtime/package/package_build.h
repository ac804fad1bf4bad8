/* Archives that are made in memory, file by file: as ZIP files with stored entries, of the kind that boxes mount. */
#ifndef PACKAGE_BUILD_H
#define PACKAGE_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "vfs.h"

/* All zero: an empty one. */
struct package_builder {
    uint8_t *bytes;
    size_t length, capacity;
    uint32_t *headers; /* where each file's begins */
    uint32_t count, header_capacity;
};

/* Adds a file of `size` bytes with a safe name (package_name.h). `*contents` is where they are to be put before the
 * next call. Errors: LIMIT (an archive that is too large), NO_MEMORY. */
pybox_status package_builder_add(struct package_builder *builder, const char *name, size_t name_length, size_t size,
                                 uint8_t **contents);

/* The same with the contents. */
pybox_status package_builder_put(struct package_builder *builder, const char *name, size_t name_length,
                                 const void *contents, size_t size);

/* Makes the archive and leaves the builder empty. `label` is what errors call it. Errors: ARCHIVE (a name is there
 * twice, or is a file's and a folder's), NO_MEMORY. */
pybox_status package_builder_finish(struct package_builder *builder, const char *label, struct vfs_archive **archive);

void package_builder_free(struct package_builder *builder);

#endif
