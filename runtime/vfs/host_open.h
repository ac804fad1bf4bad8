/* Files that the host has opened: they have no number, and the guest does not see them. What host_access.c, host_list.c
 * and host_copy.c share. */
#ifndef HOST_OPEN_H
#define HOST_OPEN_H

#include "files.h"
#include "host_access.h"

/* Opens what `path` (not NUL-terminated, relative) names below `at`; `how` as in vfs_open(). */
int host_open_at(struct vfs *vfs, const struct file *at, const char *path, size_t length, uint32_t how,
                 struct file *file);

/* The root directory. ENOMEM. */
int host_open_root(struct vfs *vfs, struct file *root);

void host_open_close(struct vfs *vfs, struct file *file);

/* Of what is in a directory; a link itself. */
int host_open_stat(struct vfs *vfs, const struct file *at, const char *name, size_t length, struct host_file *file);

/* The names in a directory, without `.` and `..`, sorted. To be freed also after a failure. */
struct host_names {
    char *texts; /* each with its NUL, one behind the other */
    uint32_t *starts;
    uint32_t count, capacity;
    uint32_t bytes, byte_capacity;
    int error;
};
int host_open_list(struct vfs *vfs, const struct file *directory, struct host_names *names);
void host_open_free(struct host_names *names);

/* Writes all of it at a position. */
int host_open_write(struct vfs *vfs, const struct file *file, const void *bytes, size_t length, uint64_t position);

/* Makes a change of several steps one: on a failure (`error` not 0) those in memory are undone. begin: 0 or an errno
 * value; end: `error`. */
int host_open_begin(struct vfs *vfs);
int host_open_end(struct vfs *vfs, int error);

/* Makes the directories of an absolute path in one form. `length` bytes of it. */
int host_open_make(struct vfs *vfs, const struct file *root, const char *path, size_t length);

/* Opens a file for new contents below `at`, in place of what is there (no directory). */
int host_open_replace(struct vfs *vfs, const struct file *at, const char *name, size_t length, struct file *file);

#endif
