#include "guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"

static uint8_t bytes[4096];
static const struct guest_memory memory = {bytes, sizeof bytes};

static void put_reply(uint32_t address, uint32_t kind, int32_t exit_code, uint32_t payload,
                      uint32_t payload_bytes)
{
    struct guest_reply reply = {
        .kind = kind,
        .exit_code = exit_code,
        .payload = payload,
        .payload_bytes = payload_bytes,
    };
    memcpy(bytes + address, &reply, sizeof reply);
}

/* Texts at `address`; returns their size. */
static uint32_t put_texts(uint32_t address, const char *const *texts)
{
    uint32_t used = 0;
    for (; *texts != NULL; texts++) {
        uint32_t length = (uint32_t)strlen(*texts);
        memcpy(bytes + address + used, &length, 4);
        memcpy(bytes + address + used + 4, *texts, length);
        used += 4 + length;
    }
    return used;
}

static void test_plain_replies(void **state)
{
    (void)state;
    struct guest_reply reply;
    struct guest_text texts[GUEST_MAX_TEXTS];
    put_reply(0, GUEST_REPLY_DONE, 0, 0, 0);
    assert_int_equal(guest_read_reply(&memory, 0, &reply, texts), PYBOX_OK);
    assert_int_equal(reply.kind, GUEST_REPLY_DONE);
    put_reply(4096 - sizeof reply, GUEST_REPLY_EXIT, -3, 0, 0);
    assert_int_equal(guest_read_reply(&memory, 4096 - sizeof reply, &reply, texts), PYBOX_OK);
    assert_int_equal(reply.exit_code, -3);
}

static void test_an_exception_has_seven_texts(void **state)
{
    (void)state;
    struct guest_reply reply;
    struct guest_text texts[GUEST_MAX_TEXTS];
    uint32_t size = put_texts(
        100, (const char *const[]){"ValueError", "bad", "Traceback", "17", "own", "{}", "hint", NULL});
    put_reply(0, GUEST_REPLY_EXCEPTION, 0, 100, size);
    assert_int_equal(guest_read_reply(&memory, 0, &reply, texts), PYBOX_OK);
    assert_int_equal(texts[0].length, 10);
    assert_memory_equal(texts[0].bytes, "ValueError", 10);
    assert_int_equal(guest_text_number(&texts[3]), 17);
    assert_int_equal(texts[6].length, 4);
}

static void test_a_place_has_three_texts(void **state)
{
    (void)state;
    struct guest_reply reply;
    struct guest_text texts[GUEST_MAX_TEXTS];
    uint32_t size = put_texts(100, (const char *const[]){"f.py", "C.method", "12", NULL});
    put_reply(0, GUEST_REPLY_WHERE, 0, 100, size);
    assert_int_equal(guest_read_reply(&memory, 0, &reply, texts), PYBOX_OK);
    assert_int_equal(texts[1].length, 8);
    assert_memory_equal(texts[1].bytes, "C.method", 8);
    assert_int_equal(guest_text_number(&texts[2]), 12);
    assert_int_equal(texts[3].length, 0);
}

static void test_flags_and_profile_come_with_a_reply(void **state)
{
    (void)state;
    struct guest_reply reply;
    struct guest_text texts[GUEST_MAX_TEXTS], profile;
    const struct guest_reply put = {
        .kind = GUEST_REPLY_DONE, .flags = GUEST_REPLY_NO_MEMORY, .profile = 200, .profile_bytes = 2};
    memcpy(bytes, &put, sizeof put);
    memcpy(bytes + 200, "{}", 2);
    assert_int_equal(guest_read_reply(&memory, 0, &reply, texts), PYBOX_OK);
    assert_int_equal(reply.flags, GUEST_REPLY_NO_MEMORY);
    assert_int_equal(guest_read_profile(&memory, &reply, &profile), PYBOX_OK);
    assert_int_equal(profile.length, 2);
    assert_ptr_equal(profile.bytes, bytes + 200);
}

