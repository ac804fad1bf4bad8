/*
 * Files and paths of a tree, as the WASI shim uses them. Functions return 0 or a positive errno value of Linux, unless
 * they say otherwise. Paths are pointer + length, relative to an open directory; they are resolved inside the tree, and
 * a path that leads above the directory it started from is refused (EPERM), except that `..` in the root is the root.
 */
#ifndef VFS_FILES_H
#define VFS_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "vfs.h"

/* The numbers are those of WASI's filetype. */
enum vfs_type {
    VFS_UNKNOWN = 0,
    VFS_CHARACTER = 2,
    VFS_DIRECTORY = 3,
    VFS_REGULAR = 4,
    VFS_SYMLINK = 7,
};

struct vfs_stat {
    uint64_t device, inode, links, size;
    uint64_t accessed_ns, modified_ns, changed_ns; /* since 1970 */
    uint8_t type;
};

/* What a descriptor is, apart from what is behind it. The shim reads these, and writes them after vfs_change(). */
struct vfs_descriptor {
    uint64_t rights, inheriting; /* WASI's, kept for the shim */
    uint64_t offset;
    uint8_t kind;                /* VFS_FREE... */
    uint8_t type;                /* enum vfs_type */
    uint16_t flags;              /* VFS_APPEND... */
    uint8_t stream;              /* 0, 1, 2 if it is a stream */
    uint8_t preopen;             /* 1: it is the preopened "/"; more: another one, a number of the shim's that is not kept
                                    in snapshots */
    uint8_t readable, writable;
};

enum vfs_kind { VFS_FREE, VFS_STREAM, VFS_OPEN };

/* Descriptor flags; the numbers are those of WASI's fdflags. */
#define VFS_APPEND 1u
#define VFS_DSYNC 2u
#define VFS_NONBLOCK 4u
#define VFS_RSYNC 8u
#define VFS_SYNC 16u

/* How to open; the first four are WASI's oflags. */
#define VFS_CREATE 1u
#define VFS_ONLY_DIRECTORY 2u
#define VFS_EXCLUSIVE 4u
#define VFS_TRUNCATE 8u
#define VFS_READ 16u
#define VFS_WRITE 32u
#define VFS_FOLLOW 64u

/* Where the tree gets the time and random numbers from: the shim. */
struct vfs_hooks {
    void *context;
    uint64_t (*now_ns)(void *context);                              /* since 1970 */
    int (*random)(void *context, void *bytes, size_t length); /* 0 or an errno value */
};
void vfs_set_hooks(struct vfs *vfs, const struct vfs_hooks *hooks);

/* Descriptors. The pointer is valid until the next call that opens one. NULL: there is none (EBADF). */
const struct vfs_descriptor *vfs_descriptor(struct vfs *vfs, uint32_t fd);
int vfs_change(struct vfs *vfs, uint32_t fd, struct vfs_descriptor **descriptor); /* to be written to */
int vfs_open_stream(struct vfs *vfs, uint32_t fd, uint8_t stream);
int vfs_open_root(struct vfs *vfs, uint32_t fd); /* "/" at a number of its own */
int vfs_open(struct vfs *vfs, uint32_t directory, const char *path, size_t length, uint32_t how,
             uint16_t flags, uint32_t *fd);
int vfs_close(struct vfs *vfs, uint32_t fd);
int vfs_renumber(struct vfs *vfs, uint32_t from, uint32_t to);

/* Input and output at a position; `*done` is how much. Not for streams. The descriptor's access mode is
 * checked (EBADF). Writing at VFS_APPEND_POSITION appends; `*end` (may be NULL) is the position behind what was
 * written. */
#define VFS_APPEND_POSITION UINT64_MAX
int vfs_read(struct vfs *vfs, uint32_t fd, void *bytes, size_t length, uint64_t position,
             size_t *done);
int vfs_write(struct vfs *vfs, uint32_t fd, const void *bytes, size_t length, uint64_t position,
              size_t *done, uint64_t *end);

/* State of an open file. */
int vfs_stat_file(struct vfs *vfs, uint32_t fd, struct vfs_stat *stat);
int vfs_set_size(struct vfs *vfs, uint32_t fd, uint64_t size);
int vfs_allocate(struct vfs *vfs, uint32_t fd, uint64_t offset, uint64_t length);
int vfs_sync(struct vfs *vfs, uint32_t fd, int data_only);
int vfs_set_flags(struct vfs *vfs, uint32_t fd, uint16_t flags);

/* Times: nanoseconds since 1970, or one of these. */
#define VFS_TIME_NOW UINT64_MAX
#define VFS_TIME_KEEP (UINT64_MAX - 1)
int vfs_set_times_file(struct vfs *vfs, uint32_t fd, uint64_t accessed_ns, uint64_t modified_ns);

/* Lists a directory from `cookie` (0: the start) on, until there is no more or `each` returns 0. Cookies stay valid
 * while the directory changes: what is there all the time is listed once. */
struct vfs_entry {
    uint64_t next; /* cookie of the entry behind it */
    uint64_t inode;
    const char *name;
    uint32_t length;
    uint8_t type;
};
typedef int vfs_each(void *context, const struct vfs_entry *entry);
int vfs_list(struct vfs *vfs, uint32_t fd, uint64_t cookie, vfs_each *each, void *context);

/* How many components of paths were walked since this was last asked, those of symbolic links in memory included. */
uint64_t vfs_take_steps(struct vfs *vfs);

/* Paths. */
int vfs_stat_path(struct vfs *vfs, uint32_t directory, const char *path, size_t length, int follow,
                  struct vfs_stat *stat);
int vfs_set_times_path(struct vfs *vfs, uint32_t directory, const char *path, size_t length,
                       int follow, uint64_t accessed_ns, uint64_t modified_ns);
int vfs_make_directory(struct vfs *vfs, uint32_t directory, const char *path, size_t length);
int vfs_remove_directory(struct vfs *vfs, uint32_t directory, const char *path, size_t length);
int vfs_unlink(struct vfs *vfs, uint32_t directory, const char *path, size_t length);
int vfs_rename(struct vfs *vfs, uint32_t from_directory, const char *from, size_t from_length,
               uint32_t to_directory, const char *to, size_t to_length);
int vfs_link(struct vfs *vfs, uint32_t from_directory, const char *from, size_t from_length,
             uint32_t to_directory, const char *to, size_t to_length);
int vfs_symlink(struct vfs *vfs, const char *target, size_t target_length, uint32_t directory,
                const char *path, size_t length);
int vfs_readlink(struct vfs *vfs, uint32_t directory, const char *path, size_t length, char *target,
                 size_t capacity, size_t *target_length);

#endif
