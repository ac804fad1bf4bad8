/* Arguments, environment, streams, clocks, sleeping, random numbers, polling and leaving, through wasi-libc. */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "wasi_check.h"

extern char **environ;

static void time_passes(void)
{
    struct timespec before, after, resolution;
    const struct timespec nap = {0, 20000000};
    CHECK(clock_gettime(CLOCK_MONOTONIC, &before) == 0 && nanosleep(&nap, NULL) == 0);
    CHECK(clock_gettime(CLOCK_MONOTONIC, &after) == 0);
    long long passed = (after.tv_sec - before.tv_sec) * 1000000000ll + after.tv_nsec - before.tv_nsec;
    CHECK(passed >= 20000000 && passed < 10000000000);
    CHECK(clock_getres(CLOCK_REALTIME, &resolution) == 0 && resolution.tv_nsec > 0);
    CHECK(time(NULL) > 1600000000 && sched_yield() == 0);
}

int main(int count, char **arguments)
{
    char line[16], numbers[2][16] = {"", ""};
    CHECK(count == 3 && strcmp(arguments[1], "one") == 0 && strcmp(arguments[2], "") == 0);
    CHECK(strcmp(getenv("NAME"), "a=b") == 0 && environ[1] == NULL);
    CHECK(!isatty(0) && !isatty(1) && !isatty(2));
    CHECK(lseek(1, 0, SEEK_CUR) == -1 && errno == ESPIPE);
    CHECK(fgets(line, sizeof line, stdin) != NULL && strcmp(line, "input\n") == 0);
    CHECK(fgets(line, sizeof line, stdin) == NULL && feof(stdin));
    time_passes();
    CHECK(getentropy(numbers[0], 16) == 0 && getentropy(numbers[1], 16) == 0);
    CHECK(memcmp(numbers[0], numbers[1], 16) != 0);
    struct pollfd polled = {1, POLLOUT, 0};
    CHECK(poll(&polled, 1, 1000) == 1 && polled.revents == POLLOUT);
    polled.fd = open("/dev/urandom", O_RDONLY);
    CHECK(polled.fd >= 0 && read(polled.fd, numbers[0], 16) == 16);
    fputs("out\n", stdout);
    fputs("err\n", stderr);
    exit(33);
}
