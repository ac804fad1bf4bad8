/* The host's access to the files of a box. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "box.h"
#include "changes.h"
#include "error.h"
#include "host_access.h"
#include "options.h"
#include "point.h"

#define EXPORT_BYTES (UINT64_C(1) << 30)
#define EXPORT_FILES 100000u
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

/* ---- changes and copies ---- */

/* Points that are not the host's. */
static uint32_t files_skip(const pybox_box *box)
{
    return point_top_is(box, POINT_RUN) ? 1 : 0;
}

static pybox_status files_check_since(pybox_since since)
{
    _Static_assert((int)PYBOX_SINCE_RUN == CHANGES_SINCE_RUN &&
                       (int)PYBOX_SINCE_CHECKPOINT == CHANGES_SINCE_CHECKPOINT &&
                       (int)PYBOX_SINCE_IMAGE == CHANGES_SINCE_IMAGE && (int)PYBOX_SINCE_HOST == CHANGES_SINCE_HOST,
                   "one number for both");
    if (since < PYBOX_SINCE_RUN || since > PYBOX_SINCE_HOST)
        return error_set(PYBOX_ERROR_ARGUMENT, "since is %d; expected a pybox_since", (int)since);
    return PYBOX_OK;
}

pybox_status pybox_box_file_changes(pybox_box *box, const char *path, pybox_since since,
                                    pybox_change_callback *callback, void *context)
{
    char text[VFS_PATH_BYTES + 1];
    struct changes changes;
    pybox_status status = files_begin(box, path != NULL ? path : "/");
    if (status == PYBOX_OK)
        status = files_check_since(since);
    if (status == PYBOX_OK && callback == NULL)
        status = error_set(PYBOX_ERROR_ARGUMENT, "callback is NULL; expected one");
    if (status != PYBOX_OK)
        return status;
    if (path == NULL)
        path = "/";
    int error = host_access_path(path, text);
    if (error != 0)
        return files_failed(error, "list the changes of", path);
    error = changes_list(box->vfs, text, (enum changes_since)since, files_skip(box), &changes);
    for (size_t i = 0; i < changes.count && error == 0; i++) {
        pybox_change change = {.kind = (pybox_change_kind)changes.items[i].kind};
        if (change.kind == PYBOX_CHANGE_REMOVED)
            change.file.path = changes.items[i].file.path;
        else
            files_describe(&changes.items[i].file, &change.file);
        if (callback(context, &change) != 0)
            break;
    }
    changes_free(&changes);
    return files_failed(error, "list the changes of", path);
}

/* What became of a copy. `on_host`: the error is about the host's side. */
static pybox_status files_copied(int error, int on_host, const char *what, const char *path, const char *host_path,
                                 const struct host_count *count, pybox_copied *copied)
{
    if (copied != NULL)
        *copied = (pybox_copied){count->files, count->directories, count->links, count->bytes, count->skipped};
    if (error == 0 || !on_host || error == ENOMEM)
        return files_failed(error, what, path);
    return error_set_io(error, "cannot %s %s: %s on the host", what, path, host_path);
}

pybox_status pybox_box_file_export(pybox_box *box, const char *path, const char *host_path,
                                   const pybox_export_options *options, pybox_copied *copied)
{
    pybox_export_options chosen = {0};
    if (copied != NULL)
        *copied = (pybox_copied){0};
    pybox_status status = files_begin(box, path);
    if (status == PYBOX_OK && host_path == NULL)
        status = error_set(PYBOX_ERROR_ARGUMENT, "host_path is NULL; expected a path of the host");
    if (status == PYBOX_OK)
        status = options_copy(&chosen, sizeof chosen, options, "pybox_export_options");
    if (status == PYBOX_OK)
        status = files_check_since(chosen.since);
    if (status != PYBOX_OK)
        return status;
    const struct host_export how = {
        .most_bytes = chosen.max_bytes != 0 ? chosen.max_bytes : EXPORT_BYTES,
        .most_files = chosen.max_files != 0 ? chosen.max_files : EXPORT_FILES,
        .replace = chosen.replace,
        .only_changes = chosen.only_changes,
        .since = (int)chosen.since,
        .skip = files_skip(box),
    };
    struct host_count count;
    int target;
    int error = host_export(box->vfs, path, host_path, &how, &count, &target);
    return files_copied(error, target, "export", path, host_path, &count, copied);
}

pybox_status pybox_box_file_import(pybox_box *box, const char *host_path, const char *path, pybox_copied *copied)
{
    if (copied != NULL)
        *copied = (pybox_copied){0};
    pybox_status status = files_begin(box, path);
    if (status == PYBOX_OK && host_path == NULL)
        status = error_set(PYBOX_ERROR_ARGUMENT, "host_path is NULL; expected a path of the host");
    if (status != PYBOX_OK)
        return status;
    struct host_count count;
    int source;
    int error = host_import(box->vfs, host_path, path, &count, &source);
    return files_copied(error, source, "import", path, host_path, &count, copied);
}
