/* WASI's calls as they are, so that programs can give them any pointer, and cases that say which call gives which
 * error. check-calls reads the cases: GIVES(error, call(...), "what it is about") and WORKS(call(...), "..."). */
#ifndef WASI_RAW_H
#define WASI_RAW_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#define RAW(name, ...)                                                                                                 \
    int32_t name(__VA_ARGS__)                                                                                          \
        __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name), warn_unused_result))

typedef int32_t i32;
typedef int64_t i64;
RAW(args_get, i32 list, i32 bytes);
RAW(args_sizes_get, i32 count, i32 bytes);
RAW(environ_get, i32 list, i32 bytes);
RAW(environ_sizes_get, i32 count, i32 bytes);
RAW(clock_res_get, i32 id, i32 result);
RAW(clock_time_get, i32 id, i64 precision, i32 result);
RAW(fd_advise, i32 fd, i64 offset, i64 length, i32 advice);
RAW(fd_allocate, i32 fd, i64 offset, i64 length);
RAW(fd_close, i32 fd);
RAW(fd_datasync, i32 fd);
RAW(fd_fdstat_get, i32 fd, i32 result);
RAW(fd_fdstat_set_flags, i32 fd, i32 flags);
RAW(fd_fdstat_set_rights, i32 fd, i64 rights, i64 inheriting);
RAW(fd_filestat_get, i32 fd, i32 result);
RAW(fd_filestat_set_size, i32 fd, i64 size);
RAW(fd_filestat_set_times, i32 fd, i64 accessed, i64 modified, i32 flags);
RAW(fd_pread, i32 fd, i32 list, i32 count, i64 offset, i32 result);
RAW(fd_prestat_get, i32 fd, i32 result);
RAW(fd_prestat_dir_name, i32 fd, i32 name, i32 length);
RAW(fd_pwrite, i32 fd, i32 list, i32 count, i64 offset, i32 result);
RAW(fd_read, i32 fd, i32 list, i32 count, i32 result);
RAW(fd_readdir, i32 fd, i32 bytes, i32 length, i64 cookie, i32 result);
RAW(fd_renumber, i32 from, i32 to);
RAW(fd_seek, i32 fd, i64 offset, i32 whence, i32 result);
RAW(fd_sync, i32 fd);
RAW(fd_tell, i32 fd, i32 result);
RAW(fd_write, i32 fd, i32 list, i32 count, i32 result);
RAW(path_create_directory, i32 fd, i32 path, i32 length);
RAW(path_filestat_get, i32 fd, i32 flags, i32 path, i32 length, i32 result);
RAW(path_filestat_set_times, i32 fd, i32 flags, i32 path, i32 length, i64 accessed, i64 modified, i32 what);
RAW(path_link, i32 fd, i32 flags, i32 path, i32 length, i32 new_fd, i32 new_path, i32 new_length);
RAW(path_open, i32 fd, i32 lookup, i32 path, i32 length, i32 oflags, i64 rights, i64 inheriting, i32 flags, i32 result);
RAW(path_readlink, i32 fd, i32 path, i32 length, i32 target, i32 capacity, i32 result);
RAW(path_remove_directory, i32 fd, i32 path, i32 length);
RAW(path_rename, i32 fd, i32 path, i32 length, i32 new_fd, i32 new_path, i32 new_length);
RAW(path_symlink, i32 target, i32 target_length, i32 fd, i32 path, i32 length);
RAW(path_unlink_file, i32 fd, i32 path, i32 length);
RAW(poll_oneoff, i32 subscriptions, i32 events, i32 count, i32 result);
RAW(proc_raise, i32 signal);
RAW(random_get, i32 bytes, i32 length);
RAW(sched_yield, void);
RAW(sock_accept, i32 fd, i32 flags, i32 result);
RAW(sock_recv, i32 fd, i32 list, i32 count, i32 flags, i32 length, i32 result);
RAW(sock_send, i32 fd, i32 list, i32 count, i32 flags, i32 length);
RAW(sock_shutdown, i32 fd, i32 how);

/* A pointer as a call takes it; a path with its length. */
#define P(pointer) ((i32)(uintptr_t)(pointer))
#define S(text) P(text), (i32)strlen(text)

