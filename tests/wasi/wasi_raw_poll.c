/* poll_oneoff: clocks and descriptors; each error of the call and of its events. */
#include "wasi_raw.h"

static __wasi_subscription_t subscriptions[8];
static __wasi_event_t events[8];
static uint32_t count;

static void on_clock(int number, uint32_t id, uint64_t timeout, uint16_t flags)
{
    memset(&subscriptions[number], 0, sizeof *subscriptions);
    subscriptions[number].userdata = 100 + (uint64_t)number;
    subscriptions[number].u.tag = __WASI_EVENTTYPE_CLOCK;
    subscriptions[number].u.u.clock.id = id;
    subscriptions[number].u.u.clock.timeout = timeout;
    subscriptions[number].u.u.clock.flags = flags;
}

static void on_file(int number, uint8_t tag, i32 fd)
{
    memset(&subscriptions[number], 0, sizeof *subscriptions);
    subscriptions[number].userdata = 100 + (uint64_t)number;
    subscriptions[number].u.tag = tag;
    subscriptions[number].u.u.fd_read.file_descriptor = fd;
}

static i32 wait_for(int number)
{
    memset(events, 0xee, sizeof events);
    return poll_oneoff(P(subscriptions), P(events), number, P(&count));
}

static uint64_t now(uint32_t id)
{
    uint64_t time;
    raw_check(clock_time_get((i32)id, 1, P(&time)), 0, "now", __LINE__);
    return time;
}

static void clocks(void)
{
    const uint64_t moment = 2000000; /* 2 ms */
    for (uint32_t id = 0; id < 2; id++) {
        uint64_t before = now(1);
        on_clock(0, id, moment, 0);
        WORKS(wait_for(1), "poll_oneoff: a time from now");
        HOLDS(count == 1 && events[0].userdata == 100 && events[0].error == 0 && events[0].type == 0);
        HOLDS(now(1) >= before + moment);
        before = now(id);
        on_clock(0, id, before + moment, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME);
        WORKS(wait_for(1), "poll_oneoff: a time of the clock");
        HOLDS(count == 1 && (id == 0 || now(id) >= before + moment));
        on_clock(0, id, 1, __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME);
        WORKS(wait_for(1), "poll_oneoff: a time that has passed");
        HOLDS(count == 1);
    }
    on_clock(0, 1, (uint64_t)3600000000000, 0);
    on_clock(1, 1, moment, 0);
    on_clock(2, 0, UINT64_MAX, 0);
    WORKS(wait_for(3), "poll_oneoff: the first of three");
    HOLDS(count == 1 && events[0].userdata == 101);
}

static void files(void)
{
    i32 work = raw_folder(ROOT, "work"), fd = raw_file(work, "polled");
    raw_put(fd, "12345");
    WORKS(fd_seek(fd, 2, 0, P(&out.big)), "to 2");
    on_clock(0, 1, (uint64_t)3600000000000, 0);
    on_file(1, __WASI_EVENTTYPE_FD_READ, fd);
    on_file(2, __WASI_EVENTTYPE_FD_WRITE, fd);
    on_file(3, __WASI_EVENTTYPE_FD_READ, 0);
    on_file(4, __WASI_EVENTTYPE_FD_READ, 99);
    on_file(5, __WASI_EVENTTYPE_FD_READ, work);
    on_clock(6, 2, 1, 0);
    on_clock(7, 7, 1, 0);
    WORKS(wait_for(8), "poll_oneoff: files and streams are ready, so the clock is not waited for");
    HOLDS(count == 7);
    HOLDS(events[0].userdata == 101 && events[0].error == 0 && events[0].fd_readwrite.nbytes == 3);
    HOLDS(events[1].userdata == 102 && events[1].error == 0 && events[1].type == __WASI_EVENTTYPE_FD_WRITE);
    HOLDS(events[2].error == 0 && events[3].error == __WASI_ERRNO_BADF);
    HOLDS(events[4].error == __WASI_ERRNO_NOTCAPABLE); /* directories are not waited for */
    HOLDS(events[5].error == __WASI_ERRNO_NOTSUP && events[6].error == __WASI_ERRNO_INVAL);
    raw_close(fd);
    raw_close(work);
}

static void errors(void)
{
    on_clock(0, 1, 1, 0);
    const i32 in = P(subscriptions), to = P(events);
    GIVES(INVAL, poll_oneoff(in, to, 0, P(&count)), "nothing to wait for");
    GIVES(FAULT, poll_oneoff(OUTSIDE, to, 1, P(&count)), "what to wait for outside memory");
    GIVES(FAULT, poll_oneoff(in, to, 0x10000000, P(&count)), "a count whose length does not fit 32 bits");
    GIVES(FAULT, poll_oneoff(in, EDGE - 4, 1, P(&count)), "the events end outside memory");
    GIVES(FAULT, poll_oneoff(in, to, 1, OUTSIDE), "the result outside memory: it does not wait");
    GIVES(INVAL, poll_oneoff(in + 4, to, 1, P(&count)), "what to wait for not aligned");
    GIVES(INVAL, poll_oneoff(in, in + 32, 1, P(&count)), "the events over what to wait for");
    GIVES(INVAL, poll_oneoff(in, to, 1, P(&count) + 2), "the result not aligned");
    subscriptions[0].u.tag = 3;
    GIVES(INVAL, poll_oneoff(in, to, 1, P(&count)), "no such kind");
}

int main(void)
{
    clocks();
    files();
    errors();
    puts("waiting");
    return 0;
}
