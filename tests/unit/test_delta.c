/* Deltas: what they hold, what they are called, what they need. */
#include "snapshot_fixture.h"

#include "bytes.h"
#include "error.h"
#include "snapshot_delta.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char base[256], delta[256], folder[256];

static int set_up(void **state)
{
    (void)state;
    fixture_use_memory();
    strcpy(base, fixture_path("base.snap"));
    strcpy(delta, fixture_path("delta.snap"));
    strcpy(folder, fixture_path("."));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_remove();
    return 0;
}

static const char *const *folders(void)
{
    static const char *list[1];
    list[0] = folder;
    return list;
}

static struct image_options options_of(int layered)
{
    return (struct image_options){.folders = folders(), .folder_count = 1, .layered = layered};
}

static int opens(const char *path, const struct snapshot_content *content, int layered)
{
    struct image_options options = options_of(layered);
    return fixture_opens_with(path, content, &options);
}

static struct image *opened(const char *path, int layered)
{
    struct image_options options = options_of(layered);
    struct image *image;
    if (image_open(path, NULL, &options, &image) != PYBOX_OK)
        fail_msg("%s", error_message());
    return image;
}

static uint64_t size_of(const char *path)
{
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    return (uint64_t)found.st_size;
}

static void a_delta_and_its_parent_are_the_state(void **state)
{
    (void)state;
    uint8_t name[DIGEST_BYTES], full[DIGEST_BYTES];
    assert_int_equal(fixture_write_delta(base, delta, NULL, name), PYBOX_OK);
    for (int layered = 0; layered < 2; layered++)
        assert_int_equal(opens(delta, fixture_later(), layered), 1);
    struct image_options options = options_of(0);
    if (image_verify(delta, &options) != PYBOX_OK)
        fail_msg("%s", error_message());

    struct snapshot_write_options write = {.digest = full};
    assert_int_equal(snapshot_write(fixture_path("full"), fixture_later(), &write), PYBOX_OK);
    assert_memory_equal(name, full, DIGEST_BYTES);
    unlink(fixture_path("full"));
}

/* Four pages of 80 changed, of which two only by a few bytes. */
static void a_delta_holds_what_changed(void **state)
{
    (void)state;
    uint8_t name[DIGEST_BYTES];
    assert_int_equal(fixture_write_delta(base, delta, NULL, name), PYBOX_OK);
    struct snapshot *snapshot;
    struct snapshot_info info;
    struct snapshot_delta read;
    assert_int_equal(snapshot_open(delta, NULL, &snapshot), PYBOX_OK);
    snapshot_inform(snapshot, &info);
    assert_int_equal(info.delta, 1);
    struct image *image = opened(base, 0);
    uint8_t parent[DIGEST_BYTES];
    assert_int_equal(image_digest_name(image, parent), PYBOX_OK);
    assert_memory_equal(info.parent, parent, DIGEST_BYTES);
    image_close(image);
    assert_int_equal(snapshot_delta_read(snapshot, NULL, 1, &read), PYBOX_OK);
    assert_int_equal(read.change_count, 4);
    const uint32_t expected[] = {3, 16 + 2, 32 + 5, 64 + 15};
    assert_int_equal(read.pages.count, 4);
    assert_memory_equal(read.pages.pages, expected, sizeof expected);
    assert_int_equal(read.changes[0].patched, 1 << 3);
    assert_int_equal(read.pages.bytes[5], 0x55); /* as it is stored: the difference */
    assert_int_equal(read.pages.bytes[6], 0);
    snapshot_delta_free(&read);
    snapshot_close(snapshot);
    assert_in_range(size_of(delta), 1, 6000);
}

static void only_the_named_pages_are_looked_at(void **state)
{
    (void)state;
    uint8_t all[DIGEST_BYTES], named[DIGEST_BYTES];
    assert_int_equal(fixture_write_delta(base, delta, NULL, all), PYBOX_OK);
    struct fixture_file whole = fixture_load(delta);
    /* More than what changed, as the dirty pages of a box are. */
    const uint32_t numbers[] = {0, 3, 17, 18, 37, 79};
    const struct snapshot_pages pages = {.pages = numbers, .count = 6};
    assert_int_equal(fixture_write_delta(base, delta, &pages, named), PYBOX_OK);
    struct fixture_file same = fixture_load(delta);
    assert_int_equal(same.length, whole.length);
    assert_memory_equal(same.bytes, whole.bytes, whole.length);
    free(same.bytes);
    free(whole.bytes);

    const uint32_t wrong[][2] = {{3, 3}, {4, 3}, {3, 80}};
    for (int i = 0; i < 3; i++) {
        const struct snapshot_pages refused = {.pages = wrong[i], .count = 2};
        assert_int_equal(fixture_write_delta(base, delta, &refused, named), PYBOX_ERROR_ARGUMENT);
    }
}

