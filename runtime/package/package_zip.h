/*
 * Reading ZIP files that may be forged, as wheels are: stored and deflated entries, all of a file's claims checked
 * against each other, and against caps, before anything is decompressed.
 * Format: PKWARE's APPNOTE.TXT, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (its end).
 */
#ifndef PACKAGE_ZIP_H
#define PACKAGE_ZIP_H

#include <stddef.h>
#include <stdint.h>

#include "pybox.h"

/* A file; folders are left out. */
struct package_zip_entry {
    const char *name; /* in the bytes; not NUL-terminated */
    uint32_t name_length;
    uint32_t method; /* 0 or 8 */
    uint32_t header; /* offset of its local header */
    uint32_t data;   /* offset of what is stored */
    uint32_t stored_bytes, bytes, checksum;
};

struct package_zip {
    const uint8_t *bytes; /* borrowed */
    size_t length;
    struct package_zip_entry *entries; /* in the order of the central directory */
    uint32_t count;
    uint64_t total_bytes; /* of all files, decompressed */
};

/* What may come out of a package. */
struct package_limits {
    uint64_t bytes; /* of all files */
    uint32_t files;
};

/* Reads and checks the directory of a file in memory, which stays the caller's and as it is. Nothing is decompressed.
 * Errors: ARCHIVE (malformed, encrypted, ZIP64, unsafe or double names, links, overlapping entries), LIMIT (more than
 * `limits`, by what the file says of itself), NO_MEMORY. */
pybox_status package_zip_open(const uint8_t *bytes, size_t length, const struct package_limits *limits,
                              struct package_zip *zip);

/* Writes a file's contents to `to`, which has room for entry->bytes. Errors: ARCHIVE (its size or checksum is another,
 * or what is stored cannot be decompressed), NO_MEMORY. */
pybox_status package_zip_extract(const struct package_zip *zip, const struct package_zip_entry *entry, uint8_t *to);

/* NULL if there is none of that name. */
const struct package_zip_entry *package_zip_find(const struct package_zip *zip, const char *name);

void package_zip_close(struct package_zip *zip);

#endif
