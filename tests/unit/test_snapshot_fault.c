/*
 * What can fail fails, each time it is called, in turn; and the process is killed at each of these
 * calls.
 *
 * The functions that snapshot/ and base/ call are wrapped by the linker (`--wrap`). While a fault
 * is armed, calls are counted, and the one with the number that is armed fails.
 */
#include "snapshot_fixture.h"

#include "error.h"
#include "snapshot_delta.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include <cmocka.h>

#define KILLED 42
#define CALLS_LIMIT 10000 /* no scenario makes so many */

enum fault_kind { FAIL, INTERRUPT, SHORT, KILL, KILL_HALFWAY };

static struct {
    int armed;
    enum fault_kind kind;
    int at; /* number of the call to fail, from 1 on */
    atomic_int calls;
    atomic_int live; /* allocations that were made while armed and not freed */
    const char *fired;
    char order[8];    /* of the calls that put a file in place: f = fsync, d = of a directory, r =
                         rename */
    int on_directory; /* it was an fsync of a directory: all has been done by then */
} fault;

static void arm(enum fault_kind kind, int at)
{
    fault.kind = kind;
    fault.at = at;
    fault.fired = NULL;
    fault.on_directory = 0;
    memset(fault.order, 0, sizeof fault.order);
    atomic_store(&fault.calls, 0);
    atomic_store(&fault.live, 0);
    fault.armed = 1;
}

/* 1 if this call is to fail, with errno set. */
static int hit(const char *name, int error)
{
    if (!fault.armed || atomic_fetch_add(&fault.calls, 1) + 1 != fault.at)
        return 0;
    fault.fired = name;
    if (fault.kind == KILL || fault.kind == KILL_HALFWAY)
        _exit(KILLED);
    errno = error;
    return fault.kind == FAIL;
}

/* ---- the wrapped functions ---- */

void *__real_malloc(size_t length);
void *__real_calloc(size_t count, size_t length);
void *__real_realloc(void *pointer, size_t length);
void __real_free(void *pointer);
ssize_t __real_pread(int fd, void *bytes, size_t length, off_t offset);
ssize_t __real_pwrite(int fd, const void *bytes, size_t length, off_t offset);
int __real_open(const char *path, int flags, ...);
int __real_openat(int directory, const char *path, int flags, ...);
int __real_fstat(int fd, struct stat *found);
int __real_ftruncate(int fd, off_t length);
int __real_linkat(int from, const char *old, int to, const char *new, int flags);
int __real_renameat(int from, const char *old, int to, const char *new);
int __real_fcntl(int fd, int command, ...);
int __real_memfd_create(const char *name, unsigned flags);
void *__real_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
ssize_t __real_getrandom(void *bytes, size_t length, unsigned flags);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument);
ZSTD_CCtx *__real_ZSTD_createCCtx(void);
ZSTD_DCtx *__real_ZSTD_createDCtx(void);

void *__wrap_malloc(size_t length);
void *__wrap_calloc(size_t count, size_t length);
void *__wrap_realloc(void *pointer, size_t length);
void __wrap_free(void *pointer);
ssize_t __wrap_pread(int fd, void *bytes, size_t length, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t length, off_t offset);
int __wrap_open(const char *path, int flags, ...);
int __wrap_openat(int directory, const char *path, int flags, ...);
int __wrap_fstat(int fd, struct stat *found);
int __wrap_fsync(int fd);
int __wrap_ftruncate(int fd, off_t length);
int __wrap_linkat(int from, const char *old, int to, const char *new, int flags);
int __wrap_renameat(int from, const char *old, int to, const char *new);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_memfd_create(const char *name, unsigned flags);
void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
ssize_t __wrap_getrandom(void *bytes, size_t length, unsigned flags);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument);
ZSTD_CCtx *__wrap_ZSTD_createCCtx(void);
ZSTD_DCtx *__wrap_ZSTD_createDCtx(void);

void *__wrap_malloc(size_t length)
{
    if (hit("malloc", ENOMEM))
        return NULL;
    if (fault.armed)
        atomic_fetch_add(&fault.live, 1);
    return __real_malloc(length);
}

void *__wrap_calloc(size_t count, size_t length)
{
    if (hit("calloc", ENOMEM))
        return NULL;
    if (fault.armed)
        atomic_fetch_add(&fault.live, 1);
    return __real_calloc(count, length);
}

