#include "changes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host_open.h"
#include "overlay.h"

/* What a directory had under a name before, where it is known that it was changed since. */
struct before {
    const struct memfs_node *directory;
    const char *name;
    uint32_t length;
    uint8_t hidden; /* a whiteout: nothing was there */
    uint64_t inode;
    uint32_t order; /* the first is what counts */
};

struct finder {
    struct vfs *vfs;
    struct changes *changes;
    const char *path; /* only what is there and below; "" is all */
    enum changes_since since;
    uint64_t serial; /* what was changed then or later */
    struct before *befores; /* sorted by directory, name, order */
    size_t before_count;
    uint8_t mount;
    char *at; /* the path where it is, of `length` bytes, NUL-terminated */
    size_t length, capacity;
};

/* ---- what was before ---- */

static int finder_compare(const void *a, const void *b)
{
    const struct before *x = a, *y = b;
    if (x->directory != y->directory)
        return (uintptr_t)x->directory < (uintptr_t)y->directory ? -1 : 1;
    const uint32_t shorter = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->name, y->name, shorter);
    if (order == 0)
        order = (x->length > y->length) - (x->length < y->length);
    return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

/* undo_each_entry(): records of entries as they were. */
static void finder_note(void *context, const struct memfs_node *directory, const struct memfs_entry *old)
{
    struct finder *finder = context;
    if (old->stamp >= finder->serial)
        return; /* it came after the moment; or there is an older record of it */
    if (finder->befores != NULL)
        finder->befores[finder->before_count] = (struct before){
            directory, old->name, old->length, old->node->type == MEMFS_WHITEOUT, old->node->inode,
            (uint32_t)finder->before_count};
    finder->before_count++;
}

static int finder_collect(struct finder *finder, const struct undo_point *point)
{
    struct memfs *memfs = &finder->vfs->memfs;
    undo_each_entry(memfs, point, finder_note, finder);
    const size_t count = finder->before_count + memfs->log.count;
    finder->before_count = 0;
    finder->befores = calloc(count + 1, sizeof *finder->befores);
    if (finder->befores == NULL)
        return ENOMEM;
    undo_each_entry(memfs, point, finder_note, finder);
    for (uint32_t i = 0; point == NULL && i < memfs->log.count; i++) {
        const struct change_item *item = &memfs->log.items[i];
        if (finder->since == CHANGES_SINCE_RUN ? item->serial < finder->serial : !item->first)
            continue;
        finder->befores[finder->before_count++] =
            (struct before){item->directory, item->name, item->length, item->hidden, item->inode, i};
    }
    qsort(finder->befores, finder->before_count, sizeof *finder->befores, finder_compare);
    return 0;
}

