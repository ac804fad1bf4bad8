/* Snapshots that are well: what is written is what is read. */
#include "snapshot_fixture.h"

#include "error.h"
#include "image.h"
#include "snapshot_read.h"
#include "snapshot_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const pybox_form forms[] = {PYBOX_FORM_COMPRESSED, PYBOX_FORM_MAPPED};

static void save(const char *path, const struct snapshot_content *content, pybox_form form,
                 uint8_t digest[DIGEST_BYTES])
{
    struct snapshot_write_options options = {.form = form, .digest = digest};
    if (snapshot_write(path, content, &options) != PYBOX_OK)
        fail_msg("%s", error_message());
}

static void check_round_trip(const struct snapshot_content *content)
{
    uint8_t digests[2][DIGEST_BYTES];
    for (int i = 0; i < 2; i++) {
        const char *path = fixture_path("s");
        save(path, content, forms[i], digests[i]);
        assert_int_equal(fixture_opens_as(path, content, 0), 1);
        assert_int_equal(fixture_opens_as(path, content, 1), 1);
        assert_int_equal(image_verify(path, NULL), PYBOX_OK);

        struct snapshot *snapshot;
        struct snapshot_info info;
        struct stat found;
        assert_int_equal(snapshot_open(path, NULL, &snapshot), PYBOX_OK);
        snapshot_inform(snapshot, &info);
        assert_int_equal(info.form, forms[i]);
        assert_memory_equal(info.digest, digests[i], DIGEST_BYTES);
        assert_int_equal(stat(path, &found), 0);
        assert_int_equal(info.file_bytes, found.st_size);
        uint64_t offset;
        assert_true(snapshot_descriptor(snapshot, &offset) >= 0);
        assert_int_equal(offset % 4096, 0);
        assert_int_equal(offset > 0, forms[i] == PYBOX_FORM_MAPPED);
        snapshot_close(snapshot);
    }
    assert_memory_equal(digests[0], digests[1], DIGEST_BYTES);
}

static void a_state_survives_both_forms(void **state)
{
    (void)state;
    check_round_trip(fixture_content());
}

static void the_least_state_survives(void **state)
{
    (void)state;
    struct snapshot_content content = {.metadata = "{}", .metadata_bytes = 2};
    check_round_trip(&content);
    static uint8_t zeroes[SNAPSHOT_PAGE_BYTES];
    content.memory = zeroes;
    content.memory_bytes = sizeof zeroes;
    check_round_trip(&content);
}

static void incompressible_memory_and_tree_survive(void **state)
{
    (void)state;
    size_t length = 40 * SNAPSHOT_PAGE_BYTES; /* enough for several threads */
    uint8_t *noise = malloc(length);
    uint64_t x = 88172645463325252u;
    for (size_t i = 0; i < length; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        noise[i] = (uint8_t)x;
    }
    struct snapshot_content content = *fixture_content();
    content.memory = noise;
    content.memory_bytes = length;
    content.tree = noise + 1;
    content.tree_bytes = 5000;
    check_round_trip(&content);
    free(noise);
}

static void more_chunks_than_a_batch_survive(void **state)
{
    (void)state;
    size_t length = 600 * SNAPSHOT_PAGE_BYTES;
    uint8_t *memory = calloc(1, length);
    for (size_t page = 0; page < 600; page += page % 7 + 1)
        memset(memory + page * SNAPSHOT_PAGE_BYTES + page, (int)(page | 1), 300);
    struct snapshot_content content = *fixture_content();
    content.memory = memory;
    content.memory_bytes = length;
    check_round_trip(&content);
    free(memory);
}

static void the_bytes_do_not_depend_on_threads(void **state)
{
    (void)state;
    size_t length = 300 * SNAPSHOT_PAGE_BYTES;
    uint8_t *memory = calloc(1, length);
    for (size_t i = 0; i < length; i += 1 + i % 977)
        memory[i] = (uint8_t)(i >> 3);
    struct snapshot_content content = *fixture_content();
    content.memory = memory;
    content.memory_bytes = length;
    for (int form = 0; form < 2; form++) {
        struct fixture_file one = {0};
        for (unsigned threads = 1; threads <= 8; threads += 3) {
            struct snapshot_write_options options = {.form = forms[form], .threads = threads};
            const char *path = fixture_path("s");
            assert_int_equal(snapshot_write(path, &content, &options), PYBOX_OK);
            struct fixture_file file = fixture_load(path);
            if (threads == 1) {
                one = file;
                continue;
            }
            assert_int_equal(file.length, one.length);
            assert_memory_equal(file.bytes, one.bytes, one.length);
            free(file.bytes);
        }
        free(one.bytes);
    }
    free(memory);
}

static void the_level_changes_the_file_but_not_the_digest(void **state)
{
    (void)state;
    uint8_t first[DIGEST_BYTES];
    save(fixture_path("s"), fixture_content(), PYBOX_FORM_COMPRESSED, first);
    for (int level = 1; level <= 19; level += 6) {
        uint8_t digest[DIGEST_BYTES];
        struct snapshot_write_options options = {.level = level, .digest = digest};
        assert_int_equal(snapshot_write(fixture_path("s"), fixture_content(), &options), PYBOX_OK);
        assert_memory_equal(digest, first, DIGEST_BYTES);
        assert_int_equal(fixture_opens_as(fixture_path("s"), fixture_content(), 0), 1);
    }
}

