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

/* The names of the state in fixture_content(), by format version: they never change. */
#define DIGEST_2 "32103bbf7c3b663057e9bb33742ef1f568a9ae86b2a9bfe0dbc888dee81fcec0"
#define DIGEST_LATER "bcb6ae455bc9734990457ad732df897dd69138cce7b3440edee1177ab4abbf6d" /* of that in fixture_later() */
#define DIGEST_1 "ca0a197035be56803c12a94f8f301691c58f9c6d6916d685d7ab770450a47707"

static struct fixture_file golden(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.snap.zst", GOLDEN_DIR, name);
    return fixture_load(path);
}

static void check_golden(const char *name, const char *expected)
{
    struct fixture_file file = golden(name);
    const char *path = fixture_path("golden");
    fixture_store(path, file.bytes, file.length);
    free(file.bytes);
    assert_int_equal(fixture_opens_as(path, fixture_content(), 0), 1);
    assert_int_equal(fixture_opens_as(path, fixture_content(), 1), 1);
    if (image_verify(path, NULL) != PYBOX_OK)
        fail_msg("%s", error_message());
    struct image *image;
    char digest[DIGEST_HEX_BYTES];
    assert_int_equal(image_open(path, NULL, NULL, &image), PYBOX_OK);
    uint8_t found[DIGEST_BYTES];
    assert_int_equal(image_digest_name(image, found), PYBOX_OK);
    assert_string_equal(digest_hex(found, digest), expected);
    image_close(image);
}

static void version_1_is_read(void **state)
{
    (void)state;
    check_golden("v1_compressed", DIGEST_1);
    check_golden("v1_mapped", DIGEST_1);
}

static void version_2_is_read(void **state)
{
    (void)state;
    check_golden("v2_compressed", DIGEST_2);
    check_golden("v2_mapped", DIGEST_2);

    char path[256], digest[DIGEST_HEX_BYTES];
    const char *const folders[] = {path};
    const struct image_options options = {.folders = folders, .folder_count = 1};
    struct fixture_file parent = golden("v2_mapped"), delta = golden("v2_delta");
    fixture_store(fixture_path("parent.image"), parent.bytes, parent.length);
    fixture_store(fixture_path("golden"), delta.bytes, delta.length);
    free(parent.bytes);
    free(delta.bytes);
    strcpy(path, fixture_path("."));
    assert_int_equal(fixture_opens_with(fixture_path("golden"), fixture_later(), &options), 1);
    if (image_verify(fixture_path("golden"), &options) != PYBOX_OK)
        fail_msg("%s", error_message());
    struct image *image;
    uint8_t found[DIGEST_BYTES];
    assert_int_equal(image_open(fixture_path("golden"), NULL, &options, &image), PYBOX_OK);
    assert_int_equal(image_digest_name(image, found), PYBOX_OK);
    assert_string_equal(digest_hex(found, digest), DIGEST_LATER);
    image_close(image);
}

static void version_2_is_written(void **state)
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
                        "0793e866784969367559adfc2d8f2b662815e1b13f4bc11de4c9a395009c92b7");

    options.form = PYBOX_FORM_COMPRESSED;
    assert_int_equal(snapshot_write(path, fixture_content(), &options), PYBOX_OK);
    assert_string_equal(digest_hex(digest, text), DIGEST_2);
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
        cmocka_unit_test(version_2_is_read),
        cmocka_unit_test(version_2_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
