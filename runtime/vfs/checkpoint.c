/* Checkpoints of a tree: descriptors, and what undo.c does for in-memory files. */
#include <errno.h>
#include <stdlib.h>

#include "error.h"
#include "tree.h"

/* A descriptor as it was. */
struct checkpoint_file {
    struct checkpoint_file *next;
    uint32_t fd;
    struct file old; /* holds what is behind it */
};

int checkpoint_keep_file(struct vfs *vfs, uint32_t fd)
{
    struct undo *undo = &vfs->memfs.undo;
    struct file *file = &vfs->files[fd];
    if (file->stamp >= undo->epoch)
        return 0;
    struct checkpoint_file *record = malloc(sizeof *record);
    if (record == NULL)
        return ENOMEM;
    *record = (struct checkpoint_file){undo->top->files, fd, *file};
    undo->top->files = record;
    if (file->opened != NULL)
        file->opened->holders++;
    file->stamp = undo->epoch;
    return 0;
}

static void checkpoint_restore_file(struct vfs *vfs, const struct checkpoint_file *record)
{
    struct file *file = &vfs->files[record->fd];
    tree_file_drop(&vfs->memfs, file);
    *file = record->old;
    tree_file_put(file, record->old.opened);
    if (file->opened != NULL)
        tree_opened_set_flags(file->opened, file->public.flags);
    if (file->public.kind == VFS_FREE && record->fd < vfs->lowest_free)
        vfs->lowest_free = record->fd;
}

pybox_status vfs_checkpoint(struct vfs *vfs)
{
    if (vfs->memfs.undo.count >= VFS_CHECKPOINTS)
        return error_set(PYBOX_ERROR_LIMIT, "too many checkpoints of a file tree; expected at most %d",
                         VFS_CHECKPOINTS);
    return undo_push(&vfs->memfs) == 0 ? PYBOX_OK
                                       : error_set_memory("a checkpoint", sizeof(struct undo_point));
}

void vfs_rollback(struct vfs *vfs)
{
    struct undo_point *top = vfs->memfs.undo.top;
    if (top == NULL)
        return;
    if (!undo_is_clean(&vfs->memfs)) {
        while (top->files != NULL) {
            struct checkpoint_file *record = top->files;
            top->files = record->next;
            checkpoint_restore_file(vfs, record);
            free(record);
        }
        for (uint32_t i = 0; i < vfs->mount_count; i++) {
            struct mount *mount = &vfs->mounts[i];
            if (mount_has_nodes(mount) && mount->root != NULL && mount->root->born >= top->serial)
                mount->root = NULL;
        }
        vfs->changes++;
    }
    undo_rollback(&vfs->memfs);
}

void vfs_drop(struct vfs *vfs)
{
    struct undo_point *top = vfs->memfs.undo.top;
    if (top == NULL)
        return;
    struct undo_point *lower = top->lower;
    while (top->files != NULL) {
        struct checkpoint_file *record = top->files;
        top->files = record->next;
        /* What was stamped since the older checkpoint has a record there already. */
        if (lower != NULL && record->old.stamp < lower->serial) {
            record->next = lower->files;
            lower->files = record;
        } else {
            tree_opened_release(&vfs->memfs, record->old.opened);
            free(record);
        }
    }
    undo_drop(&vfs->memfs);
}

uint32_t vfs_checkpoint_count(const struct vfs *vfs)
{
    return vfs->memfs.undo.count;
}

void checkpoint_drop_all(struct vfs *vfs)
{
    while (vfs->memfs.undo.top != NULL)
        vfs_drop(vfs);
    undo_clear(&vfs->memfs);
}
