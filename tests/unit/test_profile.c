/* --profile: tables and folded stacks from a profile, which is a text of the guest's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "profile.h"

static const char sample[] =
    "{\"fuel\":1000000,\"overhead\":234567,\"functions\":["
    "{\"file\":\"x.py\",\"function\":\"<module>\",\"line\":1,\"calls\":1,\"own\":100000,\"total\":1000000},"
    "{\"file\":\"x.py\",\"function\":\"f\",\"line\":3,\"calls\":1500,\"own\":900000,\"total\":900000}],"
    "\"lines\":[{\"file\":\"x.py\",\"line\":1,\"hits\":1,\"fuel\":100000},"
    "{\"file\":\"x.py\",\"line\":4,\"hits\":1500,\"fuel\":900000}],"
    "\"stacks\":[[\"<module>\",100000],[\"<module>;f\",900000]]}";

typedef int printer(const char *json, size_t length, FILE *file);

/* What it writes; free() it. NULL if it fails. */
static char *printed(printer print, const char *json)
{
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    int failed = print(json, strlen(json), file);
    fclose(file);
    if (failed == 0)
        return text;
    free(text);
    return NULL;
}

/* The heaviest come first, with their shares. */
static void test_table(void **state)
{
    (void)state;
    char *text = printed(profile_print, sample);
    assert_non_null(text);
    const char *function = strstr(text, "f (x.py:3)"), *module = strstr(text, "<module> (x.py:1)");
    assert_true(function != NULL && module != NULL && function < module);
    assert_non_null(strstr(text, " 90.0%     900k   90.0%     900k    1.50k  f (x.py:3)\n"));
    assert_non_null(strstr(text, " 10.0%     100k  100.0%    1.00M        1  <module> (x.py:1)\n"));
    assert_non_null(strstr(text, "where the fuel went, 1.00M in all (and 235k for counting it)\n"));
    const char *fourth = strstr(text, "x.py:4\n"), *first = strstr(text, "x.py:1\n");
    assert_true(fourth != NULL && first != NULL && fourth < first);
    free(text);
}

static void test_folded(void **state)
{
    (void)state;
    char *text = printed(profile_print_folded, sample);
    assert_string_equal(text, "<module> 100000\n<module>;f 900000\n");
    free(text);
}

/* What runs in no function has no file. */
static void test_outside(void **state)
{
    (void)state;
    char *text = printed(profile_print, "{\"fuel\":10,\"functions\":[{\"file\":\"\",\"line\":0,"
                                        "\"function\":\"(outside)\",\"calls\":1,\"own\":10}],"
                                        "\"lines\":[{\"file\":\"\",\"line\":0,\"hits\":0,\"fuel\":10}]}");
    const char *function = strstr(text, "        1  (outside)\n");
    assert_non_null(function);
    assert_non_null(strstr(function, "        0  (outside)\n"));
    free(text);
}

/* The 20 heaviest and how many more there are. */
static void test_top(void **state)
{
    (void)state;
    char json[4096] = "{\"fuel\":300,\"functions\":[],\"lines\":[", *end = json + strlen(json);
    for (int i = 1; i <= 24; i++)
        end += sprintf(end, "%s{\"file\":\"a\",\"line\":%d,\"hits\":1,\"fuel\":%d}", i > 1 ? "," : "",
                       i, i);
    strcpy(end, "]}");
    char *text = printed(profile_print, json);
    assert_non_null(strstr(text, "  a:24\n"));
    assert_non_null(strstr(text, "  a:5\n"));
    assert_null(strstr(text, "  a:4\n"));
    assert_non_null(strstr(text, "  and 4 more\n"));
    free(text);
}

/* The guest writes it: no text of it may break the reader or the terminal. */
static void test_hostile(void **state)
{
    (void)state;
    static const char *const broken[] = {"", "{", "[]", "7", "null", "\"text\"", "{}x{"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_null(printed(profile_print_folded, broken[i]));
    assert_null(printed(profile_print, "["));
    static const char odd[] =
        "{\"fuel\":-1,\"functions\":[1,null,{\"own\":1e400,\"function\":\"a\\u001b[2J\\nb\"},[]],"
        "\"lines\":{},\"stacks\":[[],[1,2],[\"a\\nb\",3],[\"c\",-1],[\"d\",1e300],\"e\",[\"\",1]]}";
    char *text = printed(profile_print, odd);
    assert_non_null(text);
    assert_null(strchr(text, 0x1b));
    assert_non_null(strstr(text, "a?[2J?b"));
    free(text);
    text = printed(profile_print_folded, odd);
    assert_string_equal(text, "a?b 3\n");
    free(text);
}

static char *contents(const char *path)
{
    static char text[4096];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* The name's ending chooses the form. */
static void test_saved(void **state)
{
    (void)state;
    char folder[] = "/tmp/pybox-profile-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.json", folder);
    assert_int_equal(profile_save(sample, strlen(sample), path), 0);
    assert_memory_equal(contents(path), sample, strlen(sample));
    unlink(path);
    snprintf(path, sizeof path, "%s/a.folded", folder);
    assert_int_equal(profile_save(sample, strlen(sample), path), 0);
    assert_string_equal(contents(path), "<module> 100000\n<module>;f 900000\n");
    unlink(path);
    rmdir(folder);
    assert_int_equal(profile_save(sample, strlen(sample), path), -1);
    assert_int_equal(profile_save(sample, strlen(sample), "/dev/full"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table), cmocka_unit_test(test_folded),  cmocka_unit_test(test_outside),
        cmocka_unit_test(test_top),   cmocka_unit_test(test_hostile), cmocka_unit_test(test_saved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
