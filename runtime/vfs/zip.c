#include "zip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "memory_file.h"
#include "namehash.h"

#define LOCAL_BYTES 30u
#define NANOSECONDS 1000000000u

uint32_t zip_slot(const struct vfs_archive *archive, uint32_t directory, const char *name,
                  size_t length, uint32_t *hash)
{
    uint32_t mask = archive->index_size - 1;
    *hash = namehash(archive->key, directory, name, length);
    uint32_t slot = *hash & mask;
    for (; archive->index[slot] != 0; slot = (slot + 1) & mask) {
        const struct zip_entry *entry = &archive->entries[archive->index[slot] - 1];
        if (entry->hash == *hash && entry->parent == directory &&
            (size_t)entry->name_length - entry->base == length &&
            memcmp(archive->bytes + entry->name + entry->base, name, length) == 0)
            break;
    }
    return slot;
}

uint32_t zip_find(const struct vfs_archive *archive, uint32_t directory, const char *name,
                  size_t length)
{
    uint32_t hash;
    return archive->index[zip_slot(archive, directory, name, length, &hash)] - 1; /* 0 - 1: ZIP_NONE */
}

const char *zip_name(const struct vfs_archive *archive, uint32_t number, size_t *length)
{
    const struct zip_entry *entry = &archive->entries[number];
    *length = (size_t)entry->name_length - entry->base;
    return (const char *)archive->bytes + entry->name + entry->base;
}

/* The local header is looked at only now: to do it while indexing would read a page for each file. */
const uint8_t *zip_data(const struct vfs_archive *archive, uint32_t number)
{
    const struct zip_entry *entry = &archive->entries[number];
    const uint8_t *header = archive->bytes + entry->header;
    if (archive->directory - entry->header < LOCAL_BYTES || memcmp(header, "PK\3\4", 4) != 0)
        return NULL;
    uint32_t name = header[26] | (uint32_t)header[27] << 8;
    uint32_t extra = header[28] | (uint32_t)header[29] << 8;
    uint64_t start = (uint64_t)entry->header + LOCAL_BYTES + name + extra;
    if (start + entry->size > archive->directory || (header[6] & 1) != 0 ||
        (header[8] | header[9]) != 0 || name != entry->name_length ||
        memcmp(header + LOCAL_BYTES, archive->bytes + entry->name, name) != 0)
        return NULL;
    return archive->bytes + start;
}

void zip_stat(const struct vfs_archive *archive, uint32_t number, struct vfs_stat *stat)
{
    const struct zip_entry *entry = &archive->entries[number];
    stat->inode = (uint64_t)number + 1;
    stat->links = 1;
    stat->size = entry->size;
    stat->accessed_ns = stat->modified_ns = stat->changed_ns = (uint64_t)entry->time * NANOSECONDS;
    stat->type = entry->type;
}

pybox_status zip_check(const struct vfs_archive *archive, const char *label)
{
    for (uint32_t i = 0; i < archive->count; i++)
        if (archive->entries[i].type == VFS_REGULAR && zip_data(archive, i) == NULL)
            return error_set(PYBOX_ERROR_ARCHIVE,
                             "archive %s: the header before %.*s contradicts the central directory",
                             label, (int)archive->entries[i].name_length,
                             (const char *)archive->bytes + archive->entries[i].name);
    return PYBOX_OK;
}

/* A sealed copy of the file in memory, as a descriptor, or -1 with errno. */
static int zip_copy(int file, size_t length)
{
    int copy = memory_file_create("pybox-archive");
    if (copy < 0)
        return -1;
    for (size_t left = length; left > 0;) {
        ssize_t part = sendfile(copy, file, NULL, left);
        if (part < 0 && errno == EINTR)
            continue;
        if (part == 0)
            errno = EIO; /* it has become shorter */
        if (part <= 0)
            goto failed;
        left -= (size_t)part;
    }
    if (memory_file_seal(copy) == 0)
        return copy;
failed:;
    int error = errno;
    close(copy);
    errno = error;
    return -1;
}

