/* A store in a folder of its own, over the real Python module. Include it in one file of a program, after
 * python_fixture.h. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "remove_tree.h"

static char store_folder[64];
static pybox_store *store;

/* A path in the store's folder. Static storage, until the next call but three. */
static inline const char *store_file(const char *name)
{
    static char paths[4][512];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", store_folder, name);
    return path;
}

static inline int open_store(void **state)
{
    (void)state;
    /* In memory if it can be: syncing a disk takes long. */
    snprintf(store_folder, sizeof store_folder, "%s/pybox-store-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(store_folder) == NULL)
        return -1;
    return pybox_store_open(store_folder, &store) == PYBOX_OK ? 0 : -1;
}

static inline int close_store(void **state)
{
    (void)state;
    pybox_store_close(store);
    return remove_tree(store_folder);
}

/* How many files there are in a folder of the store whose names contain `part`. */
static inline int count_files(const char *folder, const char *part)
{
    int count = 0;
    DIR *entries = opendir(store_file(folder));
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        count += entry->d_name[0] != '.' || entry->d_name[1] == 'p' ? strstr(entry->d_name, part) != NULL
                                                                    : 0;
    closedir(entries);
    return count;
}

/* Parks, which must work. */
static inline void park(const char *name, pybox_box *box, uint64_t *revision)
{
    assert_works(pybox_store_park(store, name, box, revision));
}

/* A box of a session. */
static inline pybox_box *resume(const char *name, uint64_t *revision)
{
    pybox_image *resumed;
    pybox_box *box;
    assert_works(pybox_store_resume(store, module, name, &resumed, revision));
    assert_works(pybox_box_create(module, resumed, NULL, &box));
    pybox_image_close(resumed);
    return box;
}

#endif
