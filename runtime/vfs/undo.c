#include "undo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memfs.h"

enum undo_kind { UNDO_NODE, UNDO_CHUNK, UNDO_ENTRY };

/* The beginning of all records. */
struct undo_record {
    struct undo_record *next;
    struct memfs_node *node; /* it, or what it is part of; held */
    uint64_t stamp;          /* it had */
    uint32_t number;         /* of the chunk or entry */
    uint8_t kind;
};

struct undo_node {
    struct undo_record record;
    struct memfs_node old;
};

struct undo_chunk {
    struct undo_record record;
    struct memfs_chunk old; /* holds its block */
};

struct undo_entry {
    struct undo_record record;
    struct memfs_entry old; /* has a name of its own, and holds its node */
};

/* ---- keeping ---- */

/* A record of `bytes` bytes in all. */
static void *undo_record(struct memfs *memfs, struct memfs_node *node, enum undo_kind kind,
                         uint64_t stamp, size_t bytes)
{
    struct undo_record *record = malloc(bytes);
    if (record == NULL)
        return NULL;
    *record = (struct undo_record){
        .next = memfs->undo.top->records,
        .node = node,
        .stamp = stamp,
        .kind = (uint8_t)kind,
    };
    memfs->undo.top->records = record;
    node->holds++;
    return record;
}

int undo_keep_node(struct memfs *memfs, struct memfs_node *node)
{
    /* Where entries are does not matter before the first change. */
    if (node->type == VFS_DIRECTORY && node->directory.removed > node->directory.count / 4)
        memfs_compact(node);
    struct undo_node *kept = undo_record(memfs, node, UNDO_NODE, node->stamp, sizeof *kept);
    if (kept == NULL)
        return ENOMEM;
    kept->old = *node;
    node->stamp = memfs->undo.epoch;
    if (node->type == VFS_DIRECTORY) {
        node->directory.floor = node->directory.count;
        node->directory.removed = 0;
    }
    return 0;
}

int undo_keep_chunk(struct memfs *memfs, struct memfs_node *file, uint32_t number)
{
    struct memfs_chunk *chunk = &file->file.chunks[number];
    struct undo_chunk *kept = undo_record(memfs, file, UNDO_CHUNK, chunk->stamp, sizeof *kept);
    if (kept == NULL)
        return ENOMEM;
    kept->record.number = number;
    kept->old = *chunk;
    memfs_block_hold(chunk->block);
    chunk->stamp = memfs->undo.epoch;
    return 0;
}

int undo_keep_entry(struct memfs *memfs, struct memfs_node *directory, struct memfs_entry *entry)
{
    char *name = malloc(entry->length);
    if (name == NULL)
        return ENOMEM;
    struct undo_entry *kept = undo_record(memfs, directory, UNDO_ENTRY, entry->stamp, sizeof *kept);
    if (kept == NULL) {
        free(name);
        return ENOMEM;
    }
    memcpy(name, entry->name, entry->length);
    kept->record.number = (uint32_t)(entry - directory->directory.entries);
    kept->old = *entry;
    kept->old.name = name;
    entry->node->holds++;
    entry->stamp = memfs->undo.epoch;
    return 0;
}

/* ---- going back ---- */

/* A table is larger than it was. If it cannot be made smaller it works as it is. */
static void *undo_shrink(void *table, size_t bytes)
{
    if (bytes == 0) {
        free(table);
        return NULL;
    }
    void *smaller = realloc(table, bytes);
    return smaller == NULL ? table : smaller;
}

static void undo_restore_file(struct memfs_node *file, uint32_t count)
{
    if (file->file.count == count)
        return;
    for (uint32_t i = count; i < file->file.count; i++)
        memfs_block_release(file->file.chunks[i].block);
    file->file.chunks = undo_shrink(file->file.chunks, count * sizeof *file->file.chunks);
    file->file.count = count;
}

static void undo_restore_directory(struct memfs_node *directory, const struct memfs_node *old)
{
    const int same_index = directory->directory.index_size == old->directory.index_size;
    if (same_index)
        memfs_index_cut(directory, old->directory.count);
    for (uint32_t i = old->directory.count; i < directory->directory.count; i++)
        free(directory->directory.entries[i].name);
    struct memfs_entry *entries = directory->directory.entries;
    if (directory->directory.capacity != old->directory.capacity)
        entries = undo_shrink(entries, old->directory.capacity * sizeof *entries);
    uint32_t *index = directory->directory.index;
    if (!same_index)
        index = undo_shrink(index, old->directory.index_size * sizeof *index);
    directory->directory = old->directory;
    directory->directory.entries = entries;
    directory->directory.index = index;
    if (!same_index)
        memfs_index_build(directory);
}

/* What descriptors, mounts and records count in a node is not the record's. */
static void undo_restore_node(struct memfs_node *node, const struct memfs_node *old)
{
    if (node->type == VFS_REGULAR)
        undo_restore_file(node, old->file.count);
    else if (node->type == VFS_DIRECTORY)
        undo_restore_directory(node, old);
    node->parent = old->parent;
    node->size = old->size;
    node->accessed_ns = old->accessed_ns;
    node->modified_ns = old->modified_ns;
    node->changed_ns = old->changed_ns;
    node->links = old->links;
    node->stamp = old->stamp;
    node->touched = old->touched;
    node->pure = old->pure;
    if (node->links > 0)
        node->dead = 0;
}

