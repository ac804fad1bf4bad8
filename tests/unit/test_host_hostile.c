/* Calls of host functions by a guest that has been tampered with: any number, address and length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake_guest.h"

#define FAULT UINT32_MAX

static unsigned calls;
static uint64_t blob_bytes;
static size_t answer_length;

static void count(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context;
    calls++;
    blob_bytes = 0;
    for (size_t i = 0; i < call->blob_count; i++) {
        assert_int_equal(call->blobs[i].bytes[call->blobs[i].length], '\0');
        blob_bytes += call->blobs[i].length;
    }
    char *bytes = malloc(answer_length + 1);
    memset(bytes, 'z', answer_length + 1);
    assert_int_equal(pybox_answer_value(answer, &(pybox_value){PYBOX_VALUE_BYTES, bytes, answer_length}), PYBOX_OK);
    free(bytes);
}

static pybox_functions *set;

static int make(void **state)
{
    calls = 0;
    answer_length = 3;
    if (pybox_functions_create(&set) != PYBOX_OK ||
        pybox_functions_add(set, &(pybox_function){.name = "f", .signature = "(a=0)", .function = count}) != PYBOX_OK)
        return -1;
    *state = fake_guest_make(set);
    return 0;
}

static int destroy(void **state)
{
    fake_guest_free(*state);
    pybox_functions_destroy(set);
    return 0;
}

/* A call that is good: the struct at 64, arguments at 1000, blobs at 2000, the answer at 4000. */
static struct guest_host_call good(struct pybox_box *box)
{
    memcpy(box->memory.base + 1000, "{\"a\":1}", 7);
    return (struct guest_host_call){.arguments = 1000, .arguments_bytes = 7, .blobs = 2000, .answer = 4000,
                                    .answer_capacity = 100, .id = 5};
}

static uint32_t call(struct pybox_box *box, const struct guest_host_call *made)
{
    memcpy(box->memory.base + 64, made, sizeof *made);
    return fake_guest_call(box, 0, 64);
}

static void test_good(void **state)
{
    struct pybox_box *box = *state;
    struct guest_host_call made = good(box);
    assert_int_equal(call(box, &made), GUEST_ANSWER_BYTES);
    memcpy(&made, box->memory.base + 64, sizeof made);
    assert_int_equal(made.answer_bytes, 3);
    assert_memory_equal(box->memory.base + 4000, "zzz\0", 4);
    assert_true(box->env.fuel <= 0);
    assert_int_equal(calls, 1);
}

static void test_numbers(void **state)
{
    struct pybox_box *box = *state;
    const struct guest_host_call made = good(box);
    memcpy(box->memory.base + 64, &made, sizeof made);
    static const uint32_t numbers[] = {1, 2, 0x7fffffff, 0x80000000, 0xffffffff};
    for (int i = 0; i < 5; i++)
        assert_int_equal(fake_guest_call(box, numbers[i], 64), GUEST_ANSWER_GONE);
    box->functions = NULL;
    assert_int_equal(fake_guest_call(box, 0, 64), GUEST_ANSWER_GONE);
    box->functions = set;
    box->phase = BOX_SETUP; /* between runs */
    assert_int_equal(fake_guest_call(box, 0, 64), GUEST_ANSWER_GONE);
    assert_int_equal(calls, 0);
}

static void test_addresses(void **state)
{
    struct pybox_box *box = *state;
    static const uint32_t bad[] = {65536, 65535, 65536 - sizeof(struct guest_host_call) + 1, 0x7fffffff, 0x80000000,
                                   0xfffffff0, 0xffffffff};
    for (int i = 0; i < 7; i++)
        assert_int_equal(fake_guest_call(box, 0, bad[i]), FAULT);
    for (int i = 0; i < 7; i++) {
        struct guest_host_call made = good(box);
        made.arguments = bad[i];
        made.arguments_bytes = 70;
        assert_int_equal(call(box, &made), FAULT);
        made = good(box);
        made.arguments_bytes = bad[i];
        assert_int_equal(call(box, &made), FAULT);
        made = good(box);
        made.blobs = bad[i];
        made.blob_count = 100;
        assert_int_equal(call(box, &made), FAULT);
        made = good(box);
        made.blob_count = bad[i];
        assert_int_equal(call(box, &made), FAULT);
    }
    assert_int_equal(calls, 0);
    for (int i = 0; i < 7; i++) { /* where the answer is to go is found out when there is one */
        struct guest_host_call made = good(box);
        made.answer = bad[i];
        made.answer_capacity = 200;
        assert_int_equal(call(box, &made), FAULT);
        made = good(box);
        made.answer_capacity = bad[i] - 100;
        assert_int_equal(call(box, &made), FAULT);
    }
}

