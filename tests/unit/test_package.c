/* Packages, without boxes: what is taken out of good ones, and every bad one refused with its own message. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc_fault.h"
#include "error.h"
#include "package_contents.h"
#include "package_join.h"
#include "package_marker.h"
#include "package_name.h"
#include "remove_tree.h"
#include "wheel_fixture.h"
#include "zip.h"

#include <cmocka.h>

#define STEM "Some.Thing-1.0"

static const struct package_limits roomy = {1 << 20, 1000};

/* ---- wheels that are good ---- */

/* With one file of each kind. */
static void make_wheel(struct wheel_fixture *wheel)
{
    char text[5000];
    memset(text, 'x', sizeof text);
    wheel_fixture_distribution(wheel, "Some.Thing", "1.0",
                               "Requires-Python: >=3.8\nRequires-Dist: six\n"
                               "requires-dist: rich[all]>=1; extra == 'all'\n");
    wheel_fixture_add(wheel, "thing/__init__.py", "answer = 42\n");
    wheel_fixture_add(wheel, "thing/", "");
    wheel_fixture_add_bytes(wheel, "thing/data.txt", text, sizeof text)->deflated = 1;
    wheel_fixture_add(wheel, "thing/a,b.txt", "comma");
    wheel_fixture_add(wheel, "thing/empty.txt", "")->deflated = 1;
    wheel_fixture_add(wheel, STEM ".data/purelib/pure.py", "1");
    wheel_fixture_add(wheel, STEM ".data/platlib/deep/plat.py", "2");
    wheel_fixture_add(wheel, STEM ".data/scripts/run", "#!python");
}

/* The text of a file in an archive, or NULL; static. */
static const char *text_of(const struct vfs_archive *archive, const char *path)
{
    static char text[8192];
    uint32_t at = ZIP_ROOT;
    for (const char *part = path; *part != '\0' && at != ZIP_NONE;) {
        size_t size = strcspn(part, "/");
        at = zip_find(archive, at, part, size);
        part += size + (part[size] == '/');
    }
    if (at == ZIP_NONE || archive->entries[at].type != VFS_REGULAR)
        return NULL;
    assert_true(archive->entries[at].size < sizeof text);
    memcpy(text, zip_data(archive, at), archive->entries[at].size);
    text[archive->entries[at].size] = '\0';
    return text;
}

static pybox_status read_wheel(const struct wheel_fixture *wheel, const struct package_limits *limits,
                               struct package_contents *contents)
{
    uint8_t *exact = malloc(wheel->length); /* so that a sanitizer sees what is read behind it */
    assert_non_null(exact);
    memcpy(exact, wheel->bytes, wheel->length);
    pybox_status status = package_wheel_read(exact, wheel->length, limits, contents);
    free(exact);
    return status;
}

static void test_wheel(void **state)
{
    (void)state;
    struct wheel_fixture wheel;
    struct package_contents contents;
    make_wheel(&wheel);
    wheel_fixture_finish(&wheel, STEM);
    assert_int_equal(read_wheel(&wheel, &roomy, &contents), PYBOX_OK);
    assert_string_equal(contents.facts.name, "Some.Thing");
    assert_string_equal(contents.facts.version, "1.0");
    assert_string_equal(contents.facts.summary, "a test");
    assert_string_equal(contents.facts.requires_python, ">=3.8");
    assert_int_equal(contents.facts.require_count, 2);
    assert_string_equal(contents.facts.requires[1], "rich[all]>=1; extra == 'all'");
    assert_int_equal(contents.files, 10);
    assert_string_equal(text_of(contents.archive, "thing/__init__.py"), "answer = 42\n");
    assert_int_equal(strlen(text_of(contents.archive, "thing/data.txt")), 5000);
    assert_string_equal(text_of(contents.archive, "thing/empty.txt"), "");
    assert_string_equal(text_of(contents.archive, "pure.py"), "1");
    assert_string_equal(text_of(contents.archive, "deep/plat.py"), "2");
    assert_string_equal(text_of(contents.archive, STEM ".data/scripts/run"), "#!python");
    const char *record = text_of(contents.archive, STEM ".dist-info/RECORD");
    assert_non_null(strstr(record, "\npure.py,sha256="));
    assert_non_null(strstr(record, "\n\"thing/a,b.txt\",sha256="));
    assert_non_null(strstr(record, "\n" STEM ".dist-info/RECORD,,\n"));
    assert_null(strstr(record, "purelib"));
    package_contents_free(&contents);
    wheel_fixture_free(&wheel);
}

