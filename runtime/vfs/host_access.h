/*
 * The host's own access to the files of a tree whose guest does not run. Paths are the guest's: absolute, or relative
 * to /work; NUL-terminated. They lead nowhere that the guest's own would not, and what the guest cannot write the host
 * cannot write in this way either. Symbolic links on the way are followed inside the tree, as the guest follows them.
 *
 * Functions return 0 or an errno value. What fails changes nothing in memory (in writable directories of the host, what
 * was done until then stays).
 */
#ifndef HOST_ACCESS_H
#define HOST_ACCESS_H

#include <stddef.h>
#include <stdint.h>

#include "vfs.h"
#include "vfs_files.h"

#define HOST_ACCESS_DEPTH 1024 /* directories below the one where something begins (ENAMETOOLONG) */

/* A file as the host sees it. */
struct host_file {
    const char *path; /* absolute in the guest's tree */
    struct vfs_stat stat;
    int writable; /* the guest could change it */
};

/* Its contents, at most `most` bytes (EFBIG), with a NUL behind them; the caller frees them. Follows a link at the end.
 * EINVAL: no regular file. */
int host_access_read(struct vfs *vfs, const char *path, uint64_t most, void **bytes, size_t *length);

/* Makes or replaces a file, and the directories above it that are missing. A symbolic link at the end is replaced. */
int host_access_write(struct vfs *vfs, const char *path, const void *bytes, size_t length);

/* Of a link itself. `file->path` stays as it is. */
int host_access_stat(struct vfs *vfs, const char *path, struct host_file *file);

/* Makes a directory, and those above it that are missing. One that is there already is well. */
int host_access_make_directory(struct vfs *vfs, const char *path);

/* Removes a file, a link or a directory: an empty one or, if `recursive`, with all that is in it. EBUSY: something is
 * mounted there or below. */
int host_access_remove(struct vfs *vfs, const char *path, int recursive);

/* The path from the root in one form: absolute, without `.`, doubled and final slashes. In `text`, of
 * VFS_PATH_BYTES + 1 bytes. ENAMETOOLONG, EINVAL (empty). */
int host_access_path(const char *path, char *text);

/* ---- listing (host_list.c) ---- */

#define HOST_LIST_MOST 1000000u        /* names in one list (E2BIG) */
#define HOST_LIST_BYTES (64u << 20)    /* of their paths (E2BIG) */

/* Files with their paths, sorted by these; to be freed by host_list_free() also after a failure. */
struct host_list {
    struct host_file *files;
    size_t count, capacity;
    char *texts; /* the paths, each with its NUL */
    size_t text_bytes, text_capacity;
};

/* What `pattern` names: the entries of a directory, or a file itself, if it has no `*`, `?` or `[`; else all that
 * matches it, where `**` as a component stands for any number of directories. Names that begin with a dot are names
 * like others. Links are followed before the first wildcard, and listed behind it. ENOENT: a pattern without wildcards that
 * names nothing. */
int host_list_match(struct vfs *vfs, const char *pattern, struct host_list *list);
void host_list_free(struct host_list *list);

#endif
