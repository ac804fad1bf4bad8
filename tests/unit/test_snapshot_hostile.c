/* Snapshots that are not well: each way of being wrong has its error, and none does harm. */
#include "snapshot_fixture.h"
#include "snapshot_forge.h"

#include "error.h"
#include "image.h"
#include "snapshot_read.h"
#include "snapshot_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct fixture_file good[FORGE_BASES];
static char path[256], folder[256];
static const char *const folders[] = {folder};
static const struct image_options with_parent = {.folders = folders, .folder_count = 1};

static int set_up(void **state)
{
    (void)state;
    fixture_use_memory();
    strcpy(path, fixture_path("hostile.snap"));
    strcpy(folder, fixture_path("."));
    for (int base = 0; base < FORGE_BASES; base++)
        good[base] = forge_good(base, path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int base = 0; base < FORGE_BASES; base++)
        free(good[base].bytes);
    fixture_remove();
    return 0;
}

static void check_message(const struct forgery *forgery)
{
    if (strstr(error_message(), forgery->message) == NULL)
        fail_msg("%s: '%s' is not in '%s'", forgery->name, forgery->message, error_message());
}

static void check_forgery(const struct forgery *forgery)
{
    int descriptors = fixture_count_descriptors();
    struct image *image;
    pybox_status status = image_open(path, NULL, &with_parent, &image);
    if (status != forgery->status)
        fail_msg("%s: image_open() gives %d, not %d: %s", forgery->name, status, forgery->status,
                 error_message());
    if (status != PYBOX_OK) {
        assert_null(image);
        check_message(forgery);
    }
    image_close(image);
    status = image_verify(path, &with_parent);
    if (status != forgery->verify)
        fail_msg("%s: image_verify() gives %d, not %d: %s", forgery->name, status,
                 forgery->verify, error_message());
    if (status != PYBOX_OK)
        check_message(forgery);
    assert_int_equal(fixture_count_descriptors(), descriptors);
}

static void each_way_of_being_wrong_has_its_error(void **state)
{
    (void)state;
    const struct forgery *forgery;
    for (size_t i = 0; (forgery = forge_get(i)) != NULL; i++) {
        struct fixture_file file = forge_make(forgery, good[forgery->base]);
        fixture_store(path, file.bytes, file.length);
        free(file.bytes);
        check_forgery(forgery);
    }
}

/* The same from files that were made when the format was: tests/golden_bad/NAME.snap.zst. */
static void bad_files_stay_refused(void **state)
{
    (void)state;
    const struct forgery *forgery;
    for (size_t i = 0; (forgery = forge_get(i)) != NULL; i++) {
        char name[512];
        snprintf(name, sizeof name, "%s/%s.snap.zst", GOLDEN_BAD_DIR, forgery->name);
        struct fixture_file file = fixture_load(name);
        fixture_store(path, file.bytes, file.length);
        free(file.bytes);
        check_forgery(forgery);
    }
}

static int is_snapshot_error(int status)
{
    return status == PYBOX_ERROR_SNAPSHOT_FORMAT || status == PYBOX_ERROR_SNAPSHOT_VERSION ||
           status == PYBOX_ERROR_SNAPSHOT_CORRUPT || status == PYBOX_ERROR_LIMIT;
}

static void check_flip(const struct fixture_file *file, size_t at, uint8_t bits)
{
    file->bytes[at] ^= bits;
    fixture_store(path, file->bytes, file->length);
    file->bytes[at] ^= bits;
    int delta = file == &good[FORGE_DELTA];
    int result = fixture_opens_with(path, delta ? fixture_later() : fixture_content(), &with_parent);
    if (result != 1 && !is_snapshot_error(-result))
        fail_msg("byte %zu xor %d: %s", at, bits,
                 result == 0 ? "opens with another content" : error_message());
}

static void a_changed_byte_is_noticed_or_means_nothing(void **state)
{
    (void)state;
    for (size_t at = 0; at < good[FORGE_COMPRESSED].length; at++) {
        check_flip(&good[FORGE_COMPRESSED], at, 0x01);
        check_flip(&good[FORGE_COMPRESSED], at, 0x80);
        check_flip(&good[FORGE_COMPRESSED], at, 0xff);
    }
    for (size_t at = 0; at < good[FORGE_DELTA].length; at++) {
        check_flip(&good[FORGE_DELTA], at, 0x01);
        check_flip(&good[FORGE_DELTA], at, 0x80);
    }
    size_t data = good[FORGE_MAPPED].length - fixture_content()->memory_bytes;
    for (size_t at = 0; at < data + 16; at += at < 700 ? 1 : 61)
        check_flip(&good[FORGE_MAPPED], at, 0x01);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    for (size_t length = 0; length < good[FORGE_COMPRESSED].length; length++) {
        fixture_store(path, good[FORGE_COMPRESSED].bytes, length);
        int result = fixture_opens_as(path, fixture_content(), 0);
        if (result != -(int)PYBOX_ERROR_SNAPSHOT_FORMAT)
            fail_msg("%zu bytes: %d", length, result);
    }
    for (size_t length = 0; length < good[FORGE_DELTA].length; length++) {
        fixture_store(path, good[FORGE_DELTA].bytes, length);
        assert_int_equal(fixture_opens_with(path, fixture_later(), &with_parent),
                         -(int)PYBOX_ERROR_SNAPSHOT_FORMAT);
    }
    size_t step;
    for (size_t length = 0; length < good[FORGE_MAPPED].length; length += step) {
        step = length < 1024 ? 7 : 4093;
        fixture_store(path, good[FORGE_MAPPED].bytes, length);
        for (int trusted = 0; trusted < 2; trusted++)
            assert_int_equal(fixture_opens_as(path, fixture_content(), trusted),
                             -(int)PYBOX_ERROR_SNAPSHOT_FORMAT);
    }
}

/* What trust means: header, table and small sections are checked, the memory is not. */
static void a_trusted_file_is_checked_but_for_its_memory(void **state)
{
    (void)state;
    const struct forgery *forgery;
    for (size_t i = 0; (forgery = forge_get(i)) != NULL; i++) {
        if (forgery->base != FORGE_MAPPED)
            continue;
        struct fixture_file file = forge_make(forgery, good[FORGE_MAPPED]);
        fixture_store(path, file.bytes, file.length);
        free(file.bytes);
        struct image_options options = {.trusted_file = 1};
        struct image *image;
        int in_table = strcmp(forgery->name, "mapped_length") == 0;
        assert_int_equal(image_open(path, NULL, &options, &image),
                         in_table ? PYBOX_ERROR_SNAPSHOT_FORMAT : PYBOX_OK);
        image_close(image);
    }
    struct fixture_file *mapped = &good[FORGE_MAPPED];
    size_t small = snapshot_format_head_bytes(SNAPSHOT_SECTION_KNOWN) + SNAPSHOT_MODULE_BYTES;
    for (size_t at = 0; at < small; at++) {
        mapped->bytes[at] ^= 1;
        fixture_store(path, mapped->bytes, mapped->length);
        mapped->bytes[at] ^= 1;
        assert_true(is_snapshot_error(-fixture_opens_as(path, fixture_content(), 1)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_of_being_wrong_has_its_error),
        cmocka_unit_test(bad_files_stay_refused),
        cmocka_unit_test(a_changed_byte_is_noticed_or_means_nothing),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(a_trusted_file_is_checked_but_for_its_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
