#include "memory_file.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PAGE 4096

static int make(void)
{
    int fd = memory_file_create("test");
    char page[PAGE];
    memset(page, 'x', sizeof page);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, page, sizeof page), PAGE);
    return fd;
}

static void a_sealed_file_stays_as_it_is(void **state)
{
    (void)state;
    int fd = make();
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(memory_file_seal(fd), 0);
    assert_int_equal(fcntl(fd, F_GET_SEALS) & MEMORY_FILE_SEALS, MEMORY_FILE_SEALS);
    assert_int_equal(pwrite(fd, "y", 1, 0), -1);
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_ptr_equal(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    close(fd);
}

/* Holds a page of the file in a pipe, as the kernel does when it moves the page. */
static void hold(int fd, int pipe_ends[2])
{
    void *page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(page, MAP_FAILED);
    const struct iovec part = {.iov_base = page, .iov_len = PAGE};
    assert_int_equal(pipe(pipe_ends), 0);
    assert_int_equal(vmsplice(pipe_ends[1], &part, 1, 0), PAGE);
    munmap(page, PAGE);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1); /* it is held: the kernel gives up */
    assert_int_equal(errno, EBUSY);
}

static void *let_go(void *context)
{
    int *pipe_ends = context;
    nanosleep(&(struct timespec){.tv_nsec = 400 * 1000 * 1000}, NULL);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    return NULL;
}

static void pages_that_are_held_for_a_moment_are_waited_for(void **state)
{
    (void)state;
    int fd = make(), pipe_ends[2];
    hold(fd, pipe_ends);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, let_go, pipe_ends), 0);
    assert_int_equal(memory_file_seal(fd), 0);
    pthread_join(thread, NULL);
    close(fd);
}

static void pages_that_are_held_for_ever_are_an_error(void **state)
{
    (void)state;
    int fd = make(), pipe_ends[2];
    hold(fd, pipe_ends);
    assert_int_equal(memory_file_seal(fd), -1);
    assert_int_equal(errno, EBUSY);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    assert_int_equal(memory_file_seal(fd), 0);
    close(fd);
}

static void what_cannot_be_sealed_is_an_error(void **state)
{
    (void)state;
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_int_equal(memory_file_seal(fd), -1);
    assert_int_equal(errno, EPERM);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_file_stays_as_it_is),
        cmocka_unit_test(pages_that_are_held_for_a_moment_are_waited_for),
        cmocka_unit_test(pages_that_are_held_for_ever_are_an_error),
        cmocka_unit_test(what_cannot_be_sealed_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