static void test_arguments(void **state)
{
    struct pybox_box *box = *state;
    static const char *const bad[] = {"", "[]", "1", "{", "{\"a\"}", "{\"a\":1}}", "{\"a\":1}x", "{\"a\":\"\xff\"}", " {}",
                                      "{\"a\":\xc3\xa9}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct guest_host_call made = good(box);
        made.arguments_bytes = (uint32_t)strlen(bad[i]);
        memcpy(box->memory.base + 1000, bad[i], strlen(bad[i]));
        assert_int_equal(call(box, &made), FAULT);
    }
    assert_int_equal(calls, 0);
    struct guest_host_call made = good(box); /* deeper than values go */
    memset(box->memory.base + 1000, '[', 60000);
    memcpy(box->memory.base + 1000, "{\"a\":", 5);
    made.arguments_bytes = 60000;
    assert_int_equal(call(box, &made), GUEST_ANSWER_ERROR); /* over a cap, and else JSON so far: the guest is told */
    assert_int_equal(calls, 0);
}

static void test_blobs(void **state)
{
    struct pybox_box *box = *state;
    struct guest_host_call made = good(box);
    struct guest_blob blobs[101] = {{0, 65536}, {65536, 0}, {65535, 1}};
    memcpy(box->memory.base + 2000, blobs, sizeof blobs);
    made.blob_count = 100;
    assert_int_equal(call(box, &made), GUEST_ANSWER_BYTES);
    assert_int_equal(blob_bytes, 65537);
    made.blob_count = 101;
    assert_int_equal(call(box, &made), FAULT);
    static const struct guest_blob bad[] = {{65535, 2}, {65537, 0}, {0, 65537}, {0xffffffff, 0xffffffff},
                                            {1, 0xffffffff}, {0xffffffff, 1}};
    for (int i = 0; i < 6; i++) {
        memcpy(box->memory.base + 2000, &bad[i], sizeof bad[i]);
        made.blob_count = 1;
        assert_int_equal(call(box, &made), FAULT);
    }
    assert_int_equal(calls, 1);
}

/* Everything lies on everything else. */
static void test_overlap(void **state)
{
    struct pybox_box *box = *state;
    struct guest_host_call made = good(box);
    memcpy(box->memory.base + 64 + sizeof made, "{}", 2);
    made.arguments = 64 + sizeof made;
    made.arguments_bytes = 2;
    made.blobs = 64;
    made.blob_count = 1;
    made.answer = 64;
    made.answer_capacity = 500;
    answer_length = 400;
    call(box, &made);
    made.answer = 60;
    call(box, &made);
    made = good(box);
    made.answer = 1000;
    assert_int_equal(call(box, &made), GUEST_ANSWER_BYTES);
}

static void test_take(void **state)
{
    struct pybox_box *box = *state;
    assert_int_equal(fake_guest_take(box, 0, 0), 1); /* there is none */
    static const size_t lengths[] = {101, 1024, 1025, 30000};
    for (int i = 0; i < 4; i++) {
        struct guest_host_call made = good(box);
        answer_length = lengths[i];
        assert_int_equal(call(box, &made), GUEST_ANSWER_BYTES);
        memcpy(&made, box->memory.base + 64, sizeof made);
        assert_int_equal(made.answer_bytes, answer_length);
        assert_int_equal(fake_guest_take(box, 5000, (uint32_t)answer_length), 0);
        assert_int_equal(box->memory.base[5000 + answer_length - 1], 'z');
        assert_int_equal(fake_guest_take(box, 5000, (uint32_t)answer_length), 1); /* once */
    }
    static const uint32_t bad[][2] = {{65536, 30000}, {40000, 30000}, {0xffffffff, 30000}, {0, 29999}, {0, 0xffffffff}, {65537, 0}};
    for (int i = 0; i < 6; i++) {
        struct guest_host_call made = good(box);
        assert_int_equal(call(box, &made), GUEST_ANSWER_BYTES);
        assert_int_equal(fake_guest_take(box, bad[i][0], bad[i][1]), 1);
    }
    struct guest_host_call made = good(box); /* one that is not taken is forgotten */
    call(box, &made);
    answer_length = 3;
    call(box, &made);
    assert_int_equal(fake_guest_take(box, 0, 40000), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, destroy)
    const struct CMUnitTest tests[] = {TEST(test_good),      TEST(test_numbers), TEST(test_addresses),
                                       TEST(test_arguments), TEST(test_blobs),   TEST(test_overlap),
                                       TEST(test_take)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