void *__wrap_realloc(void *pointer, size_t length)
{
    if (hit("realloc", ENOMEM))
        return NULL;
    if (fault.armed && pointer == NULL)
        atomic_fetch_add(&fault.live, 1);
    return __real_realloc(pointer, length);
}

void __wrap_free(void *pointer)
{
    if (fault.armed && pointer != NULL)
        atomic_fetch_sub(&fault.live, 1);
    __real_free(pointer);
}

ssize_t __wrap_pread(int fd, void *bytes, size_t length, off_t offset)
{
    if (hit("pread", EIO))
        return -1;
    int fired = fault.armed && atomic_load(&fault.calls) == fault.at;
    if (fired && fault.kind == INTERRUPT)
        return errno = EINTR, -1;
    return __real_pread(fd, bytes, fired && fault.kind == SHORT && length > 1 ? 1 : length, offset);
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    if (fault.armed && fault.kind == KILL_HALFWAY && atomic_load(&fault.calls) + 1 == fault.at)
        (void)!__real_pwrite(fd, bytes, length / 2, offset);
    if (hit("pwrite", ENOSPC))
        return -1;
    int fired = fault.armed && atomic_load(&fault.calls) == fault.at;
    if (fired && fault.kind == INTERRUPT)
        return errno = EINTR, -1;
    return __real_pwrite(fd, bytes, fired && fault.kind == SHORT && length > 1 ? 1 : length,
                         offset);
}

int __wrap_open(const char *path, int flags, ...)
{
    return hit("open", EMFILE) ? -1 : __real_open(path, flags);
}

static int all_named; /* this file system has no files without names */

int __wrap_openat(int directory, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    unsigned mode = va_arg(arguments, unsigned);
    va_end(arguments);
    if (all_named && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return hit("openat", EROFS) ? -1 : __real_openat(directory, path, flags, mode);
}

int __wrap_fstat(int fd, struct stat *found)
{
    return hit("fstat", EIO) ? -1 : __real_fstat(fd, found);
}

static void note_order(char call)
{
    size_t length = strlen(fault.order);
    if (fault.armed && length + 1 < sizeof fault.order)
        fault.order[length] = call;
}

int __wrap_fsync(int fd)
{
    struct stat found;
    int is_directory = __real_fstat(fd, &found) == 0 && S_ISDIR(found.st_mode);
    note_order(is_directory ? 'd' : 'f');
    if (hit("fsync", EIO)) {
        fault.on_directory = is_directory;
        return -1;
    }
    return 0; /* a killed process needs no disk */
}

int __wrap_ftruncate(int fd, off_t length)
{
    return hit("ftruncate", ENOSPC) ? -1 : __real_ftruncate(fd, length);
}

int __wrap_linkat(int from, const char *old, int to, const char *new, int flags)
{
    return hit("linkat", ENOSPC) ? -1 : __real_linkat(from, old, to, new, flags);
}

int __wrap_renameat(int from, const char *old, int to, const char *new)
{
    note_order('r');
    return hit("renameat", EACCES) ? -1 : __real_renameat(from, old, to, new);
}

int __wrap_fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    int argument = va_arg(arguments, int);
    va_end(arguments);
    return hit("fcntl", EPERM) ? -1 : __real_fcntl(fd, command, argument);
}

int __wrap_memfd_create(const char *name, unsigned flags)
{
    return hit("memfd_create", EMFILE) ? -1 : __real_memfd_create(name, flags);
}

void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    if (hit("mmap", ENOMEM))
        return MAP_FAILED;
    return __real_mmap(address, length, protection, flags, fd, offset);
}

ssize_t __wrap_getrandom(void *bytes, size_t length, unsigned flags)
{
    return hit("getrandom", ENOSYS) ? -1 : __real_getrandom(bytes, length, flags);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument)
{
    if (hit("pthread_create", 0))
        return EAGAIN;
    return __real_pthread_create(thread, attributes, start, argument);
}

ZSTD_CCtx *__wrap_ZSTD_createCCtx(void)
{
    return hit("ZSTD_createCCtx", ENOMEM) ? NULL : __real_ZSTD_createCCtx();
}

ZSTD_DCtx *__wrap_ZSTD_createDCtx(void)
{
    return hit("ZSTD_createDCtx", ENOMEM) ? NULL : __real_ZSTD_createDCtx();
}

/* ---- scenarios: each does one thing, and undoes what it made ---- */

