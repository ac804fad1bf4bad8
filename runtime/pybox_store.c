#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "image_path.h"
#include "save.h"
#include "store.h"

#define STORE_DEPTH_LIMIT 8 /* deltas of deltas; then a full snapshot is parked */

/* Makes a folder in the folder `fd` if it is not there, and opens it. */
static pybox_status store_open_folder(int fd, const char *name, const char *folder, int *opened)
{
    if (mkdirat(fd, name, 0755) != 0 && errno != EEXIST)
        return error_set_io(errno, "cannot make the folder '%s/%s'", folder, name);
    *opened = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (*opened < 0)
        return error_set_io(errno, "cannot open the folder '%s/%s'", folder, name);
    return PYBOX_OK;
}

static char *store_path(const char *folder, const char *name)
{
    size_t length = strlen(folder) + strlen(name) + 3;
    char *path = malloc(length);
    if (path != NULL)
        snprintf(path, length, "%s/%s/", folder, name);
    return path;
}

/* The paths are absolute: the process may change its working directory. */
static pybox_status store_name_folders(struct pybox_store *store, const char *folder)
{
    char *whole = realpath(folder, NULL);
    if (whole == NULL && errno != ENOMEM)
        return error_set_io(errno, "cannot open the folder '%s'", folder);
    if (whole != NULL) {
        store->snapshots = store_path(whole, "snapshots");
        store->sessions = store_path(whole, "sessions");
    }
    free(whole);
    return store->snapshots != NULL && store->sessions != NULL ? PYBOX_OK
                                                               : error_set_memory("a store", strlen(folder));
}

static pybox_status store_open_all(struct pybox_store *store, const char *folder)
{
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return error_set_io(errno, "cannot make the folder '%s'", folder);
    store->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->folder_fd < 0)
        return error_set_io(errno, "cannot open the folder '%s'", folder);
    pybox_status named = store_name_folders(store, folder);
    if (named != PYBOX_OK)
        return named;
    pybox_status status =
        store_open_folder(store->folder_fd, "snapshots", folder, &store->snapshots_fd);
    if (status == PYBOX_OK)
        status = store_open_folder(store->folder_fd, "sessions", folder, &store->sessions_fd);
    return status;
}

pybox_status pybox_store_open(const char *folder, pybox_store **store)
{
    if (folder == NULL || folder[0] == '\0' || store == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "folder or store is NULL; expected both");
    *store = NULL;
    pybox_store *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_set_memory("a store", sizeof *made);
    made->folder_fd = made->snapshots_fd = made->sessions_fd = -1;
    pybox_status status = store_open_all(made, folder);
    if (status != PYBOX_OK) {
        pybox_store_close(made);
        return status;
    }
    *store = made;
    return PYBOX_OK;
}

void pybox_store_close(pybox_store *store)
{
    if (store == NULL)
        return;
    int fds[] = {store->folder_fd, store->snapshots_fd, store->sessions_fd};
    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    free(store->snapshots);
    free(store->sessions);
    free(store);
}

