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

/* ---- copies (host_copy.c, host_export.c) ---- */

/* What was copied, also until a failure. */
struct host_count {
    uint64_t files, directories, links, bytes;
    uint64_t skipped; /* devices, pipes, and links that would lead out */
};

/* Copies a file or directory of the host, whose own links are not followed below `host_path`, to `path`: a directory's
 * contents into that, which may be there. Files that are there are replaced. All or, on a failure, nothing. `*source`:
 * 1 if the error is about the host's side. */
int host_import(struct vfs *vfs, const char *host_path, const char *path, struct host_count *count, int *source);

/* How host_export() copies. */
struct host_export {
    uint64_t most_bytes, most_files; /* EFBIG, E2BIG */
    int replace;                     /* files that are there; else EEXIST */
    int only_changes;                /* since that: what was made or modified, and the directories it is in */
    int since;                       /* enum changes_since */
    uint32_t skip;
};

/* Copies a file or directory to the host: a directory's contents into the directory `host_path`, which is made if it is
 * not there; a file to that path, or into that directory. Below `host_path` no link of the host's is followed, and
 * only links are made that stay inside. What was copied until a failure stays. `*target`: 1 if the error is about the host's
 * side. */
int host_export(struct vfs *vfs, const char *path, const char *host_path, const struct host_export *how,
                struct host_count *count, int *target);

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
