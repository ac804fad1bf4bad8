/* What the calls share: the shim's state, the guest's memory, WASI's numbers. */
#ifndef SHIM_H
#define SHIM_H

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "vfs_files.h"
#include "wasi.h"

struct wasi {
    struct vfs *vfs;
    uint32_t stop;
    int exit_code;
    void *context;
    ptrdiff_t (*read)(void *context, void *bytes, size_t capacity);
    int (*write)(void *context, int stream, const void *bytes, size_t length);
    int (*sleep)(void *context, uint64_t deadline_ns);
    uint8_t terminal, seeded, clock_fixed;
    uint64_t clock_start_ns, clock_step_ns;
    uint64_t clock_ns;     /* how far fixed clocks have moved */
    uint64_t cpu_start_ns; /* CPU time of this thread when last asked in this run; 0: not yet */
    uint64_t cpu_ns;       /* given so far */
    uint32_t key[8];       /* of seeded random numbers */
    uint64_t random_bytes; /* given so far */
    uint64_t moved_bytes, entries; /* of this call, for its price */
    uint64_t fuel;                 /* see wasi_take_fuel() */
    uint16_t unlisted;             /* see wasi_unlisted_error() */
    struct wasi_strings {
        uint32_t count;
        uint32_t length; /* of all of them, NULs included */
        char *bytes;
    } arguments, environment, preopens;
};

/* ---- WASI's errno ---- */
enum {
    WASI_OK = 0,
#define WASI_ERRNO(name, number, linux) WASI_E##name = number,
#include "wasi_errno.def"
#undef WASI_ERRNO
};

/* Their places in wasi_call.errors. */
enum {
#define WASI_ERRNO(name, number, linux) WASI_BIT_##name,
#include "wasi_errno.def"
#undef WASI_ERRNO
    WASI_BIT_COUNT
};
_Static_assert(WASI_BIT_COUNT <= 64, "the errors of a call are 64 bits");

/* Of a Linux errno value. */
uint16_t errno_to_wasi(int error);

/* ---- rights ---- */
#define RIGHT_FD_DATASYNC ((uint64_t)1 << 0)
#define RIGHT_FD_READ ((uint64_t)1 << 1)
#define RIGHT_FD_SEEK ((uint64_t)1 << 2)
#define RIGHT_FD_FDSTAT_SET_FLAGS ((uint64_t)1 << 3)
#define RIGHT_FD_SYNC ((uint64_t)1 << 4)
#define RIGHT_FD_TELL ((uint64_t)1 << 5)
#define RIGHT_FD_WRITE ((uint64_t)1 << 6)
#define RIGHT_FD_ADVISE ((uint64_t)1 << 7)
#define RIGHT_FD_ALLOCATE ((uint64_t)1 << 8)
#define RIGHT_PATH_CREATE_DIRECTORY ((uint64_t)1 << 9)
#define RIGHT_PATH_CREATE_FILE ((uint64_t)1 << 10)
#define RIGHT_PATH_LINK_SOURCE ((uint64_t)1 << 11)
#define RIGHT_PATH_LINK_TARGET ((uint64_t)1 << 12)
#define RIGHT_PATH_OPEN ((uint64_t)1 << 13)
#define RIGHT_FD_READDIR ((uint64_t)1 << 14)
#define RIGHT_PATH_READLINK ((uint64_t)1 << 15)
#define RIGHT_PATH_RENAME_SOURCE ((uint64_t)1 << 16)
#define RIGHT_PATH_RENAME_TARGET ((uint64_t)1 << 17)
#define RIGHT_PATH_FILESTAT_GET ((uint64_t)1 << 18)
#define RIGHT_PATH_FILESTAT_SET_SIZE ((uint64_t)1 << 19)
#define RIGHT_PATH_FILESTAT_SET_TIMES ((uint64_t)1 << 20)
#define RIGHT_FD_FILESTAT_GET ((uint64_t)1 << 21)
#define RIGHT_FD_FILESTAT_SET_SIZE ((uint64_t)1 << 22)
#define RIGHT_FD_FILESTAT_SET_TIMES ((uint64_t)1 << 23)
#define RIGHT_PATH_SYMLINK ((uint64_t)1 << 24)
#define RIGHT_PATH_REMOVE_DIRECTORY ((uint64_t)1 << 25)
#define RIGHT_PATH_UNLINK_FILE ((uint64_t)1 << 26)
#define RIGHT_POLL_FD_READWRITE ((uint64_t)1 << 27)

