#include "host_open.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_BYTES (64u << 20)

int host_open_root(struct vfs *vfs, struct file *root)
{
    (void)vfs;
    *root = (struct file){.public = {.kind = VFS_OPEN, .type = VFS_DIRECTORY, .readable = 1}};
    root->opened = tree_opened_create();
    if (root->opened == NULL)
        return ENOMEM;
    root->opened->place = tree_root();
    return 0;
}

void host_open_close(struct vfs *vfs, struct file *file)
{
    if (file->opened != NULL)
        tree_file_drop(&vfs->memfs, file);
    vfs_take_steps(vfs); /* they are not the guest's */
}

int host_open_at(struct vfs *vfs, const struct file *at, const char *path, size_t length, uint32_t how,
                 struct file *file)
{
    struct walk walk;
    uint32_t flags = (how & VFS_CREATE ? WALK_CREATE | WALK_FILE : 0) | (how & VFS_FOLLOW ? WALK_FOLLOW : 0);
    *file = (struct file){0};
    vfs->at = at;
    int error = walk_path(vfs, VFS_AT, path, length, flags, &walk);
    vfs->at = NULL;
    if (error != 0)
        return error;
    struct opened *opened = tree_opened_create();
    if (opened == NULL)
        return ENOMEM;
    error = files_open(vfs, &walk, how, 0, opened);
    if (error != 0) {
        tree_opened_release(&vfs->memfs, opened);
        return error;
    }
    file->public = (struct vfs_descriptor){
        .kind = VFS_OPEN,
        .type = opened->place.type,
        .readable = (how & VFS_READ) != 0,
        .writable = (how & VFS_WRITE) != 0,
    };
    tree_file_put(file, opened);
    vfs->changes += (how & VFS_CREATE) != 0;
    return 0;
}

static int host_open_is_writable(struct vfs *vfs, const struct walk *walk)
{
    if (walk->host)
        return !vfs->mounts[walk->mount].read_only;
    if (walk->found.mount == TREE_SKELETON)
        return 0;
    const struct mount *mount = &vfs->mounts[walk->found.mount];
    return mount->kind != MOUNT_NULL && mount->kind != MOUNT_RANDOM && !mount->read_only;
}

int host_open_stat(struct vfs *vfs, const struct file *at, const char *name, size_t length, struct host_file *file)
{
    struct walk walk;
    vfs->at = at;
    int error = vfs_stat_path(vfs, VFS_AT, name, length, 0, &file->stat);
    if (error == 0)
        error = walk_path(vfs, VFS_AT, name, length, 0, &walk);
    vfs->at = NULL;
    if (error == 0)
        file->writable = host_open_is_writable(vfs, &walk);
    return error;
}

/* ---- names ---- */

/* vfs_each. */
static int host_open_add(void *context, const struct vfs_entry *entry)
{
    struct host_names *names = context;
    if (entry->name[0] == '.' && (entry->length == 1 || (entry->length == 2 && entry->name[1] == '.')))
        return 1;
    if (names->count == names->capacity) {
        uint32_t capacity = names->capacity == 0 ? 16 : names->capacity * 2;
        uint32_t *starts = realloc(names->starts, capacity * sizeof *starts);
        if (starts == NULL) {
            names->error = ENOMEM;
            return 0;
        }
        names->starts = starts;
        names->capacity = capacity;
    }
    if (entry->length + 1 > names->byte_capacity - names->bytes) {
        uint32_t capacity = names->byte_capacity == 0 ? 512 : names->byte_capacity * 2;
        char *texts = capacity > NAMES_BYTES ? NULL : realloc(names->texts, capacity);
        if (texts == NULL) {
            names->error = capacity > NAMES_BYTES ? E2BIG : ENOMEM;
            return 0;
        }
        names->texts = texts;
        names->byte_capacity = capacity;
    }
    names->starts[names->count++] = names->bytes;
    memcpy(names->texts + names->bytes, entry->name, entry->length);
    names->texts[names->bytes + entry->length] = '\0';
    names->bytes += entry->length + 1;
    return 1;
}

static int host_open_compare(const void *a, const void *b, void *texts)
{
    return strcmp((const char *)texts + *(const uint32_t *)a, (const char *)texts + *(const uint32_t *)b);
}

int host_open_list(struct vfs *vfs, const struct file *directory, struct host_names *names)
{
    *names = (struct host_names){0};
    int error = listing_of(vfs, directory, 0, host_open_add, names);
    if (error == 0)
        error = names->error;
    if (error == 0 && names->count > 0)
        qsort_r(names->starts, names->count, sizeof *names->starts, host_open_compare, names->texts);
    return error;
}

void host_open_free(struct host_names *names)
{
    free(names->texts);
    free(names->starts);
    *names = (struct host_names){0};
}

/* ---- changing ---- */

int host_open_write(struct vfs *vfs, const struct file *file, const void *bytes, size_t length, uint64_t position)
{
    const uint8_t *from = bytes;
    while (length > 0) {
        size_t done;
        int error = files_write(vfs, file, from, length, position, &done, NULL);
        if (error == 0 && done == 0)
            error = ENOSPC;
        if (error != 0)
            return error;
        from += done;
        length -= done;
        position += done;
    }
    return 0;
}

int host_open_begin(struct vfs *vfs)
{
    switch (vfs_checkpoint(vfs)) {
    case PYBOX_OK:
        return 0;
    case PYBOX_ERROR_LIMIT:
        return E2BIG;
    default:
        return ENOMEM;
    }
}

int host_open_end(struct vfs *vfs, int error)
{
    if (error != 0)
        vfs_rollback(vfs);
    vfs_drop(vfs);
    return error;
}

int host_open_make(struct vfs *vfs, const struct file *root, const char *path, size_t length)
{
    int error = 0;
    for (size_t end = 2; error == 0 && end <= length; end++) {
        struct vfs_stat stat;
        if (end < length && path[end] != '/')
            continue;
        vfs->at = root;
        error = vfs_stat_path(vfs, VFS_AT, path + 1, end - 1, 1, &stat);
        if (error == ENOENT)
            error = vfs_make_directory(vfs, VFS_AT, path + 1, end - 1);
        else if (error == 0 && stat.type != VFS_DIRECTORY)
            error = ENOTDIR;
        vfs->at = NULL;
    }
    return error;
}

int host_open_replace(struct vfs *vfs, const struct file *at, const char *name, size_t length, struct file *file)
{
    struct host_file old;
    int error = host_open_stat(vfs, at, name, length, &old);
    if (error == 0 && old.stat.type == VFS_SYMLINK) {
        vfs->at = at;
        error = vfs_unlink(vfs, VFS_AT, name, length);
        vfs->at = NULL;
    }
    if (error != 0 && error != ENOENT)
        return error;
    return host_open_at(vfs, at, name, length, VFS_CREATE | VFS_TRUNCATE | VFS_WRITE, file);
}