static char target[256]; /* holds the old file */
static char compressed[256], mapped[256], delta[256], folder[256];
static const char *const folders[] = {folder};
static struct fixture_file old_file, new_files[3];
static struct snapshot_content large; /* enough chunks for two threads */
static struct snapshot_content changed; /* the same, later */
static struct image *parent;            /* of `large` */

static pybox_status write_as(pybox_form form, unsigned threads)
{
    struct snapshot_write_options options = {.form = form, .threads = threads};
    return snapshot_write(target, &large, &options);
}

static pybox_status write_compressed(unsigned threads)
{
    return write_as(PYBOX_FORM_COMPRESSED, threads);
}

static pybox_status write_mapped(unsigned threads)
{
    return write_as(PYBOX_FORM_MAPPED, threads);
}

static pybox_status open_map_close(const char *path, unsigned threads, int trusted)
{
    struct image_options options = {.threads = threads, .trusted_file = trusted};
    struct image *image;
    pybox_status status = image_open(path, NULL, &options, &image);
    if (status != PYBOX_OK)
        return image == NULL ? status : PYBOX_OK; /* an output on failure is an error of the test */
    uint8_t *memory;
    status = image_map(image, &memory);
    if (status == PYBOX_OK && memcmp(memory, large.memory, large.memory_bytes) != 0)
        status = PYBOX_ERROR_GUEST;
    image_unmap(image, memory);
    image_close(image);
    return status;
}

static pybox_status open_compressed(unsigned threads)
{
    return open_map_close(compressed, threads, 0);
}

static pybox_status open_mapped(unsigned threads)
{
    return open_map_close(mapped, threads, 0);
}

static pybox_status open_trusted(unsigned threads)
{
    return open_map_close(mapped, threads, 1);
}

static pybox_status verify_both(unsigned threads)
{
    const struct image_options options = {.threads = threads};
    pybox_status status = image_verify(compressed, &options);
    return status != PYBOX_OK ? status : image_verify(mapped, &options);
}

static pybox_status write_delta(unsigned threads)
{
    struct snapshot_write_options options = {.threads = threads};
    return snapshot_write_delta(target, &changed, parent, NULL, &options);
}

static pybox_status open_delta(unsigned threads, int layered)
{
    const struct image_options options = {.threads = threads,
                                          .folders = folders,
                                          .folder_count = 1,
                                          .layered = layered};
    struct image *image;
    pybox_status status = image_open(delta, NULL, &options, &image);
    if (status != PYBOX_OK)
        return image == NULL ? status : PYBOX_OK;
    uint8_t *memory;
    status = image_map(image, &memory);
    if (status == PYBOX_OK && memcmp(memory, changed.memory, changed.memory_bytes) != 0)
        status = PYBOX_ERROR_GUEST;
    image_unmap(image, memory);
    image_close(image);
    return status;
}

static pybox_status open_layered(unsigned threads)
{
    return open_delta(threads, 1);
}

static pybox_status open_flattened(unsigned threads)
{
    return open_delta(threads, 0);
}

static pybox_status verify_delta(unsigned threads)
{
    const struct image_options options = {
        .threads = threads, .folders = folders, .folder_count = 1};
    return image_verify(delta, &options);
}

static pybox_status name_of_memory(unsigned threads)
{
    (void)threads;
    struct image *image;
    uint8_t name[DIGEST_BYTES];
    pybox_status status = image_create_from_content(&large, &image);
    if (status == PYBOX_OK)
        status = image_digest_name(image, name);
    image_close(image);
    return status;
}

static pybox_status image_from_memory(unsigned threads)
{
    (void)threads;
    struct image *image;
    pybox_status status = image_create_from_content(&large, &image);
    if (status == PYBOX_OK)
        image_close(image);
    return status;
}