/* Every field of a content is in its digest. */
static void any_difference_gives_another_digest(void **state)
{
    (void)state;
    enum { VARIANTS = 12 };
    uint8_t digests[VARIANTS][DIGEST_BYTES];
    for (int i = 0; i < VARIANTS; i++) {
        struct snapshot_content content = *fixture_content();
        struct snapshot_global globals[3];
        memcpy(globals, content.globals, sizeof globals);
        content.globals = globals;
        switch (i) {
        case 1:
            content.module_hash[31] ^= 1;
            break;
        case 2:
            content.costs_hash[0] ^= 1;
            break;
        case 3:
            content.metering++;
            break;
        case 4:
            globals[1].value ^= 1;
            break;
        case 5:
            globals[2].index++;
            break;
        case 6:
            globals[1].type = 'I';
            break;
        case 7:
            content.global_count--;
            break;
        case 8:
            fixture_memory()[3 * SNAPSHOT_PAGE_BYTES] = 1;
            break;
        case 9:
            content.memory_bytes -= SNAPSHOT_PAGE_BYTES;
            break;
        case 10:
            content.tree_bytes--;
            break;
        case 11:
            content.metadata = "{}", content.metadata_bytes = 2;
            break;
        default:
            break;
        }
        save(fixture_path("s"), &content, PYBOX_FORM_COMPRESSED, digests[i]);
        for (int k = 0; k < i; k++)
            assert_memory_not_equal(digests[i], digests[k], DIGEST_BYTES);
    }
}

static void no_metadata_is_an_empty_object(void **state)
{
    (void)state;
    struct snapshot_content content = *fixture_content();
    content.metadata = NULL;
    save(fixture_path("s"), &content, PYBOX_FORM_COMPRESSED, NULL);
    content.metadata = "{}";
    content.metadata_bytes = 2;
    assert_int_equal(fixture_opens_as(fixture_path("s"), &content, 0), 1);
}

static void a_file_has_the_usual_mode_and_replaces_what_was_there(void **state)
{
    (void)state;
    const char *path = fixture_path("mode");
    mode_t before = umask(027);
    fixture_store(path, "old", 3);
    assert_int_equal(chmod(path, 0600), 0);
    save(path, fixture_content(), PYBOX_FORM_COMPRESSED, NULL);
    umask(before);
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0640);
    assert_int_equal(fixture_opens_as(path, fixture_content(), 0), 1);
    unlink(path);
}

static void a_symbolic_link_is_replaced_not_followed(void **state)
{
    (void)state;
    char target[256];
    strcpy(target, fixture_path("target"));
    fixture_store(target, "keep", 4);
    const char *link = fixture_path("link");
    assert_int_equal(symlink(target, link), 0);
    save(link, fixture_content(), PYBOX_FORM_COMPRESSED, NULL);
    struct fixture_file kept = fixture_load(target);
    assert_int_equal(kept.length, 4);
    free(kept.bytes);
    struct stat found;
    assert_int_equal(lstat(fixture_path("link"), &found), 0);
    assert_true(S_ISREG(found.st_mode));
    unlink(fixture_path("link"));
    unlink(target);
}

static void check_refused(const char *path, const struct snapshot_content *content,
                          const struct snapshot_write_options *options, pybox_status status)
{
    int files = fixture_count_files();
    assert_int_equal(snapshot_write(path, content, options), status);
    assert_true(error_message()[0] != '\0');
    assert_int_equal(fixture_count_files(), files);
}

static void paths_that_cannot_be_written_are_refused(void **state)
{
    (void)state;
    const struct snapshot_content *content = fixture_content();
    fixture_path("");
    check_refused("", content, NULL, PYBOX_ERROR_ARGUMENT);
    check_refused("/tmp/", content, NULL, PYBOX_ERROR_ARGUMENT);
    check_refused("/tmp/.", content, NULL, PYBOX_ERROR_ARGUMENT);
    check_refused("/tmp/..", content, NULL, PYBOX_ERROR_ARGUMENT);
    check_refused("/tmp", content, NULL, PYBOX_ERROR_ARGUMENT);
    check_refused("/dev/null", content, NULL, PYBOX_ERROR_ARGUMENT);
    check_refused("/nowhere/at/all", content, NULL, PYBOX_ERROR_IO);
    check_refused("/proc/file", content, NULL, PYBOX_ERROR_IO);
}

static void a_name_without_a_slash_is_in_the_working_directory(void **state)
{
    (void)state;
    char *before = get_current_dir_name();
    assert_int_equal(chdir(fixture_path("")), 0);
    save("bare", fixture_content(), PYBOX_FORM_COMPRESSED, NULL);
    assert_int_equal(chdir(before), 0);
    free(before);
    assert_int_equal(fixture_opens_as(fixture_path("bare"), fixture_content(), 0), 1);
    unlink(fixture_path("bare"));
}

