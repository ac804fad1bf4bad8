/* Checkpoint and rollback, the same tests for each method. */
#include "rollback.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <cmocka.h>

#include "rollback_fixture.h"

/* The way that the group runs with. */
static const struct fixture_way *way;

static void make(struct fixture *fixture)
{
    fixture_make(fixture, &way->options);
}

static void restore(struct fixture *fixture)
{
    assert_int_equal(rollback_restore(fixture->rollback), PYBOX_OK);
}

static void checkpoint(struct fixture *fixture)
{
    assert_int_equal(rollback_checkpoint(fixture->rollback), PYBOX_OK);
}

static void test_writes_are_undone(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    restore(&fixture); /* nothing was written */
    fixture_assert_fresh(&fixture);
    for (int round = 1; round < 40; round++) {
        fixture_write(&fixture, 0, 1);
        fixture_write(&fixture, 7, (uint8_t)round);
        fixture_write(&fixture, 8, (uint8_t)round);
        fixture_write(&fixture, FIXTURE_IMAGE_PAGES - 1, 0); /* zeroed: not the image's */
        fixture_write(&fixture, FIXTURE_IMAGE_PAGES, 9);     /* beyond the image */
        fixture_write(&fixture, FIXTURE_PAGES * 16 - 1, 9);  /* the last */
        fixture_write(&fixture, 20 + (uint64_t)round, 5);    /* another each time */
        restore(&fixture);
        fixture_assert_fresh(&fixture);
    }
    assert_int_equal(rollback_depth(fixture.rollback), 0);
    fixture_free(&fixture);
}

static void test_writes_before_it_was_created_are_undone(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    rollback_destroy(fixture.rollback);
    memset(fixture.memory.base, 3, 3 * FIXTURE_PAGE);
    assert_int_equal(rollback_create(&fixture.memory, fixture.image,
                                     FIXTURE_IMAGE_PAGES * FIXTURE_PAGE, &way->options,
                                     &fixture.rollback),
                     PYBOX_OK);
    rollback_enter(fixture.rollback);
    restore(&fixture);
    fixture_assert_fresh(&fixture);
    fixture_free(&fixture);
}

static void test_a_writer_need_not_enter(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    for (uint64_t round = 0; round < 10; round++) {
        fixture.memory.base[(round * 3 + 1) * FIXTURE_PAGE] = 77;
        fixture.memory.base[FIXTURE_PAGE] = 77;
        restore(&fixture);
        fixture_assert_fresh(&fixture);
    }
    fixture_free(&fixture);
}

/* Another thread, that writes the memory whenever it is asked to. */
struct writer {
    struct fixture *fixture;
    sem_t asked, done;
    uint64_t page; /* 0: end */
};

static void *write_when_asked(void *argument)
{
    struct writer *writer = argument;
    for (;;) {
        sem_wait(&writer->asked);
        if (writer->page == 0)
            return NULL;
        fixture_write(writer->fixture, writer->page, 1);
        sem_post(&writer->done);
    }
}

static void ask(struct writer *writer, uint64_t page)
{
    writer->page = page;
    sem_post(&writer->asked);
    if (page != 0)
        while (sem_wait(&writer->done) != 0)
            ;
}

static void test_writers_may_be_on_several_threads(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    struct writer writer = {.fixture = &fixture};
    sem_init(&writer.asked, 0, 0);
    sem_init(&writer.done, 0, 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_when_asked, &writer), 0);
    for (uint64_t round = 1; round < 100; round++) {
        if (round % 2 == 0)
            fixture_write(&fixture, 5, 1); /* this thread alone would need no scan */
        ask(&writer, round * 10);
        if (round % 3 == 0)
            fixture_write(&fixture, 6, 1);
        restore(&fixture);
        assert_int_equal(fixture.memory.base[round * 10 * FIXTURE_PAGE], 0);
    }
    fixture_assert_fresh(&fixture);
    ask(&writer, 0);
    pthread_join(thread, NULL);
    sem_destroy(&writer.asked);
    sem_destroy(&writer.done);
    fixture_free(&fixture);
}