/* Other contents have other times, by which Python knows that its caches are old; the same have the same. */
static void test_times(void **state)
{
    (void)state;
    uint32_t times[3];
    for (int i = 0; i < 3; i++) {
        struct wheel_fixture wheel;
        struct package_contents contents;
        wheel_fixture_distribution(&wheel, "a", "1", "");
        wheel_fixture_add(&wheel, "a.py", i < 2 ? "one" : "two");
        wheel_fixture_finish(&wheel, "a-1");
        assert_int_equal(read_wheel(&wheel, &roomy, &contents), PYBOX_OK);
        times[i] = contents.archive->entries[ZIP_ROOT].time;
        package_contents_free(&contents);
        wheel_fixture_free(&wheel);
    }
    assert_int_equal(times[0], times[1]);
    assert_int_not_equal(times[0], times[2]);
    assert_true(times[0] > 315532800); /* 1980, that of archives whose entries have no time */
}

/* ---- wheels that are not ---- */

/* How a good wheel becomes a bad one, before and after it is written. */
struct forged {
    const char *what; /* in the message */
    pybox_status status;
    void (*before)(struct wheel_fixture *wheel);
    void (*after)(struct wheel_fixture *wheel);
};

static struct wheel_file *file_of(struct wheel_fixture *wheel, const char *name)
{
    for (size_t i = 0; i < wheel->count; i++)
        if (strcmp(wheel->files[i].name, name) == 0)
            return &wheel->files[i];
    fail_msg("no %s", name);
    return NULL;
}

#define BEFORE(name, ...) \
    static void name(struct wheel_fixture *wheel) \
    { \
        __VA_ARGS__; \
    }
/* Changes a field of thing/data.txt: in its central record, in its local header, or in the end record. */
#define CENTRAL(name, offset, value, size) \
    static void name(struct wheel_fixture *wheel) \
    { \
        wheel_fixture_put(wheel, file_of(wheel, "thing/data.txt")->central + (offset), value, size); \
    }
#define LOCAL(name, offset, value, size) \
    static void name(struct wheel_fixture *wheel) \
    { \
        wheel_fixture_put(wheel, file_of(wheel, "thing/data.txt")->local + (offset), value, size); \
    }
#define END(name, offset, value, size) \
    static void name(struct wheel_fixture *wheel) \
    { \
        wheel_fixture_put(wheel, wheel->end + (offset), value, size); \
    }

BEFORE(add_so, wheel_fixture_add(wheel, "thing/_speed.cpython-313-x86_64-linux-gnu.so", "ELF"))
BEFORE(add_so_version, wheel_fixture_add(wheel, "thing.libs/libz.so.1.2", "ELF"))
BEFORE(add_pyd, wheel_fixture_add(wheel, "thing/_speed.pyd", "MZ"))
BEFORE(add_absolute, wheel_fixture_add(wheel, "/etc/passwd", "x"))
BEFORE(add_parent, wheel_fixture_add(wheel, "thing/../../x.py", "x"))
BEFORE(add_dot, wheel_fixture_add(wheel, "./x.py", "x"))
BEFORE(add_double_slash, wheel_fixture_add(wheel, "thing//x.py", "x"))
BEFORE(add_backslash, wheel_fixture_add(wheel, "thing\\x.py", "x"))
BEFORE(add_control, wheel_fixture_add(wheel, "thing/x\n.py", "x")->unlisted = 1)
BEFORE(add_latin1, wheel_fixture_add(wheel, "thing/\xe4.py", "x"))
BEFORE(add_twice, wheel_fixture_add(wheel, "thing/__init__.py", "x")->unlisted = 1)
BEFORE(add_below_file, wheel_fixture_add(wheel, "pure.py/x.py", "x"))
BEFORE(add_data_twice, wheel_fixture_add(wheel, "pure.py", "x"))
BEFORE(add_folder_text, wheel_fixture_add(wheel, "thing/sub/", "x"))
BEFORE(add_unlisted, wheel_fixture_add(wheel, "thing/x.py", "x")->unlisted = 1)
BEFORE(add_second, wheel_fixture_add(wheel, "other-1.dist-info/METADATA", "x"))
BEFORE(add_hidden_second, wheel_fixture_add(wheel, STEM ".data/purelib/other-1.dist-info/METADATA", "x"))
BEFORE(drop_wheel, strcpy(file_of(wheel, STEM ".dist-info/WHEEL")->name, STEM ".dist-info/WHEEEL"))
BEFORE(drop_metadata, strcpy(file_of(wheel, STEM ".dist-info/METADATA")->name, STEM ".dist-info/x"))
BEFORE(drop_record, wheel_fixture_add(wheel, "thing/RECORD", "x"))

static void set_text(struct wheel_fixture *wheel, const char *name, const char *text)
{
    struct wheel_file *file = file_of(wheel, name);
    free(file->bytes);
    file->length = strlen(text);
    file->bytes = (uint8_t *)strdup(text);
}