static void an_unchanged_state_is_an_empty_delta(void **state)
{
    (void)state;
    assert_int_equal(snapshot_write(base, fixture_content(), NULL), PYBOX_OK);
    struct image *image = opened(base, 0);
    uint8_t parent[DIGEST_BYTES], name[DIGEST_BYTES];
    assert_int_equal(image_digest_name(image, parent), PYBOX_OK);
    struct snapshot_write_options write = {.digest = name};
    assert_int_equal(snapshot_write_delta(delta, fixture_content(), image, NULL, &write), PYBOX_OK);
    assert_memory_equal(name, parent, DIGEST_BYTES); /* it is the same state */
    image_close(image);
    /* So it has its parent's name, and is not taken for it. */
    char named[DIGEST_HEX_BYTES + 5];
    digest_hex(name, named);
    strcat(named, ".snap");
    assert_int_equal(rename(delta, fixture_path(named)), 0);
    assert_int_equal(opens(fixture_path(named), fixture_content(), 1), 1);
    unlink(base);
    assert_int_equal(opens(fixture_path(named), fixture_content(), 1),
                     -(int)PYBOX_ERROR_SNAPSHOT_PARENT);
    assert_non_null(strstr(error_message(), "circle"));
    unlink(fixture_path(named));
}

/* Which parent a delta has is no part of its name, so that somebody can make two that are each other's. */
static void parents_in_a_circle_are_refused(void **state)
{
    (void)state;
    uint8_t name[DIGEST_BYTES];
    char second[256];
    strcpy(second, fixture_path("second.snap"));
    assert_int_equal(fixture_write_delta(base, delta, NULL, name), PYBOX_OK);
    struct image *parent = opened(delta, 1);
    struct snapshot_content another = *fixture_later();
    another.metadata = "{\"another\": 1}";
    another.metadata_bytes = strlen(another.metadata);
    struct snapshot_write_options write = {.digest = name};
    assert_int_equal(snapshot_write_delta(second, &another, parent, NULL, &write), PYBOX_OK);
    image_close(parent);
    assert_int_equal(opens(second, &another, 1), 1);
    struct fixture_file file = fixture_load(delta);
    memcpy(file.bytes + SNAPSHOT_HEADER_PARENT, name, DIGEST_BYTES);
    struct digest digest;
    size_t head = snapshot_format_head_bytes(bytes_load_u32(file.bytes + SNAPSHOT_HEADER_SECTION_COUNT));
    digest_start(&digest);
    digest_add(&digest, file.bytes, SNAPSHOT_HEADER_TABLE_DIGEST);
    digest_add(&digest, file.bytes + SNAPSHOT_HEADER_BYTES, head - SNAPSHOT_HEADER_BYTES);
    digest_finish(&digest, file.bytes + SNAPSHOT_HEADER_TABLE_DIGEST);
    fixture_store(delta, file.bytes, file.length);
    free(file.bytes);
    for (int layered = 0; layered < 2; layered++) {
        struct image_options options = options_of(layered);
        assert_int_equal(opens(second, &another, layered), -(int)PYBOX_ERROR_SNAPSHOT_PARENT);
        assert_non_null(strstr(error_message(), "circle"));
        assert_int_equal(opens(delta, fixture_content(), layered), -(int)PYBOX_ERROR_SNAPSHOT_PARENT);
        assert_int_equal(image_verify(second, &options), PYBOX_ERROR_SNAPSHOT_PARENT);
    }
    unlink(base);
    unlink(delta);
    unlink(second);
}

