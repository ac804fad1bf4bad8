/* What can be done with an open file, also one that has no number: vfs_files.h by number. */
#ifndef FILES_H
#define FILES_H

#include "tree.h"
#include "walk.h"

/* Opens what a walk found, or makes it: `opened` is new. On failure the caller releases it all the same. */
int files_open(struct vfs *vfs, struct walk *walk, uint32_t how, uint16_t flags, struct opened *opened);

/* As vfs_read() and its like. NULL is EBADF. */
int files_read(struct vfs *vfs, const struct file *file, void *bytes, size_t length, uint64_t position,
               size_t *done);
int files_write(struct vfs *vfs, const struct file *file, const void *bytes, size_t length,
                uint64_t position, size_t *done, uint64_t *end);
int files_stat(struct vfs *vfs, const struct file *file, struct vfs_stat *stat);

/* As vfs_list(). (listing.c) */
int listing_of(struct vfs *vfs, const struct file *file, uint64_t cookie, vfs_each *each, void *context);

#endif
