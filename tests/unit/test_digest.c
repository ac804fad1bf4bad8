#include "digest.h"

#include "error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* FIPS 180-4 examples. */
static const struct {
    const char *text, *digest;
} known[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void known_digests(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint8_t digest[DIGEST_BYTES];
        char text[DIGEST_HEX_BYTES];
        digest_bytes(known[i].text, strlen(known[i].text), digest);
        assert_string_equal(digest_hex(digest, text), known[i].digest);
    }
}

static void pieces_and_forks_give_the_same(void **state)
{
    (void)state;
    uint8_t whole[DIGEST_BYTES], pieces[DIGEST_BYTES], fork_of_it[DIGEST_BYTES];
    struct digest digest, copy;
    digest_bytes("\x01\x02\x03\x04\x08\x07\x06\x05\x04\x03\x02\x01", 12, whole);
    digest_start(&digest);
    digest_add_u32(&digest, 0x04030201);
    copy = digest;
    digest_add(&digest, NULL, 0);
    digest_add_u64(&digest, UINT64_C(0x0102030405060708));
    digest_finish(&digest, pieces);
    assert_memory_equal(whole, pieces, DIGEST_BYTES);
    digest_add(&copy, "\x08\x07\x06\x05\x04\x03\x02\x01", 8);
    digest_finish(&copy, fork_of_it);
    assert_memory_equal(whole, fork_of_it, DIGEST_BYTES);
}

/* The processor's instructions and libmd take turns, by how the bytes are cut. */
static void however_the_bytes_are_cut_libmd_agrees(void **state)
{
    (void)state;
    static uint8_t bytes[1000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * i * 7 + i / 3);
    for (size_t length = 0; length <= sizeof bytes; length += length < 300 ? 1 : 50) {
        SHA2_CTX expected;
        uint8_t theirs[DIGEST_BYTES], ours[DIGEST_BYTES];
        SHA256Init(&expected);
        SHA256Update(&expected, bytes, length);
        SHA256Final(theirs, &expected);
        for (size_t cut = 0; cut <= length; cut += 1 + cut / 4) {
            struct digest digest;
            digest_start(&digest);
            digest_add(&digest, bytes, cut);
            digest_add(&digest, bytes + cut, length - cut);
            digest_finish(&digest, ours);
            assert_memory_equal(theirs, ours, DIGEST_BYTES);
        }
    }
}

static void a_file_is_read_whole_wherever_its_offset_is(void **state)
{
    (void)state;
    static uint8_t bytes[200001];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 31 >> 4);
    int fd = memfd_create("digest", MFD_CLOEXEC);
    assert_true(write(fd, bytes, sizeof bytes) == sizeof bytes);
    uint8_t of_bytes[DIGEST_BYTES], of_file[DIGEST_BYTES];
    digest_bytes(bytes, sizeof bytes, of_bytes);
    assert_int_equal(digest_file(fd, of_file), PYBOX_OK);
    assert_memory_equal(of_bytes, of_file, DIGEST_BYTES);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), sizeof bytes);
    close(fd);
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    static const uint8_t zeroes[DIGEST_BYTES];
    uint8_t digest[DIGEST_BYTES];
    memset(digest, 1, sizeof digest);
    assert_int_equal(digest_file(-1, digest), PYBOX_ERROR_IO);
    assert_memory_equal(digest, zeroes, DIGEST_BYTES);
    assert_non_null(strstr(error_message(), "SHA-256"));
}

static void only_64_lower_case_digits_are_parsed(void **state)
{
    (void)state;
    static const uint8_t zeroes[DIGEST_BYTES];
    uint8_t digest[DIGEST_BYTES];
    char text[DIGEST_HEX_BYTES];
    assert_int_equal(digest_parse(known[1].digest, digest), 0);
    assert_string_equal(digest_hex(digest, text), known[1].digest);
    static const char *const bad[] = {
        "",
        "ba78",
        "BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",  /* upper case */
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",   /* 63 */
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0", /* 65 */
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ag",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        memset(digest, 1, sizeof digest);
        assert_int_equal(digest_parse(bad[i], digest), -1);
        assert_memory_equal(digest, zeroes, DIGEST_BYTES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_digests),
        cmocka_unit_test(pieces_and_forks_give_the_same),
        cmocka_unit_test(however_the_bytes_are_cut_libmd_agrees),
        cmocka_unit_test(a_file_is_read_whole_wherever_its_offset_is),
        cmocka_unit_test(a_file_that_cannot_be_read_is_an_error),
        cmocka_unit_test(only_64_lower_case_digits_are_parsed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
