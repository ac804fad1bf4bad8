/* The host's access to the files of a box. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "box.h"
#include "error.h"
#include "host_access.h"

#define READ_BYTES (UINT64_C(64) << 20) /* of pybox_box_file_read(), if not said otherwise */

/* What pybox_box_file_stat() gives, with room for its path. */
struct box_file {
    pybox_file file;
    char path[VFS_PATH_BYTES + 1];
};

/* Every call begins with this. */
static pybox_status files_begin(const pybox_box *box, const char *path)
{
    if (box == NULL || path == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "box or path is NULL; expected both");
    return box_check_still(box);
}

/* An errno value of the file tree as a status. */
static pybox_status files_failed(int error, const char *what, const char *path)
{
    switch (error) {
    case 0:
        return PYBOX_OK;
    case ENOMEM:
        return error_set(PYBOX_ERROR_NO_MEMORY, "cannot %s %s: out of memory", what, path);
    case ENOENT:
        return error_set(PYBOX_ERROR_MISSING, "cannot %s %s: it is not there", what, path);
    case ENOSPC:
        return error_set(PYBOX_ERROR_LIMIT, "cannot %s %s: over the box's limits for files", what, path);
    case EFBIG:
    case E2BIG:
        return error_set(PYBOX_ERROR_LIMIT, "cannot %s %s: too large", what, path);
    case EROFS:
        return error_set(PYBOX_ERROR_PATH, "cannot %s %s: it is read-only in the box", what, path);
    case EBUSY:
        return error_set(PYBOX_ERROR_PATH, "cannot %s %s: something is mounted there", what, path);
    case EINVAL:
        return error_set(PYBOX_ERROR_PATH, "cannot %s %s: expected the path of a regular file", what, path);
    case EPERM:
        return error_set(PYBOX_ERROR_PATH, "cannot %s %s: a link on the way leads out of its mount", what, path);
    case EIO:
    case EMFILE:
    case ENFILE:
    case EDQUOT:
        return error_set_io(error, "cannot %s %s", what, path);
    default:
        return error_set(PYBOX_ERROR_PATH, "cannot %s %s: %s", what, path, strerrordesc_np(error));
    }
}

static void files_describe(const struct host_file *from, pybox_file *file)
{
    *file = (pybox_file){
        .path = from->path,
        .type = from->stat.type == VFS_REGULAR     ? PYBOX_FILE_REGULAR
                : from->stat.type == VFS_DIRECTORY ? PYBOX_FILE_DIRECTORY
                : from->stat.type == VFS_SYMLINK   ? PYBOX_FILE_LINK
                                                   : PYBOX_FILE_OTHER,
        .bytes = from->stat.type == VFS_REGULAR ? from->stat.size : 0,
        .modified_ns = from->stat.modified_ns,
        .writable = from->writable,
    };
}

pybox_status pybox_box_file_write(pybox_box *box, const char *path, const void *bytes, size_t length)
{
    pybox_status status = files_begin(box, path);
    if (status == PYBOX_OK && bytes == NULL && length > 0)
        status = error_set(PYBOX_ERROR_ARGUMENT, "bytes is NULL; expected %zu bytes", length);
    if (status != PYBOX_OK)
        return status;
    return files_failed(host_access_write(box->vfs, path, bytes, length), "write", path);
}

pybox_status pybox_box_file_read(pybox_box *box, const char *path, uint64_t max_bytes, pybox_bytes *bytes)
{
    if (bytes != NULL)
        *bytes = (pybox_bytes){"", 0};
    pybox_status status = files_begin(box, path);
    if (status == PYBOX_OK && bytes == NULL)
        status = error_set(PYBOX_ERROR_ARGUMENT, "bytes is NULL; expected where to put them");
    if (status != PYBOX_OK)
        return status;
    void *read;
    size_t length;
    int error = host_access_read(box->vfs, path, max_bytes == 0 ? READ_BYTES : max_bytes, &read, &length);
    if (error == EFBIG)
        return error_set(PYBOX_ERROR_LIMIT, "cannot read %s: it has more than %llu bytes", path,
                         (unsigned long long)(max_bytes == 0 ? READ_BYTES : max_bytes));
    if (error != 0)
        return files_failed(error, "read", path);
    free(box->file_bytes);
    box->file_bytes = read;
    *bytes = (pybox_bytes){read, length};
    return PYBOX_OK;
}

pybox_status pybox_box_file_stat(pybox_box *box, const char *path, const pybox_file **file)
{
    if (file != NULL)
        *file = NULL;
    pybox_status status = files_begin(box, path);
    if (status == PYBOX_OK && file == NULL)
        status = error_set(PYBOX_ERROR_ARGUMENT, "file is NULL; expected where to put it");
    if (status != PYBOX_OK)
        return status;
    struct host_file found = {0};
    int error = host_access_stat(box->vfs, path, &found);
    if (error != 0)
        return files_failed(error, "look at", path);
    if (box->file == NULL && (box->file = malloc(sizeof *box->file)) == NULL)
        return error_set_memory("a file's facts", sizeof *box->file);
    host_access_path(path, box->file->path);
    found.path = box->file->path;
    files_describe(&found, &box->file->file);
    *file = &box->file->file;
    return PYBOX_OK;
}

pybox_status pybox_box_file_make_folder(pybox_box *box, const char *path)
{
    pybox_status status = files_begin(box, path);
    return status == PYBOX_OK ? files_failed(host_access_make_directory(box->vfs, path), "make", path) : status;
}

pybox_status pybox_box_file_remove(pybox_box *box, const char *path, int recursive)
{
    pybox_status status = files_begin(box, path);
    return status == PYBOX_OK ? files_failed(host_access_remove(box->vfs, path, recursive), "remove", path) : status;
}

pybox_status pybox_box_file_list(pybox_box *box, const char *pattern, pybox_file_callback *callback, void *context)
{
    pybox_status status = files_begin(box, pattern);
    if (status == PYBOX_OK && callback == NULL)
        status = error_set(PYBOX_ERROR_ARGUMENT, "callback is NULL; expected one");
    if (status != PYBOX_OK)
        return status;
    struct host_list list;
    status = files_failed(host_list_match(box->vfs, pattern, &list), "list", pattern);
    for (size_t i = 0; i < list.count && status == PYBOX_OK; i++) {
        pybox_file file;
        files_describe(&list.files[i], &file);
        if (callback(context, &file) != 0)
            break;
    }
    host_list_free(&list);
    return status;
}
