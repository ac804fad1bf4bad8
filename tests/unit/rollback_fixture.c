#include "rollback_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"
#include "pagemap.h"

const struct fixture_way fixture_ways[FIXTURE_WAYS] = {
    {"track", {.method = ROLLBACK_TRACK}},
    {"scan", {.method = ROLLBACK_SCAN}},
    {"scan always", {.method = ROLLBACK_SCAN, .always_scan = 1}},
    {"entries", {.method = ROLLBACK_ENTRIES}},
    {"plain", {.method = ROLLBACK_PLAIN}},
};

int fixture_works_here(const struct fixture_way *way)
{
    static const unsigned needs[] = {[ROLLBACK_TRACK] = PAGEMAP_CAN_TRACK,
                                     [ROLLBACK_SCAN] = PAGEMAP_CAN_SCAN,
                                     [ROLLBACK_ENTRIES] = PAGEMAP_CAN_ENTRIES,
                                     [ROLLBACK_PLAIN] = 0};
    unsigned need = needs[way->options.method];
    return (pagemap_probe() & need) == need;
}

#define IMAGE_BYTES (FIXTURE_IMAGE_PAGES * FIXTURE_PAGE)

static void fill_image(int fd)
{
    assert_int_equal(ftruncate(fd, IMAGE_BYTES), 0);
    for (uint32_t page = 1; page < FIXTURE_IMAGE_PAGES; page += 2) {
        uint32_t words[FIXTURE_PAGE / 4];
        for (size_t i = 0; i < FIXTURE_PAGE / 4; i++)
            words[i] = page;
        assert_int_equal(pwrite(fd, words, sizeof words, (off_t)(page * FIXTURE_PAGE)),
                         sizeof words);
    }
}

static void make_memory(struct fixture *fixture, const struct rollback_options *options)
{
    assert_int_equal(memory_create(FIXTURE_PAGES, FIXTURE_LIMIT, &fixture->memory), PYBOX_OK);
    assert_int_equal(memory_map_image(&fixture->memory, fixture->fd, 0, IMAGE_BYTES), PYBOX_OK);
    pybox_status status = rollback_create(&fixture->memory, fixture->image, IMAGE_BYTES, options,
                                          &fixture->rollback);
    if (status != PYBOX_OK)
        fail_msg("rollback_create: %s", error_message());
}

void fixture_make(struct fixture *fixture, const struct rollback_options *options)
{
    fixture->fd = memfd_create("image", MFD_CLOEXEC);
    assert_true(fixture->fd >= 0);
    fill_image(fixture->fd);
    fixture->image = mmap(NULL, IMAGE_BYTES, PROT_READ, MAP_SHARED, fixture->fd, 0);
    assert_ptr_not_equal(fixture->image, MAP_FAILED);
    make_memory(fixture, options);
}

void fixture_make_sibling(struct fixture *sibling, const struct fixture *fixture,
                          const struct rollback_options *options)
{
    sibling->fd = fixture->fd;
    sibling->image = fixture->image;
    make_memory(sibling, options);
}

void fixture_free_sibling(struct fixture *fixture)
{
    rollback_destroy(fixture->rollback);
    memory_destroy(&fixture->memory);
}

void fixture_free(struct fixture *fixture)
{
    fixture_free_sibling(fixture);
    munmap((void *)fixture->image, IMAGE_BYTES);
    close(fixture->fd);
}

void fixture_write(struct fixture *fixture, uint64_t page, uint8_t value)
{
    rollback_enter(fixture->rollback);
    memset(fixture->memory.base + page * FIXTURE_PAGE, value, FIXTURE_PAGE);
}

int fixture_readable(const uint8_t *address)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int good = write(ends[1], address, 1) == 1;
    close(ends[0]);
    close(ends[1]);
    return good;
}

uint8_t *fixture_copy(const struct fixture *fixture)
{
    uint8_t *copy = calloc(1, memory_bytes(&fixture->memory) + 1); /* a test makes malloc() fail */
    assert_non_null(copy);
    memcpy(copy, fixture->memory.base, memory_bytes(&fixture->memory));
    return copy;
}

void fixture_assert_equal(const struct fixture *fixture, const uint8_t *bytes, uint64_t pages)
{
    assert_int_equal(fixture->memory.pages, pages);
    for (uint64_t at = 0; at < memory_bytes(&fixture->memory); at += FIXTURE_PAGE)
        if (memcmp(fixture->memory.base + at, bytes + at, FIXTURE_PAGE) != 0)
            fail_msg("page %llu differs", (unsigned long long)(at / FIXTURE_PAGE));
    assert_false(fixture_readable(fixture->memory.base + memory_bytes(&fixture->memory)));
}

void fixture_assert_fresh(const struct fixture *fixture)
{
    uint64_t bytes = FIXTURE_PAGES * MEMORY_PAGE_BYTES;
    uint8_t *fresh = calloc(1, bytes);
    assert_non_null(fresh);
    memcpy(fresh, fixture->image, IMAGE_BYTES);
    fixture_assert_equal(fixture, fresh, FIXTURE_PAGES);
    free(fresh);
}