static int store_has(const pybox_store *store, const uint8_t digest[DIGEST_BYTES], uint64_t *bytes)
{
    char name[STORE_FILE_BYTES];
    struct stat found;
    if (fstatat(store->snapshots_fd, store_file_name(digest, name), &found, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(found.st_mode))
        return 0;
    *bytes = (uint64_t)found.st_size;
    return 1;
}

/* What the box is to be a delta of: the full snapshot that its image is made of, so that a session is two files
 * however often it is parked; put into the store if it is not there. *parent is NULL if there is none that can be
 * found again. */
static pybox_status store_put_parent(const pybox_store *store, const pybox_box *box, const char *path,
                                     struct image **parent)
{
    uint8_t name[DIGEST_BYTES], written[DIGEST_BYTES];
    uint64_t bytes;
    *parent = NULL;
    if (box->image == NULL)
        return PYBOX_OK;
    struct image *root = image_root(box->image->image);
    pybox_status status = image_digest_name(root, name);
    if (status == PYBOX_OK && !store_has(store, name, &bytes)) {
        const struct snapshot_write_options how = {
            .by_digest = 1, .digest = written, .created_ns = image_created_ns(root)};
        status = image_path_write(root, path, NULL, &how);
        if (status == PYBOX_OK && memcmp(name, written, DIGEST_BYTES) != 0)
            return PYBOX_OK; /* it comes from a file of version 1, where it had another name */
    }
    if (status == PYBOX_OK && image_depth(root) < STORE_DEPTH_LIMIT)
        *parent = root;
    return status;
}

/* Puts the box's state into the store. */
static pybox_status store_put_box(const pybox_store *store, pybox_box *box, uint8_t digest[DIGEST_BYTES])
{
    size_t length = strlen(store->snapshots) + 2;
    char *path = malloc(length);
    if (path == NULL)
        return error_set_memory("the path of a snapshot", length);
    snprintf(path, length, "%s%s", store->snapshots, "s"); /* in the place of which the digest comes */
    struct image *parent;
    pybox_status status = store_put_parent(store, box, path, &parent);
    const struct snapshot_write_options how = {.by_digest = 1, .digest = digest};
    if (status == PYBOX_OK)
        status = save_write(box, path, parent, NULL, &how);
    free(path);
    return status;
}

/* Whether the session is at that revision; and what it is, and the revision that comes next. */
static pybox_status store_check_revision(const pybox_store *store, const char *name, uint64_t revision,
                                         struct store_session *session, uint64_t *next)
{
    pybox_status status = store_session_read(store, name, session);
    uint64_t last = session->revision;
    *next = 0;
    if (status == PYBOX_OK && last != revision) {
        if (last == 0)
            return error_set(PYBOX_ERROR_BUSY, "session %s has been removed since revision %" PRIu64,
                             name, revision);
        if (revision == 0)
            return error_set(PYBOX_ERROR_BUSY,
                             "session %s is there already, at revision %" PRIu64
                             ": somebody else has parked it; resume it, or park under another name",
                             name, last);
        return error_set(PYBOX_ERROR_BUSY,
                         "session %s is at revision %" PRIu64 ", not %" PRIu64
                         ": somebody else has parked it; resume it, or park under another name",
                         name, last, revision);
    }
    if (status == PYBOX_OK && last == 0) /* who holds a revision of an older session has none of this one's */
        status = store_removed_read(store, &last);
    if (status == PYBOX_OK && last >= STORE_REVISION_LIMIT)
        status = error_set(PYBOX_ERROR_LIMIT, "session %s can have no revision after %" PRIu64, name, last);
    *next = last + 1;
    return status;
}

static uint64_t store_time(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* With both locks held. */
static pybox_status store_park_locked(const pybox_store *store, const char *name, pybox_box *box,
                                      uint64_t *revision)
{
    struct store_session session;
    uint64_t next;
    pybox_status status = store_check_revision(store, name, *revision, &session, &next);
    if (status == PYBOX_OK)
        status = store_put_box(store, box, session.digest);
    if (status != PYBOX_OK)
        return status;
    session.revision = next;
    session.parked_ns = store_time();
    status = store_session_write(store, name, &session);
    if (status == PYBOX_OK)
        *revision = session.revision;
    return status;
}

pybox_status pybox_store_park(pybox_store *store, const char *name, pybox_box *box,
                              uint64_t *revision)
{
    if (store == NULL || box == NULL || revision == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "store, box or revision is NULL; expected all");
    pybox_status status = store_session_check_name(name);
    if (status == PYBOX_OK)
        status = save_prepare(box);
    if (status != PYBOX_OK)
        return status;
    int shared = -1, lock = -1;
    status = store_lock(store->folder_fd, ".lock", STORE_SHARED, &shared);
    if (status == PYBOX_OK)
        status = store_session_lock(store, name, &lock);
    if (status == PYBOX_OK)
        status = store_park_locked(store, name, box, revision);
    if (lock >= 0)
        close(lock);
    if (shared >= 0)
        close(shared);
    return status;
}

/* Opens the snapshot of a session, which has the name that the session says. */
static pybox_status store_open_image(const pybox_store *store, pybox_module *module,
                                     const struct store_session *session, struct image **image)
{
    char name[STORE_FILE_BYTES];
    uint8_t found[DIGEST_BYTES];
    struct stat facts;
    store_file_name(session->digest, name);
    if (fstatat(store->snapshots_fd, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(facts.st_mode))
        return error_set(PYBOX_ERROR_IO, "the snapshot %s of the store is a link", name);
    size_t length = strlen(store->snapshots) + sizeof name;
    char *path = malloc(length);
    if (path == NULL)
        return error_set_memory("the path of a snapshot", length);
    snprintf(path, length, "%s%s", store->snapshots, name);
    const pybox_image_options options = {0}; /* parents beside it, and in the module's home */
    pybox_status status = image_path_load(module, path, &options, image);
    free(path);
    if (status == PYBOX_OK)
        status = image_digest_name(*image, found);
    if (status == PYBOX_OK && memcmp(found, session->digest, DIGEST_BYTES) != 0) {
        image_close(*image);
        status = error_set(PYBOX_ERROR_SNAPSHOT_CORRUPT,
                           "the snapshot %s of the store holds another state", name);
    }
    return status;
}

pybox_status pybox_store_resume(pybox_store *store, pybox_module *module, const char *name,
                                pybox_image **image, uint64_t *revision)
{
    if (store == NULL || module == NULL || image == NULL || revision == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "store, module, image or revision is NULL; expected all");
    *image = NULL;
    *revision = 0;
    pybox_status status = store_session_check_name(name);
    if (status != PYBOX_OK)
        return status;
    int shared;
    status = store_lock(store->folder_fd, ".lock", STORE_SHARED, &shared);
    if (status != PYBOX_OK)
        return status;
    struct store_session session;
    struct image *opened;
    status = store_session_read(store, name, &session);
    if (status == PYBOX_OK && session.revision == 0)
        status = error_set(PYBOX_ERROR_ARGUMENT, "there is no session %s in the store", name);
    if (status == PYBOX_OK)
        status = store_open_image(store, module, &session, &opened);
    close(shared);
    if (status == PYBOX_OK)
        status = image_handle_make(module, opened, image);
    if (status == PYBOX_OK)
        *revision = session.revision;
    return status;
}

pybox_status pybox_store_list(pybox_store *store,
                              int (*each)(void *context, const pybox_session_info *info),
                              void *context)
{
    if (store == NULL || each == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "store or each is NULL; expected both");
    char(*names)[STORE_NAME_BYTES];
    size_t count;
    pybox_status status = store_session_names(store, &names, &count);
    for (size_t i = 0; i < count; i++) {
        struct store_session session;
        pybox_status read = store_session_read(store, names[i], &session);
        if (read == PYBOX_ERROR_NO_MEMORY)
            status = read;
        if (read == PYBOX_OK && session.revision == 0)
            continue; /* it went meanwhile */
        pybox_session_info info = {.size = sizeof info, .name = names[i]};
        if (read == PYBOX_OK) {
            info.revision = session.revision;
            info.parked_ns = session.parked_ns;
            digest_hex(session.digest, info.digest);
            store_has(store, session.digest, &info.bytes);
        }
        if (each(context, &info) != 0)
            break;
    }
    free(names);
    return status;
}

/* With the session's lock held. */
static pybox_status store_remove_locked(const pybox_store *store, const char *name)
{
    char file[STORE_NAME_BYTES + 8];
    struct store_session session;
    pybox_status status = store_session_read(store, name, &session);
    if (status == PYBOX_ERROR_NO_MEMORY)
        return status;
    if (status == PYBOX_OK && session.revision == 0)
        return error_set(PYBOX_ERROR_ARGUMENT, "there is no session %s in the store", name);
    if (status == PYBOX_OK)
        status = store_removed_raise(store, session.revision);
    else /* damaged: nobody can park it as it is */
        status = PYBOX_OK;
    if (status != PYBOX_OK)
        return status;
    snprintf(file, sizeof file, "%s.json", name);
    if (unlinkat(store->sessions_fd, file, 0) != 0)
        return error_set_io(errno, "cannot remove the session %s", name);
    if (fsync(store->sessions_fd) != 0)
        return error_set_io(errno, "the session %s is removed, but its folder cannot be synced", name);
    return PYBOX_OK;
}

pybox_status pybox_store_remove(pybox_store *store, const char *name)
{
    if (store == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "store is NULL; expected a store");
    pybox_status status = store_session_check_name(name);
    int lock;
    if (status == PYBOX_OK)
        status = store_session_lock(store, name, &lock);
    if (status != PYBOX_OK)
        return status;
    status = store_remove_locked(store, name);
    char file[STORE_NAME_BYTES + 8];
    snprintf(file, sizeof file, ".%s.lock", name);
    unlinkat(store->sessions_fd, file, 0); /* while it is locked: who waits for it opens another */
    close(lock);
    return status;
}
