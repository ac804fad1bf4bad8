#include "memfs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "namehash.h"

#define LINEAR_ENTRIES 8u /* up to so many entries a directory is searched without an index */
#define BLOCK_BYTES 16u   /* what malloc adds to a block, about */

int memfs_charge(struct memfs *memfs, uint64_t bytes)
{
    if (bytes > memfs->quota.bytes - memfs->used_bytes)
        return ENOSPC;
    memfs->used_bytes += bytes;
    return 0;
}

void memfs_refund(struct memfs *memfs, uint64_t bytes)
{
    memfs->used_bytes -= bytes;
}

struct memfs_node *memfs_create(struct memfs *memfs, uint8_t type, uint64_t now_ns, int *error)
{
    if (memfs->used_files >= (uint64_t)memfs->quota.files + memfs->used_proxies) {
        *error = ENOSPC;
        return NULL;
    }
    *error = memfs_charge(memfs, sizeof(struct memfs_node) + BLOCK_BYTES);
    if (*error != 0)
        return NULL;
    struct memfs_node *node = calloc(1, sizeof *node);
    if (node == NULL) {
        memfs_refund(memfs, sizeof *node + BLOCK_BYTES);
        *error = ENOMEM;
        return NULL;
    }
    memfs->used_files++;
    node->type = type;
    node->born = node->stamp = memfs->undo.epoch;
    node->touched = memfs->undo.last_serial;
    node->inode = ++memfs->next_inode;
    node->accessed_ns = node->modified_ns = node->changed_ns = now_ns;
    if (type == VFS_DIRECTORY)
        node->directory.next_cookie = 1;
    node->next = memfs->nodes;
    if (node->next != NULL)
        node->next->previous = node;
    memfs->nodes = node;
    return node;
}

struct memfs_node *memfs_create_proxy(struct memfs *memfs, const char *lower, uint64_t now_ns, int *error)
{
    const size_t length = strlen(lower) + 1;
    char *copy = malloc(length);
    *error = copy == NULL ? ENOMEM : memfs_charge(memfs, length + BLOCK_BYTES);
    if (*error != 0) {
        free(copy);
        return NULL;
    }
    memfs->used_proxies++; /* first: this one is not counted */
    struct memfs_node *node = memfs_create(memfs, VFS_DIRECTORY, now_ns, error);
    if (node == NULL) {
        memfs->used_proxies--;
        memfs_refund(memfs, length + BLOCK_BYTES);
        free(copy);
        return NULL;
    }
    memcpy(copy, lower, length);
    node->directory.lower = copy;
    node->proxy = node->pure = 1;
    return node;
}

/* What is charged for a node's contents. */
static uint64_t memfs_charged(const struct memfs_node *node)
{
    if (node->type == VFS_REGULAR)
        return memfs_data_charged(node);
    if (node->type == VFS_SYMLINK)
        return node->target != NULL ? node->size + BLOCK_BYTES : 0;
    if (node->type == MEMFS_WHITEOUT)
        return 0;
    uint64_t bytes = node->directory.capacity * sizeof(struct memfs_entry) +
                     node->directory.index_size * sizeof(uint32_t);
    if (node->directory.lower != NULL)
        bytes += strlen(node->directory.lower) + 1 + BLOCK_BYTES;
    for (uint32_t i = 0; i < node->directory.count; i++)
        if (node->directory.entries[i].node != NULL)
            bytes += node->directory.entries[i].length + BLOCK_BYTES;
    return bytes;
}

void memfs_free(struct memfs *memfs, struct memfs_node *node)
{
    if (node->type == VFS_REGULAR) {
        memfs_data_free(node);
    } else if (node->type == VFS_SYMLINK) {
        free(node->target);
    } else if (node->type == VFS_DIRECTORY) {
        free(node->directory.lower);
        for (uint32_t i = 0; i < node->directory.count; i++)
            free(node->directory.entries[i].name);
        free(node->directory.entries);
        free(node->directory.index);
    }
    if (node->previous != NULL)
        node->previous->next = node->next;
    else
        memfs->nodes = node->next;
    if (node->next != NULL)
        node->next->previous = node->previous;
    free(node);
}

