/* Deleting what no session needs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "file_io.h"
#include "snapshot_read.h"
#include "store.h"

/* A snapshot file of the store. */
struct collect_file {
    uint8_t digest[DIGEST_BYTES];
    uint8_t parent[DIGEST_BYTES]; /* zeroes: none */
    uint64_t bytes;
    int needed;
};

struct collect {
    const pybox_store *store;
    struct timespec latest; /* what was changed after it is needed */
    struct collect_file *files; /* by digest */
    size_t count, capacity;
    int dry; /* nothing is deleted, only counted */
    uint64_t deleted, deleted_bytes;
};

static int collect_compare(const void *a, const void *b)
{
    return memcmp(a, b, DIGEST_BYTES); /* the digest is the first member */
}

static struct collect_file *collect_find(const struct collect *collect,
                                         const uint8_t digest[DIGEST_BYTES])
{
    if (collect->count == 0)
        return NULL;
    return bsearch(digest, collect->files, collect->count, sizeof *collect->files, collect_compare);
}

static int collect_is_young(const struct collect *collect, const struct stat *found)
{
    return found->st_mtim.tv_sec > collect->latest.tv_sec ||
           (found->st_mtim.tv_sec == collect->latest.tv_sec &&
            found->st_mtim.tv_nsec > collect->latest.tv_nsec);
}

/* Removes a temporary file whose writer has ended: one that lives has it locked. */
static void collect_temporary(const struct collect *collect, int folder, const char *name)
{
    struct stat found;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return;
    if (!collect->dry && fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && !collect_is_young(collect, &found) &&
        flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(folder, name, 0);
    close(fd);
}

/* Whose delta a snapshot is. One that is not well is nobody's; of one that cannot be read nobody knows. */
static pybox_status collect_read_parent(const struct collect *collect, const char *name,
                                        struct collect_file *file)
{
    size_t length = strlen(collect->store->snapshots) + strlen(name) + 1;
    char *path = malloc(length);
    if (path == NULL)
        return error_set_memory("the path of a snapshot", length);
    strcpy(path, collect->store->snapshots);
    strcat(path, name);
    uint8_t digest[DIGEST_BYTES];
    pybox_status status = snapshot_read_names(path, digest, file->parent);
    free(path);
    return status == PYBOX_ERROR_NO_MEMORY || status == PYBOX_ERROR_IO ? status : PYBOX_OK;
}

/* Puts a file of the folder on the list, if it is a snapshot of the store's. */
static pybox_status collect_add(struct collect *collect, const char *name)
{
    struct collect_file file = {0};
    struct stat found;
    char text[DIGEST_HEX_BYTES];
    if (strlen(name) != STORE_FILE_BYTES - 1 || strcmp(name + 64, ".snap") != 0)
        return PYBOX_OK;
    memcpy(text, name, 64);
    text[64] = '\0';
    if (digest_parse(text, file.digest) != 0 ||
        fstatat(collect->store->snapshots_fd, name, &found, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(found.st_mode))
        return PYBOX_OK;
    file.bytes = (uint64_t)found.st_size;
    file.needed = collect_is_young(collect, &found);
    pybox_status status = collect_read_parent(collect, name, &file);
    if (status == PYBOX_OK && collect->count == collect->capacity) {
        size_t capacity = collect->capacity == 0 ? 64 : collect->capacity * 2;
        void *grown = realloc(collect->files, capacity * sizeof *collect->files);
        if (grown == NULL)
            return error_set_memory("the list of snapshots", capacity * sizeof *collect->files);
        collect->files = grown;
        collect->capacity = capacity;
    }
    if (status == PYBOX_OK)
        collect->files[collect->count++] = file;
    return status;
}

/* Goes through a folder: removes what dead writers have left, lists snapshots if it is theirs. */
static pybox_status collect_scan(struct collect *collect, int folder, int snapshots)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    if (entries == NULL) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        return error_set_io(error, "cannot list a folder of the store");
    }
    pybox_status status = PYBOX_OK;
    while (status == PYBOX_OK) {
        errno = 0;
        struct dirent *entry = readdir(entries);
        if (entry == NULL) {
            status = errno == 0 ? PYBOX_OK : error_set_io(errno, "cannot list a folder of the store");
            break;
        }
        if (file_io_is_temporary(entry->d_name))
            collect_temporary(collect, folder, entry->d_name);
        else if (snapshots)
            status = collect_add(collect, entry->d_name);
    }
    closedir(entries);
    return status;
}