/* Behind the memory, aligned to 8; and so that a value of 8 bytes begins inside and ends outside. */
#define OUTSIDE ((i32)-64)
#define EDGE ((i32)(__builtin_wasm_memory_size(0) * 65536 - 4))

#define ROOT 3 /* "/", the preopened directory */
#define ALL_RIGHTS ((i64)((1 << 28) - 1))

static const char *raw_place = ""; /* of the case that is tested */

static inline void raw_check(i32 got, i32 expected, const char *what, int line)
{
    if (got == expected)
        return;
    fprintf(stderr, "line %d, %s: errno %d; expected %d: %s\n", line, raw_place, (int)got, (int)expected, what);
    exit(1);
}

#define GIVES(error, call, what) raw_check((call), __WASI_ERRNO_##error, (what), __LINE__)
#define WORKS(call, what) raw_check((call), 0, (what), __LINE__)
#define HOLDS(condition) raw_check(!(condition), 0, #condition, __LINE__)

/* What the calls write to. */
static struct {
    _Alignas(8) uint8_t bytes[4096];
    uint32_t size, other;
    uint64_t big;
    __wasi_filestat_t stat;
    __wasi_fdstat_t fdstat;
} out;

static inline i32 raw_open(i32 directory, const char *path, i32 oflags, i64 rights, i32 flags)
{
    raw_check(path_open(directory, 1, S(path), oflags, rights, ALL_RIGHTS, flags, P(&out.size)), 0, path, __LINE__);
    return (i32)out.size;
}

static inline i32 raw_folder(i32 directory, const char *path)
{
    const i64 contents = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE;
    return raw_open(directory, path, __WASI_OFLAGS_DIRECTORY, ALL_RIGHTS & ~contents, 0);
}

/* An empty file with all rights. */
static inline i32 raw_file(i32 directory, const char *path)
{
    return raw_open(directory, path, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, ALL_RIGHTS, 0);
}

static inline void raw_close(i32 fd)
{
    raw_check(fd_close(fd), 0, "close", __LINE__);
}

/* Writes text where the descriptor stands; how much was written. */
static inline uint32_t raw_put(i32 fd, const char *text)
{
    const __wasi_ciovec_t list = {(const uint8_t *)text, strlen(text)};
    raw_check(fd_write(fd, P(&list), 1, P(&out.size)), 0, text, __LINE__);
    return out.size;
}

/* 1 if the file has this text, read from its start. */
static inline int raw_has(i32 fd, const char *text)
{
    const __wasi_iovec_t list = {out.bytes, sizeof out.bytes};
    raw_check(fd_pread(fd, P(&list), 1, 0, P(&out.size)), 0, text, __LINE__);
    return out.size == strlen(text) && memcmp(out.bytes, text, out.size) == 0;
}

static inline uint64_t raw_size(i32 fd)
{
    raw_check(fd_filestat_get(fd, P(&out.stat)), 0, "size", __LINE__);
    return out.stat.size;
}

/* Takes rights from a descriptor. */
static inline void raw_drop(i32 fd, i64 rights)
{
    raw_check(fd_fdstat_get(fd, P(&out.fdstat)), 0, "drop", __LINE__);
    const i64 base = (i64)out.fdstat.fs_rights_base, inheriting = (i64)out.fdstat.fs_rights_inheriting;
    raw_check(fd_fdstat_set_rights(fd, base & ~rights, inheriting), 0, "drop", __LINE__);
}

/* Runs cases (a list that NULL ends) in a new folder of each kind: in memory, and of the host. */
typedef void raw_cases(i32 folder);
static inline void raw_everywhere(raw_cases *const *cases)
{
    static const char *const places[] = {"work", "mnt"};
    for (int i = 0; i < 2; i++) {
        raw_place = places[i];
        i32 place = raw_folder(ROOT, places[i]);
        raw_check(path_create_directory(place, S("cases")), 0, "a folder for the cases", __LINE__);
        i32 folder = raw_folder(place, "cases");
        for (int j = 0; cases[j] != NULL; j++)
            cases[j](folder);
        raw_close(folder);
        raw_close(place);
    }
    raw_place = "";
}

/* 1 while the cases run in memory. */
static inline int raw_in_memory(void)
{
    return raw_place[0] == 'w';
}

#endif