void memfs_release(struct memfs *memfs, struct memfs_node *node)
{
    if (node->links > 0 || node->opens > 0)
        return;
    memfs_refund(memfs, memfs_charged(node) + sizeof *node + BLOCK_BYTES);
    memfs->used_files--;
    memfs->used_proxies -= node->proxy;
    node->dead = 1;
    if (node->holds == 0)
        memfs_free(memfs, node);
}

void memfs_unhold(struct memfs *memfs, struct memfs_node *node)
{
    if (--node->holds == 0 && node->dead)
        memfs_free(memfs, node);
}

void memfs_clear(struct memfs *memfs)
{
    change_log_free(memfs);
    while (memfs->nodes != NULL)
        memfs_free(memfs, memfs->nodes);
    memfs->used_bytes = 0;
    memfs->used_files = memfs->used_proxies = 0;
}

static uint32_t memfs_hash(struct memfs *memfs, const char *name, size_t length)
{
    if (memfs->hash_key == 0)
        memfs->hash_key = namehash_key();
    return namehash(memfs->hash_key, 0, name, length);
}

static void memfs_index_put(struct memfs_node *directory, uint32_t number)
{
    uint32_t mask = directory->directory.index_size - 1;
    uint32_t slot = directory->directory.entries[number].hash & mask;
    while (directory->directory.index[slot] != 0)
        slot = (slot + 1) & mask;
    directory->directory.index[slot] = number + 1;
}

void memfs_index_build(struct memfs_node *directory)
{
    if (directory->directory.index == NULL)
        return;
    memset(directory->directory.index, 0, directory->directory.index_size * sizeof(uint32_t));
    for (uint32_t i = 0; i < directory->directory.count; i++)
        memfs_index_put(directory, i);
}

/* Entries are put in by number. Taken out in reverse, each leaves its slot as it found it: free. */
void memfs_index_cut(struct memfs_node *directory, uint32_t first)
{
    if (directory->directory.index == NULL)
        return;
    uint32_t mask = directory->directory.index_size - 1;
    for (uint32_t number = directory->directory.count; number-- > first;) {
        uint32_t slot = directory->directory.entries[number].hash & mask;
        while (directory->directory.index[slot] != number + 1)
            slot = (slot + 1) & mask;
        directory->directory.index[slot] = 0;
    }
}

static int memfs_matches(const struct memfs_entry *entry, const char *name, size_t length)
{
    return entry->node != NULL && entry->length == length && memcmp(entry->name, name, length) == 0;
}

struct memfs_entry *memfs_find(struct memfs *memfs, struct memfs_node *directory, const char *name,
                               size_t length)
{
    if (directory->directory.index == NULL) {
        for (uint32_t i = 0; i < directory->directory.count; i++)
            if (memfs_matches(&directory->directory.entries[i], name, length))
                return &directory->directory.entries[i];
        return NULL;
    }
    uint32_t hash = memfs_hash(memfs, name, length);
    uint32_t mask = directory->directory.index_size - 1;
    for (uint32_t slot = hash & mask; directory->directory.index[slot] != 0; slot = (slot + 1) & mask) {
        struct memfs_entry *entry =
            &directory->directory.entries[directory->directory.index[slot] - 1];
        if (entry->hash == hash && memfs_matches(entry, name, length))
            return entry;
    }
    return NULL;
}

struct memfs_entry *memfs_entry_from(struct memfs_node *directory, uint64_t cookie)
{
    uint32_t low = 0, high = directory->directory.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (directory->directory.entries[middle].cookie < cookie)
            low = middle + 1;
        else
            high = middle;
    }
    while (low < directory->directory.count && directory->directory.entries[low].node == NULL)
        low++;
    return low < directory->directory.count ? &directory->directory.entries[low] : NULL;
}