static pybox_status digest_of_file(unsigned threads)
{
    (void)threads;
    uint8_t digest[DIGEST_BYTES];
    int fd = open(compressed, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return PYBOX_ERROR_IO;
    pybox_status status = digest_file(fd, digest);
    close(fd);
    return status;
}

static const struct scenario {
    const char *name;
    pybox_status (*run)(unsigned threads);
    const struct fixture_file *written; /* what target holds after success; NULL: what it held */
    int searches; /* a file that cannot be looked at is in the way of none that can */
} scenarios[] = {
    {"write compressed", write_compressed, &new_files[0], 0},
    {"write mapped", write_mapped, &new_files[1], 0},
    {"write delta", write_delta, &new_files[2], 0},
    {"open compressed", open_compressed, NULL, 0},
    {"open mapped", open_mapped, NULL, 0},
    {"open trusted", open_trusted, NULL, 0},
    {"verify", verify_both, NULL, 0},
    {"open layered", open_layered, NULL, 1},
    {"open flattened", open_flattened, NULL, 1},
    {"verify delta", verify_delta, NULL, 1},
    {"name of memory", name_of_memory, NULL, 0},
    {"image from memory", image_from_memory, NULL, 0},
    {"digest", digest_of_file, NULL, 0},
};
#define SCENARIOS (sizeof scenarios / sizeof *scenarios)
#define WRITERS 3 /* the first of them */

/* ---- tests ---- */

static int holds(const struct fixture_file *expected)
{
    struct fixture_file found = fixture_load(target);
    int same =
        found.length == expected->length && memcmp(found.bytes, expected->bytes, found.length) == 0;
    free(found.bytes);
    return same;
}

static void restore_target(void)
{
    fixture_store(target, old_file.bytes, old_file.length);
}

static void check_failure(const struct scenario *scenario, int at, pybox_status status)
{
    static const pybox_status allowed[] = {PYBOX_ERROR_IO, PYBOX_ERROR_NO_MEMORY,
                                           PYBOX_ERROR_UNSUPPORTED};
    int clean = 0;
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        clean |= status == allowed[i];
    if (!clean)
        fail_msg("%s, call %d (%s): status %d: %s", scenario->name, at, fault.fired, status,
                 error_message());
    if (error_message()[0] == '\0')
        fail_msg("%s, call %d (%s): no message", scenario->name, at, fault.fired);
    if (!holds(fault.on_directory ? scenario->written : &old_file))
        fail_msg("%s, call %d (%s): the old file is damaged", scenario->name, at, fault.fired);
}

static void fail_each_call(const struct scenario *scenario, unsigned threads, enum fault_kind kind)
{
    for (int at = 1;; at++) {
        assert_true(at < CALLS_LIMIT);
        restore_target();
        int files = fixture_count_files(), descriptors = fixture_count_descriptors();
        arm(kind, at);
        pybox_status status = scenario->run(threads);
        fault.armed = 0;
        const char *fired = fault.fired;
        int may_go_on = fired == NULL || kind != FAIL || strcmp(fired, "pthread_create") == 0 ||
                        /* then the file has a name from the beginning */
                        (scenario->written != NULL && status == PYBOX_OK && strcmp(fired, "openat") == 0) ||
                        (scenario->searches && status == PYBOX_OK);
        if (!may_go_on) {
            check_failure(scenario, at, status);
        } else {
            if (status != PYBOX_OK)
                fail_msg("%s, call %d (%s): %d %s", scenario->name, at, fired ? fired : "none",
                         status, error_message());
            assert_true(holds(scenario->written != NULL ? scenario->written : &old_file));
        }
        if (fixture_count_files() != files || fixture_count_descriptors() != descriptors ||
            atomic_load(&fault.live) != 0)
            fail_msg("%s, call %d (%s): leaks: %d files, %d descriptors, %d allocations",
                     scenario->name, at, fired ? fired : "none", fixture_count_files() - files,
                     fixture_count_descriptors() - descriptors, atomic_load(&fault.live));
        if (fired == NULL)
            return;
    }
}

static void each_failing_call_is_a_clean_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++)
        fail_each_call(&scenarios[i], 1, FAIL);
    all_named = 1;
    for (size_t i = 0; i < WRITERS; i++)
        fail_each_call(&scenarios[i], 1, FAIL);
    all_named = 0;
}

static void each_failing_call_is_a_clean_error_with_threads(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++)
        fail_each_call(&scenarios[i], 2, FAIL);
}

static void interrupted_and_short_calls_are_continued(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++) {
        fail_each_call(&scenarios[i], 1, INTERRUPT);
        fail_each_call(&scenarios[i], 1, SHORT);
    }
}

/* Removes what a killed writer leaves: at most one file. How many. */
static int remove_draft(void)
{
    char command[600];
    int left = fixture_count_files() - 4;
    assert_in_range(left, 0, 1);
    snprintf(command, sizeof command, "rm -f %s", fixture_path(".pybox-*.tmp"));
    assert_int_equal(system(command), 0);
    assert_int_equal(fixture_count_files(), 4);
    return left;
}