static void test_growth_is_undone(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    for (int round = 0; round < 4; round++) {
        rollback_enter(fixture.rollback);
        assert_int_equal(memory_grow(&fixture.memory, 10), FIXTURE_PAGES);
        const uint8_t *grown = fixture.memory.base + FIXTURE_PAGES * MEMORY_PAGE_BYTES;
        for (size_t i = 0; i < 10 * MEMORY_PAGE_BYTES; i++)
            assert_int_equal(grown[i], 0);
        fixture_write(&fixture, FIXTURE_PAGES * 16, 1);
        fixture_write(&fixture, FIXTURE_PAGES * 16 + 159, 1);
        fixture_write(&fixture, 3, 1);
        restore(&fixture);
        fixture_assert_fresh(&fixture);
    }
    fixture_free(&fixture);
}

static void test_what_is_above_the_cap_is_dropped(void **state)
{
    (void)state;
    struct rollback_options options = way->options;
    options.resident_bytes = 20 * FIXTURE_PAGE;
    struct fixture fixture;
    fixture_make(&fixture, &options);
    for (int round = 0; round < 5; round++) {
        for (uint64_t page = 0; page < 10; page++)
            fixture_write(&fixture, page * 40, 1);
        restore(&fixture);
    }
    if (way->options.method != ROLLBACK_PLAIN)
        assert_int_equal(rollback_statistics(fixture.rollback).resident_pages, 10);
    for (uint64_t page = 100; page < 900; page += 3)
        fixture_write(&fixture, page, 1);
    restore(&fixture);
    fixture_assert_fresh(&fixture);
    struct rollback_statistics statistics = rollback_statistics(fixture.rollback);
    assert_true(statistics.resident_pages <= 20);
    if (way->options.method != ROLLBACK_PLAIN) {
        assert_int_equal(statistics.resident_pages, 10); /* those in use were kept */
        assert_true(statistics.pages_dropped >= 260);
    }
    fixture_free(&fixture);
}

static void test_a_page_out_of_use_is_given_back(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    for (uint64_t page = 0; page < 200; page++)
        fixture_write(&fixture, page * 4, 1);
    for (int round = 0; round < 40; round++) {
        for (uint64_t page = 0; page < 10; page++)
            fixture_write(&fixture, page * 44, (uint8_t)round);
        restore(&fixture);
        fixture_assert_fresh(&fixture);
    }
    struct rollback_statistics statistics = rollback_statistics(fixture.rollback);
    assert_true(statistics.resident_pages < 64);
    if (way->options.method != ROLLBACK_PLAIN)
        assert_true(statistics.resident_pages >= 10);
    fixture_free(&fixture);
}

static void test_a_page_written_with_what_it_held_stays(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    uint64_t dropped = 0;
    for (int round = 0; round < 1000; round++) {
        for (uint64_t page = 0; page < 100; page++)
            fixture_write(&fixture, page * 2, 0); /* zeroes, as in the image */
        restore(&fixture);
        if (round == 500)
            dropped = rollback_statistics(fixture.rollback).pages_dropped;
    }
    fixture_assert_fresh(&fixture);
    /* Given back less and less often: twice as long each time. */
    assert_true(rollback_statistics(fixture.rollback).pages_dropped <= dropped + 200);
    fixture_free(&fixture);
}

static void test_a_checkpoint_is_returned_to_any_number_of_times(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    fixture_write(&fixture, 4, 4);
    fixture_write(&fixture, 5, 5);
    fixture_write(&fixture, 900, 9);
    uint8_t *kept = fixture_copy(&fixture);
    checkpoint(&fixture);
    assert_int_equal(rollback_depth(fixture.rollback), 1);
    for (int round = 0; round < 10; round++) {
        fixture_write(&fixture, 5, 50);
        fixture_write(&fixture, 6, 60);
        fixture_write(&fixture, 900, 0);
        fixture_write(&fixture, 901, 90);
        restore(&fixture);
        fixture_assert_equal(&fixture, kept, FIXTURE_PAGES);
    }
    assert_int_equal(rollback_drop(fixture.rollback), PYBOX_OK);
    fixture_assert_equal(&fixture, kept, FIXTURE_PAGES); /* dropping changes nothing */
    restore(&fixture);
    fixture_assert_fresh(&fixture);
    free(kept);
    fixture_free(&fixture);
}

