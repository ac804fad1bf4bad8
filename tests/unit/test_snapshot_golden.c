/* Files that were written when the format was made are still read, and still written. */
#include "snapshot_fixture.h"

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

/* The name of the state in fixture_content(), in format version 1: never changes. */
#define DIGEST "ca0a197035be56803c12a94f8f301691c58f9c6d6916d685d7ab770450a47707"

static struct fixture_file golden(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.snap.zst", GOLDEN_DIR, name);
    return fixture_load(path);
}

static void check_golden(const char *name)
{
    struct fixture_file file = golden(name);
    const char *path = fixture_path("golden");
    fixture_store(path, file.bytes, file.length);
    free(file.bytes);
    assert_int_equal(fixture_opens_as(path, fixture_content(), 0), 1);
    assert_int_equal(fixture_opens_as(path, fixture_content(), 1), 1);
    if (snapshot_verify(path, NULL, 1) != PYBOX_OK)
        fail_msg("%s", error_message());
    struct image *image;
    char digest[DIGEST_HEX_BYTES];
    assert_int_equal(image_open(path, NULL, NULL, &image), PYBOX_OK);
    assert_string_equal(digest_hex(image_describe(image)->digest, digest), DIGEST);
    image_close(image);
}

static void version_1_is_read(void **state)
{
    (void)state;
    check_golden("v1_compressed");
    check_golden("v1_mapped");
}

static void version_1_is_written(void **state)
{
    (void)state;
    const char *path = fixture_path("golden");
    struct snapshot_content content = *fixture_content();
    content.tree = (const uint8_t *)"not compressed";
    content.tree_bytes = 14;
    uint8_t digest[DIGEST_BYTES];
    struct snapshot_write_options options = {.form = PYBOX_FORM_MAPPED, .digest = digest};
    assert_int_equal(snapshot_write(path, &content, &options), PYBOX_OK);
    /* In this form no byte is zstd's to choose: the whole file is a function of its content. */
    struct fixture_file file = fixture_load(path);
    char text[DIGEST_HEX_BYTES];
    digest_bytes(file.bytes, file.length, digest);
    free(file.bytes);
    assert_string_equal(digest_hex(digest, text),
                        "1e4ec20c0f526c05b12448efe7227c0d362ca5e8a082d5e36f24b9b6f61a389e");

    options.form = PYBOX_FORM_COMPRESSED;
    assert_int_equal(snapshot_write(path, fixture_content(), &options), PYBOX_OK);
    assert_string_equal(digest_hex(digest, text), DIGEST);
}

static int tear_down(void **state)
{
    (void)state;
    fixture_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_1_is_read),
        cmocka_unit_test(version_1_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
