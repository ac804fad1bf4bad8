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

/* The same for bytes that are copied first. Errors: ARCHIVE, NO_MEMORY. */
pybox_status vfs_archive_open_copy(const void *bytes, size_t length, const char *label,
                                   struct vfs_archive **archive);

/* The same for bytes of malloc(), which are the archive's from then on, also on failure. */
pybox_status vfs_archive_open_owned(void *bytes, size_t length, const char *label,
                                    struct vfs_archive **archive);

/* The whole ZIP file; it lives as long as the archive. */
const void *vfs_archive_bytes(const struct vfs_archive *archive, size_t *length);

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
    uint32_t files;      /* in-memory files, directories and symbolic links; default and at most
                            65,536. What is beyond it fails with ENOSPC. */
    uint32_t name_bytes; /* of one path component; default and maximum 255 */
    uint32_t depth;      /* of in-memory directories below their mount; default 64 */
    uint32_t open_files; /* descriptors, the streams and "/" included; default and at most 256. What
                            is beyond it fails with EMFILE. */
};

#define VFS_PATH_BYTES 4096 /* longest path, and longest target of a symbolic link */
#define VFS_MOUNTS 64       /* most mounts of a tree */

/* Makes a tree with `/dev/null` and `/dev/urandom` and nothing else. `quota` may be NULL. One allocation.
 * Errors: ARGUMENT, NO_MEMORY. */
pybox_status vfs_create(const struct vfs_quota *quota, struct vfs **vfs);

/* Closes and frees everything. NULL is allowed. */
void vfs_destroy(struct vfs *vfs);

/* Mount points are absolute paths without `.`, `..`, empty components and final slash, and not `/`. Each is used
 * once; only /work and /tmp of vfs_mount_defaults() give way to another mount, if they hold no files, descriptors or
 * mounts yet. What is mounted below another must be mounted after it. The parent directories are made up; inside an
 * in-memory mount they are created, inside an archive or host directory the parent must exist. Errors of all: PATH
 * (the mount point or the host's path cannot be used), LIMIT (too many), NO_MEMORY. */

/* An empty, writable in-memory file system. */
pybox_status vfs_mount_memory(struct vfs *vfs, const char *guest_path);

/* A read-only archive, which is held until the tree goes. */
pybox_status vfs_mount_archive(struct vfs *vfs, const char *guest_path, struct vfs_archive *archive);

/* A directory or a single regular file of the host. Symbolic links in it are followed as long as they stay inside,
 * and none that would lead out is made; devices, pipes and sockets in it cannot be opened. What the guest writes
 * there is not counted against the quota. The host file is opened now; renaming it later changes nothing. */
pybox_status vfs_mount_host(struct vfs *vfs, const char *guest_path, const char *host_path,
                            int read_only);

/* A directory of the host that is shown and never written: what the guest changes of it is in memory, counted against
 * the quota, and part of the tree's state. Directories that the guest has looked into take memory as well. */
pybox_status vfs_mount_overlay(struct vfs *vfs, const char *guest_path, const char *host_path);

/* One read-only file with these bytes, which are copied, and are not counted against the quota. */
pybox_status vfs_mount_bytes(struct vfs *vfs, const char *guest_path, const void *bytes, size_t length);

/* /work and /tmp in memory, and `archive` (or NULL) at `archive_path`: the default tree of a box. */
pybox_status vfs_mount_defaults(struct vfs *vfs, struct vfs_archive *archive,
                                const char *archive_path);

/* From now on, walk host directories without openat2, as on kernels that lack it. For tests. */
void vfs_force_fallback(struct vfs *vfs);

/* 1 if the path names a directory, 0 if it does not. Follows symbolic links. */
int vfs_is_directory(struct vfs *vfs, const char *guest_path);

/* Counts every change of the tree and of its descriptors, offsets included, and never goes back: a rollback that undid
 * something counts as a change, too. Changes of host files are not counted. */
uint64_t vfs_change_count(const struct vfs *vfs);

/* Host bytes charged to the quota now. */
uint64_t vfs_used_bytes(const struct vfs *vfs);

