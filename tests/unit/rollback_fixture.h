/* A memory over an image, and what it should hold: for the tests of rollback. */
#ifndef ROLLBACK_FIXTURE_H
#define ROLLBACK_FIXTURE_H

#include "memory.h"
#include "rollback.h"

#define FIXTURE_PAGE UINT64_C(4096)
#define FIXTURE_IMAGE_PAGES 512 /* of 4096; odd ones hold their number all over, even ones zeroes */
#define FIXTURE_PAGES 64        /* of 64 KiB at the start, half of them the image's */
#define FIXTURE_LIMIT 256

/* The methods, and whether to trust fault counts; the tests run with each. */
struct fixture_way {
    const char *name;
    struct rollback_options options;
};
#define FIXTURE_WAYS 5
extern const struct fixture_way fixture_ways[FIXTURE_WAYS];

/* Whether this machine can do what the way needs: else its tests are reported as skipped. */
int fixture_works_here(const struct fixture_way *way);

struct fixture {
    int fd;
    const uint8_t *image;
    struct memory memory;
    struct rollback *rollback;
};

/* Makes one with the options, and asserts that it could. It keeps its address. */
void fixture_make(struct fixture *fixture, const struct rollback_options *options);
/* Another memory of the same image. */
void fixture_make_sibling(struct fixture *sibling, const struct fixture *fixture,
                          const struct rollback_options *options);
void fixture_free(struct fixture *fixture);
void fixture_free_sibling(struct fixture *fixture);

/* Enters, and writes `value` to all of the page. */
void fixture_write(struct fixture *fixture, uint64_t page, uint8_t value);

/* Asserts that the memory is as the image, at its first size, and that nothing lies behind. */
void fixture_assert_fresh(const struct fixture *fixture);

/* A copy of the memory's bytes; memory_bytes() of them. The caller frees it. */
uint8_t *fixture_copy(const struct fixture *fixture);

/* Asserts that the memory has `pages` wasm pages with these bytes, and nothing lies behind. */
void fixture_assert_equal(const struct fixture *fixture, const uint8_t *bytes, uint64_t pages);

/* Whether the byte can be read, without a fault. */
int fixture_readable(const uint8_t *address);

#endif
