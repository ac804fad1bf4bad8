/* Mounting. */
#include "mount.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "overlay.h"

/* Absolute, not "/", and without empty, `.`, `..` or too long components. */
static int mount_path_is_good(const char *path, size_t length)
{
    if (length < 2 || length > VFS_PATH_BYTES || path[0] != '/')
        return 0;
    for (const char *part = path + 1; part <= path + length;) {
        const char *slash = memchr(part, '/', (size_t)(path + length - part));
        size_t size = (size_t)((slash == NULL ? path + length : slash) - part);
        if (size == 0 || size > 255 || (size == 1 && part[0] == '.') ||
            (size == 2 && part[0] == '.' && part[1] == '.'))
            return 0;
        part += size + 1;
    }
    return 1;
}

static pybox_status mount_refuse(const char *path, const char *why)
{
    return error_set(PYBOX_ERROR_PATH, "cannot mount at %s: %s", path, why);
}

static pybox_status mount_failed(const char *path, int error)
{
    if (error == ENOMEM)
        return error_set(PYBOX_ERROR_NO_MEMORY, "cannot mount at %s: out of memory", path);
    if (error == ENOSPC)
        return error_set(PYBOX_ERROR_LIMIT, "cannot mount at %s: over the quota for files", path);
    return error_set(PYBOX_ERROR_PATH, "cannot mount at %s: %s", path, strerrordesc_np(error));
}

/* Goes down one component inside an in-memory mount, making a directory if nothing is there; also, in an overlay,
 * where a file of the host is, if it is the `last`: that is covered. */
static int mount_descend(struct vfs *vfs, struct place *at, const char *name, size_t length, int last)
{
    struct place found;
    int error = tree_lookup(vfs, at, name, length, &found);
    if (at->mount != TREE_SKELETON && mount_has_nodes(&vfs->mounts[at->mount]) &&
        (error == ENOENT || (error == 0 && found.lower && last))) {
        uint64_t now = tree_now(vfs);
        struct memfs_node *node = memfs_create(&vfs->memfs, VFS_DIRECTORY, now, &error);
        if (node == NULL)
            return error;
        error = overlay_add(vfs, at, name, length, node, now);
        if (error != 0) {
            memfs_release(&vfs->memfs, node);
            return error;
        }
        at->node = node;
        return 0;
    }
    if (error == 0)
        *at = found;
    return error;
}

/* Pins the covered node and the directories above it. */
static void mount_pin(struct memfs_node *node, uint8_t number)
{
    node->cover = (uint8_t)(number + 1);
    for (; node != NULL; node = node->parent)
        node->pins++;
}

/* What the path's parent is, or with `at_host` the host mount that it is in. */
struct mount_point {
    uint8_t inside;
    struct place above;
    struct memfs_node *covered; /* in an in-memory mount */
};

static pybox_status mount_in_host(struct vfs *vfs, uint8_t outer, const char *path, size_t start,
                                  size_t end)
{
    char parent[VFS_PATH_BYTES + 1] = ".";
    struct vfs_stat stat;
    if (end > start) {
        memcpy(parent, path + start, end - start);
        parent[end - start] = '\0';
    }
    const struct hostfs *host = vfs->mounts[outer].host;
    const struct hostfs_walk walk = {host->fd, &vfs->no_openat2, 1};
    int error = hostfs_stat(host, &walk, parent, 0, &stat);
    if (error == 0 && stat.type != VFS_DIRECTORY)
        error = ENOTDIR;
    return error == 0 ? PYBOX_OK : mount_failed(path, error);
}