static void test_a_profile_outside_memory_is_refused(void **state)
{
    (void)state;
    const uint32_t cases[][2] = {{4095, 2}, {5000, 0}, {0, 4097}, {UINT32_MAX, UINT32_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct guest_reply reply = {.profile = cases[i][0], .profile_bytes = cases[i][1]};
        struct guest_text profile;
        assert_int_equal(guest_read_profile(&memory, &reply, &profile), PYBOX_ERROR_GUEST);
        assert_non_null(strstr(error_message(), "profile"));
    }
}

static void test_a_value_comes_with_a_reply(void **state)
{
    (void)state;
    struct guest_text value;
    pybox_value_kind kind;
    struct guest_reply reply = {.kind = GUEST_REPLY_VALUE, .value = 100, .value_bytes = 3, .value_kind = GUEST_VALUE_JSON};
    memcpy(bytes + 100, "[1]x", 4);
    assert_int_equal(guest_read_value(&memory, &reply, &kind, &value), PYBOX_OK);
    assert_int_equal(kind, PYBOX_VALUE_JSON);
    assert_ptr_equal(value.bytes, bytes + 100);
    assert_int_equal(value.length, 3);
    reply.value_bytes = 4; /* no JSON */
    assert_int_equal(guest_read_value(&memory, &reply, &kind, &value), PYBOX_ERROR_GUEST);
    assert_int_equal(value.length, 0);
    reply.value_kind = GUEST_VALUE_BYTES;
    assert_int_equal(guest_read_value(&memory, &reply, &kind, &value), PYBOX_OK);
    assert_int_equal(kind, PYBOX_VALUE_BYTES);
    reply.value_kind = 3;
    assert_int_equal(guest_read_value(&memory, &reply, &kind, &value), PYBOX_ERROR_GUEST);
    reply.value_kind = GUEST_VALUE_BYTES;
    reply.value_bytes = sizeof bytes - 99;
    assert_int_equal(guest_read_value(&memory, &reply, &kind, &value), PYBOX_ERROR_GUEST);
    reply.value_bytes = UINT32_MAX;
    assert_int_equal(guest_read_value(&memory, &reply, &kind, &value), PYBOX_ERROR_GUEST);
    reply.value_kind = GUEST_VALUE_NONE; /* then nothing else is looked at */
    assert_int_equal(guest_read_value(&memory, &reply, &kind, &value), PYBOX_OK);
    assert_int_equal(kind, PYBOX_VALUE_NONE);
}

static void test_hostile_replies_are_refused(void **state)
{
    (void)state;
    uint32_t size = put_texts(100, (const char *const[]){"repr", "1", NULL});
    const struct {
        uint32_t at, kind, payload, payload_bytes;
    } cases[] = {
        {4096 - 15, GUEST_REPLY_DONE, 0, 0},     {0xfffffff0u, GUEST_REPLY_DONE, 0, 0},
        {0, GUEST_REPLY_FAILED, 0, 0},           {0, 99, 0, 0},
        {0, GUEST_REPLY_VALUE, 4000, 200},       {0, GUEST_REPLY_VALUE, 0xffffffffu, 0xffffffffu},
        {0, GUEST_REPLY_VALUE, 100, size - 1},   {0, GUEST_REPLY_VALUE, 100, size + 1},
        {0, GUEST_REPLY_VALUE, 100, 3},          {0, GUEST_REPLY_VALUE, 100, 0},
        {0, GUEST_REPLY_EXCEPTION, 100, size},   {0, GUEST_REPLY_WHERE, 100, size},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct guest_reply reply;
        struct guest_text texts[GUEST_MAX_TEXTS];
        put_reply(0, cases[i].kind, 0, cases[i].payload, cases[i].payload_bytes);
        assert_int_equal(guest_read_reply(&memory, cases[i].at, &reply, texts), PYBOX_ERROR_GUEST);
        assert_int_equal(reply.payload_bytes, 0);
        assert_non_null(strstr(error_message(), "protocol"));
    }
}

static void test_numbers(void **state)
{
    (void)state;
    const struct {
        const char *text;
        uint32_t number;
    } cases[] = {{"", 0}, {"0", 0}, {"4294967295", UINT32_MAX}, {"4294967296", 0}, {"-1", 0}, {"1 ", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct guest_text text = {cases[i].text, (uint32_t)strlen(cases[i].text)};
        assert_int_equal(guest_text_number(&text), cases[i].number);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_replies),
        cmocka_unit_test(test_an_exception_has_seven_texts),
        cmocka_unit_test(test_a_place_has_three_texts),
        cmocka_unit_test(test_flags_and_profile_come_with_a_reply),
        cmocka_unit_test(test_a_profile_outside_memory_is_refused),
        cmocka_unit_test(test_a_value_comes_with_a_reply),
        cmocka_unit_test(test_hostile_replies_are_refused),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
