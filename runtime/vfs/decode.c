/* A tree's state from bytes, which may be forged. The layout is in codec.h. */
#include "decode.h"

#include <errno.h>
#include <stdlib.h>

#include "bytes.h"
#include "codec.h"
#include "error.h"
#include "mount.h"

/* ---- reading ---- */

const uint8_t *decode_take(struct decoder *decoder, uint64_t length)
{
    if (length > decoder->left) {
        decoder->bad = 1;
        return NULL;
    }
    const uint8_t *at = decoder->at;
    decoder->at += length;
    decoder->left -= (size_t)length;
    return at;
}

uint8_t decode_u8(struct decoder *decoder)
{
    const uint8_t *at = decode_take(decoder, 1);
    return at == NULL ? 0 : *at;
}

uint16_t decode_u16(struct decoder *decoder)
{
    const uint8_t *at = decode_take(decoder, 2);
    return at == NULL ? 0 : (uint16_t)(at[0] | at[1] << 8);
}

uint32_t decode_u32(struct decoder *decoder)
{
    const uint8_t *at = decode_take(decoder, 4);
    return at == NULL ? 0 : bytes_load_u32(at);
}

uint64_t decode_u64(struct decoder *decoder)
{
    const uint8_t *at = decode_take(decoder, 8);
    return at == NULL ? 0 : bytes_load_u64(at);
}

const char *decode_text(struct decoder *decoder, size_t *length)
{
    *length = decode_u16(decoder);
    const char *text = (const char *)decode_take(decoder, *length);
    if (text != NULL)
        return text;
    *length = 0;
    return "";
}

pybox_status decode_refuse(const struct decoder *decoder, const char *what)
{
    return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT, "file tree: %s",
                     decoder->bad ? "cut off; expected the complete tree" : what);
}

/* An errno value of the in-memory file system, as a status. */
static pybox_status decode_failed(int error)
{
    if (error == ENOMEM)
        return error_set(PYBOX_ERROR_NO_MEMORY, "cannot allocate a file tree's nodes");
    return error_set(PYBOX_ERROR_LIMIT, "file tree: larger than the quota of this box allows: %s",
                     strerrordesc_np(error));
}

/* ---- nodes ---- */

static pybox_status decode_file(struct decoder *decoder, struct memfs_node *node, uint64_t size)
{
    uint32_t pieces = decode_u32(decoder);
    uint64_t end = 0; /* of the piece before */
    int error = memfs_data_resize(&decoder->memfs, node, size);
    if (error != 0)
        return decode_failed(error);
    for (uint32_t i = 0; i < pieces; i++) {
        uint64_t position = decode_u64(decoder);
        uint32_t length = decode_u32(decoder);
        const uint8_t *bytes = decode_take(decoder, length);
        size_t done;
        if (bytes == NULL || position < end || position > size || length > size - position)
            return decode_refuse(decoder, "a piece of a file is out of place");
        error = memfs_data_write(&decoder->memfs, node, bytes, length, position, &done);
        if (error == 0 && done < length)
            error = ENOSPC;
        if (error != 0)
            return decode_failed(error);
        end = position + length;
    }
    return PYBOX_OK;
}

static pybox_status decode_link(struct decoder *decoder, struct memfs_node *node, uint64_t size)
{
    const uint8_t *target = decode_take(decoder, size);
    if (target == NULL || size == 0 || size >= VFS_PATH_BYTES ||
        memchr(target, '\0', (size_t)size) != NULL)
        return decode_refuse(decoder, "a symbolic link's target is empty, too long or has a NUL");
    int error = memfs_set_target(&decoder->memfs, node, (const char *)target, (size_t)size);
    return error == 0 ? PYBOX_OK : decode_failed(error);
}

