/* Pages as the words in which they differ from others. */
#include "packed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <cmocka.h>

#include "alloc_fault.h"

#define PAGE 4096u
#define PAGES 40u

static uint8_t base[PAGES * PAGE], memory[PAGES * PAGE], again[PAGES * PAGE];

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof base; i++)
        base[i] = (uint8_t)(i * 7 + i / PAGE);
    memcpy(memory, base, sizeof base);
    memcpy(again, base, sizeof base);
    return 0;
}

static enum packed_result add(struct packed *packed, uint32_t page)
{
    return packed_add(packed, page, memory + page * PAGE, base + page * PAGE);
}

static void test_pages_come_back(void **state)
{
    (void)state;
    unsigned seed;
    assert_int_equal(getrandom(&seed, sizeof seed, 0), sizeof seed);
    print_message("the seed is %u\n", seed);
    struct packed packed = {0};
    for (uint32_t page = 0; page < PAGES; page++) {
        for (uint32_t i = 0; i < page; i++)
            memory[page * PAGE + (uint32_t)rand_r(&seed) % PAGE] ^= (uint8_t)(1 + rand_r(&seed) % 255);
        assert_int_equal(add(&packed, page), PACKED_ADDED);
    }
    memory[0] ^= 1; /* the first bytes and the last */
    memory[PAGES * PAGE - 1] ^= 1;
    assert_int_equal(add(&packed, 0), PACKED_ADDED);
    assert_int_equal(add(&packed, PAGES - 1), PACKED_ADDED);
    packed_fit(&packed);
    assert_int_equal(packed.capacity, packed.length);
    assert_true(packed.length < PAGES * PAGES / 2 * 12 + (PAGES + 2) * 8 + PAGES * 12 + 12);
    packed_apply(&packed, again);
    assert_memory_equal(again, memory, sizeof memory);
    assert_null(packed.bytes);
    assert_int_equal(packed.length, 0);
}

static void test_what_takes_half_a_page_is_left(void **state)
{
    (void)state;
    struct packed packed = {0};
    for (uint32_t length = 2000; length <= PAGE; length++) {
        set_up(NULL);
        for (uint32_t i = 0; i < length; i++)
            memory[PAGE + i] ^= 0x55;
        const uint32_t words = (length + 7) / 8;
        const size_t used = packed.length;
        if (words * 8 + 12 <= PAGE / 2) {
            assert_int_equal(add(&packed, 1), PACKED_ADDED);
            assert_int_equal(packed.length, used + words * 8 + 12);
        } else {
            assert_int_equal(add(&packed, 1), PACKED_NOT_WORTH);
            assert_int_equal(packed.length, used);
        }
    }
    packed_free(&packed);
    /* Every other word: the heads of the runs count. */
    for (uint32_t i = 0; i < PAGE; i += 16)
        memory[2 * PAGE + i] ^= 1;
    assert_int_equal(add(&packed, 2), PACKED_NOT_WORTH);
    assert_null(packed.bytes);
}

static void test_without_memory_nothing_is_added(void **state)
{
    (void)state;
    struct packed packed = {0};
    memory[5] ^= 1;
    assert_int_equal(add(&packed, 0), PACKED_ADDED);
    packed_fit(&packed);
    const size_t used = packed.length;
    fail_at = 0;
    memory[PAGE] ^= 1;
    assert_int_equal(add(&packed, 1), PACKED_NO_MEMORY);
    fail_at = -1;
    assert_int_equal(packed.length, used);
    packed_apply(&packed, again);
    assert_int_equal(again[5], memory[5]);
    assert_int_equal(again[PAGE], base[PAGE]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_pages_come_back, set_up),
        cmocka_unit_test_setup(test_what_takes_half_a_page_is_left, set_up),
        cmocka_unit_test_setup(test_without_memory_nothing_is_added, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