/* Finds what the mount point is in. `last` is the offset of its last component. */
static pybox_status mount_find(struct vfs *vfs, const char *path, size_t length, size_t last,
                               struct mount_point *point)
{
    struct place at = tree_root();
    for (size_t start = 1; start < last;) {
        size_t size = (size_t)(strchr(path + start, '/') - (path + start));
        int error = mount_descend(vfs, &at, path + start, size, 0);
        if (error == ENOENT && at.mount == TREE_SKELETON) {
            point->inside = TREE_SKELETON; /* a new made-up directory */
            return PYBOX_OK;
        }
        if (error != 0)
            return mount_failed(path, error);
        if (at.type != VFS_DIRECTORY)
            return mount_refuse(path, "its parent is not a directory");
        start += size + 1;
        if (at.mount != TREE_SKELETON && vfs->mounts[at.mount].kind == MOUNT_HOST) {
            point->inside = at.mount;
            point->above = at;
            uint8_t deeper = TREE_SKELETON;
            size_t end = start;
            for (; end < last && deeper == TREE_SKELETON; end++)
                if (path[end] == '/')
                    deeper = tree_mount_below(vfs, at.mount, path + start, end - start);
            if (deeper == TREE_SKELETON)
                return mount_in_host(vfs, at.mount, path, start, last - 1);
            if (tree_mount_root(vfs, deeper, &at) != 0 || at.type != VFS_DIRECTORY)
                return mount_refuse(path, "its parent is not a directory");
            start = end;
            if (vfs->mounts[deeper].kind == MOUNT_HOST)
                return mount_refuse(path, "a mount in a mount in a host directory; mount it elsewhere");
        }
    }
    point->inside = at.mount;
    point->above = at;
    if (at.mount == TREE_SKELETON || !mount_has_nodes(&vfs->mounts[at.mount]))
        return PYBOX_OK;
    int error = mount_descend(vfs, &at, path + last, length - last, 1);
    if (error != 0)
        return mount_failed(path, error);
    point->covered = at.node;
    return PYBOX_OK;
}

/* 1 if the mount is below the path, among made-up directories. */
static int mount_is_below(const struct mount *mount, const char *path, size_t length)
{
    return mount->inside == TREE_SKELETON && mount->length > length && mount->path[length] == '/' &&
           memcmp(mount->path, path, length) == 0;
}

/* What a box has of itself and cannot do without: the standard library, and devices. */
static pybox_status mount_refuse_own(const char *path, const struct mount *mount)
{
    return error_set(PYBOX_ERROR_PATH, "cannot mount at %s: the box's own %s is there; expected another "
                                       "path, such as /mnt", path, mount->path);
}

/* The mount that is at `path` already, or the count. Only an in-memory one of the defaults gives way, if nothing is
 * in it or open: whatever else is there would be hidden without a word. */
static pybox_status mount_existing(const struct vfs *vfs, const char *path, size_t length, uint32_t *number)
{
    for (*number = 0; *number < vfs->mount_count; ++*number) {
        const struct mount *mount = &vfs->mounts[*number];
        if (mount->length == length && memcmp(mount->path, path, length) == 0)
            break;
        if (mount_is_below(mount, path, length))
            return mount->by_default && mount->kind != MOUNT_MEMORY
                       ? mount_refuse_own(path, mount)
                       : mount_refuse(path, "something is mounted below it; mount the outer one first");
    }
    if (*number == vfs->mount_count)
        return PYBOX_OK;
    const struct mount *mount = &vfs->mounts[*number];
    if (!mount->by_default)
        return mount_refuse(path, "something is mounted there already; expected each mount at a path of its own");
    if (mount->kind != MOUNT_MEMORY)
        return mount_refuse_own(path, mount);
    int used = mount->children > 0 || mount->root != NULL;
    for (uint32_t i = 0; i < vfs->file_capacity; i++)
        if (vfs->files[i].public.kind == VFS_OPEN && vfs->files[i].opened->place.mount == *number)
            used = 1;
    return used ? mount_refuse(path, "there are files or mounts in it already; mount the outer one first")
                : PYBOX_OK;
}

static pybox_status mount_reserve(struct vfs *vfs)
{
    if (vfs->mount_count >= VFS_MOUNTS)
        return error_set(PYBOX_ERROR_LIMIT, "too many mounts; expected at most %d, the box's own included", VFS_MOUNTS);
    if (vfs->mount_count < vfs->mount_capacity)
        return PYBOX_OK;
    uint32_t capacity = vfs->mount_capacity * 2;
    struct mount *mounts = malloc(capacity * sizeof *mounts);
    if (mounts == NULL)
        return error_set_memory("mounts", capacity * sizeof *mounts);
    memcpy(mounts, vfs->mounts, vfs->mount_count * sizeof *mounts);
    if (vfs->mounts != vfs->inline_mounts)
        free(vfs->mounts);
    vfs->mounts = mounts;
    vfs->mount_capacity = capacity;
    return PYBOX_OK;
}

