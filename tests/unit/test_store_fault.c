/*
 * Parking, resuming, removing and collecting with each system call and each allocation failing in turn, and with the
 * process killed at each of them: a session is as it was before or as it is to be, and the next process goes on.
 */
#include "python_fixture.h"
#include "store_fixture.h"

#include <errno.h>
#include <sys/file.h>
#include <sys/wait.h>

#define KILLED 42
#define CALLS_LIMIT 20000

enum fault { NONE, FAIL, KILL };

static enum fault fault;
static int fault_at, calls;
static const char *fired;

/* 1 if this call is to fail. */
static int hit(const char *name, int error)
{
    if (fault == NONE || ++calls != fault_at)
        return 0;
    fired = name;
    if (fault == KILL)
        _exit(KILLED);
    errno = error;
    return 1;
}

static void arm(enum fault kind, int at)
{
    fault = kind;
    fault_at = at;
    calls = 0;
    fired = NULL;
}

void *__real_malloc(size_t length);
void *__real_calloc(size_t count, size_t length);
void *__real_realloc(void *pointer, size_t length);
ssize_t __real_pread(int fd, void *bytes, size_t length, off_t offset);
ssize_t __real_pwrite(int fd, const void *bytes, size_t length, off_t offset);
int __real_open(const char *path, int flags, ...);
int __real_openat(int directory, const char *path, int flags, ...);
int __real_ftruncate(int fd, off_t length);
int __real_renameat(int from, const char *old, int to, const char *new);
int __real_flock(int fd, int operation);
int __real_unlinkat(int fd, const char *path, int flags);

void *__wrap_malloc(size_t length);
void *__wrap_calloc(size_t count, size_t length);
void *__wrap_realloc(void *pointer, size_t length);
ssize_t __wrap_pread(int fd, void *bytes, size_t length, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t length, off_t offset);
int __wrap_open(const char *path, int flags, ...);
int __wrap_openat(int directory, const char *path, int flags, ...);
int __wrap_ftruncate(int fd, off_t length);
int __wrap_renameat(int from, const char *old, int to, const char *new);
int __wrap_flock(int fd, int operation);
int __wrap_unlinkat(int fd, const char *path, int flags);
int __wrap_fsync(int fd);

void *__wrap_malloc(size_t length)
{
    return hit("malloc", ENOMEM) ? NULL : __real_malloc(length);
}

void *__wrap_calloc(size_t count, size_t length)
{
    return hit("calloc", ENOMEM) ? NULL : __real_calloc(count, length);
}

void *__wrap_realloc(void *pointer, size_t length)
{
    return hit("realloc", ENOMEM) ? NULL : __real_realloc(pointer, length);
}

ssize_t __wrap_pread(int fd, void *bytes, size_t length, off_t offset)
{
    return hit("pread", EIO) ? -1 : __real_pread(fd, bytes, length, offset);
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    if (fault == KILL && calls + 1 == fault_at)
        __real_pwrite(fd, bytes, length / 2, offset); /* halfway */
    return hit("pwrite", ENOSPC) ? -1 : __real_pwrite(fd, bytes, length, offset);
}

int __wrap_open(const char *path, int flags, ...)
{
    return hit("open", EMFILE) ? -1 : __real_open(path, flags, 0644);
}

int __wrap_openat(int directory, const char *path, int flags, ...)
{
    return hit("openat", EMFILE) ? -1 : __real_openat(directory, path, flags, 0644);
}

int __wrap_ftruncate(int fd, off_t length)
{
    return hit("ftruncate", ENOSPC) ? -1 : __real_ftruncate(fd, length);
}

int __wrap_renameat(int from, const char *old, int to, const char *new)
{
    return hit("renameat", EIO) ? -1 : __real_renameat(from, old, to, new);
}

int __wrap_flock(int fd, int operation)
{
    return hit("flock", ENOLCK) ? -1 : __real_flock(fd, operation);
}

int __wrap_unlinkat(int fd, const char *path, int flags)
{
    return hit("unlinkat", EIO) ? -1 : __real_unlinkat(fd, path, flags);
}

/* Nothing waits for a disk here. */
int __wrap_fsync(int fd)
{
    (void)fd;
    return hit("fsync", EIO) ? -1 : 0;
}

/* ---- a session and what is done to it ---- */

/* Has parked `s` as revision 1 with x = 1, and has x = 2 since. */
static pybox_box *box;

static int begin(void **state)
{
    uint64_t revision = 0;
    if (open_store(state) != 0)
        return -1;
    box = make_box(NULL);
    eval(box, "x = 1");
    park("s", box, &revision);
    eval(box, "x = 2");
    return 0;
}

static int end(void **state)
{
    pybox_box_destroy(box);
    return close_store(state);
}

static pybox_status do_park(void)
{
    uint64_t revision = 1;
    pybox_status status = pybox_store_park(store, "s", box, &revision);
    if (status == PYBOX_OK ? revision != 2 : revision != 1)
        return PYBOX_ERROR_GUEST; /* no status of its own */
    return status;
}

static pybox_status do_resume(void)
{
    uint64_t revision;
    pybox_image *resumed;
    pybox_status status = pybox_store_resume(store, module, "s", &resumed, &revision);
    if (status == PYBOX_OK ? resumed == NULL || revision != 1 : resumed != NULL || revision != 0)
        return PYBOX_ERROR_GUEST;
    pybox_image_close(resumed);
    return status;
}

static pybox_status do_collect(void)
{
    return pybox_store_collect(store, 0, NULL, NULL);
}

static pybox_status do_remove(void)
{
    return pybox_store_remove(store, "s");
}

