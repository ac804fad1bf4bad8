/* Deltas of boxes of the real module: saved, loaded, merged; and what a box that comes from one can do. */
#include "python_fixture.h"
#include "store_fixture.h"

static char delta_path[512];

/* A delta of a box of the base image that has run `code`. */
static const char *save_delta(const char *code, const char *metadata)
{
    pybox_box *box = make_box(NULL);
    eval(box, code);
    strcpy(delta_path, store_file("delta.snap"));
    assert_works(pybox_box_save(box, delta_path,
                                &(pybox_save_options){.delta = 1, .metadata = metadata}));
    pybox_box_destroy(box);
    return delta_path;
}

static pybox_image *load(const char *path, const pybox_image_options *options)
{
    pybox_image *loaded;
    assert_works(pybox_image_load(module, path, options, &loaded));
    return loaded;
}

static pybox_box *box_of(pybox_image *from, const pybox_box_options *options)
{
    pybox_box *box;
    assert_works(pybox_box_create(module, from, options, &box));
    return box;
}

static void a_delta_is_small_and_holds_the_state(void **state)
{
    (void)state;
    const char *path = save_delta("import json; x = json.loads('[1, 2]'); open('/work/f', 'w').write('text')",
                                  "{\"who\": \"me\"}");
    pybox_snapshot_info *info;
    assert_works(pybox_snapshot_describe(path, &info));
    assert_string_equal(info->parent, pybox_image_digest(image));
    assert_string_equal(info->metadata, "{\"who\": \"me\"}");
    assert_int_equal(info->form, PYBOX_FORM_COMPRESSED);
    assert_true(info->created_ns > UINT64_C(1600000000000000000));
    assert_in_range(info->file_bytes, 1, 64 << 10);
    assert_in_range(info->stored_bytes, 1, 64 << 10);
    pybox_image *loaded = load(path, NULL);
    assert_string_equal(pybox_image_digest(loaded), info->digest);
    pybox_snapshot_info_destroy(info);
    pybox_box *box = box_of(loaded, NULL);
    pybox_image_close(loaded);
    assert_eval(box, "x", "[1, 2]");
    assert_eval(box, "open('/work/f').read()", "'text'");
    pybox_box_destroy(box);
}

static void a_box_of_a_delta_is_rolled_back_to_it(void **state)
{
    (void)state;
    pybox_image *loaded = load(save_delta("x = [0] * 1000", NULL), NULL);
    static const pybox_rollback policies[] = {PYBOX_ROLLBACK_NEVER, PYBOX_ROLLBACK_RUN,
                                              PYBOX_ROLLBACK_ALWAYS};
    for (int i = 0; i < 3; i++) {
        pybox_box *box = box_of(loaded, &(pybox_box_options){.rollback = policies[i]});
        for (int round = 0; round < 3; round++) {
            assert_eval(box, "len(x), sum(x)", "(1000, 0)");
            eval(box, "x[:] = [7]; y = bytearray(1 << 20)");
            if (policies[i] != PYBOX_ROLLBACK_ALWAYS)
                rollback(box);
            assert_eval(box, "'y' in globals()", "False");
        }
        eval(box, "x.append(1)");
        checkpoint(box);
        eval(box, "x.append(2)");
        rollback(box);
        assert_eval(box, "len(x)", policies[i] == PYBOX_ROLLBACK_ALWAYS ? "1000" : "1001");
        drop(box);
        rollback(box);
        assert_eval(box, "len(x)", "1000");
        pybox_box_destroy(box);
    }
    pybox_image_close(loaded);
}

static void a_box_of_a_delta_is_cloned_and_saved(void **state)
{
    (void)state;
    pybox_image *loaded = load(save_delta("x = list(range(5000)); z = 'z' * 100000", NULL), NULL);
    pybox_box *box = box_of(loaded, NULL), *copy = clone_box(box);
    assert_eval(copy, "sum(x), len(z)", "(12497500, 100000)");
    eval(box, "del z; x.reverse()");
    pybox_box *second = clone_box(box);
    assert_eval(second, "x[0], 'z' in globals()", "(4999, False)");
    assert_eval(copy, "x[0], len(z)", "(0, 100000)");

    /* In full, as a delta of the delta, and as an image: one state, one name. */
    char full[512], chained[512];
    strcpy(full, store_file("full.snap"));
    strcpy(chained, store_file("chained.snap"));
    assert_works(pybox_box_save(box, full, NULL));
    assert_works(pybox_box_save(box, chained, &(pybox_save_options){.delta = 1}));
    pybox_snapshot_info *a, *b;
    assert_works(pybox_snapshot_describe(full, &a));
    assert_works(pybox_snapshot_describe(chained, &b));
    assert_string_equal(a->digest, b->digest);
    assert_string_equal(b->parent, pybox_image_digest(loaded));
    assert_string_equal(a->parent, "");
    assert_in_range(b->file_bytes, 1, a->file_bytes / 10);
    pybox_image *made;
    assert_works(pybox_image_create(box, &made));
    assert_string_equal(pybox_image_digest(made), a->digest);
    pybox_image_close(made);
    pybox_snapshot_info_destroy(a);
    pybox_snapshot_info_destroy(b);
    pybox_image *again = load(chained, NULL);
    pybox_box *third = box_of(again, NULL);
    assert_eval(third, "x[0], 'z' in globals()", "(4999, False)");
    pybox_box_destroy(third);
    pybox_image_close(again);
    pybox_box_destroy(box);
    pybox_box_destroy(copy);
    pybox_box_destroy(second);
    pybox_image_close(loaded);
}