/* Puts `mount` (without its place) into the tree. `borrow`: the path is a literal. */
static pybox_status mount_put(struct vfs *vfs, const char *path, int borrow, struct mount mount)
{
    size_t length = path == NULL ? 0 : strnlen(path, VFS_PATH_BYTES + 1);
    if (!mount_path_is_good(path, length))
        return error_set(PYBOX_ERROR_PATH,
                         "cannot mount at %s: expected an absolute path, not /, without empty, `.` or "
                         "`..` components and final slash", path == NULL ? "(null)" : path);
    if (vfs_checkpoint_count(vfs) > 0)
        return error_set(PYBOX_ERROR_ARGUMENT, "cannot mount at %s: the tree has checkpoints; expected "
                                               "mounts to be made before", path);
    uint32_t number;
    pybox_status status = mount_existing(vfs, path, length, &number);
    if (status == PYBOX_OK && number == vfs->mount_count)
        status = mount_reserve(vfs);
    if (status != PYBOX_OK)
        return status;
    if (number < vfs->mount_count) { /* takes over the place of the one that is there */
        struct mount *old = &vfs->mounts[number];
        mount.path = old->path;
        mount.length = old->length;
        mount.owned = old->owned;
        mount.inside = old->inside;
        mount.above = old->above;
        old->owned = 0;
        mount_drop(old);
        *old = mount;
        return PYBOX_OK;
    }
    char *copy = borrow ? NULL : strdup(path);
    if (!borrow && copy == NULL)
        return error_set_memory("a mount point", length);
    const char *slash = strrchr(path, '/');
    struct mount_point point = {.inside = TREE_SKELETON};
    status = mount_find(vfs, path, length, (size_t)(slash + 1 - path), &point);
    if (status != PYBOX_OK) {
        free(copy);
        return status;
    }
    mount.path = borrow ? path : copy;
    mount.length = (uint16_t)length;
    mount.owned = !borrow;
    mount.inside = point.inside;
    mount.above = point.above;
    if (point.inside == TREE_SKELETON) {
        mount.above = tree_root();
        mount.above.skeleton.mount = (uint8_t)number;
        mount.above.skeleton.length = (uint16_t)(slash - path);
    } else {
        vfs->mounts[point.inside].children++;
    }
    if (point.covered != NULL)
        mount_pin(point.covered, (uint8_t)number);
    vfs->mounts[vfs->mount_count++] = mount;
    return PYBOX_OK;
}

void mount_drop(struct mount *mount)
{
    if (mount->owned)
        free((void *)mount->path);
    if (mount->kind == MOUNT_ARCHIVE)
        vfs_archive_close(mount->archive);
    if (mount->host != NULL)
        hostfs_unmount(mount->host);
    if (mount->kind == MOUNT_BYTES &&
        atomic_fetch_sub_explicit(&mount->bytes->holders, 1, memory_order_acq_rel) == 1)
        free(mount->bytes);
}

int mount_cover(struct vfs *vfs)
{
    for (uint32_t i = 0; i < vfs->mount_count; i++) {
        struct mount *mount = &vfs->mounts[i];
        if (mount->inside == TREE_SKELETON || !mount_has_nodes(&vfs->mounts[mount->inside]))
            continue;
        struct place at;
        int error = tree_mount_root(vfs, mount->inside, &at);
        size_t start = (size_t)vfs->mounts[mount->inside].length + 1;
        while (error == 0 && start < mount->length) {
            const char *part = mount->path + start;
            size_t size = strcspn(part, "/");
            mount->above = at;
            error = at.type != VFS_DIRECTORY
                        ? ENOTDIR
                        : mount_descend(vfs, &at, part, size, start + size >= mount->length);
            start += size + 1;
        }
        if (error != 0)
            return error;
        mount_pin(at.node, (uint8_t)i);
    }
    return 0;
}

pybox_status vfs_mount_memory(struct vfs *vfs, const char *guest_path)
{
    return mount_put(vfs, guest_path, 0, (struct mount){.kind = MOUNT_MEMORY});
}

