#include "image.h"

#include "snapshot_fixture.h"

#include "error.h"
#include "snapshot_write.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *saved(pybox_form form)
{
    const char *path = fixture_path("image");
    struct snapshot_write_options options = {.form = form};
    assert_int_equal(snapshot_write(path, fixture_content(), &options), PYBOX_OK);
    return path;
}

static struct image *opened(pybox_form form, int trusted)
{
    struct image_options options = {.trusted_file = trusted};
    struct image *image;
    if (image_open(saved(form), NULL, &options, &image) != PYBOX_OK)
        fail_msg("%s", error_message());
    return image;
}

static uint8_t *mapped(const struct image *image)
{
    uint8_t *address;
    assert_int_equal(image_map(image, &address), PYBOX_OK);
    return address;
}

static void boxes_do_not_see_each_other(void **state)
{
    (void)state;
    for (int trusted = 0; trusted < 2; trusted++) {
        struct image *image = opened(PYBOX_FORM_MAPPED, trusted);
        size_t length = image_describe(image)->content.memory_bytes;
        uint8_t *one = mapped(image), *two = mapped(image);
        memset(one, 0x77, length);
        assert_memory_equal(two, fixture_content()->memory, length);
        image_close(image); /* mappings outlive it */
        memset(two, 0x66, length);
        assert_int_equal(one[length - 1], 0x77);
        munmap(one, length);
        munmap(two, length);
        assert_int_equal(fixture_opens_as(fixture_path("image"), fixture_content(), 1), 1);
    }
}

