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
    const char *mount_path;
    size_t mount_length;
    const char *path;
    size_t length;
};

static pybox_status decode_place(struct decoder *decoder, struct decoded_place *place, int *known)
{
    size_t length;
    const char *mount = decode_text(decoder, &length);
    *place = (struct decoded_place){
        .form = decode_u8(decoder),
        .mount = length == 0 ? TREE_SKELETON : decode_find_mount(decoder->vfs, mount, length),
        .mount_path = mount,
        .mount_length = length,
        .path = "",
    };
    *known = length == 0 || place->mount != TREE_SKELETON;
    if (place->form == CODEC_NODE)
        place->node = decode_u32(decoder);
    else if (place->form == CODEC_PATH)
        place->path = decode_text(decoder, &place->length);
    else if (place->form != CODEC_WHOLE && place->form != CODEC_LOST)
        return decode_refuse(decoder, "a descriptor's place has no known form");
    return decoder->bad ? decode_refuse(decoder, "") : PYBOX_OK;
}

/* The functions below set what is behind a descriptor: 0, or -1 if it is lost. The descriptor's type follows from it. */

static int decode_skeleton(const struct decoder *decoder, const struct decoded_place *from,
                           struct opened *opened)
{
    const struct vfs *vfs = decoder->vfs;
    opened->place = tree_root();
    if (from->form != CODEC_PATH)
        return -1;
    for (uint32_t i = 0; i < vfs->mount_count && from->length > 0; i++) {
        const struct mount *mount = &vfs->mounts[i];
        if (mount->inside != TREE_SKELETON || mount->length <= from->length ||
            mount->path[from->length] != '/' || memcmp(mount->path, from->path, from->length) != 0)
            continue;
        opened->place.skeleton.mount = (uint8_t)i;
        opened->place.skeleton.length = (uint16_t)from->length;
        return 0;
    }
    return from->length == 0 ? 0 : -1;
}

static int decode_archive(const struct vfs_archive *archive, const struct decoded_place *from,
                          struct opened *opened)
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
    opened->place.entry = at;
    opened->place.type = archive->entries[at].type;
    opened->size = archive->entries[at].size;
    if (opened->place.type == VFS_REGULAR)
        opened->bytes = zip_data(archive, at);
    return opened->place.type == VFS_DIRECTORY || opened->bytes != NULL ? 0 : -1;
}

static int decode_host(const struct decoder *decoder, const struct decoded_place *from,
                       const struct vfs_descriptor *public, struct opened *opened)
{
    if (from->form != CODEC_PATH || from->length == 0 || from->length > VFS_PATH_BYTES ||
        from->path[0] == '/' || memchr(from->path, '\0', from->length) != NULL)
        return -1;
    opened->path = strndup(from->path, from->length);
    return opened->path != NULL && tree_opened_reopen(decoder->vfs, from->mount, public, opened) == 0 ? 0 : -1;
}

static int decode_whole(const struct mount *mount, const struct decoded_place *from,
                        const struct vfs_descriptor *public, struct opened *opened)
{
    if (from->form != CODEC_WHOLE)
        return -1;
    if (mount->kind == MOUNT_BYTES) {
        opened->place.type = VFS_REGULAR;
        opened->bytes = mount->bytes->bytes;
        opened->size = mount->bytes->length;
        return public->writable ? -1 : 0;
    }
    opened->place.type = VFS_CHARACTER;
    return mount->kind == MOUNT_HOST_FILE ? tree_opened_whole(mount, public->writable, opened) : 0;
}

/* Finds what the descriptor referred to. -1: it is lost. */
static int decode_open(const struct decoder *decoder, const struct decoded_place *from,
                       const struct vfs_descriptor *public, struct opened *opened)
{
    if (from->mount == TREE_SKELETON)
        return decode_skeleton(decoder, from, opened);
    const struct mount *mount = &decoder->vfs->mounts[from->mount];
    opened->place = (struct place){.mount = from->mount};
    switch (mount->kind) {
    case MOUNT_OVERLAY:
        if (from->form == CODEC_PATH)
            return public->writable ? -1 : decode_host(decoder, from, public, opened);
        /* fall through */
    case MOUNT_MEMORY:
        if (from->form != CODEC_NODE || from->node >= decoder->node_count)
            return -1;
        if (decoder->nodes[from->node].node->type == MEMFS_WHITEOUT)
            return -1;
        tree_opened_set_node(opened, from->mount, decoder->nodes[from->node].node);
        return 0;
    case MOUNT_ARCHIVE:
        return from->form == CODEC_PATH && !public->writable ? decode_archive(mount->archive, from, opened)
                                                              : -1;
    case MOUNT_HOST:
        return decode_host(decoder, from, public, opened);
    default:
        return decode_whole(mount, from, public, opened);
    }
}

static pybox_status decode_public(struct decoder *decoder, struct vfs_descriptor *public)
{
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

/* 1 if what was found is not what such a descriptor can refer to. */
static int decode_is_wrong(const struct vfs_descriptor *public, const struct opened *opened)
{
    const uint8_t type = opened->place.type;
    return type == VFS_SYMLINK || (type == VFS_DIRECTORY && public->writable) ||
           (opened->host >= 0 && type != public->type) ||
           (public->preopen && !(type == VFS_DIRECTORY && tree_is_root(&opened->place)));
}

static pybox_status decode_descriptor(struct decoder *decoder, uint32_t fd)
{
    struct vfs_descriptor public;
    struct decoded_place from;
    struct file *file = &decoder->files[fd];
    int known;
    pybox_status status = decode_public(decoder, &public);
    if (status != PYBOX_OK)
        return status;
    if (public.kind == VFS_STREAM) {
        file->public = public;
        return PYBOX_OK;
    }
    status = decode_place(decoder, &from, &known);
    if (status != PYBOX_OK)
        return status;
    struct opened *opened = tree_opened_create();
    if (opened == NULL)
        return error_set_memory("a descriptor", sizeof *opened);
    if (known && decode_open(decoder, &from, &public, opened) == 0 && !decode_is_wrong(&public, opened)) {
        public.type = opened->place.type;
        file->public = public;
        tree_file_put(file, opened);
        return PYBOX_OK;
    }
    tree_opened_release(&decoder->memfs, opened);
    if (lost_add(&decoder->lost, fd, from.mount_path, from.mount_length, from.path, from.length) != 0)
        return error_set_memory("the list of lost descriptors", sizeof(struct vfs_lost));
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
    if (decoder->bad)
        return decode_refuse(decoder, "");
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
            status = decode_descriptor(decoder, fd);
        if (status != PYBOX_OK)
            return status;
    }
    return PYBOX_OK;
}

void decode_drop_descriptors(struct decoder *decoder)
{
    for (uint32_t i = 0; i < decoder->file_capacity && decoder->files != NULL; i++)
        if (decoder->files[i].public.kind != VFS_FREE)
            tree_file_drop(&decoder->memfs, &decoder->files[i]);
    free(decoder->files);
    decoder->files = NULL;
}
