#include "host_access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host_open.h"

#define READ_BYTES ((size_t)64 << 10)

int host_access_path(const char *path, char *text)
{
    static const char work[] = "/work";
    size_t used = 0;
    if (path[0] == '\0')
        return EINVAL;
    if (path[0] != '/') {
        memcpy(text, work, sizeof work - 1);
        used = sizeof work - 1;
    }
    for (size_t start = 0; path[start] != '\0';) {
        size_t length = strcspn(path + start, "/");
        if (length > 0 && !(length == 1 && path[start] == '.')) {
            if (used + length + 1 > VFS_PATH_BYTES)
                return ENAMETOOLONG;
            text[used++] = '/';
            memcpy(text + used, path + start, length);
            used += length;
        }
        start += length;
        start += path[start] == '/';
    }
    if (used == 0)
        text[used++] = '/';
    text[used] = '\0';
    return 0;
}

/* What is behind the first slash; "." for the root. */
static const char *host_access_relative(const char *text, size_t *length)
{
    const char *relative = text[1] == '\0' ? "." : text + 1;
    *length = strlen(relative);
    return relative;
}

/* ---- looking ---- */

static int host_access_read_all(struct vfs *vfs, const struct file *file, uint64_t most, char **bytes,
                                size_t *length)
{
    struct vfs_stat stat;
    size_t capacity = 0;
    if (file->public.type != VFS_REGULAR)
        return file->public.type == VFS_DIRECTORY ? EISDIR : EINVAL;
    int error = files_stat(vfs, file, &stat);
    if (error != 0)
        return error;
    if (stat.size > most)
        return EFBIG;
    for (;;) {
        size_t done, want = stat.size > *length ? (size_t)(stat.size - *length) : READ_BYTES;
        if (capacity - *length < want + 1) {
            char *larger = realloc(*bytes, *length + want + 1);
            if (larger == NULL)
                return ENOMEM;
            *bytes = larger;
            capacity = *length + want + 1;
        }
        error = files_read(vfs, file, *bytes + *length, want, *length, &done);
        if (error != 0)
            return error;
        (*bytes)[*length + done] = '\0';
        *length += done;
        if (*length > most)
            return EFBIG;
        if (done == 0 || (*length == stat.size && file->opened->host < 0))
            return 0;
    }
}

int host_access_read(struct vfs *vfs, const char *path, uint64_t most, void **bytes, size_t *length)
{
    char text[VFS_PATH_BYTES + 1], *read = NULL;
    struct file root, file;
    size_t size;
    *bytes = NULL;
    *length = 0;
    int error = host_access_path(path, text);
    if (error == 0)
        error = host_open_root(vfs, &root);
    if (error != 0)
        return error;
    const char *relative = host_access_relative(text, &size);
    error = host_open_at(vfs, &root, relative, size, VFS_READ | VFS_FOLLOW, &file);
    if (error == 0) {
        error = host_access_read_all(vfs, &file, most, &read, length);
        host_open_close(vfs, &file);
    }
    host_open_close(vfs, &root);
    if (error != 0) {
        free(read);
        *length = 0;
        return error;
    }
    *bytes = read;
    return 0;
}

int host_access_stat(struct vfs *vfs, const char *path, struct host_file *file)
{
    char text[VFS_PATH_BYTES + 1];
    struct file root;
    size_t length;
    int error = host_access_path(path, text);
    if (error == 0)
        error = host_open_root(vfs, &root);
    if (error != 0)
        return error;
    const char *relative = host_access_relative(text, &length);
    error = host_open_stat(vfs, &root, relative, length, file);
    host_open_close(vfs, &root);
    return error;
}

/* ---- changing ---- */

int host_access_write(struct vfs *vfs, const char *path, const void *bytes, size_t length)
{
    char text[VFS_PATH_BYTES + 1];
    struct file root, file;
    int error = host_access_path(path, text);
    if (error == 0 && (text[1] == '\0' || path[strlen(path) - 1] == '/'))
        error = EISDIR;
    if (error == 0)
        error = host_open_root(vfs, &root);
    if (error != 0)
        return error;
    error = host_open_begin(vfs);
    if (error == 0) {
        error = host_open_make(vfs, &root, text, (size_t)(strrchr(text, '/') - text));
        if (error == 0)
            error = host_open_replace(vfs, &root, text + 1, strlen(text + 1), &file);
        if (error == 0) {
            error = host_open_write(vfs, &file, bytes, length, 0);
            host_open_close(vfs, &file);
        }
        error = host_open_end(vfs, error);
    }
    host_open_close(vfs, &root);
    return error;
}

