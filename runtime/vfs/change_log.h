/*
 * What a directory had before a run changed it: the names that were taken away, or pointed to another node. With the
 * times at which nodes and entries were changed (as undo.last_serial, which grows) this is all that is needed to tell
 * what a run has changed. Each name is in it once for a run. Its memory is bounded by what was charged for the names.
 * Without checkpoints, whose records tell the same, it also keeps what it has of names that were there from the start.
 */
#ifndef CHANGE_LOG_H
#define CHANGE_LOG_H

#include <stdint.h>

struct memfs;
struct memfs_node;
struct memfs_entry;

struct change_item {
    struct memfs_node *directory; /* held */
    char *name;                   /* not NUL-terminated */
    uint32_t length;
    uint8_t hidden;  /* it was a whiteout: there was no file of that name */
    uint8_t first;   /* it was there from the start: before log.image */
    uint64_t inode;  /* of the node it had */
    uint64_t serial; /* when */
};

struct change_log {
    struct change_item *items;
    uint32_t count, capacity;
    uint64_t since; /* what was made before is put in */
    uint64_t image; /* when the tree was as its box was made */
};

/* From now on it is about what comes. Takes no time if nothing was changed. */
void change_log_begin(struct memfs *memfs);

/* To be called after an entry was kept, before it is changed. 0 or ENOMEM. */
int change_log_put(struct memfs *memfs, struct memfs_node *directory, struct memfs_entry *entry);

/* Forgets what came at that time or later. */
void change_log_cut(struct memfs *memfs, uint64_t serial);

void change_log_free(struct memfs *memfs);

#endif