static pybox_status mount_put_archive(struct vfs *vfs, const char *guest_path, int by_default,
                                      struct vfs_archive *archive)
{
    const struct mount mount = {
        .kind = MOUNT_ARCHIVE,
        .read_only = 1,
        .by_default = (uint8_t)by_default,
        .archive = archive,
    };
    pybox_status status = mount_put(vfs, guest_path, 0, mount);
    if (status == PYBOX_OK)
        vfs_archive_hold(archive);
    return status;
}

pybox_status vfs_mount_archive(struct vfs *vfs, const char *guest_path, struct vfs_archive *archive)
{
    return mount_put_archive(vfs, guest_path, 0, archive);
}

pybox_status vfs_mount_bytes(struct vfs *vfs, const char *guest_path, const void *bytes, size_t length)
{
    struct mount_bytes *copy = length > SIZE_MAX - sizeof *copy ? NULL : malloc(sizeof *copy + length);
    if (copy == NULL)
        return error_set_memory("a file's contents", length);
    atomic_init(&copy->holders, 1);
    copy->length = length;
    if (length > 0)
        memcpy(copy->bytes, bytes, length);
    struct mount mount = {.kind = MOUNT_BYTES, .read_only = 1, .bytes = copy};
    pybox_status status = mount_put(vfs, guest_path, 0, mount);
    if (status != PYBOX_OK)
        mount_drop(&mount);
    return status;
}

/* Opens a directory or file of the host, to be mounted. */
static pybox_status mount_open(const char *host_path, int read_only, struct hostfs **host, uint8_t *type)
{
    int error = hostfs_mount(host_path, read_only, host, type);
    if (error == ENOMEM)
        return error_set_memory("a mount", sizeof **host);
    if (error != 0)
        return error_set(PYBOX_ERROR_PATH,
                         "cannot mount %s: %s; expected a directory or a regular file", host_path,
                         strerrordesc_np(error));
    return PYBOX_OK;
}

/* Finds out whether there is openat2. */
static void mount_probe(struct vfs *vfs, const struct hostfs *host)
{
    int probe;
    const struct hostfs_walk walk = {host->fd, &vfs->no_openat2, 0};
    if (hostfs_open_beneath(&walk, ".", HOSTFS_PROBE, &probe) == 0)
        hostfs_close(probe);
}

pybox_status vfs_mount_overlay(struct vfs *vfs, const char *guest_path, const char *host_path)
{
    struct hostfs *host;
    uint8_t type;
    pybox_status status = mount_open(host_path, 1, &host, &type);
    if (status != PYBOX_OK)
        return status;
    if (type != VFS_DIRECTORY) {
        hostfs_unmount(host);
        return error_set(PYBOX_ERROR_PATH, "cannot mount %s as an overlay: it is a file; expected a folder", host_path);
    }
    mount_probe(vfs, host);
    status = mount_put(vfs, guest_path, 0, (struct mount){.kind = MOUNT_OVERLAY, .host = host});
    if (status != PYBOX_OK)
        hostfs_unmount(host);
    return status;
}

pybox_status vfs_mount_host(struct vfs *vfs, const char *guest_path, const char *host_path,
                            int read_only)
{
    struct hostfs *host;
    uint8_t type;
    pybox_status status = mount_open(host_path, read_only, &host, &type);
    if (status != PYBOX_OK)
        return status;
    const struct mount mount = {
        .kind = type == VFS_DIRECTORY ? MOUNT_HOST : MOUNT_HOST_FILE,
        .read_only = read_only != 0,
        .host = host,
    };
    if (type == VFS_DIRECTORY)
        mount_probe(vfs, host);
    status = mount_put(vfs, guest_path, 0, mount);
    if (status != PYBOX_OK)
        hostfs_unmount(host);
    return status;
}

pybox_status vfs_mount_defaults(struct vfs *vfs, struct vfs_archive *archive,
                                const char *archive_path)
{
    const struct mount memory = {.kind = MOUNT_MEMORY, .by_default = 1};
    pybox_status status = mount_put(vfs, "/work", 1, memory);
    if (status == PYBOX_OK)
        status = mount_put(vfs, "/tmp", 1, memory);
    if (status == PYBOX_OK && archive != NULL)
        status = mount_put_archive(vfs, archive_path, 1, archive);
    return status;
}
