/* The descriptors of an encoded tree. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "decode.h"
#include "error.h"

#define FLAGS_ALL (VFS_APPEND | VFS_DSYNC | VFS_NONBLOCK | VFS_RSYNC | VFS_SYNC)

/* What is behind a descriptor, as it was encoded. */
struct decoded_place {
    uint8_t form; /* CODEC_... */
    uint8_t mount;
    uint32_t node;
    const char *path;
    size_t length;
};

static pybox_status decode_place(struct decoder *decoder, struct decoded_place *place, int *known)
{
    size_t length;
    const char *mount = decode_text(decoder, &length);
    *place = (struct decoded_place){.form = decode_u8(decoder), .path = ""};
    place->mount = length == 0 ? TREE_SKELETON : decode_find_mount(decoder->vfs, mount, length);
    *known = length == 0 || place->mount != TREE_SKELETON;
    if (place->form == CODEC_NODE)
        place->node = decode_u32(decoder);
    else if (place->form == CODEC_PATH)
        place->path = decode_text(decoder, &place->length);
    else if (place->form != CODEC_WHOLE && place->form != CODEC_LOST)
        return decode_refuse(decoder, "a descriptor's place has no known form");
    return decoder->bad ? decode_refuse(decoder, "") : PYBOX_OK;
}

/* The functions below set the place of a descriptor: 0, or -1 if it is lost. */

static int decode_skeleton(struct decoder *decoder, const struct decoded_place *from, struct file *file)
{
    const struct vfs *vfs = decoder->vfs;
    file->place = tree_root();
    file->public.type = VFS_DIRECTORY;
    if (from->form != CODEC_PATH)
        return -1;
    for (uint32_t i = 0; i < vfs->mount_count && from->length > 0; i++) {
        const struct mount *mount = &vfs->mounts[i];
        if (mount->inside != TREE_SKELETON || mount->length <= from->length ||
            mount->path[from->length] != '/' || memcmp(mount->path, from->path, from->length) != 0)
            continue;
        file->place.skeleton.mount = (uint8_t)i;
        file->place.skeleton.length = (uint16_t)from->length;
        return 0;
    }
    return from->length == 0 ? 0 : -1;
}

static int decode_archive(const struct vfs_archive *archive, const struct decoded_place *from,
                          struct file *file)
{
    uint32_t at = ZIP_ROOT;
    for (size_t start = 0; start < from->length;) {
        const char *slash = memchr(from->path + start, '/', from->length - start);
        size_t size = slash == NULL ? from->length - start : (size_t)(slash - from->path) - start;
        at = zip_find(archive, at, from->path + start, size);
        if (at == ZIP_NONE)
            return -1;
        start += size + 1;
    }
    file->place.entry = at;
    file->place.type = file->public.type = archive->entries[at].type;
    file->size = archive->entries[at].size;
    if (file->public.type == VFS_REGULAR)
        file->bytes = zip_data(archive, at);
    return file->public.type == VFS_DIRECTORY || file->bytes != NULL ? 0 : -1;
}

/* A path below a mount must not lead under a mount that is inside it. */
static int decode_is_covered(const struct vfs *vfs, uint8_t mount, const char *path)
{
    size_t length = strlen(path);
    for (size_t end = 1; end <= length; end++)
        if ((path[end] == '/' || path[end] == '\0') &&
            tree_mount_below(vfs, mount, path, end) != TREE_SKELETON)
            return 1;
    return 0;
}

static int decode_host(struct decoder *decoder, const struct decoded_place *from, struct file *file)
{
    struct vfs *vfs = decoder->vfs;
    const struct mount *mount = &vfs->mounts[from->mount];
    uint8_t wanted = file->public.type, type;
    uint32_t how = (file->public.readable ? VFS_READ : 0) | (file->public.writable ? VFS_WRITE : 0);
    const struct hostfs_walk walk = {mount->host->fd, &vfs->no_openat2, mount->children > 0};
    if (from->form != CODEC_PATH || from->length == 0 || from->length > VFS_PATH_BYTES ||
        from->path[0] == '/' || memchr(from->path, '\0', from->length) != NULL ||
        (file->public.writable && mount->read_only))
        return -1;
    file->path = strndup(from->path, from->length);
    if (file->path == NULL || (mount->children > 0 && decode_is_covered(vfs, from->mount, file->path)) ||
        hostfs_open(&walk, file->path, how | VFS_FOLLOW, file->public.flags, &file->host, &type) != 0) {
        free(file->path);
        file->path = NULL;
        file->host = -1;
        return -1;
    }
    file->public.type = file->place.type = type;
    return type == wanted ? 0 : -1;
}

static int decode_whole(const struct mount *mount, const struct decoded_place *from, struct file *file)
{
    if (from->form != CODEC_WHOLE)
        return -1;
    file->public.type = file->place.type = VFS_CHARACTER;
    if (mount->kind != MOUNT_HOST_FILE)
        return 0;
    file->public.type = file->place.type = VFS_REGULAR;
    if (file->public.writable && mount->read_only)
        return -1;
    file->host = fcntl(mount->host->fd, F_DUPFD_CLOEXEC, 3);
    file->host_is_file = 1;
    return file->host < 0 ? -1 : 0;
}

static int decode_memory(struct decoder *decoder, const struct decoded_place *from, struct file *file)
{
    if (from->form != CODEC_NODE || from->node >= decoder->node_count)
        return -1;
    file->place.node = decoder->nodes[from->node].node;
    file->place.type = file->public.type = file->place.node->type;
    file->place.node->opens++;
    return 0;
}

