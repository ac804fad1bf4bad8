/* Rollback to the image and to checkpoints, the same tests for each method. */
#include "rollback_ways.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <stdio.h>
#include <pthread.h>
#include <semaphore.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
        TEST(test_a_memory_without_an_image),
        TEST(test_an_empty_memory),
        TEST(test_arguments_are_checked),
    };
    int failed = 0;
    RUN_WITH_EACH_WAY(tests, failed)
    return failed;
}