/* A file beside that has the digest but is damaged does not hide one that is well. */
static void a_parent_is_found_under_any_name(void **state)
{
    (void)state;
    uint8_t name[DIGEST_BYTES];
    assert_int_equal(fixture_write_delta(base, delta, NULL, name), PYBOX_OK);
    char other[256];
    strcpy(other, fixture_path("other.image"));
    struct snapshot_write_options mapped = {.form = PYBOX_FORM_MAPPED};
    assert_int_equal(snapshot_write(other, fixture_content(), &mapped), PYBOX_OK);
    unlink(base);
    assert_int_equal(opens(delta, fixture_later(), 1), 1);
    struct fixture_file file = fixture_load(other);
    assert_int_equal(snapshot_write(base, fixture_content(), NULL), PYBOX_OK);
    file.bytes[file.length - 100] ^= 1;
    fixture_store(other, file.bytes, file.length);
    assert_int_equal(opens(delta, fixture_later(), 1), -(int)PYBOX_ERROR_SNAPSHOT_CORRUPT);
    file.bytes[150] ^= 1; /* the section table: it cannot even be opened */
    fixture_store(other, file.bytes, file.length);
    assert_int_equal(opens(delta, fixture_later(), 1), 1);
    free(file.bytes);
    unlink(other);
}

static void a_missing_parent_is_named(void **state)
{
    (void)state;
    uint8_t name[DIGEST_BYTES];
    char parent[DIGEST_HEX_BYTES];
    assert_int_equal(fixture_write_delta(base, delta, NULL, name), PYBOX_OK);
    struct image *image = opened(base, 0);
    assert_int_equal(image_digest_name(image, name), PYBOX_OK);
    image_close(image);
    unlink(base);
    struct image_options options = options_of(1);
    assert_int_equal(image_open(delta, NULL, &options, &image), PYBOX_ERROR_SNAPSHOT_PARENT);
    assert_null(image);
    assert_non_null(strstr(error_message(), digest_hex(name, parent)));
    assert_non_null(strstr(error_message(), folder));
    assert_int_equal(image_verify(delta, &options), PYBOX_ERROR_SNAPSHOT_PARENT);
    assert_int_equal(image_open(delta, NULL, NULL, &image), PYBOX_ERROR_SNAPSHOT_PARENT);
    assert_non_null(strstr(error_message(), "no folder"));
    /* What is wrong without the parent is told first. */
    struct fixture_file file = fixture_load(delta);
    file.bytes[file.length - 1] ^= 1;
    fixture_store(delta, file.bytes, file.length);
    assert_int_equal(image_verify(delta, &options), PYBOX_ERROR_SNAPSHOT_CORRUPT);
    free(file.bytes);
}

/* State number `step` of a session: one more page each, and the pages of all before changed. */
static const struct snapshot_content *chain_state(int step)
{
    static struct snapshot_content content;
    content = *fixture_content();
    for (int i = 1; i <= step; i++)
        fixture_memory()[(i % 64) * 4096 + step % 4096] ^= (uint8_t)(step + i);
    content.global_count = 1;
    return &content;
}

/* Writes a chain of `length` deltas of one another into chain-0 (full) to chain-`length`. */
static void write_chain(int length)
{
    char name[32];
    assert_int_equal(snapshot_write(fixture_path("chain-0.snap"), chain_state(0), NULL), PYBOX_OK);
    for (int i = 1; i <= length; i++) {
        snprintf(name, sizeof name, "chain-%d.snap", i - 1);
        struct image *parent = opened(fixture_path(name), i % 2);
        snprintf(name, sizeof name, "chain-%d.snap", i);
        if (snapshot_write_delta(fixture_path(name), chain_state(i), parent, NULL, NULL) != PYBOX_OK)
            fail_msg("%d: %s", i, error_message());
        image_close(parent);
    }
}

static void remove_chain(int length)
{
    char name[32];
    for (int i = 0; i <= length; i++) {
        snprintf(name, sizeof name, "chain-%d.snap", i);
        unlink(fixture_path(name));
    }
}

