/*
 * Directories of the host, by capability: everything is reached from a descriptor of the mounted directory, and the
 * kernel (openat2 with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS), or where it cannot a walk of our own, makes sure
 * that no name and no symbolic link leads out. Functions return 0 or an errno value; a path that leads out gives EPERM.
 *
 * Paths are relative, NUL-terminated, without a final slash, and not empty: "." is the directory itself.
 */
#ifndef HOSTFS_H
#define HOSTFS_H

#include <fcntl.h>
#include <stdint.h>

#include "vfs_files.h"

struct hostfs {
    int fd;         /* the mounted directory, or file */
    uint64_t device;
};

#define HOSTFS_PROBE (O_PATH | O_DIRECTORY)

/* How a directory is walked. */
struct hostfs_walk {
    int base;             /* descriptor of the directory the path begins in */
    uint8_t *no_openat2;  /* 1: use our own walk. Set when openat2 turns out to be missing. */
    uint8_t no_links;     /* no symbolic links at all (ELOOP) */
};

int hostfs_mount(const char *path, int read_only, struct hostfs **host, uint8_t *type);
void hostfs_unmount(struct hostfs *host);
void hostfs_close(int fd);

/* Opens a regular file or directory. `how` as in vfs_open(). */
int hostfs_open(const struct hostfs_walk *walk, const char *path, uint32_t how, uint16_t flags,
                int *fd, uint8_t *type);

int hostfs_stat(const struct hostfs *host, const struct hostfs_walk *walk, const char *path,
                int follow, struct vfs_stat *stat);
int hostfs_stat_fd(const struct hostfs *host, int fd, struct vfs_stat *stat);
int hostfs_set_times(const struct hostfs_walk *walk, const char *path, int follow,
                     uint64_t accessed_ns, uint64_t modified_ns);
int hostfs_set_times_fd(int fd, uint64_t accessed_ns, uint64_t modified_ns);
int hostfs_make_directory(const struct hostfs_walk *walk, const char *path);
int hostfs_remove(const struct hostfs_walk *walk, const char *path, int directory);
int hostfs_rename(const struct hostfs_walk *from_walk, const char *from,
                  const struct hostfs_walk *to_walk, const char *to);
int hostfs_link(const struct hostfs_walk *from_walk, const char *from,
                const struct hostfs_walk *to_walk, const char *to);
/* Refuses targets that would lead out for other programs, too: absolute ones, and those with more `..` than `depth`. */
int hostfs_symlink(const char *target, uint32_t depth, const struct hostfs_walk *walk,
                   const char *path);
int hostfs_readlink(const struct hostfs_walk *walk, const char *path, char *target, size_t capacity,
                    size_t *length);

/* Lists from a cookie of the kernel's on. 0: the end was reached; ECANCELED: `each` wanted no more. */
int hostfs_list(int fd, uint64_t cookie, vfs_each *each, void *context);

/* Opens what the last component is in (a descriptor of its own) and says which part of the path it is.
 * (hostfs_walk.c) */
int hostfs_parent(const struct hostfs_walk *walk, const char *path, int *parent, const char **name);

/* open() below the walk's base: flags of open(), O_CLOEXEC added. (hostfs_walk.c) */
int hostfs_open_beneath(const struct hostfs_walk *walk, const char *path, int flags, int *fd);

#endif
