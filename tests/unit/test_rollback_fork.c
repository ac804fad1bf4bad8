/*
 * Rollback in forked processes: a child that asked the kernel about its parent's pages would miss
 * its own writes, and show them to the next run. And in a process whose host closes descriptors
 * that it does not know.
 */
#include "rollback.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "rollback_fixture.h"

/* The way that the group runs with. */
static const struct fixture_way *way;

/* Whether the memory is what `bytes` say (NULL: zeroes and the image). */
static int is_equal(const struct fixture *fixture, const uint8_t *bytes)
{
    const uint8_t *base = fixture->memory.base;
    uint64_t image_bytes = FIXTURE_IMAGE_PAGES * FIXTURE_PAGE;
    if (bytes != NULL)
        return memcmp(base, bytes, memory_bytes(&fixture->memory)) == 0;
    for (uint64_t at = image_bytes; at < memory_bytes(&fixture->memory); at++)
        if (base[at] != 0)
            return 0;
    return memcmp(base, fixture->image, image_bytes) == 0;
}

/* Runs that write the pages from..from + 9 and others, each rolled back. In any process: does not
 * assert, but says whether all was well. */
static int runs_are_undone(struct fixture *fixture, const uint8_t *bytes, uint64_t from)
{
    for (uint64_t round = 0; round < 5; round++) {
        for (uint64_t page = from; page < from + 10; page++)
            fixture_write(fixture, page, (uint8_t)(99 + round));
        fixture_write(fixture, 500 - round * 7, 1);
        if (rollback_restore(fixture->rollback) != PYBOX_OK || !is_equal(fixture, bytes))
            return 0;
    }
    return 1;
}

static pid_t spawn(int bare)
{
    return bare ? (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : fork();
}

static void assert_child_did_well(pid_t child)
{
    int result;
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
}

/* A host that makes a box and forks workers, all of which use it, as it does itself. */
static void prefork(struct fixture *fixture, const uint8_t *bytes)
{
    assert_true(runs_are_undone(fixture, bytes, 30));
    rollback_enter(fixture->rollback); /* a mark that the children inherit */
    pid_t children[4];
    for (int i = 0; i < 4; i++) {
        children[i] = spawn(i == 3);
        if (children[i] == 0) {
            int well = runs_are_undone(fixture, bytes, 100 + 20 * (uint64_t)i) &&
                       runs_are_undone(fixture, bytes, 600 + 20 * (uint64_t)i);
            pid_t grandchild = fork();
            if (grandchild == 0)
                _exit(!runs_are_undone(fixture, bytes, 700));
            int result = 1;
            well = well && waitpid(grandchild, &result, 0) == grandchild && result == 0 &&
                   runs_are_undone(fixture, bytes, 100);
            _exit(!well);
        }
        assert_true(runs_are_undone(fixture, bytes, 300));
    }
    for (int i = 0; i < 4; i++)
        assert_child_did_well(children[i]);
    assert_true(runs_are_undone(fixture, bytes, 100));
}

static void test_children_roll_back_their_own_pages(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture, &way->options);
    prefork(&fixture, NULL);
    fixture_free(&fixture);
}

static void test_children_return_to_a_checkpoint_of_their_parent(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture, &way->options);
    for (uint64_t page = 0; page < 900; page += 2)
        fixture_write(&fixture, page, 5);
    assert_int_equal(rollback_checkpoint(fixture.rollback), PYBOX_OK);
    uint8_t *kept = fixture_copy(&fixture);
    prefork(&fixture, kept);
    pid_t child = fork();
    if (child == 0) {
        if (rollback_drop(fixture.rollback) != PYBOX_OK ||
            rollback_restore(fixture.rollback) != PYBOX_OK)
            _exit(1);
        _exit(!is_equal(&fixture, NULL));
    }
    assert_child_did_well(child);
    assert_true(is_equal(&fixture, kept));
    free(kept);
    fixture_free(&fixture);
}

static int open_descriptors(void)
{
    int count = 0;
    for (int fd = 3; fd < 100; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void test_generations_leave_no_descriptors_behind(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture, &way->options);
    for (uint64_t page = 0; page < 400; page++)
        fixture_write(&fixture, page, 5);
    assert_int_equal(rollback_checkpoint(fixture.rollback), PYBOX_OK);
    int before = open_descriptors();
    for (int generation = 0; generation < 5; generation++) {
        pid_t child = fork();
        if (child > 0) {
            int result = 1;
            waitpid(child, &result, 0);
            if (generation > 0)
                _exit(result != 0);
            assert_int_equal(result, 0);
            fixture_free(&fixture);
            return;
        }
        for (uint64_t page = 0; page < 400; page++)
            fixture_write(&fixture, page, (uint8_t)generation);
        if (rollback_renew(fixture.rollback) != PYBOX_OK ||
            rollback_restore(fixture.rollback) != PYBOX_OK || open_descriptors() > before)
            _exit(1);
    }
    _exit(0);
}

/* Closes all but the standard ones, as daemons do, and gives their numbers to a file. */
static void close_what_is_unknown(void)
{
    for (int fd = 3; fd < 100; fd++)
        close(fd);
    for (int fd = 3; fd < 40; fd++)
        if (open("/proc/self/exe", O_RDONLY) < 0)
            _exit(9);
}

static void test_a_host_may_close_the_descriptors(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture, &way->options);
    pid_t child = fork();
    if (child == 0) {
        int well = runs_are_undone(&fixture, NULL, 10);
        close_what_is_unknown();
        well = well && runs_are_undone(&fixture, NULL, 90);
        for (uint64_t page = 0; page < 900; page += 2)
            fixture_write(&fixture, page, 5);
        well = well && rollback_checkpoint(fixture.rollback) == PYBOX_OK;
        uint8_t *kept = fixture_copy(&fixture);
        well = well && runs_are_undone(&fixture, kept, 200);
        fixture_write(&fixture, 100, 7); /* was protected */
        close_what_is_unknown();
        fixture_write(&fixture, 102, 7);
        well = well && rollback_restore(fixture.rollback) == PYBOX_OK && is_equal(&fixture, kept) &&
               runs_are_undone(&fixture, kept, 300);
        close_what_is_unknown();
        rollback_enter(fixture.rollback);
        fixture.memory.base[700 * FIXTURE_PAGE] = 9; /* no longer protected: perhaps no fault */
        well = well && rollback_restore(fixture.rollback) == PYBOX_OK && is_equal(&fixture, kept);
        if (way->options.method != ROLLBACK_PLAIN) /* new descriptors were opened */
            well = well && rollback_statistics(fixture.rollback).rebuilds == 0;
        for (int fd = 3; fd < 40; fd++) /* the file still has what the host gave it */
            well = well && fcntl(fd, F_GETFD) >= 0;
        _exit(!well);
    }
    assert_child_did_well(child);
    fixture_free(&fixture);
}

static int skip_what_does_not_work(void **state)
{
    (void)state;
    if (!fixture_works_here(way))
        skip();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, skip_what_does_not_work)
        TEST(test_children_roll_back_their_own_pages),
        TEST(test_children_return_to_a_checkpoint_of_their_parent),
        TEST(test_generations_leave_no_descriptors_behind),
        TEST(test_a_host_may_close_the_descriptors),
    };
    int failed = 0;
    for (way = fixture_ways; way < fixture_ways + FIXTURE_WAYS; way++) {
        print_message("-- %s\n", way->name);
        failed += cmocka_run_group_tests_name(way->name, tests, NULL, NULL);
    }
    return failed;
}