/* Maps the file. Errors: IO, ARCHIVE. */
static pybox_status zip_map(const char *path, int trusted, void **bytes, size_t *length)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return error_set_io(errno, "archive %s", path);
    struct stat stat;
    int error = fstat(file, &stat) != 0 ? errno : 0;
    if (error != 0 || !S_ISREG(stat.st_mode) || stat.st_size <= 0 || stat.st_size >= UINT32_MAX) {
        close(file);
        if (error != 0)
            return error_set_io(error, "archive %s", path);
        return error_set(PYBOX_ERROR_ARCHIVE,
                         "archive %s: empty, too large or no regular file; expected a ZIP file "
                         "below 4 GiB", path);
    }
    *length = (size_t)stat.st_size;
    if (!trusted) {
        int copy = zip_copy(file, *length);
        error = errno;
        close(file);
        if (copy < 0)
            return error_set_io(error, "cannot copy archive %s to memory", path);
        file = copy;
    }
    void *mapped = mmap(NULL, *length, PROT_READ, MAP_PRIVATE, file, 0);
    error = errno;
    close(file);
    if (mapped == MAP_FAILED)
        return error_set_io(error, "cannot map archive %s", path);
    *bytes = mapped;
    return PYBOX_OK;
}

static void zip_release(const uint8_t *bytes, size_t length, enum zip_bytes owned)
{
    if (owned == ZIP_MAPPED)
        munmap((void *)bytes, length);
    else if (owned == ZIP_ALLOCATED)
        free((void *)bytes);
}

/* An archive over bytes, which it takes over as `owned` says, whether it fails or not. */
static pybox_status zip_open(const uint8_t *bytes, size_t length, enum zip_bytes owned, int check,
                             const char *label, struct vfs_archive **opened)
{
    struct vfs_archive *archive = calloc(1, sizeof *archive);
    if (archive == NULL) {
        zip_release(bytes, length, owned);
        return error_set_memory("an archive", sizeof *archive);
    }
    atomic_init(&archive->holds, 1);
    archive->bytes = bytes;
    archive->length = length;
    archive->owned = owned;
    pybox_status status = zip_index(archive, label);
    if (status == PYBOX_OK && check)
        status = zip_check(archive, label);
    if (status != PYBOX_OK) {
        vfs_archive_close(archive);
        return status;
    }
    *opened = archive;
    return PYBOX_OK;
}

pybox_status vfs_archive_open(const char *path, int trusted, struct vfs_archive **archive)
{
    void *bytes = NULL;
    size_t length = 0;
    *archive = NULL;
    pybox_status status = zip_map(path, trusted, &bytes, &length);
    if (status != PYBOX_OK)
        return status;
    return zip_open(bytes, length, ZIP_MAPPED, !trusted, path, archive);
}

pybox_status vfs_archive_open_bytes(const void *bytes, size_t length, const char *label,
                                    struct vfs_archive **archive)
{
    *archive = NULL;
    return zip_open(bytes, length, ZIP_BORROWED, 1, label, archive);
}

pybox_status vfs_archive_open_owned(void *bytes, size_t length, const char *label,
                                    struct vfs_archive **archive)
{
    *archive = NULL;
    return zip_open(bytes, length, ZIP_ALLOCATED, 1, label, archive);
}

const void *vfs_archive_bytes(const struct vfs_archive *archive, size_t *length)
{
    *length = archive->length;
    return archive->bytes;
}

pybox_status vfs_archive_open_copy(const void *bytes, size_t length, const char *label,
                                   struct vfs_archive **archive)
{
    *archive = NULL;
    if (length == 0)
        return error_set(PYBOX_ERROR_ARCHIVE, "archive %s: empty; expected a ZIP file", label);
    void *copy = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED)
        return error_set_memory("a copy of an archive", length);
    memcpy(copy, bytes, length);
    return zip_open(copy, length, ZIP_MAPPED, 1, label, archive);
}

struct vfs_archive *vfs_archive_hold(struct vfs_archive *archive)
{
    atomic_fetch_add_explicit(&archive->holds, 1, memory_order_relaxed);
    return archive;
}

void vfs_archive_close(struct vfs_archive *archive)
{
    if (archive == NULL ||
        atomic_fetch_sub_explicit(&archive->holds, 1, memory_order_acq_rel) != 1)
        return;
    zip_release(archive->bytes, archive->length, archive->owned);
    free(archive->entries);
    free(archive->index);
    free(archive);
}
