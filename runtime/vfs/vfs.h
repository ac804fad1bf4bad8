/*
 * The file tree of a box, made of mounts. This is the face it shows to the runtime; vfs_files.h is the one it
 * shows to the WASI shim.
 *
 * A tree begins as read-only directories that exist because something is mounted below them. Nothing of the host is
 * visible but what was mounted. A tree and all that is in it belong to one thread at a time; an archive may be shared
 * by any number of trees and threads.
 */
#ifndef VFS_H
#define VFS_H

#include <stddef.h>
#include <stdint.h>

#include "pybox.h"

struct vfs;

/* ------------------------------------------------------------------------------------------
 * Read-only archives: ZIP files whose entries are stored, not compressed
 */

struct vfs_archive;

/* Opens and checks the ZIP file at `path`; its central directory is read and indexed, its contents stay where they are.
 * `trusted` says that nobody truncates or changes the file while it is in use: it is mapped directly. Otherwise it is
 * copied to a sealed memfd first, because reading a mapped file that someone truncates kills the process.
 * The caller holds the archive; trees that mount it hold it too.
 * Errors: IO (cannot be read), ARCHIVE (malformed, compressed, encrypted, ZIP64, unsafe names), NO_MEMORY. */
pybox_status vfs_archive_open(const char *path, int trusted, struct vfs_archive **archive);

/* The same for bytes in memory, which must stay as they are for as long as the archive lives. `label` is what error
 * messages call it. Errors: ARCHIVE, NO_MEMORY. */
pybox_status vfs_archive_open_bytes(const void *bytes, size_t length, const char *label,
                                    struct vfs_archive **archive);

/* Another hold, for another owner. Any thread. */
struct vfs_archive *vfs_archive_hold(struct vfs_archive *archive);

/* Releases a hold. NULL is allowed. Any thread. */
void vfs_archive_close(struct vfs_archive *archive);

/* ------------------------------------------------------------------------------------------
 * Trees
 */

/* What the guest may use. 0 means the default. */
struct vfs_quota {
    uint64_t bytes;      /* of host memory for all in-memory files, directories and names; also
                            the largest size of one file; default 64 MiB */
    uint32_t files;      /* in-memory files, directories and symbolic links; default 65,536 */
    uint32_t name_bytes; /* of one path component; default and maximum 255 */
    uint32_t depth;      /* of in-memory directories below their mount; default 64 */
    uint32_t open_files; /* descriptors; default 256, at most 65,536 */
};

#define VFS_PATH_BYTES 4096 /* longest path, and longest target of a symbolic link */
#define VFS_MOUNTS 64       /* most mounts of a tree */

/* Makes a tree with `/dev/null` and `/dev/urandom` and nothing else. `quota` may be NULL. One allocation.
 * Errors: ARGUMENT, NO_MEMORY. */
pybox_status vfs_create(const struct vfs_quota *quota, struct vfs **vfs);

/* Closes and frees everything. NULL is allowed. */
void vfs_destroy(struct vfs *vfs);

/* Mount points are absolute paths without `.`, `..`, empty components and final slash, and not `/`. A mount takes the
 * place of one that is there if that holds no files, descriptors or mounts yet; what is mounted below another must be
 * mounted after it. The parent directories are made up; inside an in-memory mount they are created, inside an archive or
 * host directory the parent must exist.
 * Errors of all: PATH (the mount point or the host's path cannot be used), LIMIT (too many), NO_MEMORY. */

/* An empty, writable in-memory file system. */
pybox_status vfs_mount_memory(struct vfs *vfs, const char *guest_path);

/* A read-only archive, which is held until the tree goes. */
pybox_status vfs_mount_archive(struct vfs *vfs, const char *guest_path, struct vfs_archive *archive);

/* A directory or a single regular file of the host. Symbolic links in it are followed as long as they stay inside, and
 * none that would lead out is made; devices, pipes and sockets in it cannot be opened. What the guest writes there is not
 * counted against the quota. The host file is opened now; renaming it later changes nothing. */
pybox_status vfs_mount_host(struct vfs *vfs, const char *guest_path, const char *host_path,
                            int read_only);

/* /work and /tmp in memory, and `archive` (or NULL) at `archive_path`: the default tree of a box. */
pybox_status vfs_mount_defaults(struct vfs *vfs, struct vfs_archive *archive,
                                const char *archive_path);

/* From now on, walk host directories without openat2, as on kernels that lack it. For tests. */
void vfs_force_fallback(struct vfs *vfs);

/* 1 if the path names a directory, 0 if it does not. Follows symbolic links. */
int vfs_is_directory(struct vfs *vfs, const char *guest_path);

/* Counts every change of the tree and of its descriptors, offsets included: if it is the same as at a checkpoint,
 * there is nothing to roll back. Changes of host files are not counted. */
uint64_t vfs_change_count(const struct vfs *vfs);

/* Host bytes charged to the quota now. */
uint64_t vfs_used_bytes(const struct vfs *vfs);

/* ------------------------------------------------------------------------------------------
 * State
 */

/* Encodes all in-memory files and all descriptors (also of files that were unlinked) to bytes, which the caller
 * frees with free(). Host descriptors are kept as mount, path, flags and offset. The same state gives the same bytes.
 * Errors: NO_MEMORY. */
pybox_status vfs_encode(struct vfs *vfs, void **bytes, size_t *length);

/* Makes the tree what was encoded; all that its in-memory mounts held and all descriptors go. The tree must have been
 * given its mounts before; those of the encoded tree are found by guest path. A descriptor of a host file that cannot
 * be opened again, or of a mount that is not there, becomes closed (EBADF for the guest) and is counted in `*lost`
 * (may be NULL). The bytes are hostile: on any error the tree is as it was.
 * Errors: SNAPSHOT_FORMAT, SNAPSHOT_VERSION, LIMIT (more than the quota allows), PATH (an in-memory
 * mount is missing), NO_MEMORY. */
pybox_status vfs_decode(struct vfs *vfs, const void *bytes, size_t length, uint32_t *lost);

#endif
