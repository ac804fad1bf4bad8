/* All of WASI preview1: each call with its type, price and errors. CALLS.md has a section for each entry. */
#include "calls.h"

#define E(name) ((uint64_t)1 << WASI_BIT_##name)
/* Of every call that takes a path. */
#define PATHS                                                                                                          \
    (E(BADF) | E(FAULT) | E(INVAL) | E(LOOP) | E(NAMETOOLONG) | E(NOENT) | E(NOTCAPABLE) | E(NOTDIR) | E(PERM))

/* The prices are what calls in memory take, at eleven units a nanosecond, as code that is all loads and sums has them.
 * What is moved costs what memory.copy does. */
static const struct wasi_call table[] = {
    /* name, type, family, status, {fuel a call, an entry, bytes a unit}, errors, of the host too, function */
    {"args_get", "ii:i", WASI_FAMILY_ARGS, WASI_IMPLEMENTED, {0, 10, 16}, E(FAULT) | E(INVAL), 0, args_get},
    {"args_sizes_get", "ii:i", WASI_FAMILY_ARGS, WASI_IMPLEMENTED, {0, 0, 0}, E(FAULT) | E(INVAL), 0, args_sizes_get},
    {"clock_res_get", "ii:i", WASI_FAMILY_CLOCK, WASI_IMPLEMENTED, {0, 0, 0}, E(FAULT) | E(INVAL), 0, clock_res_get},
    {"clock_time_get", "iIi:i", WASI_FAMILY_CLOCK, WASI_IMPLEMENTED, {300, 0, 0},
     E(FAULT) | E(INVAL), 0, clock_time_get},
    {"environ_get", "ii:i", WASI_FAMILY_ARGS, WASI_IMPLEMENTED, {0, 10, 16}, E(FAULT) | E(INVAL), 0, environ_get},
    {"environ_sizes_get", "ii:i", WASI_FAMILY_ARGS, WASI_IMPLEMENTED, {0, 0, 0},
     E(FAULT) | E(INVAL), 0, environ_sizes_get},
    {"fd_advise", "iIIi:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {0, 0, 0},
     E(BADF) | E(INVAL) | E(NOTCAPABLE) | E(SPIPE), 0, fd_state_advise},
    {"fd_allocate", "iII:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {1000, 0, 0},
     E(BADF) | E(FBIG) | E(INVAL) | E(NODEV) | E(NOSPC) | E(SPIPE), 1, fd_state_allocate},
    {"fd_close", "i:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {200, 0, 0}, E(BADF), 1, fd_state_close},
    {"fd_datasync", "i:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {200, 0, 0},
     E(BADF) | E(INVAL) | E(NOTCAPABLE), 1, fd_state_datasync},
    {"fd_fdstat_get", "ii:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {0, 0, 0},
     E(BADF) | E(FAULT) | E(INVAL), 0, fd_state_fdstat_get},
    {"fd_fdstat_set_flags", "ii:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {0, 0, 0},
     E(BADF) | E(INVAL) | E(NOTCAPABLE) | E(NOTSUP), 1, fd_state_fdstat_set_flags},
    {"fd_fdstat_set_rights", "iII:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {0, 0, 0},
     E(BADF) | E(NOTCAPABLE), 1, fd_state_fdstat_set_rights},
    {"fd_filestat_get", "ii:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {200, 0, 0},
     E(BADF) | E(FAULT) | E(INVAL) | E(NOTCAPABLE), 1, fd_state_filestat_get},
    {"fd_filestat_set_size", "iI:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {1000, 0, 0},
     E(BADF) | E(FBIG) | E(INVAL) | E(NOTCAPABLE), 1, fd_state_filestat_set_size},
    {"fd_filestat_set_times", "iIIi:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {500, 0, 0},
     E(BADF) | E(INVAL) | E(NOTCAPABLE) | E(ROFS), 1, fd_state_filestat_set_times},
    {"fd_pread", "iiiIi:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {0, 20, 16},
     E(BADF) | E(FAULT) | E(INVAL) | E(ISDIR) | E(SPIPE), 1, fd_io_pread},
    {"fd_prestat_dir_name", "iii:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {0, 0, 0},
     E(BADF) | E(FAULT) | E(NAMETOOLONG) | E(NOTDIR), 0, fd_state_prestat_dir_name},
    {"fd_prestat_get", "ii:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {0, 0, 0},
     E(BADF) | E(FAULT) | E(INVAL), 0, fd_state_prestat_get},
    {"fd_pwrite", "iiiIi:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {500, 20, 16},
     E(BADF) | E(FAULT) | E(FBIG) | E(INVAL) | E(ISDIR) | E(NOSPC) | E(SPIPE), 1, fd_io_pwrite},
    {"fd_read", "iiii:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {0, 20, 16},
     E(BADF) | E(FAULT) | E(INVAL) | E(IO) | E(ISDIR), 1, fd_io_read},
    {"fd_readdir", "iiiIi:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {500, 1000, 16},
     E(BADF) | E(FAULT) | E(INVAL) | E(NOTCAPABLE) | E(NOTDIR), 1, dir_readdir},
    {"fd_renumber", "ii:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {200, 0, 0}, E(BADF), 1, fd_state_renumber},
    {"fd_seek", "iIii:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {0, 0, 0},
     E(BADF) | E(FAULT) | E(INVAL) | E(ISDIR) | E(NOTCAPABLE) | E(OVERFLOW) | E(SPIPE), 1, fd_io_seek},
    {"fd_sync", "i:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {200, 0, 0},
     E(BADF) | E(INVAL) | E(NOTCAPABLE), 1, fd_state_sync},
    {"fd_tell", "ii:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {0, 0, 0},
     E(BADF) | E(FAULT) | E(INVAL) | E(ISDIR) | E(NOTCAPABLE) | E(SPIPE), 0, fd_io_tell},
    {"fd_write", "iiii:i", WASI_FAMILY_FD, WASI_IMPLEMENTED, {500, 20, 16},
     E(BADF) | E(FAULT) | E(FBIG) | E(INVAL) | E(IO) | E(ISDIR) | E(NOSPC) | E(PIPE), 1, fd_io_write},
    {"path_create_directory", "iii:i", WASI_FAMILY_PATH, WASI_IMPLEMENTED, {3000, 500, 0},
     PATHS | E(EXIST) | E(NOSPC) | E(ROFS), 1, path_create_directory},
    {"path_filestat_get", "iiiii:i", WASI_FAMILY_PATH, WASI_IMPLEMENTED, {500, 500, 0},
     PATHS, 1, path_filestat_get},
    {"path_filestat_set_times", "iiiiIIi:i", WASI_FAMILY_PATH, WASI_IMPLEMENTED, {1000, 500, 0},
     PATHS | E(ROFS), 1, path_filestat_set_times},
    {"path_link", "iiiiiii:i", WASI_FAMILY_PATH, WASI_IMPLEMENTED, {2000, 500, 0},
     PATHS | E(EXIST) | E(NOSPC) | E(ROFS) | E(XDEV), 1, path_link},
    {"path_open", "iiiiiIIii:i", WASI_FAMILY_PATH, WASI_IMPLEMENTED, {1500, 500, 0},
     PATHS | E(EXIST) | E(ISDIR) | E(MFILE) | E(NOSPC) | E(ROFS), 1, path_open},
    {"path_readlink", "iiiiii:i", WASI_FAMILY_PATH, WASI_IMPLEMENTED, {500, 500, 16},
     PATHS, 1, path_readlink},
    {"path_remove_directory", "iii:i", WASI_FAMILY_PATH, WASI_IMPLEMENTED, {2000, 500, 0},
     PATHS | E(BUSY) | E(NOTEMPTY) | E(ROFS), 1, path_remove_directory},
    {"path_rename", "iiiiii:i", WASI_FAMILY_PATH, WASI_IMPLEMENTED, {3000, 500, 0},
     PATHS | E(BUSY) | E(ISDIR) | E(NOSPC) | E(NOTEMPTY) | E(ROFS) | E(XDEV), 1, path_rename},
    {"path_symlink", "iiiii:i", WASI_FAMILY_PATH, WASI_IMPLEMENTED, {2500, 500, 0},
     PATHS | E(EXIST) | E(NOSPC) | E(ROFS), 1, path_symlink},
    {"path_unlink_file", "iii:i", WASI_FAMILY_PATH, WASI_IMPLEMENTED, {2000, 500, 0},
     PATHS | E(BUSY) | E(ISDIR) | E(ROFS), 1, path_unlink_file},
    {"poll_oneoff", "iiii:i", WASI_FAMILY_POLL, WASI_IMPLEMENTED, {500, 150, 0}, E(FAULT) | E(INVAL), 0, poll_oneoff},
    {"proc_exit", "i:", WASI_FAMILY_PROC, WASI_IMPLEMENTED, {0, 0, 0}, 0, 0, proc_exit},
    {"proc_raise", "i:i", WASI_FAMILY_PROC, WASI_REFUSED, {0, 0, 0}, E(NOSYS), 0, proc_raise},
    {"random_get", "ii:i", WASI_FAMILY_RANDOM, WASI_IMPLEMENTED, {0, 0, 16}, E(FAULT) | E(IO), 0, random_get},
    {"sched_yield", ":i", WASI_FAMILY_PROC, WASI_IMPLEMENTED, {0, 0, 0}, 0, 0, proc_sched_yield},
    {"sock_accept", "iii:i", WASI_FAMILY_SOCK, WASI_REFUSED, {0, 0, 0}, E(BADF) | E(NOTSOCK), 0, sock_accept},
    {"sock_recv", "iiiiii:i", WASI_FAMILY_SOCK, WASI_REFUSED, {0, 0, 0}, E(BADF) | E(NOTSOCK), 0, sock_recv},
    {"sock_send", "iiiii:i", WASI_FAMILY_SOCK, WASI_REFUSED, {0, 0, 0}, E(BADF) | E(NOTSOCK), 0, sock_send},
    {"sock_shutdown", "ii:i", WASI_FAMILY_SOCK, WASI_REFUSED, {0, 0, 0}, E(BADF) | E(NOTSOCK), 0, sock_shutdown},
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

const char *wasi_family_name(enum wasi_family family)
{
    static const char *const names[] = {
        [WASI_FAMILY_ARGS] = "arguments", [WASI_FAMILY_CLOCK] = "clocks", [WASI_FAMILY_FD] = "descriptors",
        [WASI_FAMILY_PATH] = "paths", [WASI_FAMILY_POLL] = "waiting", [WASI_FAMILY_PROC] = "process",
        [WASI_FAMILY_RANDOM] = "random numbers", [WASI_FAMILY_SOCK] = "sockets",
    };
    return names[family];
}
