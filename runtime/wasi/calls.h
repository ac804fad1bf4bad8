/* Every call of preview1, by family. Arguments are in `values`, in the order of the witx; results as in
 * wasi_call_run(). */
#ifndef CALLS_H
#define CALLS_H

#include "shim.h"

typedef void calls_function(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values);

calls_function args_get, args_sizes_get, environ_get, environ_sizes_get;
calls_function clock_res_get, clock_time_get;
calls_function fd_io_pread, fd_io_pwrite, fd_io_read, fd_io_write, fd_io_seek, fd_io_tell;
calls_function fd_state_advise, fd_state_allocate, fd_state_close, fd_state_datasync,
    fd_state_fdstat_get, fd_state_fdstat_set_flags, fd_state_fdstat_set_rights,
    fd_state_filestat_get, fd_state_filestat_set_size, fd_state_filestat_set_times,
    fd_state_prestat_get, fd_state_prestat_dir_name, fd_state_renumber, fd_state_sync;
calls_function dir_readdir;
calls_function path_create_directory, path_filestat_get, path_filestat_set_times, path_link,
    path_open, path_readlink, path_remove_directory, path_rename, path_symlink, path_unlink_file;
calls_function poll_oneoff;
calls_function proc_exit, proc_raise, proc_sched_yield;
calls_function random_get;
calls_function sock_accept, sock_recv, sock_send, sock_shutdown;

#endif