/* Whatever happened, the session is at a revision of those allowed, with its state; and all goes on. */
static void check_session(uint64_t least, uint64_t most, const char *what)
{
    uint64_t revision;
    pybox_box *now = resume("s", &revision);
    if (revision < least || revision > most)
        fail_msg("%s: revision %d", what, (int)revision);
    assert_eval(now, "x", revision == 1 ? "1" : "2");
    pybox_box_destroy(now);
    assert_works(pybox_store_collect(store, 0, NULL, NULL));
    assert_int_equal(count_files("snapshots", ".tmp") + count_files("sessions", ".tmp"), 0);
    assert_in_range(count_files("snapshots", ".snap"), 2, 3); /* a snapshot of the last tick is young */
    now = resume("s", &revision);
    park("s", now, &revision);
    pybox_box_destroy(now);
}

/* Puts the session back to revision 1. */
static void reset_session(void)
{
    uint64_t revision = 0;
    pybox_store_remove(store, "s");
    unlink(store_file("sessions/.removed.json")); /* as if none had been removed */
    pybox_box *fresh = make_box(NULL);
    eval(fresh, "x = 1");
    park("s", fresh, &revision);
    pybox_box_destroy(fresh);
}

static int count_descriptors(void)
{
    int count = 0;
    DIR *entries = opendir("/proc/self/fd");
    while (readdir(entries) != NULL)
        count++;
    closedir(entries);
    return count;
}

/* Fails each call of `work` in turn, until it is through. */
static void fail_each(pybox_status (*work)(void), void (*check)(int failed))
{
    int at;
    for (at = 1; at < CALLS_LIMIT; at++) {
        int descriptors = count_descriptors();
        arm(FAIL, at);
        pybox_status status = work();
        fault = NONE;
        assert_int_equal(count_descriptors(), descriptors);
        if (fired == NULL)
            break;
        if (status != PYBOX_OK && status != PYBOX_ERROR_IO && status != PYBOX_ERROR_NO_MEMORY)
            fail_msg("%s, call %d: %s: %s", fired, at, pybox_status_name(status),
                     pybox_error_message());
        if (check != NULL)
            check(status != PYBOX_OK);
    }
    assert_in_range(at, 10, CALLS_LIMIT - 1);
}

/* Kills a process at each call of `work` in turn. */
static void kill_at_each(pybox_status (*work)(void), void (*check)(int failed))
{
    int at, how = KILLED;
    for (at = 1; at < CALLS_LIMIT && how == KILLED; at++) {
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            arm(KILL, at);
            _exit(work() == PYBOX_OK ? 0 : 1);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        how = WEXITSTATUS(status);
        assert_true(how == KILLED || how == 0);
        check(how == KILLED);
    }
    assert_in_range(at, 10, CALLS_LIMIT - 1);
}

static void after_park(int failed)
{
    /* The last sync comes after the session is in place. */
    int may_be_new = !failed || (fired != NULL && strcmp(fired, "fsync") == 0);
    check_session(failed ? 1 : 2, may_be_new ? 2 : 1, fired != NULL ? fired : "none");
    reset_session();
}

static void after_killed_park(int killed)
{
    check_session(killed ? 1 : 2, 2, "killed");
    reset_session();
}

static void a_park_that_fails_changes_nothing(void **state)
{
    (void)state;
    fail_each(do_park, after_park);
}

static void a_park_that_is_killed_is_done_or_not(void **state)
{
    (void)state;
    kill_at_each(do_park, after_killed_park);
}

static void a_resume_that_fails_gives_nothing(void **state)
{
    (void)state;
    fail_each(do_resume, NULL);
}

/* A snapshot that no session needs. */
static void litter(void)
{
    uint64_t revision = 0;
    park("litter", box, &revision);
    assert_works(pybox_store_remove(store, "litter"));
}

static void after_collect(int failed)
{
    (void)failed;
    check_session(1, 1, "collect");
    reset_session();
    litter();
}

static void a_collection_that_fails_or_is_killed_loses_nothing(void **state)
{
    (void)state;
    litter();
    fail_each(do_collect, after_collect);
    kill_at_each(do_collect, after_collect);
}

static void after_remove(int failed)
{
    uint64_t revision;
    pybox_image *resumed;
    pybox_status status = pybox_store_resume(store, module, "s", &resumed, &revision);
    if (status == PYBOX_OK)
        assert_true(failed);
    else
        assert_int_equal(status, PYBOX_ERROR_ARGUMENT);
    pybox_image_close(resumed);
    reset_session();
}

static void a_removal_that_fails_leaves_the_session_or_says_why_not(void **state)
{
    (void)state;
    fail_each(do_remove, after_remove);
}

static void a_removal_that_is_killed_is_done_or_not(void **state)
{
    (void)state;
    int at, how = KILLED;
    for (at = 1; how == KILLED; at++) {
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            arm(KILL, at);
            _exit(do_remove() == PYBOX_OK ? 0 : 1);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        how = WEXITSTATUS(status);
        after_remove(how == KILLED);
    }
    assert_in_range(at, 4, 100);
}

#define FAULT_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAULT_TEST(a_park_that_fails_changes_nothing),
        FAULT_TEST(a_park_that_is_killed_is_done_or_not),
        FAULT_TEST(a_resume_that_fails_gives_nothing),
        FAULT_TEST(a_collection_that_fails_or_is_killed_loses_nothing),
        FAULT_TEST(a_removal_that_fails_leaves_the_session_or_says_why_not),
        FAULT_TEST(a_removal_that_is_killed_is_done_or_not),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
