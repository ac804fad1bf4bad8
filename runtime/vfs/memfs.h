/*
 * In-memory files. A node is a file, directory or symbolic link; names point to nodes. Every byte of host memory
 * that a guest causes to be allocated is charged to the store's quota, overheads included.
 */
#ifndef MEMFS_H
#define MEMFS_H

#include <stddef.h>
#include <stdint.h>

#include "vfs_files.h"

/* All nodes of one tree, whatever mount they are in. */
struct memfs {
    struct vfs_quota quota;
    uint64_t used_bytes;
    uint32_t used_files;
    uint64_t next_inode;
    uint64_t hash_key; /* 0: not drawn yet */
    struct memfs_node *nodes; /* list of all */
};

#define MEMFS_CHUNK 32768u

/* A part of a file. Bytes behind `capacity` are zero. NULL: all zero. */
struct memfs_chunk {
    uint8_t *bytes;
    uint32_t capacity; /* power of two from 64 to MEMFS_CHUNK */
};

struct memfs_entry {
    struct memfs_node *node; /* NULL: the entry was removed */
    char *name;              /* not NUL-terminated */
    uint64_t cookie;         /* grows from entry to entry; never reused in a directory */
    uint32_t hash;
    uint32_t length;
};

struct memfs_node {
    struct memfs_node *next, *previous; /* in the list of all nodes */
    struct memfs_node *parent;          /* of a directory; NULL: it is a root or was removed */
    uint64_t inode;
    uint64_t size; /* of a file or a symbolic link's target */
    uint64_t accessed_ns, modified_ns, changed_ns;
    uint32_t links; /* names that point here; a root has one */
    uint32_t opens; /* descriptors that do */
    uint32_t mark;  /* for whoever walks over all nodes */
    uint8_t type;
    uint8_t cover;  /* 1 + the mount on it, or 0 */
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
            uint64_t next_cookie;
        } directory;
        char *target; /* not NUL-terminated */
    };
};

/* A node without a name. NULL and `*error` if quota or memory is exhausted. */
struct memfs_node *memfs_create(struct memfs *memfs, uint8_t type, uint64_t now_ns, int *error);

/* Frees it if no name and no descriptor points to it any more. */
void memfs_release(struct memfs *memfs, struct memfs_node *node);

/* Frees all nodes. */
void memfs_clear(struct memfs *memfs);

struct memfs_entry *memfs_find(struct memfs *memfs, struct memfs_node *directory, const char *name,
                               size_t length);

/* The first entry whose cookie is at least `cookie`, or NULL. */
struct memfs_entry *memfs_entry_from(struct memfs_node *directory, uint64_t cookie);

/* Gives `node` a name in `directory`, where it must not be in use. Sets the parent of a directory. */
int memfs_add(struct memfs *memfs, struct memfs_node *directory, const char *name, size_t length,
              struct memfs_node *node, uint64_t now_ns);

/* Takes a name away; the node lives on until memfs_release(). */
void memfs_remove(struct memfs *memfs, struct memfs_node *directory, struct memfs_entry *entry,
                  uint64_t now_ns);

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
void memfs_data_free(struct memfs *memfs, struct memfs_node *file);

/* Adds to the quota's use, or ENOSPC; takes away. */
int memfs_charge(struct memfs *memfs, uint64_t bytes);
void memfs_refund(struct memfs *memfs, uint64_t bytes);

#endif
