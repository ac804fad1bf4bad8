/* Opens hostile archives and looks at everything in them. */
#include <stdlib.h>
#include <string.h>

#include "vfs_files.h"
#include "zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static int open_each(void *context, const struct vfs_entry *entry)
{
    /* The name is read to its end. */
    unsigned *sum = context;
    for (uint32_t i = 0; i < entry->length; i++)
        *sum += (unsigned char)entry->name[i];
    return 1;
}

static void look(const struct vfs_archive *archive, struct vfs *vfs)
{
    volatile unsigned sum = 0;
    for (uint32_t i = 0; i < archive->count; i++) {
        size_t length;
        const char *name = zip_name(archive, i, &length);
        struct vfs_stat stat;
        zip_stat(archive, i, &stat);
        if (i != ZIP_ROOT && zip_find(archive, archive->entries[i].parent, name, length) != i)
            abort();
        const uint8_t *data = archive->entries[i].type == VFS_REGULAR ? zip_data(archive, i) : NULL;
        for (uint64_t j = 0; data != NULL && j < stat.size; j++)
            sum += data[j];
    }
    uint32_t fd;
    unsigned names = 0;
    if (vfs_open_root(vfs, 0) == 0 &&
        vfs_open(vfs, 0, "a", 1, VFS_READ | VFS_ONLY_DIRECTORY, 0, &fd) == 0)
        vfs_list(vfs, fd, 0, open_each, &names);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct vfs_archive *archive;
    struct vfs *vfs;
    if (vfs_archive_open_bytes(bytes, length, "fuzz", &archive) != PYBOX_OK)
        return 0;
    if (vfs_create(NULL, &vfs) == PYBOX_OK && vfs_mount_archive(vfs, "/a", archive) == PYBOX_OK) {
        look(archive, vfs);
        vfs_destroy(vfs);
    }
    vfs_archive_close(archive);
    return 0;
}
