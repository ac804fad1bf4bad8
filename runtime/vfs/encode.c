/* A tree's state as bytes. The layout is in codec.h. */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "codec.h"
#include "error.h"
#include "tree.h"

struct encoder {
    struct vfs *vfs;
    uint8_t *bytes;
    size_t length, capacity;
    int failed; /* memory is exhausted; nothing more is put */
    struct memfs_node **nodes; /* in the order of their numbers */
    uint32_t node_count;
    int overlay; /* there is something of one */
};

static void encode_put(struct encoder *encoder, const void *bytes, size_t length)
{
    if (encoder->failed)
        return;
    if (length > encoder->capacity - encoder->length) {
        size_t capacity = encoder->capacity == 0 ? 1024 : encoder->capacity;
        while (capacity - encoder->length < length)
            capacity *= 2;
        uint8_t *larger = realloc(encoder->bytes, capacity);
        if (larger == NULL) {
            encoder->failed = 1;
            return;
        }
        encoder->bytes = larger;
        encoder->capacity = capacity;
    }
    if (length > 0)
        memcpy(encoder->bytes + encoder->length, bytes, length);
    encoder->length += length;
}

static void encode_u8(struct encoder *encoder, uint8_t value)
{
    encode_put(encoder, &value, 1);
}

static void encode_u16(struct encoder *encoder, uint16_t value)
{
    const uint8_t bytes[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
    encode_put(encoder, bytes, sizeof bytes);
}

static void encode_u32(struct encoder *encoder, uint32_t value)
{
    uint8_t bytes[4];
    bytes_store_u32(bytes, value);
    encode_put(encoder, bytes, sizeof bytes);
}

static void encode_u64(struct encoder *encoder, uint64_t value)
{
    uint8_t bytes[8];
    bytes_store_u64(bytes, value);
    encode_put(encoder, bytes, sizeof bytes);
}

static void encode_text(struct encoder *encoder, const char *text, size_t length)
{
    encode_u16(encoder, (uint16_t)length);
    encode_put(encoder, text, length);
}

/* ---- numbering nodes ---- */

static void encode_number(struct encoder *encoder, struct memfs_node *node)
{
    if (node->mark != 0)
        return;
    encoder->nodes[encoder->node_count++] = node;
    node->mark = encoder->node_count; /* its number + 1 */
}

static int encode_is_memory(const struct file *file)
{
    return file->public.kind == VFS_OPEN && file->opened->node != NULL;
}

/* Whether there is something to keep at a mount. An empty in-memory file system comes again by itself, and what is
 * not kept is in nobody's way: another box may mount something else there. */
static int encode_has_root(const struct mount *mount)
{
    if (!mount_has_nodes(mount) || mount->root == NULL)
        return 0;
    return mount->kind == MOUNT_OVERLAY ? mount->root->mark != 0
                                        : mount->root->directory.live > 0 || mount->root->opens > 0;
}

/* Directories of overlays that were only looked into come again by themselves: they lose their marks, as do those that
 * have nothing but such. Directories have lower numbers than what is in them. */
static void encode_leave_out(struct encoder *encoder)
{
    uint32_t kept = 0;
    for (uint32_t i = encoder->node_count; i-- > 0;) {
        struct memfs_node *node = encoder->nodes[i];
        int wanted = !node->proxy || !node->pure || node->opens > 0;
        if (node->type == MEMFS_WHITEOUT || node->proxy)
            encoder->overlay |= wanted;
        for (uint32_t j = 0; !wanted && j < node->directory.count; j++)
            wanted = node->directory.entries[j].node != NULL && node->directory.entries[j].node->mark != 0;
        if (!wanted)
            node->mark = 0;
    }
    for (uint32_t i = 0; i < encoder->node_count; i++) {
        struct memfs_node *node = encoder->nodes[i];
        if (node->mark == 0)
            continue;
        encoder->overlay |= node->proxy;
        encoder->nodes[kept++] = node;
        node->mark = kept;
    }
    encoder->node_count = kept;
}

/* Breadth first from the roots, then what only descriptors point to. */
static void encode_number_all(struct encoder *encoder)
{
    struct vfs *vfs = encoder->vfs;
    for (struct memfs_node *node = vfs->memfs.nodes; node != NULL; node = node->next)
        node->mark = 0;
    for (uint32_t i = 0; i < vfs->mount_count; i++)
        if (vfs->mounts[i].kind == MOUNT_OVERLAY && vfs->mounts[i].root != NULL)
            encode_number(encoder, vfs->mounts[i].root);
        else if (encode_has_root(&vfs->mounts[i]))
            encode_number(encoder, vfs->mounts[i].root);
    for (uint32_t i = 0; i < encoder->node_count; i++) {
        struct memfs_node *node = encoder->nodes[i];
        if (node->type != VFS_DIRECTORY)
            continue;
        for (uint32_t j = 0; j < node->directory.count; j++)
            if (node->directory.entries[j].node != NULL)
                encode_number(encoder, node->directory.entries[j].node);
    }
    for (uint32_t i = 0; i < vfs->file_capacity; i++)
        if (encode_is_memory(&vfs->files[i]))
            encode_number(encoder, vfs->files[i].opened->node);
    encode_leave_out(encoder);
}

/* ---- nodes ---- */

static void encode_file(struct encoder *encoder, const struct memfs_node *node)
{
    uint32_t pieces = 0;
    for (uint32_t i = 0; i < node->file.count; i++)
        pieces += node->file.chunks[i].block != NULL;
    encode_u32(encoder, pieces);
    for (uint32_t i = 0; i < node->file.count; i++) {
        const struct memfs_chunk *chunk = &node->file.chunks[i];
        uint64_t position = (uint64_t)i * MEMFS_CHUNK;
        if (chunk->block == NULL)
            continue;
        uint64_t length = node->size > position ? node->size - position : 0;
        if (length > chunk->capacity)
            length = chunk->capacity;
        encode_u64(encoder, position);
        encode_u32(encoder, (uint32_t)length);
        encode_put(encoder, chunk->block->bytes, (size_t)length);
    }
}

static void encode_directory(struct encoder *encoder, const struct memfs_node *node)
{
    uint32_t entries = 0;
    for (uint32_t i = 0; i < node->directory.count; i++)
        entries += node->directory.entries[i].node != NULL && node->directory.entries[i].node->mark != 0;
    encode_u64(encoder, node->directory.next_cookie);
    encode_u32(encoder, entries);
    for (uint32_t i = 0; i < node->directory.count; i++) {
        const struct memfs_entry *entry = &node->directory.entries[i];
        if (entry->node == NULL || entry->node->mark == 0)
            continue;
        encode_u64(encoder, entry->cookie);
        encode_text(encoder, entry->name, entry->length);
        encode_u32(encoder, entry->node->mark - 1);
    }
}

static void encode_node(struct encoder *encoder, const struct memfs_node *node)
{
    encode_u8(encoder, node->type);
    encode_u64(encoder, node->inode);
    encode_u64(encoder, node->accessed_ns);
    encode_u64(encoder, node->modified_ns);
    encode_u64(encoder, node->changed_ns);
    encode_u64(encoder, node->type == VFS_DIRECTORY ? 0 : node->size);
    if (encoder->overlay)
        encode_u8(encoder, (uint8_t)((node->proxy ? CODEC_PROXY : 0) | (node->pure ? CODEC_PURE : 0)));
    if (node->proxy)
        encode_text(encoder, node->directory.lower, strlen(node->directory.lower));
    if (node->type == VFS_REGULAR)
        encode_file(encoder, node);
    else if (node->type == VFS_SYMLINK)
        encode_put(encoder, node->target, (size_t)node->size);
    else if (node->type == VFS_DIRECTORY)
        encode_directory(encoder, node);
}

/* ---- descriptors ---- */

static void encode_place(struct encoder *encoder, const struct opened *opened)
{
    const struct vfs *vfs = encoder->vfs;
    const struct place *place = &opened->place;
    if (place->mount == TREE_SKELETON) {
        encode_text(encoder, "", 0);
        encode_u8(encoder, CODEC_PATH);
        encode_text(encoder, vfs->mounts[place->skeleton.mount].path, place->skeleton.length);
        return;
    }
    const struct mount *mount = &vfs->mounts[place->mount];
    encode_text(encoder, mount->path, mount->length);
    if (opened->node != NULL) {
        encode_u8(encoder, CODEC_NODE);
        encode_u32(encoder, opened->node->mark - 1);
    } else if (mount->kind == MOUNT_ARCHIVE) {
        const struct zip_entry *entry = &mount->archive->entries[place->entry];
        encode_u8(encoder, CODEC_PATH);
        encode_text(encoder, (const char *)mount->archive->bytes + entry->name, entry->name_length);
    } else if ((mount->kind == MOUNT_HOST || place->lower) && opened->path != NULL) {
        encode_u8(encoder, CODEC_PATH);
        encode_text(encoder, opened->path, strlen(opened->path));
    } else {
        encode_u8(encoder, mount->kind == MOUNT_HOST ? CODEC_LOST : CODEC_WHOLE);
    }
}

static void encode_descriptor(struct encoder *encoder, uint32_t fd, const struct file *file)
{
    const struct vfs_descriptor *public = &file->public;
    encode_u32(encoder, fd);
    encode_u8(encoder, public->kind);
    encode_u8(encoder, public->type);
    encode_u8(encoder, public->stream);
    encode_u8(encoder, public->preopen == 1);
    encode_u8(encoder, public->readable);
    encode_u8(encoder, public->writable);
    encode_u16(encoder, public->flags);
    encode_u64(encoder, public->rights);
    encode_u64(encoder, public->inheriting);
    encode_u64(encoder, public->offset);
    if (public->kind == VFS_OPEN)
        encode_place(encoder, file->opened);
}

static void encode_all(struct encoder *encoder)
{
    const struct vfs *vfs = encoder->vfs;
    uint32_t roots = 0, descriptors = 0;
    for (uint32_t i = 0; i < vfs->mount_count; i++)
        roots += (uint32_t)encode_has_root(&vfs->mounts[i]);
    for (uint32_t i = 0; i < vfs->file_capacity; i++)
        descriptors += vfs->files[i].public.kind != VFS_FREE;
    encode_u32(encoder, CODEC_MAGIC);
    encode_u32(encoder, encoder->overlay ? CODEC_VERSION_OVERLAY : CODEC_VERSION);
    encode_u64(encoder, vfs->memfs.next_inode);
    encode_u32(encoder, encoder->node_count);
    encode_u32(encoder, roots);
    for (uint32_t i = 0; i < vfs->mount_count; i++) {
        const struct mount *mount = &vfs->mounts[i];
        if (!encode_has_root(mount))
            continue;
        encode_text(encoder, mount->path, mount->length);
        encode_u32(encoder, mount->root->mark - 1);
    }
    for (uint32_t i = 0; i < encoder->node_count; i++)
        encode_node(encoder, encoder->nodes[i]);
    encode_u32(encoder, descriptors);
    for (uint32_t i = 0; i < vfs->file_capacity; i++)
        if (vfs->files[i].public.kind != VFS_FREE)
            encode_descriptor(encoder, i, &vfs->files[i]);
}

pybox_status vfs_encode(struct vfs *vfs, void **bytes, size_t *length)
{
    struct encoder encoder = {.vfs = vfs};
    *bytes = NULL;
    *length = 0;
    size_t table = ((size_t)vfs->memfs.used_files + 1) * sizeof *encoder.nodes;
    encoder.nodes = malloc(table);
    if (encoder.nodes == NULL)
        return error_set_memory("the nodes of a file tree", table);
    encode_number_all(&encoder);
    encode_all(&encoder);
    free(encoder.nodes);
    if (encoder.failed) {
        free(encoder.bytes);
        return error_set_memory("an encoded file tree", encoder.capacity);
    }
    *bytes = encoder.bytes;
    *length = encoder.length;
    return PYBOX_OK;
}