/* Only skips the entries: the nodes they name may come later. */
static pybox_status decode_skip_directory(struct decoder *decoder)
{
    decode_u64(decoder);
    uint32_t entries = decode_u32(decoder);
    for (uint32_t i = 0; i < entries && !decoder->bad; i++) {
        size_t length;
        decode_u64(decoder);
        decode_text(decoder, &length);
        decode_u32(decoder);
    }
    return decoder->bad ? decode_refuse(decoder, "") : PYBOX_OK;
}

static int decode_name_is_good(const char *name, size_t length)
{
    return length > 0 && memchr(name, '/', length) == NULL && memchr(name, '\0', length) == NULL &&
           !(length == 1 && name[0] == '.') && !(length == 2 && name[0] == '.' && name[1] == '.');
}

/* Relative, and without empty, `.` or `..` components; or the root. */
static int decode_lower_is_good(const char *path, size_t length)
{
    if (length == 1 && path[0] == '.')
        return 1;
    if (length == 0 || length > VFS_PATH_BYTES)
        return 0;
    for (size_t start = 0; start <= length;) {
        const char *slash = memchr(path + start, '/', length - start);
        size_t size = slash == NULL ? length - start : (size_t)(slash - path) - start;
        if (!decode_name_is_good(path + start, size) || size > 255)
            return 0;
        start += size + 1;
    }
    return 1;
}

/* What a node of an overlay has behind its header. `*lower`: its path, to be freed, or NULL. */
static pybox_status decode_flags(struct decoder *decoder, uint8_t type, uint8_t *flags, char **lower)
{
    size_t length;
    *lower = NULL;
    *flags = decoder->version == CODEC_VERSION ? 0 : decode_u8(decoder);
    if ((*flags & ~(CODEC_PROXY | CODEC_PURE)) != 0 || *flags == CODEC_PURE ||
        (*flags != 0 && type != VFS_DIRECTORY))
        return decode_refuse(decoder, "a node has unknown flags");
    if (*flags == 0)
        return PYBOX_OK;
    const char *path = decode_text(decoder, &length);
    if (decoder->bad || !decode_lower_is_good(path, length))
        return decode_refuse(decoder, "a folder of an overlay has no good path in the host's");
    *lower = strndup(path, length);
    return *lower == NULL ? decode_failed(ENOMEM) : PYBOX_OK;
}

static pybox_status decode_node(struct decoder *decoder, uint32_t number)
{
    uint8_t type = decode_u8(decoder);
    uint64_t inode = decode_u64(decoder);
    uint64_t accessed = decode_u64(decoder), modified = decode_u64(decoder);
    uint64_t changed = decode_u64(decoder), size = decode_u64(decoder);
    const int overlay = decoder->version == CODEC_VERSION_OVERLAY;
    if (decoder->bad || (type != VFS_REGULAR && type != VFS_DIRECTORY && type != VFS_SYMLINK &&
                         !(overlay && type == MEMFS_WHITEOUT && size == 0)))
        return decode_refuse(decoder, "a node is of no known type");
    if (inode == 0 || (inode > decoder->last_inode && !(overlay && inode > INT64_MAX)))
        return decode_refuse(decoder, "a node's inode number is out of range");
    int error;
    uint8_t flags;
    char *lower;
    pybox_status status = decode_flags(decoder, type, &flags, &lower);
    if (status != PYBOX_OK)
        return status;
    struct memfs_node *node = lower != NULL ? memfs_create_proxy(&decoder->memfs, lower, accessed, &error)
                                            : memfs_create(&decoder->memfs, type, accessed, &error);
    free(lower);
    if (node == NULL)
        return decode_failed(error);
    decoder->nodes[number] = (struct decoded_node){node, decoder->at, 0};
    node->inode = inode;
    node->pure = (flags & CODEC_PURE) != 0;
    node->modified_ns = modified;
    node->changed_ns = changed;
    return type == VFS_REGULAR   ? decode_file(decoder, node, size)
           : type == VFS_SYMLINK ? decode_link(decoder, node, size)
           : type == VFS_DIRECTORY ? decode_skip_directory(decoder)
                                   : PYBOX_OK;
}