static void memory_that_has_grown_is_saved(void **state)
{
    (void)state;
    pybox_image *loaded = load(save_delta("b = bytearray(range(256)) * (40 << 12)", NULL), NULL);
    pybox_box *box = box_of(loaded, NULL); /* more than a layered image has */
    assert_eval(box, "len(b), b[-1], sum(b[:512])", "(41943040, 255, 65280)");
    eval(box, "del b");
    assert_works(pybox_box_save(box, store_file("second.snap"), &(pybox_save_options){.delta = 1}));
    pybox_image *second = load(store_file("second.snap"), NULL);
    pybox_box *other = box_of(second, NULL);
    assert_eval(other, "'b' in globals()", "False");
    pybox_box_destroy(other);
    pybox_image_close(second);
    pybox_box_destroy(box);
    pybox_image_close(loaded);
}

static void parents_are_looked_for_in_the_folders(void **state)
{
    (void)state;
    /* A parent that is not the module's own. */
    pybox_box *box = make_box(NULL);
    eval(box, "base = 'mine'");
    assert_int_equal(mkdir(store_file("images"), 0700), 0);
    assert_works(pybox_box_save(box, store_file("images/any.snap"), NULL));
    pybox_box_destroy(box);
    pybox_image *parent = load(store_file("images/any.snap"), NULL), *loaded;
    box = box_of(parent, NULL);
    eval(box, "x = 1");
    assert_works(pybox_box_save(box, store_file("delta.snap"), &(pybox_save_options){.delta = 1}));
    pybox_box_destroy(box);

    assert_int_equal(pybox_image_open(module, store_file("delta.snap"), &loaded),
                     PYBOX_ERROR_SNAPSHOT_PARENT);
    assert_null(loaded);
    assert_non_null(strstr(pybox_error_message(), pybox_image_digest(parent)));
    assert_non_null(strstr(pybox_error_message(), store_folder));
    assert_int_equal(pybox_snapshot_verify(store_file("delta.snap")), PYBOX_ERROR_SNAPSHOT_PARENT);
    char folder[512];
    strcpy(folder, store_file("images"));
    const char *const folders[] = {"/nowhere", folder};
    pybox_image_options options = {.folders = folders, .folder_count = 2};
    loaded = load(store_file("delta.snap"), &options);
    box = box_of(loaded, NULL);
    assert_eval(box, "base, x", "('mine', 1)");
    pybox_box_destroy(box);
    pybox_image_close(loaded);

    /* Merged, it needs none. */
    assert_works(pybox_snapshot_merge(module, store_file("delta.snap"), &options,
                                      store_file("merged.image"),
                                      &(pybox_save_options){.form = PYBOX_FORM_MAPPED}));
    assert_works(pybox_snapshot_verify(store_file("merged.image")));
    pybox_snapshot_info *delta, *merged;
    assert_works(pybox_snapshot_describe(store_file("delta.snap"), &delta));
    assert_works(pybox_snapshot_describe(store_file("merged.image"), &merged));
    assert_string_equal(delta->digest, merged->digest);
    assert_string_equal(merged->parent, "");
    assert_true(merged->created_ns == delta->created_ns);
    assert_int_equal(merged->form, PYBOX_FORM_MAPPED);
    pybox_snapshot_info_destroy(delta);
    pybox_snapshot_info_destroy(merged);
    for (int trusted = 0; trusted < 2; trusted++) {
        loaded = load(store_file("merged.image"), &(pybox_image_options){.trusted = trusted});
        box = box_of(loaded, NULL);
        assert_eval(box, "base, x", "('mine', 1)");
        pybox_box_destroy(box);
        pybox_image_close(loaded);
    }
    assert_int_equal(pybox_snapshot_merge(module, store_file("delta.snap"), NULL,
                                          store_file("again.snap"), NULL),
                     PYBOX_ERROR_SNAPSHOT_PARENT);
    assert_int_equal(access(store_file("again.snap"), F_OK), -1);
    pybox_image_close(parent);
}