static void contents_that_break_the_rules_are_refused(void **state)
{
    (void)state;
    fixture_path("");
    static char long_metadata[SNAPSHOT_METADATA_LIMIT_BYTES + 1];
    memset(long_metadata, ' ', sizeof long_metadata);
    memcpy(long_metadata, "{}", 2);
    static const char *const metadata[] = {
        "", "[]", "1", "{", "{} x", "{\"a\": \"\xff\"}", "{\"a\": \"\x01\"}", "null",
    };
    for (size_t i = 0; i < sizeof metadata / sizeof *metadata; i++) {
        struct snapshot_content content = *fixture_content();
        content.metadata = metadata[i];
        content.metadata_bytes = strlen(metadata[i]);
        check_refused(fixture_path("no"), &content, NULL, PYBOX_ERROR_ARGUMENT);
    }
    for (int i = 0; i < 11; i++) {
        struct snapshot_content content = *fixture_content();
        struct snapshot_write_options options = {0};
        struct snapshot_global globals[3];
        memcpy(globals, content.globals, sizeof globals);
        content.globals = globals;
        switch (i) {
        case 0:
            globals[1].index = 0;
            break;
        case 1:
            globals[1].type = 'x';
            break;
        case 2:
            globals[0].value = UINT64_C(1) << 32;
            break;
        case 3:
            content.memory_bytes = SNAPSHOT_PAGE_BYTES - 1;
            break;
        case 4:
            content.memory_bytes = SNAPSHOT_MEMORY_LIMIT_BYTES + SNAPSHOT_PAGE_BYTES;
            break;
        case 5:
            content.tree = NULL;
            break;
        case 6:
            content.memory = NULL;
            break;
        case 7:
            content.metadata = long_metadata, content.metadata_bytes = sizeof long_metadata;
            break;
        case 8:
            options.level = 20;
            break;
        case 9:
            options.form = (pybox_form)2;
            break;
        default:
            content.tree_bytes = SNAPSHOT_TREE_LIMIT_BYTES + 1;
            break;
        }
        check_refused(fixture_path("no"), &content, &options, PYBOX_ERROR_ARGUMENT);
    }
    struct snapshot_content content = *fixture_content();
    content.metadata = long_metadata;
    content.metadata_bytes = sizeof long_metadata - 1; /* white space behind it is JSON */
    check_round_trip(&content);
}

static void limits_of_the_caller_are_kept(void **state)
{
    (void)state;
    const char *path = fixture_path("s");
    save(path, fixture_content(), PYBOX_FORM_COMPRESSED, NULL);
    struct snapshot_limits limits = {.memory_bytes = 4 * SNAPSHOT_PAGE_BYTES, .tree_bytes = 3000};
    struct snapshot *snapshot;
    assert_int_equal(snapshot_open(path, &limits, &snapshot), PYBOX_OK);
    snapshot_close(snapshot);
    limits.memory_bytes--;
    assert_int_equal(snapshot_open(path, &limits, &snapshot), PYBOX_ERROR_LIMIT);
    assert_null(snapshot);
    limits.memory_bytes++;
    limits.tree_bytes--;
    assert_int_equal(snapshot_open(path, &limits, &snapshot), PYBOX_ERROR_LIMIT);
    assert_null(snapshot);
}

static void what_is_no_regular_file_is_refused(void **state)
{
    (void)state;
    struct snapshot *snapshot;
    assert_int_equal(snapshot_open("/nowhere", NULL, &snapshot), PYBOX_ERROR_IO);
    assert_int_equal(snapshot_open("/tmp", NULL, &snapshot), PYBOX_ERROR_IO);
    assert_int_equal(snapshot_open("/dev/zero", NULL, &snapshot), PYBOX_ERROR_IO);
    const char *pipe = fixture_path("pipe"); /* opening must not wait for a writer */
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(snapshot_open(pipe, NULL, &snapshot), PYBOX_ERROR_IO);
    assert_non_null(strstr(error_message(), "no regular file"));
    unlink(pipe);
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
        cmocka_unit_test(a_state_survives_both_forms),
        cmocka_unit_test(the_least_state_survives),
        cmocka_unit_test(incompressible_memory_and_tree_survive),
        cmocka_unit_test(more_chunks_than_a_batch_survive),
        cmocka_unit_test(the_bytes_do_not_depend_on_threads),
        cmocka_unit_test(the_level_changes_the_file_but_not_the_digest),
        cmocka_unit_test(any_difference_gives_another_digest),
        cmocka_unit_test(no_metadata_is_an_empty_object),
        cmocka_unit_test(a_file_has_the_usual_mode_and_replaces_what_was_there),
        cmocka_unit_test(a_symbolic_link_is_replaced_not_followed),
        cmocka_unit_test(paths_that_cannot_be_written_are_refused),
        cmocka_unit_test(a_name_without_a_slash_is_in_the_working_directory),
        cmocka_unit_test(contents_that_break_the_rules_are_refused),
        cmocka_unit_test(limits_of_the_caller_are_kept),
        cmocka_unit_test(what_is_no_regular_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
