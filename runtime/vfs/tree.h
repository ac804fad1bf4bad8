/* A tree of mounts, and places in it. */
#ifndef TREE_H
#define TREE_H

#include "hostfs.h"
#include "memfs.h"
#include "vfs_files.h"
#include "zip.h"

#define TREE_INLINE_MOUNTS 6 /* the default tree needs no allocation of its own for mounts */
#define TREE_INLINE_FILES 4
#define TREE_SKELETON 0xffu /* as a mount's number: the made-up directories above the mounts */
#define VFS_AT UINT32_MAX   /* as a descriptor: the directory `vfs->at` */
#define TREE_LINKS 40       /* symbolic links followed in one walk, as Linux does */

enum mount_kind {
    MOUNT_MEMORY,
    MOUNT_ARCHIVE,
    MOUNT_HOST,      /* a directory of the host */
    MOUNT_HOST_FILE,
    MOUNT_OVERLAY,   /* a directory of the host below, changes in memory above */
    MOUNT_BYTES,     /* one read-only file whose contents the host gave */
    MOUNT_NULL,      /* /dev/null */
    MOUNT_RANDOM,    /* /dev/urandom */
};

/* A directory or file of the tree. */
struct place {
    uint8_t mount; /* its number, or TREE_SKELETON */
    uint8_t type;
    uint8_t lower; /* in an overlay: a file of the host's directory. `node` is the directory it is in (of what is open:
                      NULL) */
    union {
        struct {
            uint8_t mount;   /* the directory is the beginning of this mount's path, */
            uint16_t length; /* so many bytes of it (0: the root) */
        } skeleton;
        struct memfs_node *node;
        uint32_t entry; /* of an archive */
    };
};

/* Contents of MOUNT_BYTES, shared by a tree and its clones. */
struct mount_bytes {
    atomic_uint holders;
    size_t length;
    uint8_t bytes[];
};

#define TREE_BYTES_TIME_NS (UINT64_C(315532800) * 1000000000u) /* of their files: 1980, which ZIP can say, too */

struct mount {
    const char *path;
    uint16_t length;
    uint8_t kind;
    uint8_t read_only;
    uint8_t owned;    /* the path is ours to free */
    uint8_t by_default; /* nobody asked for it */
    uint8_t inside;   /* the mount it is in, or TREE_SKELETON */
    uint8_t children; /* mounts directly inside */
    struct place above; /* its parent directory; unused if that is in a host directory */
    union {
        struct memfs_node *root; /* of MOUNT_MEMORY and MOUNT_OVERLAY; NULL until it is needed */
        struct vfs_archive *archive;
        struct mount_bytes *bytes;
    };
    struct hostfs *host; /* of MOUNT_HOST, MOUNT_HOST_FILE and MOUNT_OVERLAY */
};

/* Its files are nodes in memory: all of them, or in an overlay those that are not just the host's. */
static inline int mount_has_nodes(const struct mount *mount)
{
    return mount->kind == MOUNT_MEMORY || mount->kind == MOUNT_OVERLAY;
}

/* What is behind a descriptor: a place, and for the host's a descriptor of the host. Shared by the descriptor and by
 * records of what the descriptor was. */
struct opened {
    uint32_t holders;
    int host;             /* descriptor; -1 if there is none */
    uint16_t host_flags;  /* VFS_APPEND... of it */
    uint8_t host_is_file; /* it is one of MOUNT_HOST_FILE */
    struct place place;
    struct memfs_node *node; /* of an in-memory file or directory; held */
    char *path;              /* below its host mount; NULL: too long, it cannot be opened again */
    const uint8_t *bytes;    /* contents of an archive's file, or of MOUNT_BYTES */
    uint64_t size;           /* of it */
};

struct file {
    struct vfs_descriptor public;
    struct opened *opened; /* of VFS_OPEN */
    uint64_t stamp;        /* see undo.h */
};

