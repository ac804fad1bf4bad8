/* All of WASI preview1, by name. */
#include "calls.h"

static const struct wasi_call table[] = {
    {"args_get", "ii:i", WASI_FAMILY_ARGS, args_get},
    {"args_sizes_get", "ii:i", WASI_FAMILY_ARGS, args_sizes_get},
    {"clock_res_get", "ii:i", WASI_FAMILY_CLOCK, clock_res_get},
    {"clock_time_get", "iIi:i", WASI_FAMILY_CLOCK, clock_time_get},
    {"environ_get", "ii:i", WASI_FAMILY_ARGS, environ_get},
    {"environ_sizes_get", "ii:i", WASI_FAMILY_ARGS, environ_sizes_get},
    {"fd_advise", "iIIi:i", WASI_FAMILY_FD, fd_state_advise},
    {"fd_allocate", "iII:i", WASI_FAMILY_FD, fd_state_allocate},
    {"fd_close", "i:i", WASI_FAMILY_FD, fd_state_close},
    {"fd_datasync", "i:i", WASI_FAMILY_FD, fd_state_datasync},
    {"fd_fdstat_get", "ii:i", WASI_FAMILY_FD, fd_state_fdstat_get},
    {"fd_fdstat_set_flags", "ii:i", WASI_FAMILY_FD, fd_state_fdstat_set_flags},
    {"fd_fdstat_set_rights", "iII:i", WASI_FAMILY_FD, fd_state_fdstat_set_rights},
    {"fd_filestat_get", "ii:i", WASI_FAMILY_FD, fd_state_filestat_get},
    {"fd_filestat_set_size", "iI:i", WASI_FAMILY_FD, fd_state_filestat_set_size},
    {"fd_filestat_set_times", "iIIi:i", WASI_FAMILY_FD, fd_state_filestat_set_times},
    {"fd_pread", "iiiIi:i", WASI_FAMILY_FD, fd_io_pread},
    {"fd_prestat_dir_name", "iii:i", WASI_FAMILY_FD, fd_state_prestat_dir_name},
    {"fd_prestat_get", "ii:i", WASI_FAMILY_FD, fd_state_prestat_get},
    {"fd_pwrite", "iiiIi:i", WASI_FAMILY_FD, fd_io_pwrite},
    {"fd_read", "iiii:i", WASI_FAMILY_FD, fd_io_read},
    {"fd_readdir", "iiiIi:i", WASI_FAMILY_FD, dir_readdir},
    {"fd_renumber", "ii:i", WASI_FAMILY_FD, fd_state_renumber},
    {"fd_seek", "iIii:i", WASI_FAMILY_FD, fd_io_seek},
    {"fd_sync", "i:i", WASI_FAMILY_FD, fd_state_sync},
    {"fd_tell", "ii:i", WASI_FAMILY_FD, fd_io_tell},
    {"fd_write", "iiii:i", WASI_FAMILY_FD, fd_io_write},
    {"path_create_directory", "iii:i", WASI_FAMILY_PATH, path_create_directory},
    {"path_filestat_get", "iiiii:i", WASI_FAMILY_PATH, path_filestat_get},
    {"path_filestat_set_times", "iiiiIIi:i", WASI_FAMILY_PATH, path_filestat_set_times},
    {"path_link", "iiiiiii:i", WASI_FAMILY_PATH, path_link},
    {"path_open", "iiiiiIIii:i", WASI_FAMILY_PATH, path_open},
    {"path_readlink", "iiiiii:i", WASI_FAMILY_PATH, path_readlink},
    {"path_remove_directory", "iii:i", WASI_FAMILY_PATH, path_remove_directory},
    {"path_rename", "iiiiii:i", WASI_FAMILY_PATH, path_rename},
    {"path_symlink", "iiiii:i", WASI_FAMILY_PATH, path_symlink},
    {"path_unlink_file", "iii:i", WASI_FAMILY_PATH, path_unlink_file},
    {"poll_oneoff", "iiii:i", WASI_FAMILY_POLL, poll_oneoff},
    {"proc_exit", "i:", WASI_FAMILY_PROC, proc_exit},
    {"proc_raise", "i:i", WASI_FAMILY_PROC, proc_raise},
    {"random_get", "ii:i", WASI_FAMILY_RANDOM, random_get},
    {"sched_yield", ":i", WASI_FAMILY_PROC, proc_sched_yield},
    {"sock_accept", "iii:i", WASI_FAMILY_SOCK, sock_accept},
    {"sock_recv", "iiiiii:i", WASI_FAMILY_SOCK, sock_recv},
    {"sock_send", "iiiii:i", WASI_FAMILY_SOCK, sock_send},
    {"sock_shutdown", "ii:i", WASI_FAMILY_SOCK, sock_shutdown},
};

#define TABLE_COUNT (sizeof table / sizeof *table)

const struct wasi_call *wasi_calls(size_t *count)
{
    *count = TABLE_COUNT;
    return table;
}

const struct wasi_call *wasi_find(const char *module, const char *name, const char *type)
{
    if (strcmp(module, "wasi_snapshot_preview1") != 0)
        return NULL;
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (strcmp(table[i].name, name) == 0)
            return strcmp(table[i].type, type) == 0 ? &table[i] : NULL;
    return NULL;
}
