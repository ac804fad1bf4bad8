#include "snapshot_find.h"

#include "error.h"
#include "snapshot_format.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_LIMIT 10000

/* 1 if the file says in its header that this is its name. */
static int find_is_named(int directory, const char *name, const uint8_t digest[DIGEST_BYTES])
{
    uint8_t head[SNAPSHOT_HEADER_DIGEST + DIGEST_BYTES];
    struct stat found;
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return 0;
    int named = fstat(fd, &found) == 0 && S_ISREG(found.st_mode) &&
                pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head &&
                memcmp(head, SNAPSHOT_MAGIC, SNAPSHOT_MAGIC_BYTES) == 0 &&
                memcmp(head + SNAPSHOT_HEADER_DIGEST, digest, DIGEST_BYTES) == 0;
    close(fd);
    return named;
}

/* Opens `folder`/`name`, which is to be what its header says. */
static pybox_status find_open(const char *folder, const char *name,
                              const uint8_t digest[DIGEST_BYTES],
                              const struct snapshot_limits *limits, struct snapshot **snapshot)
{
    size_t length = strlen(folder) + strlen(name) + 2;
    char *path = malloc(length);
    if (path == NULL)
        return error_set_memory("the path of a snapshot", length);
    snprintf(path, length, "%s/%s", folder, name);
    struct snapshot_info info = {0};
    pybox_status status = snapshot_open(path, limits, snapshot);
    free(path);
    if (status != PYBOX_OK)
        return status;
    snapshot_inform(*snapshot, &info);
    if (memcmp(info.digest, digest, DIGEST_BYTES) == 0)
        return PYBOX_OK;
    snapshot_close(*snapshot); /* it was replaced in between */
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
                              const uint8_t digest[DIGEST_BYTES],
                              const struct snapshot_limits *limits, struct snapshot **snapshot)
{
    pybox_status status = PYBOX_OK;
    struct dirent *entry;
    rewinddir(entries);
    for (int i = 0; i < FILES_LIMIT && *snapshot == NULL && (entry = readdir(entries)) != NULL; i++)
        if (find_ends_in(entry->d_name, ending) &&
            find_is_named(dirfd(entries), entry->d_name, digest))
            status = find_open(folder, entry->d_name, digest, limits, snapshot);
    return status;
}

pybox_status snapshot_find(const char *folder, const uint8_t digest[DIGEST_BYTES],
                           const struct snapshot_limits *limits, struct snapshot **snapshot)
{
    char name[DIGEST_HEX_BYTES + 5];
    *snapshot = NULL;
    DIR *entries = opendir(folder);
    if (entries == NULL)
        return PYBOX_OK;
    digest_hex(digest, name);
    strcat(name, ".snap");
    pybox_status status = PYBOX_OK;
    if (find_is_named(dirfd(entries), name, digest))
        status = find_open(folder, name, digest, limits, snapshot);
    static const char *const endings[] = {".image", ".snap"}; /* the mapped form first: no decoding */
    for (int i = 0; i < 2 && *snapshot == NULL; i++) {
        pybox_status scanned = find_scan(entries, folder, endings[i], digest, limits, snapshot);
        if (scanned != PYBOX_OK)
            status = scanned;
    }
    closedir(entries);
    return *snapshot != NULL ? PYBOX_OK : status;
}