/* Descriptors that could not be opened again, in order. */
struct lost {
    struct vfs_lost *files; /* each path is ours to free */
    uint32_t count;
};

struct vfs {
    struct memfs memfs;
    struct vfs_hooks hooks;
    uint64_t changes;
    uint64_t steps; /* see vfs_take_steps() */
    struct mount *mounts;
    struct file *files;
    uint32_t mount_count, mount_capacity;
    uint32_t file_capacity;
    uint32_t lowest_free; /* no descriptor below it is free */
    uint8_t no_openat2;
    const struct file *at; /* what VFS_AT means: set by the host's access (host_access.c), NULL for the guest */
    struct lost lost;
    struct mount inline_mounts[TREE_INLINE_MOUNTS];
    struct file inline_files[TREE_INLINE_FILES];
};

uint64_t tree_now(struct vfs *vfs);

/* The root of a mount. Makes that of an in-memory one, so it may fail. */
int tree_mount_root(struct vfs *vfs, uint8_t mount, struct place *place);

/* The mount at `name` in the directory, or TREE_SKELETON. Not for directories of the host. */
uint8_t tree_mount_at(const struct vfs *vfs, const struct place *directory, const char *name,
                      size_t length);

/* Like it, for `path` below a host mount. */
uint8_t tree_mount_below(const struct vfs *vfs, uint8_t mount, const char *path, size_t length);

/* What `name` is in the directory: ENOENT if it is nothing. Not for directories of the host. */
int tree_lookup(struct vfs *vfs, const struct place *directory, const char *name, size_t length,
                struct place *found);

/* The directory above; that of the root is the root. Not for directories of the host. */
struct place tree_parent(const struct vfs *vfs, const struct place *directory);

struct place tree_root(void);
int tree_is_root(const struct place *place);

void tree_stat(struct vfs *vfs, const struct place *place, struct vfs_stat *stat);

/* The open file of a number, or NULL. */
struct file *tree_file(struct vfs *vfs, uint32_t fd);

/* Makes a descriptor free. Its stamp stays. */
void tree_file_drop(struct memfs *memfs, struct file *file);

/* Gives a descriptor what is behind it, whose hold passes to it; counts it in its node. */
void tree_file_put(struct file *file, struct opened *opened);

/* What is behind a new descriptor, empty but for `host` (-1), with one holder. NULL: no memory. */
struct opened *tree_opened_create(void);

/* Takes back a hold. NULL is allowed. */
void tree_opened_release(struct memfs *memfs, struct opened *opened);

/* Sets the place of an in-memory file or directory, and holds its node. */
void tree_opened_set_node(struct opened *opened, uint8_t mount, struct memfs_node *node);

/* Lets the host's descriptor have the flags. 0 or an errno value. */
int tree_opened_set_flags(struct opened *opened, uint16_t flags);

/* Opens a file or directory of host mount `number` again, for a descriptor like `public`, by opened->path. 0 or an
 * errno value. (reopen.c) */
int tree_opened_reopen(struct vfs *vfs, uint8_t number, const struct vfs_descriptor *public,
                       struct opened *opened);

/* The same for the single host file that is a mount; `opened->place` has the mount. (reopen.c) */
int tree_opened_whole(const struct mount *mount, int write, struct opened *opened);

/* To be called before a descriptor (or free number below the table's capacity) is changed: keeps it for going back. 0
 * or ENOMEM. (checkpoint.c) */
int checkpoint_keep_file(struct vfs *vfs, uint32_t fd);

/* Forgets all checkpoints. (checkpoint.c) */
void checkpoint_drop_all(struct vfs *vfs);

/* Adds to a list: the guest path is that of the mount ("" for "/") and what is below it, if that is known. 0 or ENOMEM.
 * (lost.c) */
int lost_add(struct lost *lost, uint32_t fd, const char *mount, size_t mount_length, const char *below,
             size_t below_length);
void lost_clear(struct lost *lost);

#endif
