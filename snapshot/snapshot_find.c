#include "snapshot_find.h"

#include "error.h"
#include "file_io.h"
#include "snapshot_format.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_LIMIT 10000

/* What is not there, or not for us, is passed over; that a file cannot be looked at for another reason is
 * an error: it may be the one. */
static pybox_status find_failed(const char *name)
{
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP || errno == ENXIO)
        return PYBOX_OK;
    return error_set_io(errno, "cannot look at '%s'", name);
}

/* *named is 1 if the file says in its header that this is its name. */
static pybox_status find_look(int directory, const char *name, const uint8_t digest[DIGEST_BYTES],
                              int *named)
{
    uint8_t head[SNAPSHOT_HEADER_DIGEST + DIGEST_BYTES];
    struct stat found;
    *named = 0;
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return find_failed(name);
    pybox_status status = PYBOX_OK;
    if (fstat(fd, &found) != 0)
        status = find_failed(name);
    else if (S_ISREG(found.st_mode)) {
        status = file_io_read(fd, head, sizeof head, 0);
        *named = status == PYBOX_OK && memcmp(head, SNAPSHOT_MAGIC, SNAPSHOT_MAGIC_BYTES) == 0 &&
                 memcmp(head + SNAPSHOT_HEADER_DIGEST, digest, DIGEST_BYTES) == 0;
        if (status == PYBOX_ERROR_SNAPSHOT_FORMAT)
            status = PYBOX_OK; /* too short to be one */
    }
    close(fd);
    return status;
}

/* Opens `folder`/`name` if its header says that it is the one. */
static pybox_status find_open(int directory, const char *folder, const char *name,
                              const uint8_t digest[DIGEST_BYTES], int full,
                              const struct snapshot_limits *limits, struct snapshot **snapshot)
{
    int named;
    pybox_status status = find_look(directory, name, digest, &named);
    if (!named)
        return status;
    size_t length = strlen(folder) + strlen(name) + 2;
    char *path = malloc(length);
    if (path == NULL)
        return error_set_memory("the path of a snapshot", length);
    snprintf(path, length, "%s/%s", folder, name);
    struct snapshot_info info = {0};
    status = snapshot_open(path, limits, snapshot);
    free(path);
    if (status != PYBOX_OK)
        return status;
    snapshot_inform(*snapshot, &info);
    if (memcmp(info.digest, digest, DIGEST_BYTES) == 0 && !(full && info.delta))
        return PYBOX_OK;
    snapshot_close(*snapshot); /* or it was replaced in between */
    *snapshot = NULL;
    return PYBOX_OK;
}

static int find_ends_in(const char *name, const char *end)
{
    size_t length = strlen(name), wanted = strlen(end);
    return length > wanted && strcmp(name + length - wanted, end) == 0;
}

/* All files whose name has the ending. */
static pybox_status find_scan(DIR *entries, const char *folder, const char *ending,
                              const uint8_t digest[DIGEST_BYTES], int full,
                              const struct snapshot_limits *limits, struct snapshot **snapshot)
{
    pybox_status status = PYBOX_OK;
    struct dirent *entry;
    rewinddir(entries);
    for (int i = 0; i < FILES_LIMIT && *snapshot == NULL && (entry = readdir(entries)) != NULL; i++)
        if (find_ends_in(entry->d_name, ending)) {
            pybox_status opened =
                find_open(dirfd(entries), folder, entry->d_name, digest, full, limits, snapshot);
            if (opened != PYBOX_OK)
                status = opened;
        }
    return status;
}

pybox_status snapshot_find(const char *folder, const uint8_t digest[DIGEST_BYTES], int full,
                           const struct snapshot_limits *limits, struct snapshot **snapshot)
{
    char name[DIGEST_HEX_BYTES + 5];
    *snapshot = NULL;
    DIR *entries = opendir(folder);
    if (entries == NULL)
        return find_failed(folder);
    digest_hex(digest, name);
    strcat(name, ".snap");
    pybox_status status = find_open(dirfd(entries), folder, name, digest, full, limits, snapshot);
    static const char *const endings[] = {".image", ".snap"}; /* the mapped form first: no decoding */
    for (int i = 0; i < 2 && *snapshot == NULL; i++) {
        pybox_status scanned = find_scan(entries, folder, endings[i], digest, full, limits, snapshot);
        if (scanned != PYBOX_OK)
            status = scanned;
    }
    closedir(entries);
    return *snapshot != NULL ? PYBOX_OK : status;
}
