#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "error.h"
#include "file_io.h"

#define SESSION_VERSION 1
#define SESSION_LIMIT_BYTES 4096 /* of its file */
#define SESSION_END ".json"
#define REMOVED_FILE ".removed.json"
#define REMOVED_LOCK ".removed" /* no session's, which end in ".lock" */
#define REMOVED_WHAT "the store's file of removed sessions"
#define LOCK_WAIT_MS 10000

char *store_file_name(const uint8_t digest[DIGEST_BYTES], char name[STORE_FILE_BYTES])
{
    digest_hex(digest, name);
    return strcat(name, ".snap");
}

static int session_name_is_valid(const char *name)
{
    size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");
    return length > 0 && length < STORE_NAME_BYTES && name[length] == '\0' && name[0] != '.';
}

pybox_status store_session_check_name(const char *name)
{
    if (name == NULL || !session_name_is_valid(name))
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "'%.200s' is no name of a session; expected 1 to %d letters, digits, '-', '_' "
                         "and '.', not with '.' first",
                         name != NULL ? name : "NULL", STORE_NAME_BYTES - 1);
    return PYBOX_OK;
}

static pybox_status session_broken(const char *what)
{
    return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT, "%s is not one that a store has written", what);
}

/* The revision in a JSON object. 0: there is none, or not one that there can be. */
static int session_revision(const cJSON *object, uint64_t *revision)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, "revision");
    if (!cJSON_IsNumber(item) || item->valuedouble < 1 || item->valuedouble > (double)STORE_REVISION_LIMIT)
        return 0;
    *revision = (uint64_t)item->valuedouble;
    return 1;
}

/* The decimal number in a string of a JSON object; 0 if there is none. */
static uint64_t session_number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!cJSON_IsString(item) || item->valuestring[0] < '0' || item->valuestring[0] > '9')
        return 0;
    char *end;
    errno = 0;
    unsigned long long number = strtoull(item->valuestring, &end, 10);
    return errno == 0 && *end == '\0' ? number : 0;
}

static pybox_status session_parse(const char *what, const char *text, size_t length,
                                  struct store_session *session)
{
    cJSON *object = cJSON_ParseWithLength(text, length);
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(object, "version");
    const cJSON *digest = cJSON_GetObjectItemCaseSensitive(object, "digest");
    int valid = cJSON_IsNumber(version) && version->valuedouble == SESSION_VERSION &&
                cJSON_IsString(digest) && digest_parse(digest->valuestring, session->digest) == 0 &&
                session_revision(object, &session->revision);
    if (valid)
        session->parked_ns = session_number(object, "parked_ns");
    cJSON_Delete(object);
    return valid ? PYBOX_OK : session_broken(what);
}

/* Reads a small file of the sessions' folder. One that is not there has the length 0, as has an empty one. `what`:
 * for messages. */
