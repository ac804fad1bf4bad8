/* Arguments and environment, clocks, random numbers, the process and sockets: each call and each error. */
#include "wasi_raw.h"

static void arguments(void)
{
    uint32_t list[4], count = 0, bytes = 0;
    char text[64];
    WORKS(args_sizes_get(P(&count), P(&bytes)), "how many arguments and bytes");
    HOLDS(count == 3 && bytes >= 8);
    WORKS(args_get(P(list), P(text)), "each ends with a NUL, one behind the other");
    HOLDS(strcmp((char *)(uintptr_t)list[1], "one") == 0 && strcmp((char *)(uintptr_t)list[2], "") == 0);
    HOLDS(list[0] == (uint32_t)P(text) && list[2] == list[1] + 4);
    GIVES(FAULT, args_sizes_get(OUTSIDE, P(&bytes)), "the count outside memory");
    GIVES(FAULT, args_sizes_get(P(&count), OUTSIDE), "the length outside memory");
    GIVES(INVAL, args_sizes_get(P(&count) + 2, P(&bytes)), "the count not aligned");
    GIVES(FAULT, args_get(OUTSIDE, P(text)), "the list outside memory");
    GIVES(FAULT, args_get(P(list), EDGE), "the texts end outside memory");
    GIVES(INVAL, args_get(P(list) + 1, P(text)), "the list not aligned");
}

static void environment(void)
{
    uint32_t list[4], count = 0, bytes = 0;
    char text[64];
    WORKS(environ_sizes_get(P(&count), P(&bytes)), "how many variables and bytes");
    HOLDS(count == 1 && bytes == 9);
    WORKS(environ_get(P(list), P(text)), "as NAME=value");
    HOLDS(strcmp((char *)(uintptr_t)list[0], "NAME=a=b") == 0);
    GIVES(FAULT, environ_sizes_get(OUTSIDE, P(&bytes)), "the count outside memory");
    GIVES(INVAL, environ_sizes_get(P(&count), P(&bytes) + 1), "the length not aligned");
    GIVES(FAULT, environ_get(P(list), EDGE), "the texts end outside memory");
    GIVES(INVAL, environ_get(P(list) + 2, P(text)), "the list not aligned");
}

static void clocks(void)
{
    uint64_t time, later;
    for (i32 id = 0; id < 4; id++) {
        WORKS(clock_res_get(id, P(&time)), "each clock has a resolution");
        HOLDS(time > 0);
        WORKS(clock_time_get(id, 1, P(&time)), "each clock has a time");
        WORKS(clock_time_get(id, INT64_MIN, P(&later)), "any precision, and no clock but the real one goes back");
        HOLDS(id == 0 || later >= time);
    }
    GIVES(INVAL, clock_res_get(4, P(&time)), "no such clock");
    GIVES(FAULT, clock_res_get(0, OUTSIDE), "the result outside memory");
    GIVES(INVAL, clock_res_get(0, P(&time) + 4), "the result not aligned");
    GIVES(INVAL, clock_time_get(-1, 0, P(&time)), "no such clock");
    GIVES(FAULT, clock_time_get(1, 0, EDGE), "the result ends outside memory");
    GIVES(INVAL, clock_time_get(1, 0, P(&time) + 1), "the result not aligned");
}

static void numbers(void)
{
    uint8_t zero[64] = {0};
    WORKS(random_get(P(out.bytes), 64), "random bytes");
    HOLDS(memcmp(out.bytes, zero, 64) != 0);
    WORKS(random_get(P(out.bytes), 0), "none");
    WORKS(random_get(EDGE + 4, 0), "none, at the end of memory");
    GIVES(FAULT, random_get(EDGE, 5), "they end outside memory");
    GIVES(FAULT, random_get(8, -1), "a length beyond memory");
    WORKS(sched_yield(), "nobody to give way to");
    GIVES(NOSYS, proc_raise(6), "there are no signals");
}

static void sockets(void)
{
    for (i32 fd = 0; fd < 4; fd++) {
        GIVES(NOTSOCK, sock_accept(fd, 0, P(&out.size)), "no descriptor is a socket");
        GIVES(NOTSOCK, sock_recv(fd, P(out.bytes), 0, 0, P(&out.size), P(&out.other)), "no descriptor is a socket");
        GIVES(NOTSOCK, sock_send(fd, P(out.bytes), 0, 0, P(&out.size)), "no descriptor is a socket");
        GIVES(NOTSOCK, sock_shutdown(fd, 3), "no descriptor is a socket");
    }
    GIVES(BADF, sock_accept(99, 0, P(&out.size)), "no such descriptor");
    GIVES(BADF, sock_recv(99, P(out.bytes), 0, 0, P(&out.size), P(&out.other)), "no such descriptor");
    GIVES(BADF, sock_send(99, P(out.bytes), 0, 0, P(&out.size)), "no such descriptor");
    GIVES(BADF, sock_shutdown(-1, 3), "no such descriptor");
}

int main(void)
{
    arguments();
    environment();
    clocks();
    numbers();
    sockets();
    puts("arguments");
    fflush(stdout);
    __wasi_proc_exit(7); /* nothing of libc's runs any more */
}
