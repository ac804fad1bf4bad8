#include "jail_entry.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void jail_entry_close_inherited(void)
{
    close_range(STDERR_FILENO + 1, ~0U, 0);
}

/* What stays possible: room for the mounts and what is read, and two for each path that is written. `folders` are ours. */
struct entry {
    pybox_jail_path *paths;
    size_t count;
    char **folders;
    size_t folder_count;
    int writes;
};

static void entry_add(struct entry *entry, const char *path, int write)
{
    entry->writes |= write;
    if (access(path, F_OK) == 0) /* what is missing is told where it is needed */
        entry->paths[entry->count++] = (pybox_jail_path){path, write};
}

static void entry_add_mount(struct entry *entry, const pybox_mount *mount)
{
    if (mount->host != NULL)
        entry_add(entry, mount->host, mount->kind == PYBOX_MOUNT_HOST && !mount->read_only);
}

/* A file that is written gets a temporary one beside it, or is not there yet. */
static int entry_add_written(struct entry *entry, const char *path)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') /* a folder may be given as FOLDER/ */
        length--;
    const char *slash = memrchr(path, '/', length);
    char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    if (folder == NULL)
        return -1;
    entry->folders[entry->folder_count++] = folder;
    entry_add(entry, path, 1);
    entry_add(entry, folder, 1);
    return 0;
}

static int entry_collect(struct entry *entry, const struct box_options *options)
{
    entry->paths = calloc(options->mount_count + options->read_count + 2 * options->write_count + 1, sizeof *entry->paths);
    entry->folders = calloc(options->write_count + 1, sizeof *entry->folders);
    int failed = entry->paths == NULL || entry->folders == NULL;
    for (size_t i = 0; i < options->mount_count && !failed; i++)
        entry_add_mount(entry, &options->mounts[i]);
    for (size_t i = 0; i < options->read_count && !failed; i++)
        entry_add(entry, options->reads[i], 0);
    for (size_t i = 0; i < options->write_count && !failed; i++)
        failed = entry_add_written(entry, options->writes[i]);
    return failed ? -1 : 0;
}

static void entry_free(struct entry *entry)
{
    for (size_t i = 0; i < entry->folder_count; i++)
        free(entry->folders[i]);
    free(entry->folders);
    free(entry->paths);
}

pybox_status jail_entry(const struct box_options *options)
{
    struct entry entry = {0};
    pybox_status status;
    if (entry_collect(&entry, options) == 0) {
        int has_paths = (pybox_jail_probe() & PYBOX_JAIL_CAN_PATHS) != 0;
        const pybox_jail_options jail = {
            .size = sizeof jail,
            .allow = (entry.writes ? PYBOX_JAIL_WRITE : 0) | (options->write_count > 0 ? PYBOX_JAIL_THREADS : 0) |
                     (options->jail_terminal ? PYBOX_JAIL_TERMINAL : 0),
            .kill = options->jail > 1,
            .paths = has_paths ? entry.paths : NULL,
            .path_count = has_paths ? entry.count : 0,
        };
        status = pybox_jail_enter(&jail);
    } else {
        status = pybox_error_set(PYBOX_ERROR_NO_MEMORY, "out of memory");
    }
    entry_free(&entry);
    return status;
}