static void undo_restore_chunk(const struct undo_chunk *kept)
{
    struct memfs_chunk *chunk = &kept->record.node->file.chunks[kept->record.number];
    memfs_block_release(chunk->block);
    *chunk = kept->old;
}

static void undo_restore_entry(struct memfs *memfs, const struct undo_entry *kept)
{
    struct memfs_entry *entry = &kept->record.node->directory.entries[kept->record.number];
    free(entry->name);
    *entry = kept->old;
    memfs_unhold(memfs, entry->node);
}

static void undo_restore(struct memfs *memfs, struct undo_record *record)
{
    if (record->kind == UNDO_NODE)
        undo_restore_node(record->node, &((struct undo_node *)record)->old);
    else if (record->kind == UNDO_CHUNK)
        undo_restore_chunk((struct undo_chunk *)record);
    else
        undo_restore_entry(memfs, (struct undo_entry *)record);
    memfs_unhold(memfs, record->node);
    free(record);
}

int undo_is_clean(const struct memfs *memfs)
{
    const struct undo_point *top = memfs->undo.top;
    return top->records == NULL && top->files == NULL &&
           (memfs->nodes == NULL || memfs->nodes->born < top->serial);
}

void undo_rollback(struct memfs *memfs)
{
    struct undo_point *top = memfs->undo.top;
    change_log_cut(memfs, top->serial);
    while (top->records != NULL) {
        struct undo_record *record = top->records;
        top->records = record->next;
        undo_restore(memfs, record);
    }
    /* New nodes come to the front of the list. */
    while (memfs->nodes != NULL && memfs->nodes->born >= top->serial)
        memfs_free(memfs, memfs->nodes);
    memfs->used_bytes = top->used_bytes;
    memfs->used_files = top->used_files;
    memfs->used_proxies = top->used_proxies;
    memfs->next_inode = top->next_inode;
}

/* ---- points ---- */

int undo_push(struct memfs *memfs)
{
    struct undo *undo = &memfs->undo;
    struct undo_point *point = undo->spare;
    if (point != NULL)
        undo->spare = point->lower;
    else if ((point = malloc(sizeof *point)) == NULL)
        return ENOMEM;
    *point = (struct undo_point){
        .lower = undo->top,
        .serial = ++undo->last_serial,
        .used_bytes = memfs->used_bytes,
        .next_inode = memfs->next_inode,
        .used_files = memfs->used_files,
        .used_proxies = memfs->used_proxies,
    };
    undo->top = point;
    undo->epoch = point->serial;
    undo->count++;
    return 0;
}

/* Nobody can go back to this any more. */
static void undo_forget(struct memfs *memfs, struct undo_record *record)
{
    struct memfs_node *node = record->node;
    if (record->kind == UNDO_NODE && node->type == VFS_DIRECTORY) {
        const struct memfs_node *old = &((struct undo_node *)record)->old;
        node->directory.floor = old->directory.floor;
        node->directory.removed += old->directory.removed;
    } else if (record->kind == UNDO_CHUNK) {
        memfs_block_release(((struct undo_chunk *)record)->old.block);
    } else if (record->kind == UNDO_ENTRY) {
        struct memfs_entry *old = &((struct undo_entry *)record)->old;
        node->directory.removed += node->directory.entries[record->number].node == NULL;
        free(old->name);
        memfs_unhold(memfs, old->node);
    }
    memfs_unhold(memfs, node);
    free(record);
}

void undo_drop(struct memfs *memfs)
{
    struct undo *undo = &memfs->undo;
    struct undo_point *top = undo->top, *lower = top->lower;
    struct undo_record **end = &top->records;
    /* What was stamped since the older point came after it, or that one has a record of it already. */
    for (struct undo_record *record = top->records, *next; record != NULL; record = next) {
        next = record->next;
        if (lower == NULL || record->stamp >= lower->serial) {
            undo_forget(memfs, record);
        } else {
            *end = record;
            end = &record->next;
        }
    }
    *end = NULL;
    if (lower != NULL) {
        *end = lower->records;
        lower->records = top->records;
    }
    undo->top = lower;
    undo->epoch = lower == NULL ? 0 : lower->serial;
    undo->count--;
    top->lower = undo->spare;
    undo->spare = top;
}

void undo_each_entry(const struct memfs *memfs, const struct undo_point *last, undo_entry_function *function,
                     void *context)
{
    if (last == NULL)
        return;
    for (const struct undo_point *point = last;;) {
        for (const struct undo_record *record = point->records; record != NULL; record = record->next)
            if (record->kind == UNDO_ENTRY)
                function(context, record->node, &((const struct undo_entry *)record)->old);
        if (point == memfs->undo.top)
            return;
        const struct undo_point *newer = memfs->undo.top;
        while (newer->lower != point)
            newer = newer->lower;
        point = newer;
    }
}

void undo_clear(struct memfs *memfs)
{
    for (struct undo_point *point = memfs->undo.spare, *next; point != NULL; point = next) {
        next = point->lower;
        free(point);
    }
    memfs->undo.spare = NULL;
}