/* Finds what the descriptor referred to. -1: it is lost. */
static int decode_open(struct decoder *decoder, const struct decoded_place *from, struct file *file)
{
    if (from->mount == TREE_SKELETON)
        return decode_skeleton(decoder, from, file);
    const struct mount *mount = &decoder->vfs->mounts[from->mount];
    file->place = (struct place){.mount = from->mount};
    switch (mount->kind) {
    case MOUNT_MEMORY:
        return decode_memory(decoder, from, file);
    case MOUNT_ARCHIVE:
        return from->form == CODEC_PATH && !file->public.writable
                   ? decode_archive(mount->archive, from, file)
                   : -1;
    case MOUNT_HOST:
        return decode_host(decoder, from, file);
    default:
        return decode_whole(mount, from, file);
    }
}

static void decode_close(struct decoder *decoder, struct file *file)
{
    if (file->public.kind == VFS_OPEN && file->place.mount != TREE_SKELETON &&
        decoder->vfs->mounts[file->place.mount].kind == MOUNT_MEMORY && file->place.node != NULL)
        file->place.node->opens--;
    if (file->public.kind == VFS_OPEN && file->host >= 0)
        hostfs_close(file->host);
    free(file->path);
    *file = (struct file){0};
}

static pybox_status decode_public(struct decoder *decoder, struct file *file)
{
    struct vfs_descriptor *public = &file->public;
    public->kind = decode_u8(decoder);
    public->type = decode_u8(decoder);
    public->stream = decode_u8(decoder);
    public->preopen = decode_u8(decoder);
    public->readable = decode_u8(decoder);
    public->writable = decode_u8(decoder);
    public->flags = decode_u16(decoder);
    public->rights = decode_u64(decoder);
    public->inheriting = decode_u64(decoder);
    public->offset = decode_u64(decoder);
    if (decoder->bad || (public->kind != VFS_STREAM && public->kind != VFS_OPEN) ||
        public->stream > 2 || public->preopen > 1 || public->readable > 1 || public->writable > 1 ||
        (public->flags & ~FLAGS_ALL) != 0 || public->offset > INT64_MAX)
        return decode_refuse(decoder, "a descriptor's field is out of range");
    if (public->kind == VFS_STREAM)
        public->type = VFS_UNKNOWN;
    return PYBOX_OK;
}

static pybox_status decode_descriptor(struct decoder *decoder, struct file *file)
{
    pybox_status status = decode_public(decoder, file);
    if (status != PYBOX_OK || file->public.kind == VFS_STREAM) {
        if (status != PYBOX_OK)
            *file = (struct file){0};
        return status;
    }
    struct decoded_place from;
    int known;
    struct file opened = *file;
    *file = (struct file){0};
    opened.host = -1;
    status = decode_place(decoder, &from, &known);
    if (status != PYBOX_OK)
        return status;
    if (!known) {
        decoder->lost++;
        return PYBOX_OK;
    }
    if (decode_open(decoder, &from, &opened) != 0 || opened.public.type == VFS_SYMLINK ||
        (opened.public.type == VFS_DIRECTORY && opened.public.writable) ||
        (opened.public.preopen && !(opened.public.type == VFS_DIRECTORY && tree_is_root(&opened.place)))) {
        decode_close(decoder, &opened);
        decoder->lost++;
        return PYBOX_OK;
    }
    *file = opened;
    return PYBOX_OK;
}

static pybox_status decode_reserve(struct decoder *decoder, uint32_t fd)
{
    if (fd >= decoder->memfs.quota.open_files)
        return error_set(PYBOX_ERROR_LIMIT, "file tree: descriptor %u; the quota of this box allows %u", fd,
                         decoder->memfs.quota.open_files);
    uint32_t capacity = decoder->file_capacity;
    while (capacity <= fd)
        capacity *= 2;
    if (capacity == decoder->file_capacity)
        return PYBOX_OK;
    struct file *files = realloc(decoder->files, capacity * sizeof *files);
    if (files == NULL)
        return error_set_memory("descriptors", capacity * sizeof *files);
    memset(files + decoder->file_capacity, 0, (capacity - decoder->file_capacity) * sizeof *files);
    decoder->files = files;
    decoder->file_capacity = capacity;
    return PYBOX_OK;
}

pybox_status decode_descriptors(struct decoder *decoder)
{
    uint32_t count = decode_u32(decoder);
    uint64_t next = 0; /* lowest number that may come */
    decoder->file_capacity = TREE_INLINE_FILES;
    decoder->files = calloc(decoder->file_capacity, sizeof *decoder->files);
    if (decoder->files == NULL)
        return error_set_memory("descriptors", decoder->file_capacity * sizeof *decoder->files);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t fd = decode_u32(decoder);
        if (decoder->bad || fd < next)
            return decode_refuse(decoder, "descriptors are out of order");
        next = (uint64_t)fd + 1;
        pybox_status status = decode_reserve(decoder, fd);
        if (status == PYBOX_OK)
            status = decode_descriptor(decoder, &decoder->files[fd]);
        if (status != PYBOX_OK)
            return status;
    }
    return PYBOX_OK;
}

void decode_drop_descriptors(struct decoder *decoder)
{
    for (uint32_t i = 0; i < decoder->file_capacity && decoder->files != NULL; i++)
        if (decoder->files[i].public.kind != VFS_FREE)
            decode_close(decoder, &decoder->files[i]);
    free(decoder->files);
    decoder->files = NULL;
}