static void a_chain_is_as_deep_as_it_may_be(void **state)
{
    (void)state;
    write_chain(IMAGE_DEPTH_LIMIT);
    char path[256], name[32];
    snprintf(name, sizeof name, "chain-%d.snap", IMAGE_DEPTH_LIMIT);
    strcpy(path, fixture_path(name));
    for (int layered = 0; layered < 2; layered++)
        assert_int_equal(opens(path, chain_state(IMAGE_DEPTH_LIMIT), layered), 1);
    struct image_options options = options_of(1);
    if (image_verify(path, &options) != PYBOX_OK)
        fail_msg("%s", error_message());

    struct image *parent = opened(path, 1);
    snprintf(name, sizeof name, "chain-%d.snap", IMAGE_DEPTH_LIMIT + 1);
    strcpy(path, fixture_path(name));
    /* Nobody could open it: it is not written. */
    assert_int_equal(
        snapshot_write_delta(path, chain_state(IMAGE_DEPTH_LIMIT + 1), parent, NULL, NULL),
        PYBOX_ERROR_SNAPSHOT_PARENT);
    assert_int_equal(access(path, F_OK), -1);
    /* One can come about all the same: its parent was a full snapshot, and there is a delta of that name. */
    char whole[256];
    strcpy(whole, fixture_path("whole.snap"));
    assert_int_equal(snapshot_write(whole, chain_state(IMAGE_DEPTH_LIMIT), NULL), PYBOX_OK);
    struct image *full = opened(whole, 1);
    remove(whole);
    assert_int_equal(
        snapshot_write_delta(path, chain_state(IMAGE_DEPTH_LIMIT + 1), full, NULL, NULL), PYBOX_OK);
    image_close(full);
    assert_int_equal(opens(path, chain_state(0), 1), -(int)PYBOX_ERROR_SNAPSHOT_PARENT);
    assert_non_null(strstr(error_message(), "more than 64 parents"));
    /* The root of the chain is a parent as well: it has a way out. */
    assert_int_equal(snapshot_write_delta(path, chain_state(IMAGE_DEPTH_LIMIT + 1),
                                          image_root(parent), NULL, NULL),
                     PYBOX_OK);
    assert_int_equal(opens(path, chain_state(IMAGE_DEPTH_LIMIT + 1), 1), 1);
    image_close(parent);
    remove_chain(IMAGE_DEPTH_LIMIT + 1);
}

/* A tree of a megabyte is in the first of three states, and in the others by reference. */
static void a_tree_that_stays_is_not_stored(void **state)
{
    (void)state;
    struct snapshot_content content = *fixture_content();
    uint8_t *tree = malloc(1 << 20);
    for (size_t i = 0; i < 1 << 20; i++)
        tree[i] = (uint8_t)(i * i >> 7 ^ i >> 3);
    content.tree = tree;
    content.tree_bytes = 1 << 20;
    char second[256];
    strcpy(second, fixture_path("second.snap"));
    for (int root_has_it = 0; root_has_it < 2; root_has_it++) {
        assert_int_equal(snapshot_write(base, root_has_it ? &content : fixture_content(), NULL),
                         PYBOX_OK);
        struct image *parent = opened(base, 1);
        fixture_memory()[5000] ^= 1;
        assert_int_equal(snapshot_write_delta(delta, &content, parent, NULL, NULL), PYBOX_OK);
        image_close(parent);
        parent = opened(delta, 1);
        fixture_memory()[9000] ^= 1;
        assert_int_equal(snapshot_write_delta(second, &content, parent, NULL, NULL), PYBOX_OK);
        image_close(parent);
        assert_int_equal(size_of(delta) < 4096, root_has_it);
        assert_in_range(size_of(second), 1, 4096);
        for (int layered = 0; layered < 2; layered++)
            assert_int_equal(opens(second, &content, layered), 1);
        struct image_options options = options_of(1);
        if (image_verify(second, &options) != PYBOX_OK)
            fail_msg("%s", error_message());
        options.max_tree_bytes = (1 << 20) - 1;
        struct image *image;
        assert_int_equal(image_open(second, NULL, &options, &image), PYBOX_ERROR_LIMIT);
        struct snapshot *snapshot;
        assert_int_equal(snapshot_open(second, NULL, &snapshot), PYBOX_OK);
        assert_int_equal(snapshot_describe(snapshot)->tree_bytes, 1 << 20);
        assert_null(snapshot_describe(snapshot)->tree);
        snapshot_close(snapshot);
    }
    unlink(second);
    free(tree);
}