/* May `child` get a name in directory number `number`? */
static const char *decode_check_entry(struct decoder *decoder, uint32_t number, uint32_t child,
                                      const char *name, size_t length)
{
    struct memfs_node *directory = decoder->nodes[number].node;
    if (child >= decoder->node_count)
        return "an entry's node does not exist";
    if (!decode_name_is_good(name, length))
        return "an entry's name is not a file name";
    if (memfs_find(&decoder->memfs, directory, name, length) != NULL)
        return "an entry's name is there twice";
    const struct memfs_node *node = decoder->nodes[child].node;
    /* Numbers that only grow downwards leave no way for a circle. */
    if (node->type == VFS_DIRECTORY && (node->links != 0 || child <= number))
        return "a directory is in two places, or in itself";
    if (node->links == UINT32_MAX)
        return "a file has too many names";
    if ((node->type == MEMFS_WHITEOUT || node->proxy) && !decoder->nodes[number].in_overlay)
        return "what only overlays have is elsewhere";
    return NULL;
}

/* Fills a directory, in the second pass over the nodes. */
static pybox_status decode_directory(struct decoder *decoder, uint32_t number)
{
    struct memfs_node *directory = decoder->nodes[number].node;
    uint64_t next_cookie = decode_u64(decoder), last = 0;
    const uint8_t pure = directory->pure;
    uint32_t entries = decode_u32(decoder);
    if (next_cookie == 0 || next_cookie > INT64_MAX - 2)
        return decode_refuse(decoder, "a directory's cookies are out of range");
    if (entries > 0 && directory->links == 0)
        return decode_refuse(decoder, "a removed directory has entries");
    for (uint32_t i = 0; i < entries; i++) {
        size_t length;
        uint64_t cookie = decode_u64(decoder);
        const char *name = decode_text(decoder, &length);
        uint32_t child = decode_u32(decoder);
        if (decoder->bad || cookie <= last || cookie >= next_cookie)
            return decode_refuse(decoder, "a directory's cookies are out of range");
        const char *wrong = decode_check_entry(decoder, number, child, name, length);
        if (wrong != NULL)
            return decode_refuse(decoder, wrong);
        struct memfs_node *node = decoder->nodes[child].node;
        uint64_t modified = directory->modified_ns, changed = node->changed_ns;
        uint64_t own_changed = directory->changed_ns;
        directory->directory.next_cookie = last = cookie;
        int error = memfs_add(&decoder->memfs, directory, name, length, node, 0);
        if (error == 0 && node->type == VFS_DIRECTORY &&
            memfs_depth(node) > decoder->memfs.quota.depth)
            error = ENOSPC;
        if (error != 0)
            return decode_failed(error);
        decoder->nodes[child].in_overlay = decoder->nodes[number].in_overlay;
        directory->modified_ns = modified;
        directory->changed_ns = own_changed;
        node->changed_ns = changed;
    }
    directory->directory.next_cookie = next_cookie;
    directory->pure = pure;
    return PYBOX_OK;
}

/* ---- the whole ---- */

static pybox_status decode_header(struct decoder *decoder)
{
    uint32_t magic = decode_u32(decoder), version = decode_u32(decoder);
    decoder->version = version;
    if (decoder->bad || magic != CODEC_MAGIC)
        return decode_refuse(decoder, "not an encoded file tree");
    if (version != CODEC_VERSION && version != CODEC_VERSION_OVERLAY)
        return error_set(PYBOX_ERROR_SNAPSHOT_VERSION, "file tree: version %u; expected %u or %u", version,
                         CODEC_VERSION, CODEC_VERSION_OVERLAY);
    decoder->last_inode = decode_u64(decoder);
    decoder->node_count = decode_u32(decoder);
    if (decoder->bad || decoder->node_count > decoder->left / CODEC_NODE_BYTES)
        return decode_refuse(decoder, "more nodes than bytes for them");
    if (decoder->last_inode > INT64_MAX)
        return decode_refuse(decoder, "the last inode number is out of range");
    /* Proxies are not counted; each takes more than so many bytes. */
    if (decoder->node_count > decoder->memfs.quota.files &&
        (version == CODEC_VERSION ||
         decoder->node_count - decoder->memfs.quota.files > decoder->memfs.quota.bytes / CODEC_NODE_BYTES))
        return decode_failed(ENOSPC);
    decoder->nodes = calloc((size_t)decoder->node_count + 1, sizeof *decoder->nodes);
    return decoder->nodes == NULL ? decode_failed(ENOMEM) : PYBOX_OK;
}