/* The first of a directory and name, or of the directory alone (`name` NULL): its position, or the count. */
static size_t finder_find(const struct finder *finder, const struct memfs_node *directory, const char *name,
                          uint32_t length)
{
    const struct before wanted = {.directory = directory, .name = name != NULL ? name : "", .length = length};
    size_t low = 0, high = finder->before_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (finder_compare(&finder->befores[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == finder->before_count || finder->befores[low].directory != directory)
        return finder->before_count;
    if (name != NULL && (finder->befores[low].length != length || memcmp(finder->befores[low].name, name, length) != 0))
        return finder->before_count;
    return low;
}

/* ---- telling ---- */

static int finder_push(struct finder *finder, const char *name, size_t length)
{
    if (finder->length + length + 2 > finder->capacity) {
        size_t capacity = (finder->length + length + 2) * 2;
        char *larger = realloc(finder->at, capacity);
        if (larger == NULL)
            return ENOMEM;
        finder->at = larger;
        finder->capacity = capacity;
    }
    finder->at[finder->length++] = '/';
    memcpy(finder->at + finder->length, name, length);
    finder->length += length;
    finder->at[finder->length] = '\0';
    return 0;
}

/* Whether that path is asked about. */
static int finder_wants(const struct finder *finder)
{
    size_t length = strlen(finder->path);
    return finder->length >= length && memcmp(finder->at, finder->path, length) == 0 &&
           (finder->length == length || finder->at[length] == '/');
}

static int finder_tell(struct finder *finder, enum change_kind kind, const struct vfs_stat *stat)
{
    struct changes *changes = finder->changes;
    if (!finder_wants(finder))
        return 0;
    if (changes->count == HOST_LIST_MOST)
        return E2BIG;
    if (changes->count == changes->capacity) {
        size_t capacity = changes->capacity == 0 ? 64 : changes->capacity * 2;
        struct change *items = reallocarray(changes->items, capacity, sizeof *items);
        if (items == NULL)
            return ENOMEM;
        changes->items = items;
        changes->capacity = capacity;
    }
    if (finder->length + 1 > changes->text_capacity - changes->text_bytes) {
        size_t capacity = (changes->text_capacity + finder->length + 1) * 2;
        if (capacity > 2 * (size_t)HOST_LIST_BYTES)
            return E2BIG;
        char *texts = realloc(changes->texts, capacity);
        if (texts == NULL)
            return ENOMEM;
        changes->texts = texts;
        changes->text_capacity = capacity;
    }
    struct change *item = &changes->items[changes->count++];
    *item = (struct change){.kind = kind};
    if (stat != NULL)
        item->file = (struct host_file){.stat = *stat, .writable = 1};
    item->file.path = (const char *)changes->text_bytes; /* an offset until all are there */
    memcpy(changes->texts + changes->text_bytes, finder->at, finder->length + 1);
    changes->text_bytes += finder->length + 1;
    return 0;
}

static int finder_compare_changes(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    int order = strcmp(x->file.path, y->file.path);
    return order != 0 ? order : (int)x->kind - (int)y->kind;
}

static void finder_settle(struct changes *changes)
{
    size_t kept = 0;
    for (size_t i = 0; i < changes->count; i++)
        changes->items[i].file.path = changes->texts + (size_t)changes->items[i].file.path;
    if (changes->count > 0)
        qsort(changes->items, changes->count, sizeof *changes->items, finder_compare_changes);
    for (size_t i = 0; i < changes->count; i++)
        if (kept == 0 || strcmp(changes->items[kept - 1].file.path, changes->items[i].file.path) != 0)
            changes->items[kept++] = changes->items[i];
    changes->count = kept;
}

void changes_free(struct changes *changes)
{
    free(changes->items);
    free(changes->texts);
    *changes = (struct changes){0};
}

/* ---- looking ---- */

static struct place finder_place(const struct finder *finder, struct memfs_node *directory)
{
    return (struct place){.mount = finder->mount, .type = VFS_DIRECTORY, .node = directory};
}

/* Whether the host's side of the directory shows something under that name, were it not for the entry. */
static int finder_host_has(struct finder *finder, struct memfs_node *directory, const char *name, size_t length,
                           int *has)
{
    struct vfs_stat stat;
    const struct place place = finder_place(finder, directory);
    *has = 0;
    if (!overlay_is_merged(finder->vfs, &place))
        return 0;
    int error = overlay_stat(finder->vfs, &place, name, length, &stat);
    *has = error == 0;
    return error == ENOENT || error == EACCES ? 0 : error;
}

/* A directory that stands, in its place, for what the host has there. */
static int finder_is_at_home(struct memfs_node *directory, const struct memfs_entry *entry)
{
    char path[VFS_PATH_BYTES + 1];
    const struct place place = {.type = VFS_DIRECTORY, .node = directory};
    return entry->node->proxy && directory->directory.lower != NULL &&
           overlay_path(&place, entry->name, entry->length, path) == 0 &&
           strcmp(path, entry->node->directory.lower) == 0;
}

/* All that is in a new directory of an overlay, whatever it has of the host: it is new here. */
static int finder_new_lower(struct finder *finder, struct memfs_node *directory, int depth);
static int finder_directory(struct finder *finder, struct memfs_node *directory, int is_new, int depth);

/* Of a name that shows something: was something there before? */
static int finder_was_there(struct finder *finder, struct memfs_node *directory, const struct memfs_entry *entry,
                            int *was, int *same)
{
    *was = *same = 0;
    if (finder->since == CHANGES_SINCE_HOST)
        return finder_host_has(finder, directory, entry->name, entry->length, was);
    size_t found = finder_find(finder, directory, entry->name, entry->length);
    if (found < finder->before_count) {
        const struct before *before = &finder->befores[found];
        *was = !before->hidden;
        *same = *was && before->inode == entry->node->inode;
        return 0;
    }
    if (entry->born < finder->serial) {
        *was = *same = 1;
        return 0;
    }
    return finder_host_has(finder, directory, entry->name, entry->length, was);
}

static int finder_entry(struct finder *finder, struct memfs_node *directory, const struct memfs_entry *entry,
                        int is_new, int depth)
{
    struct memfs_node *node = entry->node;
    struct vfs_stat stat;
    int was = 0, same = 0, error = 0;
    if (node->cover != 0)
        return 0; /* another mount */
    const int home = !is_new && finder_is_at_home(directory, entry);
    if (home)
        was = same = 1;
    else if (!is_new)
        error = finder_was_there(finder, directory, entry, &was, &same);
    if (error != 0)
        return error;
    if (node->type == MEMFS_WHITEOUT) /* it hides what was there, or what would have been */
        return was && !same ? finder_tell(finder, CHANGE_REMOVED, NULL) : 0;
    memfs_stat(node, &stat);
    if (node->type != VFS_DIRECTORY)
        return same && node->touched < finder->serial
                   ? 0
                   : finder_tell(finder, was ? CHANGE_MODIFIED : CHANGE_CREATED, &stat);
    if (!same) {
        error = finder_tell(finder, was ? CHANGE_MODIFIED : CHANGE_CREATED, &stat);
        if (error == 0)
            error = finder_new_lower(finder, node, depth);
    }
    return error == 0 ? finder_directory(finder, node, !same, depth - 1) : error;
}

/* Names that are gone without a trace in the directory. */
static int finder_removed(struct finder *finder, struct memfs_node *directory)
{
    int error = 0;
    size_t i = finder_find(finder, directory, NULL, 0);
    for (; i < finder->before_count && finder->befores[i].directory == directory && error == 0; i++) {
        const struct before *before = &finder->befores[i];
        const size_t length = finder->length;
        if (i > 0 && finder->befores[i - 1].directory == directory &&
            finder->befores[i - 1].length == before->length &&
            memcmp(finder->befores[i - 1].name, before->name, before->length) == 0)
            continue; /* the first counts */
        if (before->hidden || memfs_find(&finder->vfs->memfs, directory, before->name, before->length) != NULL)
            continue;
        error = finder_push(finder, before->name, before->length);
        if (error == 0)
            error = finder_tell(finder, CHANGE_REMOVED, NULL);
        finder->length = length;
    }
    return error;
}

static int finder_directory(struct finder *finder, struct memfs_node *directory, int is_new, int depth)
{
    int error = depth < 0 ? ENAMETOOLONG : 0;
    for (uint32_t i = 0; i < directory->directory.count && error == 0; i++) {
        const struct memfs_entry *entry = &directory->directory.entries[i];
        const size_t length = finder->length;
        if (entry->node == NULL)
            continue;
        error = finder_push(finder, entry->name, entry->length);
        if (error == 0)
            error = finder_entry(finder, directory, entry, is_new, depth);
        finder->length = length;
    }
    return error == 0 && !is_new && finder->since != CHANGES_SINCE_HOST ? finder_removed(finder, directory) : error;
}

/* What may be said of the host's directories that cannot be gone into: too deep, no permission, no room for an entry of
 * their own. They stand for what is in them, so that a guest cannot hide its other changes behind one. */
static int finder_is_closed(int error)
{
    return error == ENOSPC || error == EDQUOT || error == ENAMETOOLONG || error == EACCES;
}

static int finder_new_lower(struct finder *finder, struct memfs_node *directory, int depth)
{
    const struct place place = finder_place(finder, directory);
    struct host_names names;
    struct file file = {.public = {.kind = VFS_OPEN, .type = VFS_DIRECTORY, .readable = 1}};
    if (!overlay_is_merged(finder->vfs, &place))
        return 0;
    if (depth <= 0)
        return ENAMETOOLONG;
    struct opened opened = {.host = -1, .place = place};
    file.opened = &opened;
    int error = host_open_list(finder->vfs, &file, &names);
    if (error == EACCES)
        error = 0;
    for (uint32_t i = 0; i < names.count && error == 0; i++) {
        const char *name = names.texts + names.starts[i];
        const size_t length = finder->length;
        struct place found;
        struct vfs_stat stat;
        if (memfs_find(&finder->vfs->memfs, directory, name, strlen(name)) != NULL)
            continue; /* comes with the entries */
        error = tree_lookup(finder->vfs, &place, name, strlen(name), &found);
        if (error == 0 && !found.lower)
            continue; /* a directory: it has an entry now */
        if (error == 0 || finder_is_closed(error))
            error = overlay_stat(finder->vfs, &place, name, strlen(name), &stat);
        if (error == 0)
            error = finder_push(finder, name, strlen(name));
        if (error == 0)
            error = finder_tell(finder, CHANGE_CREATED, &stat);
        finder->length = length;
        if (error == ENOENT || error == EACCES)
            error = 0; /* gone meanwhile, on the host; or nobody can see what it is */
    }
    host_open_free(&names);
    return error;
}

/* ---- the whole ---- */

static int finder_mount(struct finder *finder, uint8_t number)
{
    const struct mount *mount = &finder->vfs->mounts[number];
    if (!mount_has_nodes(mount) || mount->root == NULL ||
        (finder->since == CHANGES_SINCE_HOST && mount->kind != MOUNT_OVERLAY))
        return 0;
    finder->mount = number;
    finder->length = 0;
    int error = finder_push(finder, mount->path + 1, mount->length - (size_t)1);
    return error == 0 ? finder_directory(finder, mount->root, 0, HOST_ACCESS_DEPTH) : error;
}

/* From which point on records are looked at, and the time of that. */
static const struct undo_point *finder_begin(struct finder *finder, uint32_t skip)
{
    const struct memfs *memfs = &finder->vfs->memfs;
    const struct undo_point *point = memfs->undo.top;
    if (finder->since == CHANGES_SINCE_RUN || finder->since == CHANGES_SINCE_HOST) {
        finder->serial = memfs->log.since;
        return NULL;
    }
    for (; skip > 0 && point != NULL; skip--)
        point = point->lower;
    while (finder->since == CHANGES_SINCE_IMAGE && point != NULL && point->lower != NULL)
        point = point->lower;
    finder->serial = point != NULL ? point->serial : memfs->log.image;
    return point;
}

int changes_list(struct vfs *vfs, const char *path, enum changes_since since, uint32_t skip, struct changes *changes)
{
    struct finder finder = {.vfs = vfs, .changes = changes, .path = path[1] == '\0' ? "" : path, .since = since};
    *changes = (struct changes){0};
    const struct undo_point *point = finder_begin(&finder, skip);
    if (since == CHANGES_SINCE_CHECKPOINT && point == NULL)
        finder.since = CHANGES_SINCE_IMAGE;
    int error = since == CHANGES_SINCE_HOST ? 0 : finder_collect(&finder, point);
    for (uint32_t i = 0; i < vfs->mount_count && error == 0; i++)
        error = finder_mount(&finder, (uint8_t)i);
    free(finder.befores);
    free(finder.at);
    vfs_take_steps(vfs);
    if (error == 0)
        finder_settle(changes);
    return error;
}

void vfs_begin_run(struct vfs *vfs)
{
    change_log_begin(&vfs->memfs);
}

void vfs_begin_image(struct vfs *vfs)
{
    change_log_begin(&vfs->memfs);
    vfs->memfs.log.image = vfs->memfs.log.since;
}