static void the_memory_is_sealed(void **state)
{
    (void)state;
    static const pybox_form forms[] = {PYBOX_FORM_COMPRESSED, PYBOX_FORM_MAPPED};
    for (int i = 0; i < 2; i++) {
        struct image *image = opened(forms[i], 0);
        int fd = image_describe(image)->fd;
        int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
        assert_int_equal(fcntl(fd, F_GET_SEALS) & seals, seals);
        assert_int_equal(pwrite(fd, "x", 1, 0), -1);
        assert_int_equal(errno, EPERM);
        assert_int_equal(ftruncate(fd, 0), -1);
        assert_true(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
        assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        image_close(image);
    }
}

/* A mapped file that is not trusted is copied: what happens to it later does not matter. */
static void a_file_that_shrinks_later_does_no_harm(void **state)
{
    (void)state;
    struct image *image = opened(PYBOX_FORM_MAPPED, 0);
    assert_int_equal(truncate(fixture_path("image"), 0), 0);
    uint8_t *memory = mapped(image);
    size_t length = image_describe(image)->content.memory_bytes;
    assert_memory_equal(memory, fixture_content()->memory, length);
    munmap(memory, length);
    image_close(image);
}

static void a_trusted_file_is_not_written_to_by_boxes(void **state)
{
    (void)state;
    struct image *image = opened(PYBOX_FORM_MAPPED, 1);
    const struct image_view *view = image_describe(image);
    assert_int_equal(fcntl(view->fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_true(view->memory_offset > 0);
    uint8_t *memory = mapped(image);
    memset(memory, 0x55, view->content.memory_bytes);
    munmap(memory, view->content.memory_bytes);
    image_close(image);
    assert_int_equal(fixture_opens_as(fixture_path("image"), fixture_content(), 1), 1);
}

static void only_memory_that_is_not_zero_is_touched(void **state)
{
    (void)state;
    static const pybox_form forms[] = {PYBOX_FORM_COMPRESSED, PYBOX_FORM_MAPPED};
    for (int i = 0; i < 2; i++) {
        struct image *image = opened(forms[i], 0);
        struct stat found;
        assert_int_equal(fstat(image_describe(image)->fd, &found), 0);
        assert_int_equal(found.st_size, fixture_content()->memory_bytes);
        assert_int_equal(found.st_blocks * 512, SNAPSHOT_PAGE_BYTES + 2 * 4096);
        image_close(image);
    }
}

static void an_image_of_another_module_is_refused(void **state)
{
    (void)state;
    const char *path = saved(PYBOX_FORM_COMPRESSED);
    uint8_t hash[DIGEST_BYTES];
    struct image *image;
    memset(hash, 0xa5, sizeof hash);
    assert_int_equal(image_open(path, hash, NULL, &image), PYBOX_OK);
    image_close(image);
    hash[0] ^= 1;
    assert_int_equal(image_open(path, hash, NULL, &image), PYBOX_ERROR_SNAPSHOT_MODULE);
    assert_null(image);
    assert_non_null(strstr(error_message(), "a5a5a5"));
    assert_non_null(strstr(error_message(), "a4a5a5"));
}

static void limits_and_the_digest_are_passed_on(void **state)
{
    (void)state;
    const char *path = fixture_path("image");
    uint8_t digest[DIGEST_BYTES];
    struct snapshot_write_options write = {.digest = digest};
    assert_int_equal(snapshot_write(path, fixture_content(), &write), PYBOX_OK);
    struct image_options options = {.max_memory_bytes = 3 * SNAPSHOT_PAGE_BYTES};
    struct image *image;
    assert_int_equal(image_open(path, NULL, &options, &image), PYBOX_ERROR_LIMIT);
    options = (struct image_options){.max_tree_bytes = 2999};
    assert_int_equal(image_open(path, NULL, &options, &image), PYBOX_ERROR_LIMIT);
    assert_null(image);
    assert_int_equal(image_open(path, NULL, NULL, &image), PYBOX_OK);
    uint8_t name[DIGEST_BYTES];
    assert_int_equal(image_digest_name(image, name), PYBOX_OK);
    assert_memory_equal(name, digest, DIGEST_BYTES);
    assert_null(image_describe(image)->content.memory);
    image_close(image);
}

static void a_live_state_becomes_an_image(void **state)
{
    (void)state;
    struct image *image;
    assert_int_equal(image_create_from_content(fixture_content(), &image), PYBOX_OK);
    const struct image_view *view = image_describe(image);
    size_t length = view->content.memory_bytes;
    fixture_memory()[0] ^= 0xff; /* it is a copy */
    uint8_t *memory = mapped(image);
    assert_memory_equal(memory, fixture_content()->memory, length);
    munmap(memory, length);
    assert_int_equal(view->content.global_count, 3);
    assert_true(view->content.globals[2].value == UINT64_MAX);
    assert_int_equal(view->content.tree_bytes, 3000);
    assert_int_equal(view->content.tree[2999], 2999 % 251);
    assert_string_equal(view->content.metadata, fixture_content()->metadata);
    uint8_t name[DIGEST_BYTES], digest[DIGEST_BYTES];
    struct snapshot_write_options write = {.digest = digest};
    assert_int_equal(snapshot_write(fixture_path("image"), fixture_content(), &write), PYBOX_OK);
    assert_int_equal(image_digest_name(image, name), PYBOX_OK); /* computed, as it was never saved */
    assert_memory_equal(name, digest, DIGEST_BYTES);
    assert_int_equal(fcntl(view->fd, F_GET_SEALS) & F_SEAL_WRITE, F_SEAL_WRITE);
    image_close(image);

    struct snapshot_content empty = {0};
    assert_int_equal(image_create_from_content(&empty, &image), PYBOX_OK);
    assert_string_equal(image_describe(image)->content.metadata, "{}");
    uint8_t *none;
    assert_int_equal(image_map(image, &none), PYBOX_OK);
    assert_null(none);
    image_unmap(image, none);
    image_close(image);

    struct snapshot_content wrong = *fixture_content();
    wrong.memory_bytes--;
    assert_int_equal(image_create_from_content(&wrong, &image), PYBOX_ERROR_ARGUMENT);
    assert_null(image);
}

static void *hold_and_close(void *image)
{
    for (int i = 0; i < 20000; i++)
        image_close(image_hold(image));
    image_close(image);
    return NULL;
}

static void holds_are_counted_across_threads(void **state)
{
    (void)state;
    int before = fixture_count_descriptors();
    struct image *image = opened(PYBOX_FORM_COMPRESSED, 0);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hold_and_close, image_hold(image)), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    uint8_t *memory = mapped(image);
    assert_int_equal(memory[2 * SNAPSHOT_PAGE_BYTES + 5 * 4096 + 17], 1);
    munmap(memory, fixture_content()->memory_bytes);
    assert_int_equal(fixture_count_descriptors(), before + 1);
    image_close(image);
    image_close(NULL);
    assert_int_equal(fixture_count_descriptors(), before);
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
        cmocka_unit_test(boxes_do_not_see_each_other),
        cmocka_unit_test(the_memory_is_sealed),
        cmocka_unit_test(a_file_that_shrinks_later_does_no_harm),
        cmocka_unit_test(a_trusted_file_is_not_written_to_by_boxes),
        cmocka_unit_test(only_memory_that_is_not_zero_is_touched),
        cmocka_unit_test(an_image_of_another_module_is_refused),
        cmocka_unit_test(limits_and_the_digest_are_passed_on),
        cmocka_unit_test(a_live_state_becomes_an_image),
        cmocka_unit_test(holds_are_counted_across_threads),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