static void kill_at_each_call(const struct scenario *scenario, enum fault_kind kind)
{
    int old_seen = 0, new_seen = 0, left = 0;
    for (int at = 1;; at++) {
        assert_true(at < CALLS_LIMIT);
        restore_target();
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            arm(kind, at);
            _exit(scenario->run(1) == PYBOX_OK ? 0 : 1);
        }
        int how;
        assert_int_equal(waitpid(child, &how, 0), child);
        assert_true(WIFEXITED(how));
        int is_old = holds(&old_file), is_new = holds(scenario->written);
        if (!is_old && !is_new)
            fail_msg("%s, killed at call %d: a broken file", scenario->name, at);
        old_seen += is_old;
        new_seen += is_new;
        left += remove_draft();
        if (WEXITSTATUS(how) == 0)
            break;
        assert_int_equal(WEXITSTATUS(how), KILLED);
    }
    assert_true(old_seen > 10); /* it was killed before the rename, and after */
    assert_true(new_seen >= 2);
    if (all_named)
        assert_true(left > 5);
    else
        assert_int_equal(left, 1); /* between its two names */
}

static void a_killed_writer_leaves_the_old_file_or_the_new_one(void **state)
{
    (void)state;
    for (int i = 0; i < WRITERS; i++) {
        kill_at_each_call(&scenarios[i], KILL);
        kill_at_each_call(&scenarios[i], KILL_HALFWAY);
        all_named = 1;
        kill_at_each_call(&scenarios[i], KILL);
        kill_at_each_call(&scenarios[i], KILL_HALFWAY);
        all_named = 0;
    }
}

/* What a test cannot do is to cut the power; so at least the order. */
static void a_file_is_synced_before_it_gets_its_name(void **state)
{
    (void)state;
    for (int i = 0; i < WRITERS; i++) {
        arm(FAIL, CALLS_LIMIT);
        pybox_status status = scenarios[i].run(1);
        fault.armed = 0;
        assert_int_equal(status, PYBOX_OK);
        assert_string_equal(fault.order, "frd");
    }
}

static int set_up(void **state)
{
    (void)state;
    fixture_use_memory();
    strcpy(target, fixture_path("target"));
    strcpy(compressed, fixture_path("compressed.snap")); /* the delta's parent is found */
    strcpy(delta, fixture_path("delta"));
    strcpy(folder, fixture_path("."));
    strcpy(mapped, fixture_path("mapped"));
    large = *fixture_content();
    large.memory_bytes = 34 * SNAPSHOT_PAGE_BYTES;
    uint8_t *memory = calloc(1, large.memory_bytes);
    for (size_t page = 0; page < 34; page += 3)
        memset(memory + page * SNAPSHOT_PAGE_BYTES + 4096 * (page % 16), (int)page + 1, 100);
    large.memory = memory;
    uint8_t *later = malloc(large.memory_bytes);
    memcpy(later, memory, large.memory_bytes);
    for (size_t page = 0; page < 34 * 16; page += 1 + page / 9) /* more than one block of pages */
        later[page * 4096 + page] ^= 0x99;

    changed = large;
    changed.memory = later;
    struct snapshot_write_options as_mapped = {.form = PYBOX_FORM_MAPPED};
    if (snapshot_write(target, fixture_content(), NULL) != PYBOX_OK ||
        snapshot_write(compressed, &large, NULL) != PYBOX_OK ||
        snapshot_write(mapped, &large, &as_mapped) != PYBOX_OK ||
        image_open(compressed, NULL, NULL, &parent) != PYBOX_OK ||
        snapshot_write_delta(delta, &changed, parent, NULL, NULL) != PYBOX_OK)
        return -1;
    old_file = fixture_load(target);
    new_files[0] = fixture_load(compressed);
    new_files[1] = fixture_load(mapped);
    new_files[2] = fixture_load(delta);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free((void *)(uintptr_t)large.memory);
    free(old_file.bytes);
    free(new_files[0].bytes);
    free(new_files[1].bytes);
    free(new_files[2].bytes);
    free((void *)(uintptr_t)changed.memory);
    image_close(parent);
    fixture_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failing_call_is_a_clean_error),
        cmocka_unit_test(each_failing_call_is_a_clean_error_with_threads),
        cmocka_unit_test(interrupted_and_short_calls_are_continued),
        cmocka_unit_test(a_file_is_synced_before_it_gets_its_name),
        cmocka_unit_test(a_killed_writer_leaves_the_old_file_or_the_new_one),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
