/* Trimming, what differs, and clones, the same tests for each method. */
#include "rollback_ways.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_trimming_keeps_the_state_and_frees_the_rest),
        TEST(test_private_pages_are_told_whether_they_differ_or_not),
        TEST(test_a_trimmed_memory_comes_back),
        TEST(test_the_changes_of_a_trimmed_memory),
        TEST(test_a_clone_is_equal_and_independent),
        TEST(test_a_clone_must_fit),
        TEST(test_changes_are_listed_in_ranges),
    };
    int failed = 0;
    RUN_WITH_EACH_WAY(tests, failed)
    return failed;
}