uint8_t decode_find_mount(const struct vfs *vfs, const char *path, size_t length)
{
    for (uint32_t i = 0; i < vfs->mount_count; i++)
        if (vfs->mounts[i].length == length && memcmp(vfs->mounts[i].path, path, length) == 0)
            return (uint8_t)i;
    return TREE_SKELETON;
}

/* Which node is which in-memory mount's root: noted now, looked up when the nodes are there. */
static pybox_status decode_roots(struct decoder *decoder)
{
    uint32_t count = decode_u32(decoder);
    if (decoder->bad || count > VFS_MOUNTS)
        return decode_refuse(decoder, "too many roots");
    for (uint32_t i = 0; i < count; i++) {
        size_t length;
        const char *path = decode_text(decoder, &length);
        uint32_t number = decode_u32(decoder);
        if (decoder->bad || number >= decoder->node_count)
            return decode_refuse(decoder, "a root's node does not exist");
        uint8_t mount = decode_find_mount(decoder->vfs, path, length);
        if (mount == TREE_SKELETON || !mount_has_nodes(&decoder->vfs->mounts[mount]))
            return error_set(PYBOX_ERROR_PATH,
                             "the image has files in %.*s, where this box mounts %s; %s", (int)length, path,
                             mount == TREE_SKELETON ? "nothing" : "something else",
                             mount == TREE_SKELETON ? "mount what was there" : "mount that elsewhere");
        if (decoder->roots[mount] != 0)
            return decode_refuse(decoder, "two roots for one mount");
        decoder->roots[mount] = number + 1;
    }
    return PYBOX_OK;
}

static pybox_status decode_nodes(struct decoder *decoder)
{
    pybox_status status = PYBOX_OK;
    for (uint32_t i = 0; i < decoder->node_count && status == PYBOX_OK; i++)
        status = decode_node(decoder, i);
    for (uint32_t i = 0; i < VFS_MOUNTS && status == PYBOX_OK; i++) {
        if (decoder->roots[i] == 0)
            continue;
        struct memfs_node *root = decoder->nodes[decoder->roots[i] - 1].node;
        if (root->type != VFS_DIRECTORY || root->links != 0)
            return decode_refuse(decoder, "a root is no directory, or the root of two mounts");
        root->links = 1;
        const int overlay = decoder->vfs->mounts[i].kind == MOUNT_OVERLAY;
        if (overlay != root->proxy)
            return error_set(PYBOX_ERROR_PATH, "the image has %s in %s, where this box mounts %s; mount the same",
                             overlay ? "a folder in memory" : "the changes of an overlay",
                             decoder->vfs->mounts[i].path, overlay ? "an overlay" : "a folder in memory");
        decoder->nodes[decoder->roots[i] - 1].in_overlay = overlay;
    }
    struct decoder entries = *decoder; /* the same nodes and store, other bytes */
    for (uint32_t i = 0; i < decoder->node_count && status == PYBOX_OK; i++) {
        if (decoder->nodes[i].node->type != VFS_DIRECTORY)
            continue;
        entries.at = decoder->nodes[i].contents;
        entries.left = (size_t)(decoder->at - entries.at);
        status = decode_directory(&entries, i);
    }
    decoder->memfs = entries.memfs;
    decoder->memfs.next_inode = decoder->last_inode;
    return status;
}

