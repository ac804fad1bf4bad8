#include "change_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memfs.h"

#define KEPT_ITEMS 64u /* the table of a log that has no more stays for the next run */

static void change_log_drop(struct memfs *memfs, struct change_item *item)
{
    memfs_unhold(memfs, item->directory);
    free(item->name);
}

void change_log_begin(struct memfs *memfs)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < memfs->log.count; i++) {
        struct change_item *item = &memfs->log.items[i];
        if (item->first && memfs->undo.top == NULL)
            memfs->log.items[kept++] = *item;
        else
            change_log_drop(memfs, item);
    }
    memfs->log.count = kept;
    if (kept == 0 && memfs->log.capacity > KEPT_ITEMS) {
        free(memfs->log.items);
        memfs->log.items = NULL;
        memfs->log.capacity = 0;
    }
    memfs->log.since = ++memfs->undo.last_serial;
}

int change_log_put(struct memfs *memfs, struct memfs_node *directory, struct memfs_entry *entry)
{
    struct change_log *log = &memfs->log;
    if (entry->born >= log->since)
        return 0;
    if (log->count == log->capacity) {
        uint32_t capacity = log->capacity == 0 ? 8 : log->capacity * 2;
        struct change_item *items = realloc(log->items, capacity * sizeof *items);
        if (items == NULL)
            return ENOMEM;
        log->items = items;
        log->capacity = capacity;
    }
    char *name = malloc(entry->length);
    if (name == NULL)
        return ENOMEM;
    memcpy(name, entry->name, entry->length);
    log->items[log->count++] = (struct change_item){
        .directory = directory,
        .name = name,
        .length = entry->length,
        .hidden = entry->node->type == MEMFS_WHITEOUT,
        .first = entry->born < log->image,
        .inode = entry->node->inode,
        .serial = memfs->undo.last_serial,
    };
    directory->holds++;
    entry->born = memfs->undo.last_serial; /* it is in the log */
    return 0;
}

void change_log_cut(struct memfs *memfs, uint64_t serial)
{
    struct change_log *log = &memfs->log;
    while (log->count > 0 && log->items[log->count - 1].serial >= serial) {
        change_log_drop(memfs, &log->items[--log->count]);
    }
}

void change_log_free(struct memfs *memfs)
{
    change_log_cut(memfs, 0);
    free(memfs->log.items);
    memfs->log = (struct change_log){0};
}