#define WHEEL_TEXT(name, text) BEFORE(name, set_text(wheel, STEM ".dist-info/WHEEL", text))
#define FACTS_TEXT(name, text) BEFORE(name, set_text(wheel, STEM ".dist-info/METADATA", text))
WHEEL_TEXT(tag_linux, "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp313-cp313-manylinux_2_17_x86_64\n")
WHEEL_TEXT(tag_abi, "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: cp39-abi3-any\n")
WHEEL_TEXT(tag_py2, "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2-none-any\n")
WHEEL_TEXT(tag_later, "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py314-none-any\n")
WHEEL_TEXT(tag_short, "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3\n")
WHEEL_TEXT(version_2, "Wheel-Version: 2.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
FACTS_TEXT(facts_other, "Name: other\nVersion: 1.0\n")
FACTS_TEXT(facts_none, "Name: some-thing\n")
FACTS_TEXT(facts_latin1, "Name: some-thing\nVersion: 1.0\nSummary: \xe4\n")
FACTS_TEXT(facts_control, "Name: some-thing\nVersion: 1.0\nSummary: a\033[31m\n")

static void facts_many(struct wheel_fixture *wheel)
{
    char *text = malloc(1100 * 32);
    assert_non_null(text);
    size_t used = (size_t)sprintf(text, "Name: some-thing\nVersion: 1.0\n");
    for (int i = 0; i < 1001; i++)
        used += (size_t)sprintf(text + used, "Requires-Dist: p%d\n", i);
    set_text(wheel, STEM ".dist-info/METADATA", text);
    free(text);
}

CENTRAL(flag_encrypted, 8, 1, 2)
CENTRAL(flag_patched, 8, 0x20, 2)
CENTRAL(flag_masked, 8, 0x2000, 2)
CENTRAL(method_bzip2, 10, 12, 2)
CENTRAL(method_stored, 10, 0, 2)
CENTRAL(size_zip64, 24, UINT32_MAX, 4)
CENTRAL(size_huge, 24, 2u << 20, 4)
CENTRAL(size_small, 24, 4999, 4)
CENTRAL(checksum_other, 16, 7, 4)
CENTRAL(offset_far, 42, 1u << 30, 4)
CENTRAL(offset_zip64, 42, UINT32_MAX, 4)
CENTRAL(offset_inside, 42, 1, 4)
CENTRAL(name_long, 28, 60000, 2)
CENTRAL(name_none, 28, 0, 2)
CENTRAL(disk_two, 34, 1, 2)
CENTRAL(mode_link, 38, 0120777u << 16, 4)
CENTRAL(mode_device, 38, 0020666u << 16, 4)
CENTRAL(signature, 0, 0, 4)
LOCAL(local_signature, 0, 0, 4)
LOCAL(local_name, 30, 'X', 1)
LOCAL(local_name_length, 26, 3, 2)
LOCAL(local_extra, 28, 60000, 2)
LOCAL(local_method, 8, 0, 2)
LOCAL(local_size, 22, 4999, 4)
LOCAL(local_flags, 6, 1, 2)
END(end_signature, 0, 0, 4)
END(end_disk, 4, 1, 2)
END(end_count, 10, 2, 2)
END(end_zip64, 8, 0xffffffff, 4)
END(end_size, 12, 10, 4)
END(end_offset, 16, 10, 4)
END(end_comment, 20, 10, 2)

static void both_counts(struct wheel_fixture *wheel)
{
    wheel_fixture_put(wheel, wheel->end + 8, 0x00020002, 4);
}

static void both_sizes(struct wheel_fixture *wheel)
{
    size_small(wheel);
    local_size(wheel);
}

static void both_sizes_larger(struct wheel_fixture *wheel)
{
    struct wheel_file *file = file_of(wheel, "thing/data.txt");
    wheel_fixture_put(wheel, file->central + 24, 5001, 4);
    wheel_fixture_put(wheel, file->local + 22, 5001, 4);
}

static void both_checksums(struct wheel_fixture *wheel)
{
    checksum_other(wheel);
    wheel_fixture_put(wheel, file_of(wheel, "thing/data.txt")->local + 14, 7, 4);
}

static void data_broken(struct wheel_fixture *wheel)
{
    wheel_fixture_put(wheel, file_of(wheel, "thing/data.txt")->data, 0xffffffff, 4);
}

static void stored_changed(struct wheel_fixture *wheel) /* with a checksum that is right */
{
    struct wheel_file *file = file_of(wheel, "thing/__init__.py");
    wheel->bytes[file->data] = 'A';
    memcpy(file->bytes, wheel->bytes + file->data, file->length);
    uint32_t sum = 0xffffffff;
    for (size_t i = 0; i < file->length; i++) {
        sum ^= file->bytes[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (0xedb88320 & -(sum & 1));
    }
    wheel_fixture_put(wheel, file->central + 16, ~sum, 4);
    wheel_fixture_put(wheel, file->local + 14, ~sum, 4);
}

/* Two names for one stored part: a bomb of many kilobytes for one. */
static void overlap(struct wheel_fixture *wheel)
{
    struct wheel_file *file = file_of(wheel, "thing/data.txt"), *other = file_of(wheel, "thing/a,b.txt");
    /* the local header of one is made to lie in the contents of the other */
    memmove(wheel->bytes + file->data, wheel->bytes + other->local, 30 + strlen(other->name));
    wheel_fixture_put(wheel, other->central + 42, (uint32_t)file->data, 4);
}

static void cut_end(struct wheel_fixture *wheel)
{
    wheel->length -= 1;
}

static void behind(struct wheel_fixture *wheel)
{
    wheel->bytes[wheel->length++] = 'x';
}

static void record_line(struct wheel_fixture *wheel, const char *text)
{
    wheel_fixture_record(wheel, STEM);
    char *longer = malloc(wheel->files[wheel->count - 1].length + strlen(text) + 1);
    assert_non_null(longer);
    memcpy(longer, wheel->files[wheel->count - 1].bytes, wheel->files[wheel->count - 1].length);
    strcpy(longer + wheel->files[wheel->count - 1].length, text);
    set_text(wheel, STEM ".dist-info/RECORD", longer);
    free(longer);
}

BEFORE(record_missing, record_line(wheel, "thing/gone.py,sha256=x,1\n"))
BEFORE(record_twice, record_line(wheel, "thing/__init__.py,sha256=x,1\n"))
BEFORE(record_short, record_line(wheel, "thing/gone.py\n"))
BEFORE(record_long, record_line(wheel, "thing/gone.py,a,b,c\n"))
BEFORE(record_quote, record_line(wheel, "\"thing/gone.py,a,b\n"))
BEFORE(record_quote_behind, record_line(wheel, "\"thing/gone.py\"x,a,b\n"))

static void record_md5(struct wheel_fixture *wheel)
{
    wheel_fixture_add(wheel, "x.py", "x")->unlisted = 1;
    record_line(wheel, "x.py,md5=nTOXXXX,1\n");
}

static void record_no_digest(struct wheel_fixture *wheel)
{
    wheel_fixture_add(wheel, "x.py", "x")->unlisted = 1;
    record_line(wheel, "x.py,,\n");
}

static void record_size(struct wheel_fixture *wheel)
{
    wheel_fixture_add(wheel, "x.py", "x")->unlisted = 1;
    record_line(wheel, "x.py,sha256=LXEWQrcmsEQBYnyp-6wy9chTD7GQPMTbAiWHF5IaSIE,2\n");
}

#define ARCHIVE PYBOX_ERROR_ARCHIVE
#define UNSUPPORTED PYBOX_ERROR_UNSUPPORTED

static const struct forged forgeries[] = {
    {"native code, which no box can run: thing/_speed.cpython", UNSUPPORTED, add_so, NULL},
    {"native code", UNSUPPORTED, add_so_version, NULL},
    {"native code", UNSUPPORTED, add_pyd, NULL},
    {"built for one platform (cp313-cp313-manylinux", UNSUPPORTED, tag_linux, NULL},
    {"built for one platform", UNSUPPORTED, tag_abi, NULL},
    {"another Python (py2", UNSUPPORTED, tag_py2, NULL},
    {"another Python (py314", UNSUPPORTED, tag_later, NULL},
    {"no three parts", ARCHIVE, tag_short, NULL},
    {"version '2.0'", UNSUPPORTED, version_2, NULL},
    {"a name that is absolute", ARCHIVE, add_absolute, NULL},
    {"a name that is absolute", ARCHIVE, add_parent, NULL},
    {"a name that is absolute", ARCHIVE, add_dot, NULL},
    {"a name that is absolute", ARCHIVE, add_double_slash, NULL},
    {"a name that is absolute", ARCHIVE, add_backslash, NULL},
    {"a name that is absolute", ARCHIVE, add_control, NULL},
    {"a name that is absolute", ARCHIVE, add_latin1, NULL},
    {"its name is there twice", ARCHIVE, add_twice, NULL},
    {"its name is there twice", ARCHIVE, add_data_twice, NULL},
    {"used as a directory", ARCHIVE, add_below_file, NULL},
    {"a folder with contents", ARCHIVE, add_folder_text, NULL},
    {"not in the wheel's RECORD", ARCHIVE, add_unlisted, NULL},
    {"two .dist-info folders", ARCHIVE, add_second, NULL},
    {"a second distribution", ARCHIVE, add_hidden_second, NULL},
    {"no WHEEL", ARCHIVE, drop_wheel, NULL},
    {"no METADATA", ARCHIVE, drop_metadata, NULL},
    {"not named after", ARCHIVE, facts_other, NULL},
    {"no Name or no Version", ARCHIVE, facts_none, NULL},
    {"no UTF-8", ARCHIVE, facts_latin1, NULL},
    {"control character", ARCHIVE, facts_control, NULL},
    {"too many requirements", PYBOX_ERROR_LIMIT, facts_many, NULL},
    {"encrypted", ARCHIVE, NULL, flag_encrypted},
    {"a feature of the ZIP format", ARCHIVE, NULL, flag_patched},
    {"a feature of the ZIP format", ARCHIVE, NULL, flag_masked},
    {"in another way than deflate", ARCHIVE, NULL, method_bzip2},
    {"has two sizes", ARCHIVE, NULL, method_stored},
    {"ZIP64", ARCHIVE, NULL, size_zip64},
    {"contradicts the central directory", ARCHIVE, NULL, size_huge},
    {"contradicts the central directory", ARCHIVE, NULL, size_small},
    {"does not decompress to the size", ARCHIVE, NULL, both_sizes},
    {"does not decompress to the size", ARCHIVE, NULL, both_sizes_larger},
    {"contradicts the central directory", ARCHIVE, NULL, checksum_other},
    {"its checksum does not match", ARCHIVE, NULL, both_checksums},
    {"does not decompress to the size", ARCHIVE, NULL, data_broken},
    {"its digest is not that", ARCHIVE, NULL, stored_changed},
    {"lie outside the file", ARCHIVE, NULL, offset_far},
    {"ZIP64", ARCHIVE, NULL, offset_zip64},
    {"lie outside the file, or have no header", ARCHIVE, NULL, offset_inside},
    {"cut off", ARCHIVE, NULL, name_long},
    {"a name that is absolute", ARCHIVE, NULL, name_none},
    {"another disk", ARCHIVE, NULL, disk_two},
    {"a link or a device", ARCHIVE, NULL, mode_link},
    {"a link or a device", ARCHIVE, NULL, mode_device},
    {"no central directory record", ARCHIVE, NULL, signature},
    {"have no header", ARCHIVE, NULL, local_signature},
    {"contradicts the central directory", ARCHIVE, NULL, local_name},
    {"contradicts the central directory", ARCHIVE, NULL, local_name_length},
    {"lie outside the file", ARCHIVE, NULL, local_extra},
    {"contradicts the central directory", ARCHIVE, NULL, local_method},
    {"contradicts the central directory", ARCHIVE, NULL, local_size},
    {"contradicts the central directory", ARCHIVE, NULL, local_flags},
    {"overlaps another entry", ARCHIVE, NULL, overlap},
    {"no end of central directory", ARCHIVE, NULL, end_signature},
    {"in several parts", ARCHIVE, NULL, end_disk},
    {"in several parts", ARCHIVE, NULL, end_count},
    {"bytes behind the last", ARCHIVE, NULL, both_counts},
    {"ZIP64", ARCHIVE, NULL, end_zip64},
    {"not where its end record says", ARCHIVE, NULL, end_size},
    {"not where its end record says", ARCHIVE, NULL, end_offset},
    {"no end of central directory", ARCHIVE, NULL, end_comment},
    {"no end of central directory", ARCHIVE, NULL, cut_end},
    {"no end of central directory", ARCHIVE, NULL, behind},
    {"thing/gone.py: it is in the wheel's RECORD, but not", ARCHIVE, record_missing, NULL},
    {"names thing/__init__.py twice", ARCHIVE, record_twice, NULL},
    {"expected a path, a digest and a size", ARCHIVE, record_short, NULL},
    {"expected a path, a digest and a size", ARCHIVE, record_long, NULL},
    {"expected a path, a digest and a size", ARCHIVE, record_quote, NULL},
    {"expected a path, a digest and a size", ARCHIVE, record_quote_behind, NULL},
    {"no digest of it", ARCHIVE, record_md5, NULL},
    {"no digest of it", ARCHIVE, record_no_digest, NULL},
    {"and 2 by the wheel's RECORD", ARCHIVE, record_size, NULL},
    {"no RECORD", ARCHIVE, drop_record, NULL},
};

static void test_forged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
        const struct forged *forged = &forgeries[i];
        struct wheel_fixture wheel;
        struct package_contents contents;
        make_wheel(&wheel);
        if (forged->before != NULL)
            forged->before(&wheel);
        int has_record = wheel.count > 0 && strstr(wheel.files[wheel.count - 1].name, "RECORD") != NULL;
        if (!has_record)
            wheel_fixture_record(&wheel, STEM);
        wheel_fixture_end(&wheel);
        if (forged->after != NULL)
            forged->after(&wheel);
        pybox_status status = read_wheel(&wheel, &roomy, &contents);
        if (status != forged->status || strstr(error_message(), forged->what) == NULL)
            fail_msg("forgery %zu: %d: %s; expected: %s", i, (int)status, error_message(), forged->what);
        assert_null(contents.archive);
        wheel_fixture_free(&wheel);
    }
}