/* Puts the decoded state in the place of the old, which goes; or leaves everything as it was. */
static pybox_status decode_install(struct decoder *decoder)
{
    struct vfs *vfs = decoder->vfs;
    const struct memfs old_memfs = vfs->memfs;
    struct mount old_mounts[VFS_MOUNTS];
    memcpy(old_mounts, vfs->mounts, vfs->mount_count * sizeof *old_mounts);
    vfs->memfs = decoder->memfs;
    for (uint32_t i = 0; i < vfs->mount_count; i++)
        if (mount_has_nodes(&vfs->mounts[i]))
            vfs->mounts[i].root =
                decoder->roots[i] == 0 ? NULL : decoder->nodes[decoder->roots[i] - 1].node;
    int error = mount_cover(vfs);
    struct memfs new_memfs = vfs->memfs; /* directories under mounts may have been added */
    if (error != 0) {
        decoder->memfs = new_memfs;
        vfs->memfs = old_memfs;
        memcpy(vfs->mounts, old_mounts, vfs->mount_count * sizeof *old_mounts);
        return error == ENOTDIR ? decode_refuse(decoder, "a file is where something is mounted")
                                : decode_failed(error);
    }
    vfs->memfs = old_memfs;
    checkpoint_drop_all(vfs);
    struct mount new_mounts[VFS_MOUNTS];
    memcpy(new_mounts, vfs->mounts, vfs->mount_count * sizeof *new_mounts);
    memcpy(vfs->mounts, old_mounts, vfs->mount_count * sizeof *old_mounts);
    for (uint32_t i = 0; i < vfs->file_capacity; i++)
        if (vfs->files[i].public.kind != VFS_FREE)
            tree_file_drop(&vfs->memfs, &vfs->files[i]);
    memfs_clear(&vfs->memfs);
    vfs->memfs = new_memfs;
    memcpy(vfs->mounts, new_mounts, vfs->mount_count * sizeof *new_mounts);
    if (vfs->files != vfs->inline_files)
        free(vfs->files);
    vfs->files = decoder->files;
    vfs->file_capacity = decoder->file_capacity;
    vfs->lowest_free = 0;
    vfs->changes++;
    lost_clear(&vfs->lost);
    vfs->lost = decoder->lost;
    decoder->files = NULL;
    decoder->memfs.nodes = NULL;
    return PYBOX_OK;
}

static pybox_status decode_all(struct decoder *decoder)
{
    pybox_status status = decode_header(decoder);
    if (status == PYBOX_OK)
        status = decode_roots(decoder);
    if (status == PYBOX_OK)
        status = decode_nodes(decoder);
    if (status == PYBOX_OK)
        status = decode_descriptors(decoder);
    if (status == PYBOX_OK && decoder->left > 0)
        return decode_refuse(decoder, "bytes behind the end");
    for (uint32_t i = 0; i < decoder->node_count && status == PYBOX_OK; i++)
        if (decoder->nodes[i].node->links == 0 && decoder->nodes[i].node->opens == 0)
            return decode_refuse(decoder, "a node has neither a name nor a descriptor");
    return status == PYBOX_OK ? decode_install(decoder) : status;
}

pybox_status vfs_decode(struct vfs *vfs, const void *bytes, size_t length, uint32_t *lost)
{
    struct decoder decoder = {
        .vfs = vfs,
        .at = bytes,
        .left = length,
        .memfs = {.quota = vfs->memfs.quota},
    };
    pybox_status status = decode_all(&decoder);
    if (status != PYBOX_OK) {
        decode_drop_descriptors(&decoder);
        lost_clear(&decoder.lost);
    }
    memfs_clear(&decoder.memfs); /* holds nothing any more if the state was taken over */
    free(decoder.nodes);
    if (lost != NULL)
        *lost = decoder.lost.count;
    return status;
}
