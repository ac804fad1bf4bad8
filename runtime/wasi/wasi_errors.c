/* Errors: from Linux's numbers to WASI's, and which call may give which. */
#include "shim.h"

static const struct {
    const char *name;
    uint8_t number, linux_number;
} known[WASI_BIT_COUNT] = {
#define WASI_ERRNO(name, number, linux) {#name, number, linux},
#include "wasi_errno.def"
#undef WASI_ERRNO
};

/* What a kernel may say of a file of the host, whatever is asked of it, and that there is no memory. */
#define BIT(name) ((uint64_t)1 << WASI_BIT_##name)
#define HOST_ERRORS                                                                                                    \
    (BIT(ACCES) | BIT(AGAIN) | BIT(BUSY) | BIT(DQUOT) | BIT(FBIG) | BIT(ILSEQ) | BIT(INTR) | BIT(INVAL) | BIT(IO) |    \
     BIT(MFILE) | BIT(MLINK) | BIT(NFILE) | BIT(NODEV) | BIT(NOMEM) | BIT(NOSPC) | BIT(NOTSUP) | BIT(NXIO) |           \
     BIT(OVERFLOW) | BIT(PERM) | BIT(ROFS) | BIT(STALE) | BIT(TIMEDOUT) | BIT(TXTBSY))

uint16_t errno_to_wasi(int error)
{
    if (error == 0)
        return WASI_OK;
    for (size_t i = 0; i < WASI_BIT_COUNT; i++)
        if (known[i].linux_number == error)
            return known[i].number;
    return WASI_EIO;
}

const char *wasi_error_name(uint16_t error)
{
    for (size_t i = 0; i < WASI_BIT_COUNT; i++)
        if (known[i].number == error)
            return known[i].name;
    return NULL;
}

int wasi_call_lists(const struct wasi_call *call, uint16_t error)
{
    for (size_t i = 0; i < WASI_BIT_COUNT; i++)
        if (known[i].number == error)
            return (call->errors >> i & 1) != 0 ? 1 : call->is_host && (HOST_ERRORS >> i & 1) != 0 ? 2 : 0;
    return 0;
}

/* The call has ended: its error is one of its entry, and it has a price. */
void wasi_call_run(const struct wasi_call *call, struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    wasi->moved_bytes = wasi->entries = 0;
    vfs_take_steps(wasi->vfs); /* what the host has walked since is not the guest's to pay */
    call->function(wasi, memory, values);
    if (call->errors != 0 && values[0] != WASI_OK && !wasi_call_lists(call, (uint16_t)values[0])) {
        wasi->unlisted = (uint16_t)values[0];
        values[0] = WASI_EIO;
    }
    const struct wasi_price *price = &call->price;
    wasi->fuel += price->call + (wasi->entries + vfs_take_steps(wasi->vfs)) * price->entry;
    if (price->bytes_a_unit != 0)
        wasi->fuel += wasi->moved_bytes / price->bytes_a_unit;
}
