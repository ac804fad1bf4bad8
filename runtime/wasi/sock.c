/* Sockets: there are none, so every descriptor is the wrong one. */
#include "calls.h"

static void sock_refuse(struct wasi *wasi, uint64_t *values)
{
    values[0] = vfs_descriptor(wasi->vfs, (uint32_t)values[0]) == NULL ? WASI_EBADF : WASI_ENOTSOCK;
}

void sock_accept(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    (void)memory;
    sock_refuse(wasi, values);
}

void sock_recv(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    (void)memory;
    sock_refuse(wasi, values);
}

void sock_send(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    (void)memory;
    sock_refuse(wasi, values);
}

void sock_shutdown(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    (void)memory;
    sock_refuse(wasi, values);
}
