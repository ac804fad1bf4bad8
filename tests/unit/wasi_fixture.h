/* A guest made of bytes: its memory, and calls of the shim by name. */
#ifndef WASI_FIXTURE_H
#define WASI_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "wasi.h"

#define GUEST_BYTES (1u << 20)

/* Where in the guest's memory the helpers put things. Tests use what is above GUEST_FREE. */
#define GUEST_RESULT 64u
#define GUEST_IOVEC 256u
#define GUEST_PATH 1024u
#define GUEST_PATH2 8192u
#define GUEST_BUFFER 16384u
#define GUEST_FREE 65536u

enum { E_OK = 0, E_ACCES = 2, E_BADF = 8, E_BUSY = 10, E_EXIST = 20, E_FAULT = 21, E_FBIG = 22,
       E_INVAL = 28, E_IO = 29, E_ISDIR = 31, E_LOOP = 32, E_MFILE = 33, E_NAMETOOLONG = 37,
       E_NODEV = 43, E_NOENT = 44, E_NOSPC = 51, E_NOSYS = 52, E_NOTDIR = 54, E_NOTEMPTY = 55,
       E_NOTSOCK = 57, E_NOTSUP = 58, E_OVERFLOW = 61, E_PERM = 63, E_PIPE = 64, E_ROFS = 69,
       E_SPIPE = 70, E_XDEV = 75, E_NOTCAPABLE = 76 };

#define R_READ ((uint64_t)1 << 1)
#define R_WRITE ((uint64_t)1 << 6)
#define R_ALL (((uint64_t)1 << 28) - 1)

enum { O_CREATE_ = 1, O_DIRECTORY_ = 2, O_EXCLUSIVE_ = 4, O_TRUNCATE_ = 8 };

struct guest {
    struct vfs *vfs;
    struct wasi *wasi;
    struct wasi_memory memory;
    char output[4096];
    size_t output_length;
    int write_error; /* what the write hook returns */
    ptrdiff_t read_result; /* what the read hook returns, unless it is 0 */
    const char *input;
    uint64_t slept_until;
    int sleep_stop;
};

/* A tree with the default mounts and an archive if it is not NULL, and a shim over it. `options` may be NULL; its hooks
 * and context are set here. */
void guest_start(struct guest *guest, const struct vfs_quota *quota, struct vfs_archive *archive,
                 const struct wasi_options *options);
void guest_end(struct guest *guest);

/* Does the call `name` with `count` arguments. */
uint32_t guest_call(struct guest *guest, const char *name, int count, const uint64_t *arguments);
#define CALL(guest, name, ...)                                                                     \
    guest_call(guest, name, (int)(sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t)),           \
               (uint64_t[]){__VA_ARGS__})

uint32_t guest_u32(const struct guest *guest, uint32_t at);
uint64_t guest_u64(const struct guest *guest, uint32_t at);
void guest_put_u32(struct guest *guest, uint32_t at, uint32_t value);
void guest_put_u64(struct guest *guest, uint32_t at, uint64_t value);

/* What a libc would do, from "/" (or `directory`); results are WASI errnos. */
uint32_t guest_open(struct guest *guest, const char *path, uint32_t oflags, uint64_t rights, uint32_t *fd);
uint32_t guest_open_at(struct guest *guest, uint32_t directory, const char *path, uint32_t lookup,
                       uint32_t oflags, uint64_t rights, uint32_t fdflags, uint32_t *fd);
uint32_t guest_read(struct guest *guest, uint32_t fd, void *bytes, uint32_t length, uint32_t *done);
uint32_t guest_write(struct guest *guest, uint32_t fd, const void *bytes, uint32_t length, uint32_t *done);
uint32_t guest_path(struct guest *guest, const char *call, const char *path); /* fd, path */
uint32_t guest_stat(struct guest *guest, const char *path, int follow);       /* to GUEST_RESULT */
uint32_t guest_two(struct guest *guest, const char *call, const char *from, const char *to);
uint32_t guest_symlink(struct guest *guest, const char *target, const char *path);
uint32_t guest_put_file(struct guest *guest, const char *path, const char *text);
/* The file's text, or NULL; static storage. */
const char *guest_text(struct guest *guest, const char *path);
/* Names in a directory, each with a space behind it, in order, read in pieces of `piece` bytes; static storage. */
const char *guest_list(struct guest *guest, const char *path, uint32_t piece);

#endif