static void test_checkpoints_are_a_stack(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    uint8_t *kept[4];
    for (int level = 0; level < 4; level++) {
        fixture_write(&fixture, 10, (uint8_t)(level + 1));
        fixture_write(&fixture, 20 + (uint64_t)level, 1);
        rollback_enter(fixture.rollback);
        assert_int_equal(memory_grow(&fixture.memory, 1), FIXTURE_PAGES + (unsigned)level);
        fixture_write(&fixture, FIXTURE_PAGES * 16 + (uint64_t)level * 16, 7);
        checkpoint(&fixture);
        kept[level] = fixture_copy(&fixture);
    }
    for (int level = 3; level >= 0; level--) {
        fixture_write(&fixture, 10, 99);
        fixture_write(&fixture, 300, 99);
        restore(&fixture);
        fixture_assert_equal(&fixture, kept[level], FIXTURE_PAGES + (unsigned)level + 1);
        assert_int_equal(rollback_drop(fixture.rollback), PYBOX_OK);
        free(kept[level]);
    }
    restore(&fixture);
    fixture_assert_fresh(&fixture);
    fixture_free(&fixture);
}

static void test_a_renewed_checkpoint_is_the_state_now(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    fixture_write(&fixture, 1, 1);
    checkpoint(&fixture);
    uint8_t *below = fixture_copy(&fixture);
    fixture_write(&fixture, 2, 2);
    checkpoint(&fixture);
    for (int round = 0; round < 20; round++) {
        fixture_write(&fixture, 2, (uint8_t)round);
        fixture_write(&fixture, 100 + (uint64_t)round, 1);
        assert_int_equal(rollback_renew(fixture.rollback), PYBOX_OK);
        uint8_t *kept = fixture_copy(&fixture);
        fixture_write(&fixture, 1, 7);
        fixture_write(&fixture, 2, 7);
        restore(&fixture);
        fixture_assert_equal(&fixture, kept, FIXTURE_PAGES);
        free(kept);
    }
    assert_int_equal(rollback_depth(fixture.rollback), 2);
    assert_int_equal(rollback_drop(fixture.rollback), PYBOX_OK);
    restore(&fixture);
    fixture_assert_equal(&fixture, below, FIXTURE_PAGES);
    assert_int_equal(rollback_reset(fixture.rollback), PYBOX_OK);
    fixture_assert_fresh(&fixture);
    free(below);
    fixture_free(&fixture);
}

static void test_a_large_session_is_tracked(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    for (uint64_t page = 0; page < 700; page++)
        fixture_write(&fixture, page, (uint8_t)(page + 1));
    uint8_t *kept = fixture_copy(&fixture);
    checkpoint(&fixture);
    assert_int_equal(rollback_statistics(fixture.rollback).protections,
                     way->options.method == ROLLBACK_TRACK);
    for (int round = 0; round < 5; round++) {
        fixture_write(&fixture, 3, 200);
        fixture_write(&fixture, 300 + (uint64_t)round, 200);
        fixture_write(&fixture, 800, 200);
        restore(&fixture);
        fixture_assert_equal(&fixture, kept, FIXTURE_PAGES);
    }
    struct rollback_statistics statistics = rollback_statistics(fixture.rollback);
    if (way->options.method == ROLLBACK_TRACK) {
        assert_int_equal(statistics.protections, 1);
        assert_true(statistics.resident_pages < 20);
    }
    assert_int_equal(rollback_drop(fixture.rollback), PYBOX_OK);
    fixture_write(&fixture, 9, 1);
    restore(&fixture);
    fixture_assert_fresh(&fixture);
    free(kept);
    fixture_free(&fixture);
}

static void test_what_the_kernel_writes_is_undone(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    for (uint64_t page = 0; page < 700; page++)
        fixture_write(&fixture, page, 3);
    checkpoint(&fixture); /* the pages may be protected from now on */
    uint8_t *kept = fixture_copy(&fixture);
    for (int round = 0; round < 3; round++) {
        rollback_enter(fixture.rollback);
        for (uint64_t page = 9; page < 1000; page += 90) {
            void *address = fixture.memory.base + page * FIXTURE_PAGE;
            assert_int_equal(pread(fixture.fd, address, 5000, 4096), 5000);
        }
        restore(&fixture);
        fixture_assert_equal(&fixture, kept, FIXTURE_PAGES);
    }
    free(kept);
    fixture_free(&fixture);
}

static int mappings_of(const struct memory *memory)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[1024];
    int count = 0;
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long start, end;
        count += sscanf(line, "%lx-%lx", &start, &end) == 2 && end > (uintptr_t)memory->base &&
                 start < (uintptr_t)memory->base + MEMORY_RESERVED_BYTES;
    }
    fclose(maps);
    return count;
}