/* Sizes are compared with the caps before anything is decompressed: what is stored here cannot be. */
static void test_limits(void **state)
{
    (void)state;
    struct wheel_fixture wheel;
    struct package_contents contents;
    make_wheel(&wheel);
    wheel_fixture_finish(&wheel, STEM);
    assert_int_equal(read_wheel(&wheel, &(struct package_limits){1 << 20, 9}, &contents), PYBOX_ERROR_LIMIT);
    assert_non_null(strstr(error_message(), "11 files; at most 9"));
    data_broken(&wheel);
    assert_int_equal(read_wheel(&wheel, &(struct package_limits){5000, 100}, &contents), PYBOX_ERROR_LIMIT);
    assert_non_null(strstr(error_message(), "at most 5000 are allowed"));
    wheel_fixture_free(&wheel);
}

/* A good wheel cut anywhere, and with each byte changed: never accepted with other contents, never a wild read. */
static void test_damaged(void **state)
{
    (void)state;
    struct wheel_fixture wheel;
    struct package_contents contents;
    make_wheel(&wheel);
    wheel_fixture_finish(&wheel, STEM);
    size_t length = wheel.length;
    for (wheel.length = 0; wheel.length < length; wheel.length++)
        assert_int_not_equal(read_wheel(&wheel, &roomy, &contents), PYBOX_OK);
    for (size_t i = 0; i < length; i++) {
        wheel.bytes[i] ^= 0x15;
        if (read_wheel(&wheel, &roomy, &contents) == PYBOX_OK) { /* a time or a mode */
            assert_string_equal(text_of(contents.archive, "thing/__init__.py"), "answer = 42\n");
            assert_string_equal(text_of(contents.archive, "pure.py"), "1");
            package_contents_free(&contents);
        }
        wheel.bytes[i] ^= 0x15;
    }
    wheel_fixture_free(&wheel);
}