static void what_is_asked_for_wrongly_is_refused(void **state)
{
    (void)state;
    const char *path = save_delta("1", NULL);
    pybox_image *loaded;
    pybox_image_options options = {.folder_count = 1};
    assert_int_equal(pybox_image_load(module, path, &options, &loaded), PYBOX_ERROR_ARGUMENT);
    const char *const folders[] = {NULL};
    options.folders = folders;
    assert_int_equal(pybox_image_load(module, path, &options, &loaded), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_image_load(NULL, path, NULL, &loaded), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_snapshot_merge(module, path, NULL, store_file("m.snap"),
                                          &(pybox_save_options){.delta = 1}),
                     PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_snapshot_merge(module, NULL, NULL, path, NULL), PYBOX_ERROR_ARGUMENT);
    assert_string_equal(pybox_image_digest(NULL), "");
}

/* A mapped file that is not trusted may be truncated while boxes run. */
static void a_file_that_is_truncated_later_does_no_harm(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    eval(box, "x = 3");
    assert_works(pybox_box_save(box, store_file("s.image"), &(pybox_save_options){.form = PYBOX_FORM_MAPPED}));
    assert_works(pybox_box_save(box, store_file("d.snap"), &(pybox_save_options){.delta = 1}));
    pybox_box_destroy(box);
    pybox_image *loaded = load(store_file("s.image"), NULL);
    box = box_of(loaded, NULL);
    assert_int_equal(truncate(store_file("s.image"), 0), 0);
    assert_eval(box, "x, len(dir(__builtins__)) > 100", "(3, True)");
    pybox_box_destroy(box);
    pybox_image_close(loaded);
}

/* What is too large is refused before it is decoded, be it the snapshot's own or its parent's. */
static void what_is_larger_than_allowed_is_refused(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    pybox_snapshot_info *info;
    pybox_image *loaded;
    eval(box, "x = bytes([1]) * 50_000_000; open('/work/f', 'wb').write(bytes(range(256)) * 100)");
    const char *const paths[] = {store_file("full.snap"), store_file("delta.snap")};
    assert_works(pybox_box_save(box, paths[0], NULL));
    assert_works(pybox_box_save(box, paths[1], &(pybox_save_options){.delta = 1}));
    pybox_box_destroy(box);
    for (int i = 0; i < 2; i++) {
        assert_works(pybox_snapshot_describe(paths[i], &info));
        pybox_image_options exact = {.memory_bytes = info->memory_bytes, .files_bytes = info->tree_bytes};
        pybox_image_options memory = {.memory_bytes = info->memory_bytes - 1};
        pybox_image_options files = {.files_bytes = info->tree_bytes - 1};
        pybox_snapshot_info_destroy(info);
        assert_int_equal(pybox_image_load(module, paths[i], &memory, &loaded), PYBOX_ERROR_LIMIT);
        assert_null(loaded);
        assert_int_equal(pybox_image_load(module, paths[i], &files, &loaded), PYBOX_ERROR_LIMIT);
        pybox_image_close(load(paths[i], &exact));
        assert_int_equal(pybox_snapshot_merge(module, paths[i], &memory, store_file("m.snap"), NULL),
                         PYBOX_ERROR_LIMIT);
        assert_int_equal(access(store_file("m.snap"), F_OK), -1);
    }
}

static void a_fixed_clock_makes_files_repeat(void **state)
{
    (void)state;
    const uint64_t seed = 1, clock_ns = UINT64_C(1700000000000000000);
    struct stat found[2];
    char contents[2][1 << 16];
    for (int i = 0; i < 2; i++) {
        pybox_box *box = make_box(&(pybox_box_options){.seed = &seed, .clock_ns = &clock_ns});
        eval(box, "import random, time; x = random.random(), time.time()");
        strcpy(delta_path, store_file("delta.snap"));
        assert_works(pybox_box_save(box, delta_path, &(pybox_save_options){.delta = 1}));
        pybox_box_destroy(box);
        assert_int_equal(stat(delta_path, &found[i]), 0);
        FILE *file = fopen(delta_path, "rb");
        assert_int_equal(fread(contents[i], 1, sizeof contents[i], file), found[i].st_size);
        fclose(file);
    }
    assert_int_equal(found[0].st_size, found[1].st_size);
    assert_memory_equal(contents[0], contents[1], found[0].st_size);
    pybox_snapshot_info *info;
    assert_works(pybox_snapshot_describe(delta_path, &info));
    assert_true(info->created_ns == 0);
    pybox_snapshot_info_destroy(info);
}

#define FOLDER_TEST(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(a_delta_is_small_and_holds_the_state),
        FOLDER_TEST(a_box_of_a_delta_is_rolled_back_to_it),
        FOLDER_TEST(a_box_of_a_delta_is_cloned_and_saved),
        FOLDER_TEST(memory_that_has_grown_is_saved),
        FOLDER_TEST(parents_are_looked_for_in_the_folders),
        FOLDER_TEST(what_is_asked_for_wrongly_is_refused),
        FOLDER_TEST(a_file_that_is_truncated_later_does_no_harm),
        FOLDER_TEST(what_is_larger_than_allowed_is_refused),
        FOLDER_TEST(a_fixed_clock_makes_files_repeat),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