int host_access_make_directory(struct vfs *vfs, const char *path)
{
    char text[VFS_PATH_BYTES + 1];
    struct file root;
    int error = host_access_path(path, text);
    if (error == 0)
        error = host_open_root(vfs, &root);
    if (error != 0)
        return error;
    error = host_open_begin(vfs);
    if (error == 0)
        error = host_open_end(vfs, host_open_make(vfs, &root, text, strlen(text)));
    host_open_close(vfs, &root);
    return error;
}

static int host_access_empty(struct vfs *vfs, const struct file *directory, int depth);

/* Removes what has that name in an open directory; `depth`: how much deeper it may go. */
static int host_access_remove_in(struct vfs *vfs, const struct file *at, const char *name, size_t length, int depth)
{
    struct host_file old;
    struct file inner;
    int error = host_open_stat(vfs, at, name, length, &old);
    if (error != 0)
        return error;
    if (old.stat.type == VFS_DIRECTORY && depth > 0) {
        error = host_open_at(vfs, at, name, length, VFS_READ | VFS_ONLY_DIRECTORY, &inner);
        if (error != 0)
            return error;
        error = inner.opened->place.mount != at->opened->place.mount ? EBUSY
                                                                     : host_access_empty(vfs, &inner, depth - 1);
        host_open_close(vfs, &inner);
        if (error != 0)
            return error;
    }
    vfs->at = at;
    error = old.stat.type == VFS_DIRECTORY ? vfs_remove_directory(vfs, VFS_AT, name, length)
                                           : vfs_unlink(vfs, VFS_AT, name, length);
    vfs->at = NULL;
    return error;
}

/* Removes all that is in a directory. */
static int host_access_empty(struct vfs *vfs, const struct file *directory, int depth)
{
    struct host_names names;
    int error = host_open_list(vfs, directory, &names);
    if (error == 0 && names.count > 0 && depth == 0)
        error = ENAMETOOLONG;
    for (uint32_t i = 0; i < names.count && error == 0; i++) {
        const char *name = names.texts + names.starts[i];
        error = host_access_remove_in(vfs, directory, name, strlen(name), depth);
    }
    host_open_free(&names);
    return error;
}

/* EBUSY if the path is a mount's, or one is below it: before anything is removed. */
static int host_access_check_mounts(const struct vfs *vfs, const char *path)
{
    size_t length = strlen(path);
    for (uint32_t i = 0; i < vfs->mount_count; i++) {
        const struct mount *mount = &vfs->mounts[i];
        if (mount->length >= length && memcmp(mount->path, path, length) == 0 &&
            (mount->length == length || mount->path[length] == '/' || path[1] == '\0'))
            return EBUSY;
    }
    return 0;
}

/* With the directory that the path's last component is in, whose path `text` has. */
static int host_access_remove_from(struct vfs *vfs, const struct file *root, const char *text, int recursive)
{
    const char *name = strrchr(text, '/') + 1;
    struct file parent;
    size_t length = name == text + 1 ? 1 : (size_t)(name - text) - 2;
    int error = host_open_at(vfs, root, name == text + 1 ? "." : text + 1, length,
                             VFS_READ | VFS_ONLY_DIRECTORY | VFS_FOLLOW, &parent);
    if (error != 0)
        return error;
    error = host_open_begin(vfs);
    if (error == 0)
        error = host_open_end(
            vfs, host_access_remove_in(vfs, &parent, name, strlen(name), recursive ? HOST_ACCESS_DEPTH : 0));
    host_open_close(vfs, &parent);
    return error;
}

int host_access_remove(struct vfs *vfs, const char *path, int recursive)
{
    char text[VFS_PATH_BYTES + 1];
    struct file root;
    int error = host_access_path(path, text);
    if (error == 0)
        error = host_access_check_mounts(vfs, text);
    if (error == 0)
        error = host_open_root(vfs, &root);
    if (error != 0)
        return error;
    error = host_access_remove_from(vfs, &root, text, recursive);
    host_open_close(vfs, &root);
    return error;
}