static void test_a_memory_has_no_more_mappings_for_it(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    for (uint64_t page = 0; page < 1000; page += 2)
        fixture_write(&fixture, page, 3);
    checkpoint(&fixture);
    for (int round = 0; round < 3; round++) {
        rollback_enter(fixture.rollback);
        memory_grow(&fixture.memory, 2);
        fixture_write(&fixture, 1024, 1);
        fixture_write(&fixture, 3, 1);
        assert_int_equal(mappings_of(&fixture.memory), 3);
        restore(&fixture);
        assert_int_equal(mappings_of(&fixture.memory), 3);
    }
    fixture_free(&fixture);
}

static void become_large(pybox_status (*then)(struct rollback *))
{
    struct fixture fixture;
    make(&fixture);
    fixture_write(&fixture, 0, 1);
    checkpoint(&fixture);
    for (uint64_t page = 0; page < 700; page++)
        fixture_write(&fixture, page, (uint8_t)(page + 1));
    assert_int_equal(rollback_renew(fixture.rollback), PYBOX_OK);
    for (int round = 0; round < 4; round++) {
        fixture_write(&fixture, 9, (uint8_t)round);
        assert_int_equal(then(fixture.rollback), PYBOX_OK);
    }
    assert_int_equal(rollback_statistics(fixture.rollback).protections,
                     way->options.method == ROLLBACK_TRACK);
    uint8_t *kept = fixture_copy(&fixture);
    fixture_write(&fixture, 9, 80);
    restore(&fixture);
    fixture_assert_equal(&fixture, kept, FIXTURE_PAGES);
    rollback_enter(fixture.rollback); /* without a write */
    assert_int_equal(rollback_reset(fixture.rollback), PYBOX_OK);
    fixture_assert_fresh(&fixture);
    free(kept);
    fixture_free(&fixture);
}

static void test_a_session_that_becomes_large_is_tracked(void **state)
{
    (void)state;
    become_large(rollback_renew);
    become_large(rollback_restore);
}

static void test_saved_pages_among_dropped_ones_stay(void **state)
{
    (void)state;
    struct rollback_options options = way->options;
    options.resident_bytes = FIXTURE_PAGE;
    struct fixture fixture;
    fixture_make(&fixture, &options);
    for (uint64_t page = 0; page < 1024; page += 2)
        fixture_write(&fixture, page, 5);
    checkpoint(&fixture);
    uint8_t *kept = fixture_copy(&fixture);
    for (uint64_t page = 1; page < 100; page += 2)
        fixture_write(&fixture, page, 6);
    restore(&fixture);
    fixture_assert_equal(&fixture, kept, FIXTURE_PAGES);
    if (way->options.method != ROLLBACK_PLAIN)
        assert_true(rollback_statistics(fixture.rollback).pages_dropped >= 50);
    free(kept);
    fixture_free(&fixture);
}

