/* Waiting. Files and streams are always ready (a stream's hook may block), so only clocks are waited for. */
#include <time.h>

#include "calls.h"

#define NANOSECONDS 1000000000u
#define SUBSCRIPTION_BYTES 48u
#define EVENT_BYTES 32u
#define FLAG_ABSOLUTE 1u
enum { TAG_CLOCK, TAG_READ, TAG_WRITE, TAG_COUNT };

/* What time it was when the call began. */
struct poll_time {
    uint64_t monotonic_ns, real_ns;
};

static uint64_t poll_add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static struct poll_time poll_now(struct wasi *wasi)
{
    struct poll_time now = {.monotonic_ns = clock_monotonic(wasi)};
    if (wasi->clock_fixed) {
        now.real_ns = wasi->clock_start_ns + now.monotonic_ns;
    } else {
        struct timespec real;
        clock_gettime(CLOCK_REALTIME, &real);
        now.real_ns = (uint64_t)real.tv_sec * NANOSECONDS + (uint64_t)real.tv_nsec;
    }
    return now;
}

/* When a clock's subscription is due, on the monotonic clock; or a WASI errno for its event. */
static uint16_t poll_deadline(const struct poll_time *now, const uint8_t *subscription,
                              uint64_t *deadline_ns)
{
    uint32_t id = bytes_load_u32(subscription + 16);
    uint64_t timeout = bytes_load_u64(subscription + 24);
    uint32_t flags = guest_load_u16(subscription + 40);
    *deadline_ns = now->monotonic_ns;
    if (id >= CLOCK_ID_COUNT || flags > FLAG_ABSOLUTE)
        return WASI_EINVAL;
    if (id > CLOCK_ID_MONOTONIC)
        return WASI_ENOTSUP;
    if (!(flags & FLAG_ABSOLUTE))
        *deadline_ns = poll_add(now->monotonic_ns, timeout);
    else if (id == CLOCK_ID_MONOTONIC)
        *deadline_ns = timeout;
    else
        *deadline_ns = timeout <= now->real_ns
                           ? now->monotonic_ns
                           : poll_add(now->monotonic_ns, timeout - now->real_ns);
    return WASI_OK;
}

/* The earliest moment at which something is ready; `*ready` if something is now. */
static uint16_t poll_plan(const struct poll_time *now, const uint8_t *subscriptions, uint32_t count,
                          uint64_t *wake_ns)
{
    *wake_ns = UINT64_MAX;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *subscription = subscriptions + (size_t)i * SUBSCRIPTION_BYTES;
        uint64_t deadline_ns = now->monotonic_ns;
        if (subscription[8] >= TAG_COUNT)
            return WASI_EINVAL;
        if (subscription[8] == TAG_CLOCK)
            poll_deadline(now, subscription, &deadline_ns);
        if (deadline_ns < *wake_ns)
            *wake_ns = deadline_ns;
    }
    return WASI_OK;
}

static void poll_sleep(struct wasi *wasi, uint64_t deadline_ns)
{
    if (wasi->clock_fixed) {
        wasi->clock_ns = deadline_ns;
        return;
    }
    if (wasi->sleep != NULL) {
        wasi->stop = (uint32_t)wasi->sleep(wasi->context, deadline_ns);
        return;
    }
    const struct timespec until = {
        .tv_sec = (time_t)(deadline_ns / NANOSECONDS),
        .tv_nsec = (long)(deadline_ns % NANOSECONDS),
    };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        continue;
}

/* A descriptor's event: its error, and how much can be read from a file. */
static uint16_t poll_descriptor(struct wasi *wasi, uint32_t fd, int reading, uint64_t *bytes)
{
    const struct vfs_descriptor *descriptor;
    struct vfs_stat stat;
    *bytes = 0;
    uint16_t error = shim_descriptor(wasi, fd, RIGHT_POLL_FD_READWRITE, &descriptor);
    if (error != WASI_OK)
        return error;
    if (descriptor->kind == VFS_STREAM)
        *bytes = 1;
    else if (reading && vfs_stat_file(wasi->vfs, fd, &stat) == 0 && stat.size > descriptor->offset)
        *bytes = stat.size - descriptor->offset;
    return WASI_OK;
}

/* Writes the events of all that is ready at `wake_ns`; returns how many. */
static uint32_t poll_report(struct wasi *wasi, const struct poll_time *now,
                            const uint8_t *subscriptions, uint32_t count, uint64_t wake_ns,
                            uint8_t *events)
{
    uint32_t done = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *subscription = subscriptions + (size_t)i * SUBSCRIPTION_BYTES;
        uint8_t *event = events + (size_t)done * EVENT_BYTES;
        uint64_t deadline_ns = now->monotonic_ns, bytes = 0;
        uint16_t error;
        if (subscription[8] == TAG_CLOCK)
            error = poll_deadline(now, subscription, &deadline_ns);
        else
            error = poll_descriptor(wasi, bytes_load_u32(subscription + 16),
                                    subscription[8] == TAG_READ, &bytes);
        if (deadline_ns > wake_ns)
            continue;
        memset(event, 0, EVENT_BYTES);
        memcpy(event, subscription, 8); /* the user's data */
        guest_store_u16(event + 8, error);
        event[10] = subscription[8];
        bytes_store_u64(event + 16, bytes);
        done++;
    }
    return done;
}

/* The events must not be written over subscriptions that are still to be looked at. */
static int poll_overlaps(uint64_t in, uint64_t out, uint32_t count)
{
    uint64_t first = (uint32_t)in, second = (uint32_t)out;
    return first < second + (uint64_t)count * EVENT_BYTES &&
           second < first + (uint64_t)count * SUBSCRIPTION_BYTES;
}

void poll_oneoff(struct wasi *wasi, const struct wasi_memory *memory, uint64_t *values)
{
    uint8_t *subscriptions, *events, *result;
    uint32_t count = (uint32_t)values[2];
    uint64_t wake_ns = 0;
    uint16_t error = guest_value(memory, values[0], (uint64_t)count * SUBSCRIPTION_BYTES, 8,
                                 &subscriptions);
    if (error == WASI_OK)
        error = guest_value(memory, values[1], (uint64_t)count * EVENT_BYTES, 8, &events);
    if (error == WASI_OK)
        error = guest_value(memory, values[3], 4, 4, &result);
    if (error == WASI_OK && (count == 0 || poll_overlaps(values[0], values[1], count)))
        error = WASI_EINVAL;
    if (error == WASI_OK)
        wasi->entries = count;
    const struct poll_time now = poll_now(wasi);
    if (error == WASI_OK)
        error = poll_plan(&now, subscriptions, count, &wake_ns);
    if (error == WASI_OK) {
        if (wake_ns > now.monotonic_ns)
            poll_sleep(wasi, wake_ns);
        bytes_store_u32(result, poll_report(wasi, &now, subscriptions, count, wake_ns, events));
    }
    values[0] = error;
}