static pybox_status session_read_file(const struct pybox_store *store, const char *file, const char *what,
                                      char text[SESSION_LIMIT_BYTES], size_t *length)
{
    *length = 0;
    /* Not blocking: it may be a pipe. */
    int fd = openat(store->sessions_fd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return PYBOX_OK;
    if (fd < 0)
        return error_set_io(errno, "cannot open %s", what);
    struct stat found;
    pybox_status status = PYBOX_OK;
    if (fstat(fd, &found) != 0)
        status = error_set_io(errno, "cannot look at %s", what);
    else if (!S_ISREG(found.st_mode) || found.st_size > SESSION_LIMIT_BYTES)
        status = session_broken(what);
    else if (file_io_read(fd, text, (size_t)found.st_size, 0) != PYBOX_OK)
        status = error_set(PYBOX_ERROR_IO, "cannot read %s", what);
    else if (found.st_size == 0)
        status = session_broken(what);
    else
        *length = (size_t)found.st_size;
    close(fd);
    return status;
}

/* Puts a small file of the sessions' folder in place, as a whole. */
static pybox_status session_write_file(const struct pybox_store *store, const char *file, const char *text)
{
    size_t room = strlen(store->sessions) + strlen(file) + 1;
    char *path = malloc(room);
    if (path == NULL)
        return error_set_memory("the path of a session", room);
    snprintf(path, room, "%s%s", store->sessions, file);
    struct file_io_draft draft;
    pybox_status status = file_io_draft_create(path, &draft);
    if (status == PYBOX_OK) {
        status = file_io_write(draft.fd, text, strlen(text), 0);
        if (status == PYBOX_OK)
            status = file_io_draft_commit(&draft);
        else
            file_io_draft_discard(&draft);
    }
    free(path);
    return status;
}

pybox_status store_session_read(const struct pybox_store *store, const char *name,
                                struct store_session *session)
{
    char file[STORE_NAME_BYTES + sizeof SESSION_END], what[STORE_NAME_BYTES + 32];
    char text[SESSION_LIMIT_BYTES];
    size_t length;
    *session = (struct store_session){0};
    snprintf(file, sizeof file, "%s" SESSION_END, name);
    snprintf(what, sizeof what, "the file of session %s", name);
    pybox_status status = session_read_file(store, file, what, text, &length);
    return status == PYBOX_OK && length > 0 ? session_parse(what, text, length, session) : status;
}

pybox_status store_session_write(const struct pybox_store *store, const char *name,
                                 const struct store_session *session)
{
    char file[STORE_NAME_BYTES + sizeof SESSION_END], text[SESSION_LIMIT_BYTES], digest[DIGEST_HEX_BYTES];
    snprintf(file, sizeof file, "%s" SESSION_END, name);
    snprintf(text, sizeof text,
             "{\"version\": %d, \"digest\": \"%s\", \"revision\": %" PRIu64
             ", \"parked_ns\": \"%" PRIu64 "\"}\n",
             SESSION_VERSION, digest_hex(session->digest, digest), session->revision,
             session->parked_ns);
    return session_write_file(store, file, text);
}

pybox_status store_removed_read(const struct pybox_store *store, uint64_t *revision)
{
    char text[SESSION_LIMIT_BYTES];
    size_t length;
    *revision = 0;
    pybox_status status = session_read_file(store, REMOVED_FILE, REMOVED_WHAT, text, &length);
    if (status != PYBOX_OK || length == 0)
        return status;
    cJSON *object = cJSON_ParseWithLength(text, length);
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(object, "version");
    int valid = cJSON_IsNumber(version) && version->valuedouble == SESSION_VERSION &&
                session_revision(object, revision);
    cJSON_Delete(object);
    return valid ? PYBOX_OK : session_broken(REMOVED_WHAT);
}

pybox_status store_removed_raise(const struct pybox_store *store, uint64_t revision)
{
    uint64_t known;
    int lock;
    pybox_status status = store_lock(store->sessions_fd, REMOVED_LOCK, STORE_ALONE, &lock);
    if (status != PYBOX_OK)
        return status;
    status = store_removed_read(store, &known);
    if (status == PYBOX_OK && known < revision) {
        char text[SESSION_LIMIT_BYTES];
        snprintf(text, sizeof text, "{\"version\": %d, \"revision\": %" PRIu64 "}\n", SESSION_VERSION,
                 revision);
        status = session_write_file(store, REMOVED_FILE, text);
    }
    close(lock);
    return status;
}

static int session_compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The name of the session whose file this is; 0 if it is none. */
static int session_name_of(const char *file, char name[STORE_NAME_BYTES])
{
    size_t length = strlen(file), end = sizeof SESSION_END - 1;
    if (length <= end || length - end >= STORE_NAME_BYTES ||
        strcmp(file + length - end, SESSION_END) != 0)
        return 0;
    memcpy(name, file, length - end);
    name[length - end] = '\0';
    return session_name_is_valid(name);
}

/* All names of sessions, as they come. */
static pybox_status session_collect_names(DIR *entries, char (**names)[STORE_NAME_BYTES],
                                          size_t *count)
{
    size_t capacity = 0;
    char name[STORE_NAME_BYTES];
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(entries);
        if (entry == NULL)
            return errno == 0 ? PYBOX_OK : error_set_io(errno, "cannot list the sessions");
        if (!session_name_of(entry->d_name, name))
            continue;
        if (*count == capacity) {
            capacity = capacity == 0 ? 64 : capacity * 2;
            void *grown = realloc(*names, capacity * sizeof **names);
            if (grown == NULL)
                return error_set_memory("the names of sessions", capacity * sizeof **names);
            *names = grown;
        }
        memcpy((*names)[(*count)++], name, sizeof name);
    }
}

pybox_status store_session_names(const struct pybox_store *store, char (**names)[STORE_NAME_BYTES],
                                 size_t *count)
{
    *names = NULL;
    *count = 0;
    int fd = openat(store->sessions_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    if (entries == NULL) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        return error_set_io(error, "cannot list the sessions");
    }
    pybox_status status = session_collect_names(entries, names, count);
    closedir(entries);
    if (status != PYBOX_OK) {
        free(*names);
        *names = NULL;
        *count = 0;
    } else if (*count > 1)
        qsort(*names, *count, sizeof **names, session_compare_names);
    return status;
}

/* 1 if the locked file is the one that has the name: it may have been removed while it was waited for. */
static int lock_is_current(int fd, const char *name, int lock)
{
    struct stat mine, current;
    return fstat(lock, &mine) == 0 && fstatat(fd, name, &current, AT_SYMLINK_NOFOLLOW) == 0 &&
           mine.st_ino == current.st_ino && mine.st_dev == current.st_dev;
}

pybox_status store_lock(int fd, const char *name, enum store_lock how, int *lock)
{
    const int operation = (how == STORE_ALONE ? LOCK_EX : LOCK_SH) | LOCK_NB;
    *lock = -1;
    for (int waited = 0;; waited++) {
        int opened = openat(fd, name, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
        if (opened < 0)
            return error_set_io(errno, "cannot open the lock '%s' of a store", name);
        int locked = flock(opened, operation) == 0;
        int error = errno;
        if (locked && lock_is_current(fd, name, opened)) {
            *lock = opened;
            return PYBOX_OK;
        }
        close(opened);
        if (!locked && error != EWOULDBLOCK && error != EINTR)
            return error_set_io(error, "cannot lock '%s' of a store", name);
        if (waited == LOCK_WAIT_MS)
            return error_set(PYBOX_ERROR_BUSY,
                             "'%s' of the store has been locked by another process for %d s", name,
                             LOCK_WAIT_MS / 1000);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

pybox_status store_session_lock(const struct pybox_store *store, const char *name, int *lock)
{
    char file[STORE_NAME_BYTES + 8];
    snprintf(file, sizeof file, ".%s.lock", name);
    return store_lock(store->sessions_fd, file, STORE_ALONE, lock);
}
