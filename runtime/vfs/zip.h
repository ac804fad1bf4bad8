/*
 * Read-only archives: ZIP files with stored entries, read where they are mapped.
 * Format: PKWARE's APPNOTE.TXT, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (its end).
 */
#ifndef ZIP_H
#define ZIP_H

#include <stdatomic.h>

#include "vfs_files.h"

#define ZIP_NONE UINT32_MAX
#define ZIP_ROOT 0u
#define ZIP_DEPTH 64u /* most components of a name */

struct zip_entry {
    uint32_t name; /* offset of the whole name in the file */
    uint16_t name_length;
    uint16_t base; /* where the last component begins in the name */
    uint32_t header; /* offset of a file's local header */
    uint32_t size;
    uint32_t parent, first, last, next; /* directory, its first and last child, next sibling */
    uint32_t time; /* seconds since 1970 */
    uint32_t hash; /* of parent and last component */
    uint8_t type;
};

/* Whose the bytes are. */
enum zip_bytes { ZIP_BORROWED, ZIP_MAPPED, ZIP_ALLOCATED };

struct vfs_archive {
    atomic_uint holds;
    const uint8_t *bytes;
    size_t length;
    enum zip_bytes owned;
    uint32_t directory; /* offset of the central directory: file contents end before it */
    struct zip_entry *entries; /* [ZIP_ROOT] is the root */
    uint32_t count, capacity;
    uint32_t *index; /* hash table of entry numbers + 1 by parent and last component */
    uint32_t index_size;
    uint64_t key;
};

/* The child of a directory, or ZIP_NONE. */
uint32_t zip_find(const struct vfs_archive *archive, uint32_t directory, const char *name,
                  size_t length);

/* Where in the index that child is, or would be, and its hash. */
uint32_t zip_slot(const struct vfs_archive *archive, uint32_t directory, const char *name,
                  size_t length, uint32_t *hash);

/* The contents of a file: `size` bytes. NULL if its local header contradicts the directory. */
const uint8_t *zip_data(const struct vfs_archive *archive, uint32_t entry);

/* The last component of its name, not NUL-terminated. */
const char *zip_name(const struct vfs_archive *archive, uint32_t entry, size_t *length);

void zip_stat(const struct vfs_archive *archive, uint32_t entry, struct vfs_stat *stat);

/* Reads the central directory of `archive->bytes`. Errors: ARCHIVE, NO_MEMORY. (zip_index.c) */
pybox_status zip_index(struct vfs_archive *archive, const char *label);

/* Checks the local header of every file as zip_data() does. Errors: ARCHIVE. */
pybox_status zip_check(const struct vfs_archive *archive, const char *label);

#endif