/* A file that is needed needs its parents. */
static void collect_need(const struct collect *collect, struct collect_file *file)
{
    while (file != NULL) {
        file->needed = 1;
        file = collect_find(collect, file->parent);
        if (file != NULL && file->needed)
            return; /* and so are its parents, now or when their turn comes */
    }
}

/* Marks what is needed. A session that cannot be read might need anything. */
static pybox_status collect_mark(struct collect *collect)
{
    char(*names)[STORE_NAME_BYTES];
    size_t count;
    pybox_status status = store_session_names(collect->store, &names, &count);
    for (size_t i = 0; i < count && status == PYBOX_OK; i++) {
        struct store_session session;
        status = store_session_read(collect->store, names[i], &session);
        if (status == PYBOX_OK && session.revision != 0)
            collect_need(collect, collect_find(collect, session.digest));
    }
    free(names);
    for (size_t i = 0; i < collect->count; i++)
        if (collect->files[i].needed)
            collect_need(collect, &collect->files[i]);
    return status;
}

static pybox_status collect_delete(struct collect *collect)
{
    pybox_status status = PYBOX_OK;
    for (size_t i = 0; i < collect->count; i++) {
        char name[STORE_FILE_BYTES];
        if (collect->files[i].needed)
            continue;
        store_file_name(collect->files[i].digest, name);
        if (collect->dry || unlinkat(collect->store->snapshots_fd, name, 0) == 0) {
            collect->deleted++;
            collect->deleted_bytes += collect->files[i].bytes;
        } else
            status = error_set_io(errno, "cannot delete the snapshot %s", name);
    }
    return status;
}

static pybox_status collect_all(struct collect *collect)
{
    pybox_status status = collect_scan(collect, collect->store->snapshots_fd, 1);
    if (status == PYBOX_OK)
        status = collect_scan(collect, collect->store->sessions_fd, 0);
    if (status != PYBOX_OK)
        return status;
    if (collect->count > 1)
        qsort(collect->files, collect->count, sizeof *collect->files, collect_compare);
    status = collect_mark(collect);
    return status == PYBOX_OK ? collect_delete(collect) : status;
}

static pybox_status collect_store(pybox_store *store, int dry, uint64_t age_ns, uint64_t *files,
                                  uint64_t *bytes)
{
    if (store == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "store is NULL; expected a store");
    struct collect collect = {.store = store, .dry = dry};
    uint64_t seconds = age_ns / 1000000000u;
    clock_gettime(CLOCK_REALTIME, &collect.latest);
    collect.latest.tv_sec = seconds < (uint64_t)collect.latest.tv_sec
                                ? collect.latest.tv_sec - (time_t)seconds
                                : 0;
    collect.latest.tv_nsec -= (long)(age_ns % 1000000000u);
    if (collect.latest.tv_nsec < 0) {
        collect.latest.tv_nsec += 1000000000;
        collect.latest.tv_sec--;
    }
    int lock;
    pybox_status status = store_lock(store->folder_fd, ".lock", STORE_ALONE, &lock);
    if (status == PYBOX_OK) {
        status = collect_all(&collect);
        close(lock);
    }
    free(collect.files);
    if (files != NULL)
        *files = collect.deleted;
    if (bytes != NULL)
        *bytes = collect.deleted_bytes;
    return status;
}

pybox_status pybox_store_collect(pybox_store *store, uint64_t age_ns, uint64_t *files,
                                 uint64_t *bytes)
{
    return collect_store(store, 0, age_ns, files, bytes);
}

pybox_status pybox_store_survey(pybox_store *store, uint64_t age_ns, uint64_t *files,
                                uint64_t *bytes)
{
    return collect_store(store, 1, age_ns, files, bytes);
}
