/*
 * In-memory files. A node is a file, directory, symbolic link or, in overlays, a whiteout; names point to nodes.
 * Every byte of host memory that a guest causes to be allocated is charged to the store's quota, overheads included.
 */
#ifndef MEMFS_H
#define MEMFS_H

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "change_log.h"
#include "undo.h"
#include "vfs_files.h"

/* All nodes of one tree, whatever mount they are in. */
struct memfs {
    struct vfs_quota quota;
    uint64_t used_bytes;
    uint32_t used_files;   /* all nodes */
    uint32_t used_proxies; /* of them, directories of overlays that stand for the host's: no files of the quota */
    uint64_t next_inode;
    uint64_t hash_key; /* 0: not drawn yet */
    struct memfs_node *nodes; /* list of all, newest first */
    struct undo undo;
    struct change_log log; /* see changes.h */
};

#define MEMFS_CHUNK 32768u
#define MEMFS_WHITEOUT VFS_UNKNOWN /* as a node's type: nothing is there, whatever is below (overlay.c) */

/* Bytes, shared by chunks of any number of trees. Who is not alone with them may only read. */
struct memfs_block {
    atomic_uint holders;
    _Alignas(16) uint8_t bytes[];
};

/* A part of a file. Bytes behind `capacity` are zero. */
struct memfs_chunk {
    struct memfs_block *block; /* NULL: all zero */
    uint32_t capacity;         /* power of two from 64 to MEMFS_CHUNK */
    uint64_t stamp;            /* see undo.h */
};

struct memfs_entry {
    struct memfs_node *node; /* NULL: the entry was removed */
    char *name;              /* not NUL-terminated; NULL: removed */
    uint64_t cookie;         /* grows from entry to entry; never reused in a directory */
    uint64_t stamp;          /* see undo.h */
    uint64_t born;           /* when it was made, or last got another node: as memfs_node.touched */
    uint32_t hash;           /* once there is an index */
    uint32_t length;
};

struct memfs_node {
    struct memfs_node *next, *previous; /* in the list of all nodes */
    struct memfs_node *parent;          /* of a directory; NULL: it is a root or was removed */
    uint64_t born, stamp; /* see undo.h; `born` never changes */
    uint64_t touched;     /* undo.last_serial at its last change (changes.c) */
    uint64_t inode;
    uint64_t size; /* of a file or a symbolic link's target */
    uint64_t accessed_ns, modified_ns, changed_ns;
    uint32_t links; /* names that point here; a root has one */
    uint32_t opens; /* descriptors that do */
    uint32_t holds; /* records of undo.h, and open files, that need the memory */
    uint32_t mark;  /* for whoever walks over all nodes */
    uint8_t type;
    uint8_t dead;   /* no longer charged; freed when nothing holds it */
    uint8_t cover;  /* 1 + the mount on it, or 0 */
    uint8_t proxy;  /* a directory that stands for one of the host's */
    uint8_t pure;   /* a proxy whose times are the host's: nothing in it has been changed */
    uint16_t pins;  /* mounts on it or below: it cannot be moved or removed */
    union {
        struct {
            struct memfs_chunk *chunks;
            uint32_t count; /* of chunks in the table */
        } file;
        struct {
            struct memfs_entry *entries; /* by cookie */
            uint32_t *index;             /* hash table of entry numbers + 1; NULL while it is small */
            uint32_t count, live, capacity, index_size;
            uint32_t directories; /* entries that are directories */
            uint32_t floor;       /* entries before it keep their numbers: records name them */
            uint32_t removed;     /* about how many behind it were removed */
            uint64_t next_cookie;
            char *lower; /* what is below it in the host's directory, from the overlay's root ("."); NULL: nothing. For
                            ever */
        } directory;
        char *target; /* not NUL-terminated */
    };
};

/* A node without a name. NULL and `*error` if quota or memory is exhausted. */
struct memfs_node *memfs_create(struct memfs *memfs, uint8_t type, uint64_t now_ns, int *error);

