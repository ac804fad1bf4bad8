/* Lists of contexts in the memory of a hostile guest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "context.h"

static uint8_t bytes[MEMORY_PAGE_BYTES];
static struct pybox_box box = {.memory = {.base = bytes, .pages = 1, .limit_pages = 1}};
static char told[4096];

static int tell(void *context, const char *name, const char *parent)
{
    const size_t used = strlen(told);
    snprintf(told + used, sizeof told - used, "%s<%s ", name, parent != NULL ? parent : "");
    return context != NULL && --*(int *)context == 0;
}

static void put_entry(uint32_t at, uint32_t next, uint32_t parent, uint32_t name, uint32_t name_bytes)
{
    const struct guest_context_entry entry = {next, parent, name, name_bytes};
    memcpy(bytes + at, &entry, sizeof entry);
}

static void put_good(void)
{
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes + 1000, "mainaab\xc3\xa9", 9);
    put_entry(16, 64, 0, 1000, 4);
    put_entry(64, 32, 16, 1004, 2);
    put_entry(32, 0, 64, 1006, 3);
}

static void test_a_good_list(void **state)
{
    (void)state;
    int most = 2;
    put_good();
    told[0] = '\0';
    assert_int_equal(context_go_through(&box, 16, tell, NULL), PYBOX_OK);
    assert_string_equal(told, "main< aa<main b\xc3\xa9<aa ");
    told[0] = '\0';
    assert_int_equal(context_go_through(&box, 16, tell, &most), PYBOX_OK);
    assert_string_equal(told, "main< aa<main ");
    assert_int_equal(context_go_through(&box, 0, NULL, NULL), PYBOX_OK);
}

static void assert_bad(uint32_t first)
{
    assert_int_equal(context_go_through(&box, first, NULL, NULL), PYBOX_ERROR_GUEST);
}

static void test_lists_that_are_none(void **state)
{
    (void)state;
    const uint32_t size = (uint32_t)sizeof bytes;
    put_good();
    assert_bad(size - 15);
    assert_bad(UINT32_MAX);
    assert_bad(1000);
    put_entry(32, 16, 64, 1006, 3); /* without an end */
    assert_bad(16);
    put_good();
    put_entry(64, 32, UINT32_MAX - 8, 1004, 2);
    assert_bad(16);
    static const uint32_t names[][2] = {{1000, 0},          {1000, 201},     {1006, 2},       {2000, 1},
                                        {UINT32_MAX, 2},    {1000, UINT32_MAX}, {65535, 2},   {1007, 1}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        put_good();
        put_entry(32, 0, 0, names[i][0], names[i][1]);
        assert_bad(16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_list),
        cmocka_unit_test(test_lists_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