static void test_there_must_be_a_checkpoint_and_not_too_many(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    assert_int_equal(rollback_drop(fixture.rollback), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(rollback_renew(fixture.rollback), PYBOX_ERROR_ARGUMENT);
    for (int i = 0; i < ROLLBACK_MAX_DEPTH; i++)
        checkpoint(&fixture);
    assert_int_equal(rollback_checkpoint(fixture.rollback), PYBOX_ERROR_LIMIT);
    assert_int_equal(rollback_depth(fixture.rollback), ROLLBACK_MAX_DEPTH);
    assert_int_equal(rollback_reset(fixture.rollback), PYBOX_OK);
    assert_int_equal(rollback_depth(fixture.rollback), 0);
    fixture_free(&fixture);
}

static void test_trimming_keeps_the_state_and_frees_the_rest(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    for (uint64_t page = 0; page < 100; page++)
        fixture_write(&fixture, page, 1);
    restore(&fixture);
    fixture_write(&fixture, 9, 9);
    uint8_t *kept = fixture_copy(&fixture);
    checkpoint(&fixture);
    assert_int_equal(rollback_drop(fixture.rollback), PYBOX_OK);
    assert_int_equal(rollback_trim(fixture.rollback), PYBOX_OK);
    struct rollback_statistics statistics = rollback_statistics(fixture.rollback);
    assert_true(statistics.storage_bytes < 1000);
    assert_true(statistics.resident_pages <= 1);
    rollback_enter(fixture.rollback);
    fixture_assert_equal(&fixture, kept, FIXTURE_PAGES);
    fixture_write(&fixture, 10, 9);
    restore(&fixture);
    fixture_assert_fresh(&fixture);
    free(kept);
    fixture_free(&fixture);
}

static pybox_status count_pages(void *context, uint64_t address, uint64_t bytes)
{
    assert_int_equal(address % FIXTURE_PAGE, 0);
    *(uint64_t *)context += bytes / FIXTURE_PAGE;
    return PYBOX_OK;
}

static void test_private_pages_are_told_whether_they_differ_or_not(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    uint64_t private = 0, changed = 0;
    assert_int_equal(rollback_each_private(fixture.rollback, count_pages, &private), PYBOX_OK);
    assert_int_equal(private, 0);
    for (uint64_t page = 10; page < 20; page++)
        fixture_write(&fixture, page, 5);
    restore(&fixture);
    fixture_write(&fixture, 1000, 5);
    assert_int_equal(rollback_each_change(fixture.rollback, count_pages, &changed), PYBOX_OK);
    assert_int_equal(changed, 1);
    assert_int_equal(rollback_each_private(fixture.rollback, count_pages, &private), PYBOX_OK);
    assert_int_equal(private, way->options.method == ROLLBACK_PLAIN ? 0 : 11);
    fixture_free(&fixture);
}

static void write_byte(struct fixture *fixture, uint64_t page, uint8_t value)
{
    rollback_enter(fixture->rollback);
    fixture->memory.base[page * FIXTURE_PAGE + page % FIXTURE_PAGE] ^= value;
}

/* A session at rest, above a checkpoint or not, with pages within the image and behind it. */
static void trim_a_session(int depth, pybox_status (*next)(struct rollback *), int back)
{
    struct fixture fixture;
    make(&fixture);
    for (uint64_t page = 0; page < FIXTURE_PAGES * 16; page += 7)
        write_byte(&fixture, page, 1);
    uint8_t *below = fixture_copy(&fixture);
    for (int i = 0; i < depth; i++)
        checkpoint(&fixture);
    for (uint64_t page = 0; page < FIXTURE_PAGES * 16; page += 5)
        write_byte(&fixture, page, page % 2 == 0 ? 1 : 3); /* some are as in the image again */
    uint8_t *now = fixture_copy(&fixture);
    for (int i = 0; i < 2; i++) /* also one that is trimmed already */
        assert_int_equal(rollback_trim(fixture.rollback), PYBOX_OK);
    struct rollback_statistics statistics = rollback_statistics(fixture.rollback);
    if (depth == 0 && statistics.method != ROLLBACK_PLAIN) {
        assert_int_equal(statistics.resident_pages, 0);
        assert_true(statistics.storage_bytes < 100 * FIXTURE_PAGES * 16);
    }
    if (next != NULL)
        assert_int_equal(next(fixture.rollback), PYBOX_OK);
    rollback_enter(fixture.rollback);
    if (!back)
        fixture_assert_equal(&fixture, now, FIXTURE_PAGES);
    restore(&fixture);
    if (back == 2 || (depth == 0 && next != rollback_checkpoint))
        fixture_assert_fresh(&fixture);
    else
        fixture_assert_equal(
            &fixture, back == 1 || next == NULL || next == rollback_drop ? below : now, FIXTURE_PAGES);
    free(below);
    free(now);
    fixture_free(&fixture);
}

static void test_a_trimmed_memory_comes_back(void **state)
{
    (void)state;
    for (int depth = 0; depth <= 1; depth++) {
        trim_a_session(depth, NULL, 0);
        trim_a_session(depth, rollback_checkpoint, 0);
        trim_a_session(depth, rollback_restore, depth == 0 ? 2 : 1);
        trim_a_session(depth, rollback_reset, 2);
    }
    trim_a_session(1, rollback_renew, 0);
    trim_a_session(2, rollback_drop, 0);
}

static void test_the_changes_of_a_trimmed_memory(void **state)
{
    (void)state;
    struct fixture fixture, clone;
    make(&fixture);
    fixture_make_sibling(&clone, &fixture, &way->options);
    for (uint64_t page = 3; page < 300; page += 11)
        write_byte(&fixture, page, 1);
    uint8_t *now = fixture_copy(&fixture);
    assert_int_equal(rollback_trim(fixture.rollback), PYBOX_OK);
    assert_int_equal(rollback_clone(fixture.rollback, clone.rollback), PYBOX_OK);
    fixture_assert_equal(&clone, now, FIXTURE_PAGES);
    fixture_assert_equal(&fixture, now, FIXTURE_PAGES);
    assert_int_equal(rollback_trim(clone.rollback), PYBOX_OK);
    restore(&fixture);
    assert_int_equal(rollback_clone(fixture.rollback, clone.rollback), PYBOX_OK);
    fixture_assert_fresh(&clone);
    fixture_free(&clone);
    fixture_free(&fixture);
    free(now);
}

static void test_a_clone_is_equal_and_independent(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    struct fixture clone;
    fixture_make_sibling(&clone, &fixture, &way->options);
    fixture_write(&fixture, 3, 3);
    checkpoint(&fixture);
    fixture_write(&fixture, 4, 4);
    fixture_write(&fixture, 5, 0);
    rollback_enter(fixture.rollback);
    memory_grow(&fixture.memory, 3);
    fixture_write(&fixture, FIXTURE_PAGES * 16 + 20, 4);
    fixture_write(&clone, 70, 1); /* is gone afterwards */
    uint8_t *kept = fixture_copy(&fixture);
    assert_int_equal(rollback_clone(fixture.rollback, clone.rollback), PYBOX_OK);
    fixture_assert_equal(&clone, kept, FIXTURE_PAGES + 3);
    assert_int_equal(rollback_depth(clone.rollback), 0);
    checkpoint(&clone);
    fixture_write(&clone, 3, 30);
    fixture_write(&clone, 6, 60);
    fixture_assert_equal(&fixture, kept, FIXTURE_PAGES + 3);
    restore(&clone);
    fixture_assert_equal(&clone, kept, FIXTURE_PAGES + 3);
    assert_int_equal(rollback_reset(clone.rollback), PYBOX_OK);
    fixture_assert_fresh(&clone);
    fixture_write(&fixture, 50, 5);
    assert_int_equal(rollback_clone(fixture.rollback, clone.rollback), PYBOX_OK);
    rollback_enter(clone.rollback); /* without a write */
    restore(&clone);
    fixture_assert_fresh(&clone);
    free(kept);
    fixture_free_sibling(&clone);
    fixture_free(&fixture);
}

static void test_a_clone_must_fit(void **state)
{
    (void)state;
    struct fixture fixture, other, clone;
    make(&fixture);
    make(&other);
    fixture_make_sibling(&clone, &fixture, &way->options);
    assert_int_equal(rollback_clone(fixture.rollback, other.rollback), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(rollback_clone(fixture.rollback, fixture.rollback), PYBOX_ERROR_ARGUMENT);
    clone.memory.limit_pages = FIXTURE_PAGES;
    memory_grow(&fixture.memory, 1);
    assert_int_equal(rollback_clone(fixture.rollback, clone.rollback), PYBOX_ERROR_LIMIT);
    restore(&fixture);
    checkpoint(&clone);
    assert_int_equal(rollback_clone(fixture.rollback, clone.rollback), PYBOX_ERROR_ARGUMENT);
    fixture_free_sibling(&clone);
    fixture_free(&fixture);
    fixture_free(&other);
}

/* Ranges as "first-last " in pages. */
static pybox_status print_range(void *context, uint64_t address, uint64_t bytes)
{
    char *text = context;
    assert_int_equal(address % 4096, 0);
    assert_true(bytes > 0 && bytes % 4096 == 0);
    snprintf(text + strlen(text), 200 - strlen(text), "%llu-%llu ",
             (unsigned long long)address / 4096, (unsigned long long)(address + bytes) / 4096 - 1);
    return PYBOX_OK;
}

static pybox_status stop_at_once(void *context, uint64_t address, uint64_t bytes)
{
    (void)address;
    (void)bytes;
    ++*(int *)context;
    return PYBOX_ERROR_IO;
}

static void test_changes_are_listed_in_ranges(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    char text[200] = "";
    assert_int_equal(rollback_each_change(fixture.rollback, print_range, text), PYBOX_OK);
    assert_string_equal(text, "");
    fixture_write(&fixture, 0, 1);
    fixture_write(&fixture, 1, 1);
    fixture_write(&fixture, 2, 0); /* as in the image */
    fixture_write(&fixture, 3, 1);
    checkpoint(&fixture); /* makes no difference */
    fixture_write(&fixture, FIXTURE_IMAGE_PAGES - 1, 0);
    fixture_write(&fixture, FIXTURE_IMAGE_PAGES, 1);
    fixture_write(&fixture, FIXTURE_IMAGE_PAGES + 1, 0);
    fixture_write(&fixture, FIXTURE_PAGES * 16 - 1, 1);
    assert_int_equal(rollback_each_change(fixture.rollback, print_range, text), PYBOX_OK);
    assert_string_equal(text, "0-1 3-3 511-512 1023-1023 ");
    int calls = 0;
    assert_int_equal(rollback_each_change(fixture.rollback, stop_at_once, &calls), PYBOX_ERROR_IO);
    assert_int_equal(calls, 1);
    restore(&fixture);
    text[0] = 0;
    assert_int_equal(rollback_each_change(fixture.rollback, print_range, text), PYBOX_OK);
    assert_string_equal(text, "0-1 3-3 ");
    fixture_free(&fixture);
}

static void test_a_memory_without_an_image(void **state)
{
    (void)state;
    struct memory memory;
    struct rollback *rollback;
    assert_int_equal(memory_create(2, 10, &memory), PYBOX_OK);
    assert_int_equal(rollback_create(&memory, NULL, 0, &way->options, &rollback), PYBOX_OK);
    memory.base[5] = memory.base[100000] = 1;
    assert_int_equal(rollback_checkpoint(rollback), PYBOX_OK);
    memory.base[5] = memory.base[50000] = 2;
    assert_int_equal(rollback_restore(rollback), PYBOX_OK);
    assert_int_equal(memory.base[5], 1);
    assert_int_equal(memory.base[50000], 0);
    assert_int_equal(memory.base[100000], 1);
    assert_int_equal(rollback_reset(rollback), PYBOX_OK);
    for (size_t i = 0; i < memory_bytes(&memory); i++)
        assert_int_equal(memory.base[i], 0);
    rollback_destroy(rollback);
    memory_destroy(&memory);
}

static void test_an_empty_memory(void **state)
{
    (void)state;
    struct memory memory;
    struct rollback *rollback;
    assert_int_equal(memory_create(0, 4, &memory), PYBOX_OK);
    assert_int_equal(rollback_create(&memory, NULL, 0, &way->options, &rollback), PYBOX_OK);
    assert_int_equal(rollback_restore(rollback), PYBOX_OK);
    assert_int_equal(rollback_checkpoint(rollback), PYBOX_OK);
    assert_int_equal(memory_grow(&memory, 4), 0);
    memory.base[7] = 1;
    assert_int_equal(rollback_restore(rollback), PYBOX_OK);
    assert_int_equal(memory.pages, 0);
    assert_int_equal(memory_grow(&memory, 4), 0);
    assert_int_equal(memory.base[7], 0);
    rollback_destroy(rollback);
    memory_destroy(&memory);
}

#define MODEL_DEPTH 6

/* The memory and its checkpoints as whole copies. */
struct model {
    uint8_t *copies[MODEL_DEPTH];
    uint64_t pages[MODEL_DEPTH];
    uint32_t depth;
};

static void model_keep(struct model *model, const struct fixture *fixture)
{
    model->copies[model->depth] = fixture_copy(fixture);
    model->pages[model->depth++] = fixture->memory.pages;
}

static void model_assert(const struct model *model, const struct fixture *fixture)
{
    assert_int_equal(rollback_depth(fixture->rollback), model->depth);
    if (model->depth == 0)
        fixture_assert_fresh(fixture);
    else
        fixture_assert_equal(fixture, model->copies[model->depth - 1],
                             model->pages[model->depth - 1]);
}

static void write_at_random(struct fixture *fixture, unsigned *seed)
{
    uint64_t pages = fixture->memory.pages * 16;
    int bulk = rand_r(seed) % 8 == 0;
    uint64_t first = (uint64_t)rand_r(seed) % pages;
    uint64_t count = bulk ? 400 : 1 + (uint64_t)rand_r(seed) % 4;
    int sparse = rand_r(seed) % 2 == 0;
    for (uint64_t page = first; page < first + count && page < pages; page++)
        if (sparse)
            write_byte(fixture, page, (uint8_t)(rand_r(seed) % 3));
        else
            fixture_write(fixture, page, (uint8_t)(rand_r(seed) % 3));
}

static void step_at_random(struct fixture *fixture, struct model *model, unsigned *seed)
{
    switch (rand_r(seed) % 12) {
    case 0:
        rollback_enter(fixture->rollback);
        if (fixture->memory.pages < 90)
            memory_grow(&fixture->memory, 1 + (uint64_t)rand_r(seed) % 3);
        break;
    case 1:
    case 2:
        if (model->depth == MODEL_DEPTH)
            break;
        checkpoint(fixture);
        model_keep(model, fixture);
        break;
    case 3:
        if (model->depth == 0)
            break;
        assert_int_equal(rollback_drop(fixture->rollback), PYBOX_OK);
        free(model->copies[--model->depth]);
        break;
    case 4:
        if (model->depth == 0)
            break;
        assert_int_equal(rollback_renew(fixture->rollback), PYBOX_OK);
        free(model->copies[--model->depth]);
        model_keep(model, fixture);
        break;
    case 5:
        assert_int_equal(rollback_trim(fixture->rollback), PYBOX_OK);
        break;
    case 6:
    case 7:
    case 8:
        restore(fixture);
        model_assert(model, fixture);
        break;
    default:
        write_at_random(fixture, seed);
    }
}

static void test_any_sequence_of_calls(void **state)
{
    (void)state;
    unsigned start;
    assert_int_equal(getrandom(&start, sizeof start, 0), sizeof start);
    print_message("the seed is %u\n", start);
    for (unsigned round = 0; round < 3; round++) {
        unsigned seed = start + round;
        struct rollback_options options = way->options;
        options.resident_bytes = round == 0 ? 100 * FIXTURE_PAGE : 0;
        struct fixture fixture;
        fixture_make(&fixture, &options);
        struct model model = {0};
        for (int step = 0; step < 250; step++)
            step_at_random(&fixture, &model, &seed);
        while (model.depth > 0) {
            restore(&fixture);
            model_assert(&model, &fixture);
            assert_int_equal(rollback_drop(fixture.rollback), PYBOX_OK);
            free(model.copies[--model.depth]);
        }
        assert_int_equal(rollback_reset(fixture.rollback), PYBOX_OK);
        fixture_assert_fresh(&fixture);
        fixture_free(&fixture);
    }
}

static void test_arguments_are_checked(void **state)
{
    (void)state;
    struct fixture fixture;
    make(&fixture);
    struct rollback *rollback = (struct rollback *)1;
    const uint64_t bytes = memory_bytes(&fixture.memory);
    assert_int_equal(rollback_create(&fixture.memory, fixture.image, bytes + 4096, NULL, &rollback),
                     PYBOX_ERROR_ARGUMENT);
    assert_null(rollback);
    assert_int_equal(rollback_create(&fixture.memory, fixture.image, 100, NULL, &rollback),
                     PYBOX_ERROR_ARGUMENT);
    const struct rollback_options strange = {.method = (enum rollback_method)77};
    assert_int_equal(rollback_create(&fixture.memory, fixture.image, 4096, &strange, &rollback),
                     PYBOX_ERROR_ARGUMENT);
    rollback_destroy(NULL);
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
        TEST(test_writes_are_undone),
        TEST(test_writes_before_it_was_created_are_undone),
        TEST(test_a_writer_need_not_enter),
        TEST(test_writers_may_be_on_several_threads),
        TEST(test_growth_is_undone),
        TEST(test_what_is_above_the_cap_is_dropped),
        TEST(test_a_page_out_of_use_is_given_back),
        TEST(test_a_page_written_with_what_it_held_stays),
        TEST(test_a_checkpoint_is_returned_to_any_number_of_times),
        TEST(test_checkpoints_are_a_stack),
        TEST(test_a_renewed_checkpoint_is_the_state_now),
        TEST(test_a_large_session_is_tracked),
        TEST(test_what_the_kernel_writes_is_undone),
        TEST(test_a_memory_has_no_more_mappings_for_it),
        TEST(test_a_session_that_becomes_large_is_tracked),
        TEST(test_saved_pages_among_dropped_ones_stay),
        TEST(test_there_must_be_a_checkpoint_and_not_too_many),
        TEST(test_trimming_keeps_the_state_and_frees_the_rest),
        TEST(test_a_trimmed_memory_comes_back),
        TEST(test_private_pages_are_told_whether_they_differ_or_not),
        TEST(test_the_changes_of_a_trimmed_memory),
        TEST(test_a_clone_is_equal_and_independent),
        TEST(test_a_clone_must_fit),
        TEST(test_changes_are_listed_in_ranges),
        TEST(test_a_memory_without_an_image),
        TEST(test_an_empty_memory),
        TEST(test_any_sequence_of_calls),
        TEST(test_arguments_are_checked),
    };
    int failed = 0;
    for (way = fixture_ways; way < fixture_ways + FIXTURE_WAYS; way++) {
        print_message("-- %s\n", way->name);
        failed += cmocka_run_group_tests_name(way->name, tests, NULL, NULL);
    }
    return failed;
}