/* ---- folders ---- */

static char place[] = "/tmp/pybox-test-package-XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[500];
    snprintf(path, sizeof path, "%s/%s", place, name);
    for (char *slash = path + sizeof place; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
}

static pybox_status read_folder(const char *name, const struct package_limits *limits,
                                struct package_contents *contents)
{
    char path[500];
    snprintf(path, sizeof path, "%s/%s", place, name);
    int fd = open(path, O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    pybox_status status = package_folder_read(fd, name, limits, contents);
    close(fd);
    return status;
}

static void test_folder_package(void **state)
{
    (void)state;
    struct package_contents contents;
    write_file("pack/__init__.py", "x");
    write_file("pack/sub/mod.py", "y");
    write_file("pack/__pycache__/mod.cpython-313.pyc", "z");
    write_file("pack/old.pyc", "z");
    write_file("pack/.git/config", "z");
    assert_int_equal(read_folder("pack", &roomy, &contents), PYBOX_OK);
    assert_string_equal(contents.facts.name, "pack");
    assert_string_equal(contents.facts.version, "");
    assert_int_equal(contents.files, 2);
    assert_string_equal(text_of(contents.archive, "pack/sub/mod.py"), "y");
    package_contents_free(&contents);
}

static void test_folder_site(void **state)
{
    (void)state;
    struct package_contents contents;
    write_file("site/one.py", "1");
    write_file("site/one-2.0.dist-info/METADATA", "Name: One\nVersion: 2.0\nRequires-Dist: two\n");
    assert_int_equal(read_folder("site", &roomy, &contents), PYBOX_OK);
    assert_string_equal(contents.facts.name, "One");
    assert_string_equal(contents.facts.requires[0], "two");
    package_contents_free(&contents);
    write_file("site/two-1.0.dist-info/METADATA", "Name: Two\nVersion: 1.0\n"); /* several: the folder's name */
    assert_int_equal(read_folder("site", &roomy, &contents), PYBOX_OK);
    assert_string_equal(contents.facts.name, "site");
    uint32_t at = 0;
    struct package_distribution found;
    assert_true(package_distribution_next(contents.archive, &at, &found));
    assert_memory_equal(found.version.text, "2.0", 3);
    assert_true(package_distribution_next(contents.archive, &at, &found));
    assert_memory_equal(found.name.text, "Two", 3);
    assert_false(package_distribution_next(contents.archive, &at, &found));
    package_contents_free(&contents);
    write_file("site/bad-1.0.dist-info/METADATA", "nothing");
    assert_int_equal(read_folder("site", &roomy, &contents), PYBOX_ERROR_ARCHIVE);
}

static void test_folder_project(void **state)
{
    (void)state;
    struct package_contents contents;
    write_file("proj/pyproject.toml", "");
    write_file("proj/PKG-INFO", "Name: My-Proj\nVersion: 3\n");
    write_file("proj/src/my/__init__.py", "x");
    write_file("proj/tests/test_my.py", "x");
    assert_int_equal(read_folder("proj", &roomy, &contents), PYBOX_OK);
    assert_string_equal(contents.facts.name, "My-Proj");
    assert_string_equal(text_of(contents.archive, "my/__init__.py"), "x");
    assert_null(text_of(contents.archive, "tests/test_my.py"));
    assert_string_equal(text_of(contents.archive, "my_proj-3.dist-info/METADATA"), "Name: My-Proj\nVersion: 3\n");
    package_contents_free(&contents);
    write_file("proj/PKG-INFO", "Name: My-Proj\nVersion: ../3\n");
    assert_int_equal(read_folder("proj", &roomy, &contents), PYBOX_ERROR_PATH);
}

static void test_folder_bad(void **state)
{
    (void)state;
    struct package_contents contents;
    char path[500];
    write_file("none/readme.txt", "x");
    assert_int_equal(read_folder("none", &roomy, &contents), PYBOX_ERROR_PATH);
    assert_non_null(strstr(error_message(), "no Python files"));
    write_file("native/mod.py", "x");
    write_file("native/_mod.abi3.so", "x");
    assert_int_equal(read_folder("native", &roomy, &contents), PYBOX_ERROR_UNSUPPORTED);
    write_file("links/mod.py", "x");
    snprintf(path, sizeof path, "%s/links/passwd", place);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(read_folder("links", &roomy, &contents), PYBOX_ERROR_PATH);
    assert_non_null(strstr(error_message(), "passwd is a symbolic link"));
    write_file("pipes/mod.py", "x");
    snprintf(path, sizeof path, "%s/pipes/pipe", place);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(read_folder("pipes", &roomy, &contents), PYBOX_ERROR_PATH);
    write_file("names/mod.py", "x");
    write_file("names/\xff.py", "x");
    assert_int_equal(read_folder("names", &roomy, &contents), PYBOX_ERROR_PATH);
    assert_int_equal(read_folder("pack", &(struct package_limits){1, 100}, &contents), PYBOX_ERROR_LIMIT);
    assert_int_equal(read_folder("pack", &(struct package_limits){100, 1}, &contents), PYBOX_ERROR_LIMIT);
}

/* ---- several ---- */

/* An archive of one module, and of a distribution. */
static struct vfs_archive *make_archive(const char *name, const char *version, const char *module, const char *text)
{
    char stem[100];
    struct wheel_fixture wheel;
    struct package_contents contents;
    snprintf(stem, sizeof stem, "%s-%s", name, version);
    wheel_fixture_distribution(&wheel, name, version, "");
    wheel_fixture_add(&wheel, module, text);
    wheel_fixture_add(&wheel, "shared/__init__.py", "# the same in all\n");
    wheel_fixture_finish(&wheel, stem);
    assert_int_equal(read_wheel(&wheel, &roomy, &contents), PYBOX_OK);
    struct vfs_archive *archive = vfs_archive_hold(contents.archive);
    package_contents_free(&contents);
    wheel_fixture_free(&wheel);
    return archive;
}

static void test_join(void **state)
{
    (void)state;
    struct vfs_archive *joined, *parts[3] = {make_archive("a", "1", "shared/one.py", "1"),
                                             make_archive("b", "1", "shared/two.py", "2"),
                                             make_archive("A", "2", "shared/three.py", "3")};
    assert_int_equal(package_join(parts, 1, &joined), PYBOX_OK);
    assert_ptr_equal(joined, parts[0]);
    vfs_archive_close(joined);
    assert_int_equal(package_join(parts, 2, &joined), PYBOX_OK);
    assert_string_equal(text_of(joined, "shared/one.py"), "1");
    assert_string_equal(text_of(joined, "shared/two.py"), "2");
    assert_string_equal(text_of(joined, "shared/__init__.py"), "# the same in all\n");
    struct vfs_archive *again[2] = {joined, parts[1]}, *same;
    assert_int_equal(package_join(again, 2, &same), PYBOX_OK); /* the very same once more */
    assert_int_equal(same->count, joined->count);
    vfs_archive_close(same);
    vfs_archive_close(joined);
    assert_int_equal(package_join(parts, 3, &joined), PYBOX_ERROR_ARGUMENT);
    assert_non_null(strstr(error_message(), "two packages of the name a: a-1.dist-info and A-2.dist-info"));
    assert_null(joined);
    struct vfs_archive *other = make_archive("c", "1", "shared/one.py", "other"), *pair[2] = {parts[0], other};
    assert_int_equal(package_join(pair, 2, &joined), PYBOX_ERROR_ARGUMENT);
    assert_non_null(strstr(error_message(), "two packages have shared/one.py, and not the same"));
    vfs_archive_close(other);
    for (int i = 0; i < 3; i++)
        vfs_archive_close(parts[i]);
}

static void test_join_file_and_folder(void **state)
{
    (void)state;
    struct vfs_archive *joined, *parts[2] = {make_archive("a", "1", "x", "a file"),
                                             make_archive("b", "1", "x/y.py", "1")};
    assert_int_equal(package_join(parts, 2, &joined), PYBOX_ERROR_ARCHIVE);
    struct vfs_archive *turned[2] = {parts[1], parts[0]};
    assert_int_equal(package_join(turned, 2, &joined), PYBOX_ERROR_ARGUMENT);
    vfs_archive_close(parts[0]);
    vfs_archive_close(parts[1]);
}

/* ---- requirements ---- */

static void assert_requires(const char *text, size_t name, int applies)
{
    int found;
    assert_int_equal(package_requirement_read(text, &found), name);
    if (found != applies)
        fail_msg("%s: %d", text, found);
}

static void test_markers(void **state)
{
    (void)state;
    assert_requires("six", 3, 1);
    assert_requires("rich[all]>=13", 4, 1);
    assert_requires("a-b.c_d (>=1)", 7, 1);
    assert_requires("x; extra == 'all'", 1, 0);
    assert_requires("x; python_version < '3.9'", 1, 0);
    assert_requires("x; python_version<'3.14' and python_version >= \"3.8\"", 1, 1);
    assert_requires("x; '3.13' <= python_version", 1, 1);
    assert_requires("x; python_full_version ~= '3.13.0'", 1, 1);
    assert_requires("x; python_version == '3.*'", 1, 1);
    assert_requires("x; python_version != '3.13.*'", 1, 0);
    assert_requires("x; python_version in '3.12 3.13'", 1, 1);
    assert_requires("x; python_version not in '3.12 3.13'", 1, 0);
    assert_requires("x; sys_platform == 'win32'", 1, 0);
    assert_requires("x; sys_platform != 'win32'", 1, 1);
    assert_requires("x; platform_system == 'Windows' or os_name == 'posix'", 1, 1);
    assert_requires("x; (extra == 'a' or extra == 'b') and os_name == 'posix'", 1, 0);
    assert_requires("x; os_name == 'nt' and os_name == 'nt' or os_name == 'posix'", 1, 1);
    assert_requires("x; implementation_name == 'cpython'", 1, 1);
    assert_requires("x; nonsense == 'a'", 1, 1); /* what cannot be understood holds */
    assert_requires("x; python_version < ", 1, 1);
    assert_requires("x; os_name == 'nt' trailing", 1, 1);
    assert_requires("x; (os_name == 'nt'", 1, 1);
    assert_requires("", 0, 1);
    char deep[500] = "x; ";
    memset(deep + 3, '(', 400);
    deep[403] = '\0';
    assert_requires(deep, 1, 1);
    assert_true(package_python_fits(""));
    assert_true(package_python_fits(">=3.8"));
    assert_true(package_python_fits(">=3.8, <4, !=3.9.*"));
    assert_false(package_python_fits(">=3.14"));
    assert_false(package_python_fits(">=3.8,<3.13"));
    assert_false(package_python_fits("==2.7.*"));
}

static void test_names(void **state)
{
    (void)state;
    char name[32];
    assert_string_equal(package_name_normalise("Some__Thing.x-Y", 15, name, sizeof name), "some-thing-x-y");
    assert_string_equal(package_name_normalise("abcdef", 6, name, 4), "abc");
    assert_true(package_name_is_native("a/b.so", 6));
    assert_false(package_name_is_native("a/b.so.py", 9));
    assert_false(package_name_is_native("1.2", 3));
    assert_true(package_name_is_safe("a/\xc3\xa4", 4, 1));
    assert_false(package_name_is_safe("a/\xc3\xa4", 4, 0));
    char deep[200];
    memset(deep, 'a', sizeof deep);
    for (size_t i = 1; i < sizeof deep; i += 2)
        deep[i] = '/';
    assert_true(package_name_is_safe(deep, 2 * PACKAGE_DEPTH - 1, 1));
    assert_false(package_name_is_safe(deep, 2 * PACKAGE_DEPTH + 1, 1));
}

/* ---- no memory ---- */

static void test_allocations(void **state)
{
    (void)state;
    struct wheel_fixture wheel;
    struct package_contents contents, other;
    pybox_status status;
    make_wheel(&wheel);
    wheel_fixture_finish(&wheel, STEM);
    for (long i = 0;
         fail_at = i, (status = package_wheel_read(wheel.bytes, wheel.length, &roomy, &contents)) != PYBOX_OK; i++) {
        assert_int_equal(status, PYBOX_ERROR_NO_MEMORY);
        assert_null(contents.archive);
        assert_true(i < 1000);
    }
    fail_at = -1;
    for (long i = 0; fail_at = i, (status = read_folder("pack", &roomy, &other)) != PYBOX_OK; i++) {
        assert_int_equal(status, PYBOX_ERROR_NO_MEMORY);
        assert_true(i < 1000);
    }
    fail_at = -1;
    struct vfs_archive *joined, *parts[2] = {contents.archive, other.archive};
    for (long i = 0; fail_at = i, (status = package_join(parts, 2, &joined)) != PYBOX_OK; i++) {
        assert_int_equal(status, PYBOX_ERROR_NO_MEMORY);
        assert_true(i < 1000);
    }
    fail_at = -1;
    vfs_archive_close(joined);
    package_contents_free(&contents);
    package_contents_free(&other);
    wheel_fixture_free(&wheel);
}

static int make_place(void **state)
{
    (void)state;
    return mkdtemp(place) == NULL ? -1 : 0;
}

static int remove_place(void **state)
{
    (void)state;
    return remove_tree(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wheel), cmocka_unit_test(test_times), cmocka_unit_test(test_forged),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_damaged), cmocka_unit_test(test_folder_package),
        cmocka_unit_test(test_folder_site), cmocka_unit_test(test_folder_project), cmocka_unit_test(test_folder_bad),
        cmocka_unit_test(test_join), cmocka_unit_test(test_join_file_and_folder), cmocka_unit_test(test_markers),
        cmocka_unit_test(test_names), cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