void memfs_compact(struct memfs_node *directory)
{
    uint32_t kept = directory->directory.floor;
    memfs_index_cut(directory, kept);
    for (uint32_t i = kept; i < directory->directory.count; i++)
        if (directory->directory.entries[i].node != NULL)
            directory->directory.entries[kept++] = directory->directory.entries[i];
    directory->directory.count = kept;
    directory->directory.removed = 0;
    if (directory->directory.index != NULL)
        for (uint32_t i = directory->directory.floor; i < kept; i++)
            memfs_index_put(directory, i);
}

/* Makes room for one more entry. */
static int memfs_grow(struct memfs *memfs, struct memfs_node *directory)
{
    if (directory->directory.count == directory->directory.capacity &&
        directory->directory.removed > directory->directory.count / 4)
        memfs_compact(directory);
    if (directory->directory.count < directory->directory.capacity)
        return 0;
    uint32_t capacity = directory->directory.capacity == 0 ? 4 : directory->directory.capacity * 2;
    uint32_t index_size = capacity > LINEAR_ENTRIES ? capacity * 2 : 0;
    uint64_t more = (capacity - directory->directory.capacity) * sizeof(struct memfs_entry) +
                    (index_size - directory->directory.index_size) * sizeof(uint32_t);
    int error = memfs_charge(memfs, more);
    if (error != 0)
        return error;
    uint32_t *index = NULL;
    if (index_size != 0 && (index = malloc(index_size * sizeof *index)) == NULL) {
        memfs_refund(memfs, more);
        return ENOMEM;
    }
    struct memfs_entry *entries =
        realloc(directory->directory.entries, capacity * sizeof *entries);
    if (entries == NULL) {
        free(index);
        memfs_refund(memfs, more);
        return ENOMEM;
    }
    directory->directory.entries = entries;
    directory->directory.capacity = capacity;
    if (index != NULL) {
        for (uint32_t i = 0; i < directory->directory.count && directory->directory.index == NULL; i++)
            entries[i].hash = entries[i].node == NULL
                                  ? 0
                                  : memfs_hash(memfs, entries[i].name, entries[i].length);
        free(directory->directory.index);
        directory->directory.index = index;
        directory->directory.index_size = index_size;
        memfs_index_build(directory);
    }
    return 0;
}

int memfs_add(struct memfs *memfs, struct memfs_node *directory, const char *name, size_t length,
              struct memfs_node *node, uint64_t now_ns)
{
    if (length > memfs->quota.name_bytes)
        return ENAMETOOLONG;
    int error = memfs_keep(memfs, directory);
    if (error == 0)
        error = memfs_keep(memfs, node);
    if (error == 0)
        error = memfs_grow(memfs, directory);
    if (error == 0)
        error = memfs_charge(memfs, length + BLOCK_BYTES);
    if (error != 0)
        return error;
    char *copy = malloc(length);
    if (copy == NULL) {
        memfs_refund(memfs, length + BLOCK_BYTES);
        return ENOMEM;
    }
    memcpy(copy, name, length);
    uint32_t number = directory->directory.count++;
    struct memfs_entry *entry = &directory->directory.entries[number];
    *entry = (struct memfs_entry){
        .node = node,
        .name = copy,
        .cookie = directory->directory.next_cookie++,
        .stamp = memfs->undo.epoch,
        .born = memfs->undo.last_serial,
        .length = (uint32_t)length,
    };
    if (directory->directory.index != NULL) {
        entry->hash = memfs_hash(memfs, name, length);
        memfs_index_put(directory, number);
    }
    directory->directory.live++;
    node->links++;
    if (node->type == VFS_DIRECTORY) {
        node->parent = directory;
        directory->directory.directories++;
    }
    directory->pure = 0;
    directory->modified_ns = directory->changed_ns = node->changed_ns = now_ns;
    return 0;
}