#define RIGHTS_STREAM (RIGHT_FD_FDSTAT_SET_FLAGS | RIGHT_FD_FILESTAT_GET | RIGHT_POLL_FD_READWRITE)
#define RIGHTS_FILE                                                                                \
    (RIGHT_FD_DATASYNC | RIGHT_FD_READ | RIGHT_FD_SEEK | RIGHT_FD_FDSTAT_SET_FLAGS |               \
     RIGHT_FD_SYNC | RIGHT_FD_TELL | RIGHT_FD_WRITE | RIGHT_FD_ADVISE | RIGHT_FD_ALLOCATE |        \
     RIGHT_FD_FILESTAT_GET | RIGHT_FD_FILESTAT_SET_SIZE | RIGHT_FD_FILESTAT_SET_TIMES |            \
     RIGHT_POLL_FD_READWRITE)
#define RIGHTS_DIRECTORY                                                                           \
    (RIGHT_FD_DATASYNC | RIGHT_FD_FDSTAT_SET_FLAGS | RIGHT_FD_SYNC | RIGHT_FD_ADVISE |             \
     RIGHT_PATH_CREATE_DIRECTORY | RIGHT_PATH_CREATE_FILE | RIGHT_PATH_LINK_SOURCE |               \
     RIGHT_PATH_LINK_TARGET | RIGHT_PATH_OPEN | RIGHT_FD_READDIR | RIGHT_PATH_READLINK |           \
     RIGHT_PATH_RENAME_SOURCE | RIGHT_PATH_RENAME_TARGET | RIGHT_PATH_FILESTAT_GET |               \
     RIGHT_PATH_FILESTAT_SET_SIZE | RIGHT_PATH_FILESTAT_SET_TIMES | RIGHT_FD_FILESTAT_GET |        \
     RIGHT_FD_FILESTAT_SET_TIMES | RIGHT_PATH_SYMLINK | RIGHT_PATH_REMOVE_DIRECTORY |              \
     RIGHT_PATH_UNLINK_FILE)

/* ---- the guest's memory ---- */

/* `length` bytes at `pointer`, or NULL if they do not lie in memory. */
static inline uint8_t *guest_at(const struct wasi_memory *memory, uint64_t pointer, uint64_t length)
{
    uint32_t start = (uint32_t)pointer;
    return length <= memory->size && start <= memory->size - length ? memory->base + start : NULL;
}

/* The same for a value of that alignment (a power of two). 0 or a WASI errno. */
static inline uint16_t guest_value(const struct wasi_memory *memory, uint64_t pointer,
                                   uint64_t length, uint32_t alignment, uint8_t **at)
{
    *at = guest_at(memory, pointer, length);
    if (*at == NULL)
        return WASI_EFAULT;
    return ((uint32_t)pointer & (alignment - 1)) == 0 ? WASI_OK : WASI_EINVAL;
}

static inline void guest_store_u16(uint8_t *at, uint16_t value)
{
    value = htole16(value);
    memcpy(at, &value, sizeof value);
}

static inline uint16_t guest_load_u16(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return le16toh(value);
}

/* ---- descriptors ---- */

/* The descriptor, or a WASI errno: EBADF, ENOTCAPABLE if it lacks one of the rights. */
uint16_t shim_descriptor(struct wasi *wasi, uint64_t fd, uint64_t rights,
                         const struct vfs_descriptor **descriptor);

/* The name of a preopened directory, NULL if it is none (any more: see vfs_descriptor.preopen). */
const char *shim_preopen_name(const struct wasi *wasi, const struct vfs_descriptor *descriptor);

/* Rights of a descriptor of this type. */
uint64_t shim_rights(uint8_t type);

/* ---- time and random numbers ---- */

/* WASI's clockid. The last two are taken for one: a box has one thread. */
enum { CLOCK_ID_REALTIME, CLOCK_ID_MONOTONIC, CLOCK_ID_PROCESS, CLOCK_ID_THREAD, CLOCK_ID_COUNT };

uint64_t clock_monotonic(struct wasi *wasi);
uint64_t clock_now(void *wasi); /* real time, for files; does not move fixed clocks */

/* Fills in random bytes: 0, or an errno value after `wasi->stop` was set. */
int random_fill(void *wasi, void *bytes, size_t length);
void random_seed(struct wasi *wasi, uint64_t seed);

#endif