static void the_images_of_one_trusted_parent_share_it(void **state)
{
    (void)state;
    uint8_t name[DIGEST_BYTES];
    assert_int_equal(fixture_write_delta(base, delta, NULL, name), PYBOX_OK);
    struct image_options options = {.trusted_folder = folder, .layered = 1};
    struct image *images[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(image_open(delta, NULL, &options, &images[i]), PYBOX_OK);
        if (i == 0)
            unlink(base); /* it is not looked for again */
    }
    assert_ptr_equal(image_root(images[0]), image_root(images[1]));
    assert_ptr_not_equal(image_root(images[0]), images[0]);
    image_close(images[0]);
    image_close(images[1]);
    struct image *image;
    assert_int_equal(image_open(delta, NULL, &options, &image), PYBOX_ERROR_SNAPSHOT_PARENT);
}

static void a_layered_image_that_is_large_becomes_one_memory(void **state)
{
    (void)state;
    struct snapshot_content content = *fixture_content();
    content.memory_bytes = 32u << 20;
    uint8_t *memory = mmap(NULL, content.memory_bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    content.memory = memory;
    memory[0] = 1;
    assert_int_equal(snapshot_write(base, &content, NULL), PYBOX_OK);
    struct image *parent = opened(base, 0);
    const uint32_t most = IMAGE_LAYER_LIMIT_BYTES / PAGE_SOURCE_BYTES;
    for (uint32_t pages = most; pages <= most + 1; pages++) {
        for (uint32_t i = 0; i < pages; i++)
            memory[(size_t)i * PAGE_SOURCE_BYTES] = (uint8_t)(i | 2);
        assert_int_equal(snapshot_write_delta(delta, &content, parent, NULL, NULL), PYBOX_OK);
        struct image *image = opened(delta, 1);
        assert_int_equal(image_root(image) == image, pages > most);
        image_close(image);
        assert_int_equal(opens(delta, &content, 1), 1);
    }
    image_close(parent);
    munmap(memory, content.memory_bytes);
}

static void what_cannot_be_a_delta_is_refused(void **state)
{
    (void)state;
    assert_int_equal(snapshot_write(base, fixture_later(), NULL), PYBOX_OK);
    struct image *parent = opened(base, 0);
    struct snapshot_content content = *fixture_content(); /* with less memory */
    assert_int_equal(snapshot_write_delta(delta, &content, parent, NULL, NULL),
                     PYBOX_ERROR_ARGUMENT);
    content = *fixture_later();
    content.module_hash[0] ^= 1;
    assert_int_equal(snapshot_write_delta(delta, &content, parent, NULL, NULL),
                     PYBOX_ERROR_ARGUMENT);
    image_close(parent);
}

static void the_time_is_kept_and_is_no_part_of_the_name(void **state)
{
    (void)state;
    uint8_t names[2][DIGEST_BYTES];
    for (int i = 0; i < 2; i++) {
        struct snapshot_write_options write = {.digest = names[i],
                                               .created_ns = i * UINT64_C(1234567890123456789)};
        assert_int_equal(snapshot_write(base, fixture_content(), &write), PYBOX_OK);
        struct image *image = opened(base, 0);
        assert_true(image_created_ns(image) == write.created_ns);
        assert_int_equal(snapshot_write_delta(delta, fixture_later(), image, NULL, &write),
                         PYBOX_OK);
        image_close(image);
        image = opened(delta, 1);
        assert_true(image_created_ns(image) == write.created_ns);
        image_close(image);
        struct image_options options = options_of(0);
        assert_int_equal(image_verify(base, &options), PYBOX_OK);
    }
    assert_memory_equal(names[0], names[1], DIGEST_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delta_and_its_parent_are_the_state),
        cmocka_unit_test(a_delta_holds_what_changed),
        cmocka_unit_test(only_the_named_pages_are_looked_at),
        cmocka_unit_test(an_unchanged_state_is_an_empty_delta),
        cmocka_unit_test(parents_in_a_circle_are_refused),
        cmocka_unit_test(a_parent_is_found_under_any_name),
        cmocka_unit_test(a_missing_parent_is_named),
        cmocka_unit_test(a_chain_is_as_deep_as_it_may_be),
        cmocka_unit_test(a_tree_that_stays_is_not_stored),
        cmocka_unit_test(the_images_of_one_trusted_parent_share_it),
        cmocka_unit_test(a_layered_image_that_is_large_becomes_one_memory),
        cmocka_unit_test(what_cannot_be_a_delta_is_refused),
        cmocka_unit_test(the_time_is_kept_and_is_no_part_of_the_name),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
