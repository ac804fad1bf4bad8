/* Whole reads and writes at an offset, and files that appear under their name only when complete.
 */
#ifndef FILE_IO_H
#define FILE_IO_H

#include "pybox.h"

#include <stddef.h>
#include <stdint.h>

/* Reads `length` bytes at `offset`. SNAPSHOT_FORMAT if the file ends before, IO if reading fails.
 */
pybox_status file_io_read(int fd, void *bytes, size_t length, uint64_t offset);

/* Writes `length` bytes at `offset`. Error: IO. */
pybox_status file_io_write(int fd, const void *bytes, size_t length, uint64_t offset);

/* The same for memory: 4 KiB pages that are all zeroes are left out (the file reads as zeroes
 * there). */
pybox_status file_io_write_sparse(int fd, const uint8_t *bytes, size_t length, uint64_t offset);

/* SNAPSHOT_FORMAT with a message if a byte from `offset` on, `length` long, is not zero. */
pybox_status file_io_check_zero(int fd, uint64_t offset, uint64_t length);

/* A file that is being written beside the name it will have. */
struct file_io_draft {
    int fd;
    int directory_fd;
    const char *name; /* that it will have: the last component of `path` */
    const char *path; /* borrowed; for messages */
    char temporary[40]; /* its name until then; "": none */
};

/* Creates a temporary file (mode 0644 less the umask) in the directory of `path`: without a name, if the file system
 * can do that, so that nothing stays of it if its writer is killed. Otherwise it is locked (flock()) until it is put
 * in place or its writer has ended: who can lock it may remove it. Errors: ARGUMENT (`path` names nothing, or
 * something that is no regular file), IO, NO_MEMORY. */
pybox_status file_io_draft_create(const char *path, struct file_io_draft *draft);

/* 1 if there is a regular file of its name already. */
int file_io_draft_is_there(const struct file_io_draft *draft);

/* 1 if `name` is that of a temporary file as they are made here. */
int file_io_is_temporary(const char *name);

/* Syncs it, renames it over `path` and syncs the directory. The draft is gone afterwards, also on
 * failure; then the old file, if any, is still in place (except if only the last sync failed). */
pybox_status file_io_draft_commit(struct file_io_draft *draft);

/* Removes it. */
void file_io_draft_discard(struct file_io_draft *draft);

#endif