int memfs_keep_entry(struct memfs *memfs, struct memfs_node *directory, const char *name, size_t length)
{
    int error = memfs_keep(memfs, directory);
    if (error != 0)
        return error;
    struct memfs_entry *entry = memfs_find(memfs, directory, name, length);
    error = memfs_keep(memfs, entry->node);
    if (error == 0 && entry->stamp < memfs->undo.epoch)
        error = undo_keep_entry(memfs, directory, entry);
    if (error == 0)
        error = change_log_put(memfs, directory, entry);
    return error;
}

void memfs_swap(struct memfs *memfs, struct memfs_node *directory, const char *name, size_t length,
                struct memfs_node *node, uint64_t now_ns)
{
    struct memfs_entry *entry = memfs_find(memfs, directory, name, length);
    struct memfs_node *old = entry->node;
    entry->node = node;
    entry->born = memfs->undo.last_serial;
    node->links++;
    old->links--;
    if (old->type == VFS_DIRECTORY) {
        old->parent = NULL;
        directory->directory.directories--;
    }
    if (node->type == VFS_DIRECTORY) {
        node->parent = directory;
        directory->directory.directories++;
    }
    directory->pure = 0;
    directory->modified_ns = directory->changed_ns = old->changed_ns = now_ns;
}

void memfs_remove(struct memfs *memfs, struct memfs_node *directory, const char *name, size_t length,
                  uint64_t now_ns)
{
    struct memfs_entry *entry = memfs_find(memfs, directory, name, length);
    struct memfs_node *node = entry->node;
    memfs_refund(memfs, length + BLOCK_BYTES);
    free(entry->name);
    entry->name = NULL;
    entry->node = NULL; /* the index still leads here, to an entry that matches nothing */
    directory->directory.live--;
    directory->directory.removed += entry - directory->directory.entries >= directory->directory.floor;
    node->links--;
    if (node->type == VFS_DIRECTORY) {
        node->parent = NULL;
        directory->directory.directories--;
    }
    directory->pure = 0;
    directory->modified_ns = directory->changed_ns = node->changed_ns = now_ns;
}

uint32_t memfs_depth(const struct memfs_node *directory)
{
    uint32_t depth = 0;
    while ((directory = directory->parent) != NULL)
        depth++;
    return depth;
}

uint32_t memfs_height(const struct memfs_node *directory, uint32_t limit)
{
    uint32_t height = 0;
    if (directory->directory.directories == 0 || limit == 0)
        return 0;
    for (uint32_t i = 0; i < directory->directory.count; i++) {
        const struct memfs_node *node = directory->directory.entries[i].node;
        if (node == NULL || node->type != VFS_DIRECTORY)
            continue;
        uint32_t below = 1 + memfs_height(node, limit - 1);
        if (below > height)
            height = below;
    }
    return height;
}

int memfs_set_target(struct memfs *memfs, struct memfs_node *link, const char *target, size_t length)
{
    int error = memfs_charge(memfs, length + BLOCK_BYTES);
    if (error != 0)
        return error;
    link->target = malloc(length);
    if (link->target == NULL) {
        memfs_refund(memfs, length + BLOCK_BYTES);
        return ENOMEM;
    }
    memcpy(link->target, target, length);
    link->size = length;
    return 0;
}

void memfs_stat(const struct memfs_node *node, struct vfs_stat *stat)
{
    stat->inode = node->inode;
    stat->links = node->links;
    stat->size = node->size;
    if (node->type == VFS_DIRECTORY) {
        stat->links = node->links == 0 ? 0 : 2 + node->directory.directories;
        stat->size = node->directory.live * sizeof(struct memfs_entry);
    }
    stat->accessed_ns = node->accessed_ns;
    stat->modified_ns = node->modified_ns;
    stat->changed_ns = node->changed_ns;
    stat->type = node->type;
}
