/*
 * What brings an in-memory file system back to an earlier point.
 *
 * A point has a serial number that is larger than those of all points before it. Every node, chunk and entry is stamped
 * with the serial of the newest point when it was made or last kept. If that is older than the newest point, it is kept
 * (copied to a record) before its first change, and stamped anew: so each is kept once for a point, however often it
 * changes, and what came after the point is not kept at all but removed again.
 *
 * Records hold nodes: a node without names and descriptors is refunded at once, but freed only when no record needs it.
 */
#ifndef UNDO_H
#define UNDO_H

#include <stdint.h>

struct memfs;
struct memfs_node;
struct memfs_entry;
struct undo_record;
struct checkpoint_file;

struct undo_point {
    struct undo_point *lower;
    uint64_t serial;
    struct undo_record *records;   /* newest first; a node's own record comes after those of its parts */
    struct checkpoint_file *files; /* of descriptors, newest first (checkpoint.c) */
    uint64_t used_bytes, next_inode;
    uint32_t used_files, used_proxies;
};

struct undo {
    struct undo_point *top;   /* NULL: there is no point, and nothing is kept */
    struct undo_point *spare; /* for the next ones, by `lower` */
    uint64_t epoch;           /* serial of `top`, or 0: what is stamped with less is to be kept */
    uint64_t last_serial;
    uint32_t count; /* of points */
};

/* A new point. 0 or ENOMEM. */
int undo_push(struct memfs *memfs);

/* Puts back what the newest point has kept and frees what came after it. Descriptors that came after it must be gone. */
void undo_rollback(struct memfs *memfs);

/* Forgets the newest point. What an older one needs goes to that. Descriptors' records must be gone. */
void undo_drop(struct memfs *memfs);

/* Passes on every record of an entry in the newest points down to `last`, which is one of them (NULL: none), oldest
 * point first: as the entry was before. */
typedef void undo_entry_function(void *context, const struct memfs_node *directory, const struct memfs_entry *old);
void undo_each_entry(const struct memfs *memfs, const struct undo_point *last, undo_entry_function *function,
                     void *context);

/* Frees what dropped points left for new ones. */
void undo_clear(struct memfs *memfs);

/* 1 if nothing has changed since the newest point. */
int undo_is_clean(const struct memfs *memfs);

/* Keep a node (and, of a directory, drop removed entries: pointers to entries become invalid), chunk or entry that is
 * older than the newest point. A chunk's or entry's node must have been kept before. 0 or ENOMEM. */
int undo_keep_node(struct memfs *memfs, struct memfs_node *node);
int undo_keep_chunk(struct memfs *memfs, struct memfs_node *file, uint32_t number);
int undo_keep_entry(struct memfs *memfs, struct memfs_node *directory, struct memfs_entry *entry);

#endif