/* ------------------------------------------------------------------------------------------
 * Checkpoints: going back, in memory
 *
 * A tree has a stack of checkpoints. What is brought back: in-memory files, directories and symbolic links with
 * contents, times, names, link counts, inode numbers and listing positions, files that are unlinked but open, every
 * descriptor with its offset and flags (a descriptor of a host file that the guest closed was kept open), and what is
 * charged to the quota. What is not: anything in host files and directories. What was written there stays.
 *
 * A checkpoint costs one small allocation the first time, and then what is changed after it: an old node, a
 * directory's entry, 32 KiB of contents are kept once, when they are first changed. That memory is not charged to the
 * guest's quota: it fits in as much as was charged when the checkpoint was made, so a tree with n checkpoints takes
 * about n + 1 times its quota at most. If there is no memory for it, the guest's call fails (ENOMEM) and changes
 * nothing; a rollback allocates nothing and cannot fail. Without a change, checkpoint, rollback and drop do not
 * allocate at all from the second time on.
 *
 * While there are checkpoints nothing can be mounted (ARGUMENT). vfs_decode() drops all of them.
 */

/* Most of them in a stack: a box's origin, 1,024 of its host's, a run's, and one while the host changes files. */
#define VFS_CHECKPOINTS 1027

/* Puts a checkpoint of the state now on the stack. Errors: LIMIT (too many), NO_MEMORY. */
pybox_status vfs_checkpoint(struct vfs *vfs);

/* Returns to the state of the newest checkpoint, which stays. Does nothing if there is none. */
void vfs_rollback(struct vfs *vfs);

/* Forgets the newest checkpoint; the state stays as it is, and an older checkpoint still leads back to its own. Does
 * nothing if there is none. */
void vfs_drop(struct vfs *vfs);

/* How many checkpoints there are. */
uint32_t vfs_checkpoint_count(const struct vfs *vfs);

/* What has changed since (changes.h): a run begins; the tree is as its box was made. */
void vfs_begin_run(struct vfs *vfs);
void vfs_begin_image(struct vfs *vfs);

/* ------------------------------------------------------------------------------------------
 * State
 */

/* Makes an independent copy of a tree for another box: mounts, in-memory files, descriptors with their offsets, quota;
 * not the checkpoints, and not the hooks (wasi_clone() sets them). Costs what the in-memory tree is large, but contents
 * are shared until one of the two writes. Host mounts stay mounts of the same files; a descriptor of a host file is
 * opened again by its path and is lost, as with vfs_decode(), if that is not the same file any more. The two trees may
 * then belong to different threads. Errors: NO_MEMORY, IO (too many open files of the host). */
pybox_status vfs_clone(struct vfs *from, struct vfs **clone);

/* A descriptor that could not be opened again. */
struct vfs_lost {
    uint32_t fd;
    const char *path; /* in the guest's tree; of the mount alone if more is not known */
};

/* What the last vfs_decode() or vfs_clone() that made this tree's state lost, in order of descriptors; `*count` of
 * them. Valid until the next vfs_decode(). */
const struct vfs_lost *vfs_lost_files(const struct vfs *vfs, uint32_t *count);

/* Encodes all in-memory files and all descriptors (also of files that were unlinked) to bytes, which the caller
 * frees with free(). Host descriptors are kept as mount, path, flags and offset. The same state gives the same bytes.
 * Errors: NO_MEMORY. */
pybox_status vfs_encode(struct vfs *vfs, void **bytes, size_t *length);

/* Makes the tree what was encoded; all that its in-memory mounts held and all descriptors go. The tree must have been
 * given its mounts before; those of the encoded tree are found by guest path. A descriptor of a host file that cannot
 * be opened again, or of a mount that is not there, becomes closed (EBADF for the guest), is counted in `*lost`
 * (may be NULL) and listed by vfs_lost_files(). The bytes are hostile: on any error the tree is as it was.
 * Errors: SNAPSHOT_FORMAT, SNAPSHOT_VERSION, LIMIT (more than the quota allows), PATH (an in-memory
 * mount is missing), NO_MEMORY. */
pybox_status vfs_decode(struct vfs *vfs, const void *bytes, size_t length, uint32_t *lost);

#endif