/* A directory that stands for the one at `lower` in the host's. The quota does not count it as a file. */
struct memfs_node *memfs_create_proxy(struct memfs *memfs, const char *lower, uint64_t now_ns, int *error);

/* If no name and no descriptor points to it any more, refunds it and frees it as soon as nothing holds it. */
void memfs_release(struct memfs *memfs, struct memfs_node *node);

/* Takes back a hold. */
void memfs_unhold(struct memfs *memfs, struct memfs_node *node);

/* Frees the memory of a node, whatever points to it; refunds nothing. */
void memfs_free(struct memfs *memfs, struct memfs_node *node);

/* Frees all nodes. There must be no points to go back to. */
void memfs_clear(struct memfs *memfs);

/* To be called before a node's own fields are changed: keeps it for going back. 0 or ENOMEM. */
static inline int memfs_keep(struct memfs *memfs, struct memfs_node *node)
{
    if (node->stamp < memfs->undo.epoch && undo_keep_node(memfs, node) != 0)
        return ENOMEM;
    node->touched = memfs->undo.last_serial;
    return 0;
}

struct memfs_entry *memfs_find(struct memfs *memfs, struct memfs_node *directory, const char *name,
                               size_t length);

/* The first entry whose cookie is at least `cookie`, or NULL. */
struct memfs_entry *memfs_entry_from(struct memfs_node *directory, uint64_t cookie);

/* Gives `node` a name in `directory`, where it must not be in use. Sets the parent of a directory. */
int memfs_add(struct memfs *memfs, struct memfs_node *directory, const char *name, size_t length,
              struct memfs_node *node, uint64_t now_ns);

/* To be called before a name that is there is taken away or pointed to another node: keeps the directory, its entry
 * and the node. 0 or ENOMEM. */
int memfs_keep_entry(struct memfs *memfs, struct memfs_node *directory, const char *name, size_t length);

/* Points a name that was kept to another node; the old one lives on until memfs_release(). */
void memfs_swap(struct memfs *memfs, struct memfs_node *directory, const char *name, size_t length,
                struct memfs_node *node, uint64_t now_ns);

/* Takes a name away that was kept; the node lives on until memfs_release(). */
void memfs_remove(struct memfs *memfs, struct memfs_node *directory, const char *name, size_t length,
                  uint64_t now_ns);

/* Drops the removed entries that may go; the order stays. */
void memfs_compact(struct memfs_node *directory);

/* Takes the entries from number `first` on out of the index; fills an index from all entries. */
void memfs_index_cut(struct memfs_node *directory, uint32_t first);
void memfs_index_build(struct memfs_node *directory);

/* Directories above it, up to its mount's root. */
uint32_t memfs_depth(const struct memfs_node *directory);
/* Longest chain of directories below it, not followed further than `limit`. */
uint32_t memfs_height(const struct memfs_node *directory, uint32_t limit);

int memfs_set_target(struct memfs *memfs, struct memfs_node *link, const char *target, size_t length);

void memfs_stat(const struct memfs_node *node, struct vfs_stat *stat);

/* Contents (memfs_data.c). */
size_t memfs_data_read(const struct memfs_node *file, void *bytes, size_t length, uint64_t position);
int memfs_data_write(struct memfs *memfs, struct memfs_node *file, const void *bytes, size_t length,
                     uint64_t position, size_t *done);
int memfs_data_resize(struct memfs *memfs, struct memfs_node *file, uint64_t size);
void memfs_data_free(struct memfs_node *file); /* refunds nothing */
uint64_t memfs_data_charged(const struct memfs_node *file);
void memfs_block_hold(struct memfs_block *block); /* NULL is allowed in both */
void memfs_block_release(struct memfs_block *block);

/* Adds to the quota's use, or ENOSPC; takes away. */
int memfs_charge(struct memfs *memfs, uint64_t bytes);
void memfs_refund(struct memfs *memfs, uint64_t bytes);

#endif
