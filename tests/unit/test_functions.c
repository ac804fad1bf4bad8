/* Sets of host functions: adding, signatures, schemas, stubs, search. No box is needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pybox.h"

static void nothing(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context;
    (void)call;
    (void)answer;
}

static int fresh(void **state)
{
    pybox_functions *functions;
    if (pybox_functions_create(&functions) != PYBOX_OK)
        return -1;
    *state = functions;
    return 0;
}

static int done(void **state)
{
    pybox_functions_destroy(*state);
    return 0;
}

static pybox_status add(pybox_functions *functions, const char *name, const char *signature)
{
    return pybox_functions_add(
        functions, &(pybox_function){.name = name, .signature = signature, .function = nothing});
}

/* ------------------------------------------------------------------------------------------ */

struct last {
    pybox_function_info info;
    int count, most;
};

static int keep_last(void *context, const pybox_function_info *info)
{
    struct last *last = context;
    last->info = *info;
    return ++last->count == last->most;
}

static struct last last_of(pybox_functions *functions)
{
    struct last last = {0};
    pybox_functions_list(functions, keep_last, &last);
    return last;
}

static void assert_signature(pybox_functions *functions, const char *given, const char *made)
{
    static int number;
    char name[32];
    snprintf(name, sizeof name, "f%d", number++);
    if (add(functions, name, given) != PYBOX_OK)
        fail_msg("%s: %s", given, pybox_error_message());
    assert_string_equal(last_of(functions).info.signature, made);
}

static void test_signatures(void **state)
{
    pybox_functions *set = *state;
    assert_signature(set, "()", "()");
    assert_signature(set, " ( ) -> None ", "() -> None");
    assert_signature(set, "(a,b)", "(a, b)");
    assert_signature(set, "(a=1,b:int=2,)", "(a=1, b: int = 2)");
    assert_signature(set, "(a,/,b,*,c)", "(a, /, b, *, c)");
    assert_signature(set, "(*args:int,**more:str)->dict[str,list[int|None]]",
                     "(*args: int, **more: str) -> dict[str, list[int | None]]");
    assert_signature(set, "(a, *, b=1, c)", "(a, *, b=1, c)");
    assert_signature(set, "(mode: Literal['r', \"w\", -1] = 'r')", "(mode: Literal['r', \"w\", -1] = 'r')");
    assert_signature(set, "(when: datetime.datetime | 'Later' = None)",
                     "(when: datetime.datetime | 'Later' = None)");
    assert_signature(set, "(f: Callable[[int], str], g: tuple[int, ...])",
                     "(f: Callable[[int], str], g: tuple[int, ...])");
    assert_signature(set, "(a=[1, -2.5e3, (), (1,), {'k': True, \"l\": {}}])",
                     "(a=[1, -2.5e3, (), (1,), {'k': True, \"l\": {}}])");
    assert_signature(set, "(a='\\n\\x41\\u20ac\\'\xe2\x82\xac')", "(a='\\n\\x41\\u20ac\\'\xe2\x82\xac')");
}

static void test_signatures_refused(void **state)
{
    static const char *const bad[] = {
        "", "(", ")", "a", "(a", "(a))", "() ->", "() -> 1 +", "() x", "(a,,b)", "(,)", "(1)", "(a b)",
        "(a=)", "(a:)", "(a: )", "(a: int int)", "(a: lambda)", "(a: f())", "(a: x[])", "(a: x.)", "(a: x.if)",
        "(a: [1 for x in y])", "(a=b)", "(a=f())", "(a=1+1)", "(a=01)", "(a=1_000)", "(a=0x10)", "(a=1.)", "(a=.5)",
        "(a=1e)", "(a=--1)", "(a=1j)", "(a='x)", "(a='\n')", "(a='\\q')", "(a='\\x4')", "(a='\\ud800')", "(a=b'x')",
        "(a=f'x')", "(a={1: 2})", "(a={'k'})", "(a=[1 2])", "(a, a)", "(a=1, b)", "(*)", "(a, *)", "(*, **k)",
        "(*, *)", "(*a, *b)", "(**k, a)", "(**k, *a)", "(**k, **l)", "(/)", "(/, a)", "(a, /, /)", "(*, a, /)",
        "(*a=1)", "(**k=1)", "(__a)", "(__pybox_call)", "(class)", "(None)", "(a: int = 1) # x", "(a)\n:", "(é)",
        "(a=...)", "(a=None.x)", "(a: int; b)", "(a: 'x' 'y')", "(a=\"\x01\")",
    };
    pybox_functions *set = *state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (add(set, "bad", bad[i]) != PYBOX_ERROR_ARGUMENT)
            fail_msg("accepted: %s", bad[i]);
    assert_int_equal(add(set, "bad", "(a='\xff')"), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(last_of(set).count, 0);
}

/* At every place in a good signature it may be cut, and every byte may be another. */
static void test_signatures_mutated(void **state)
{
    static const char good[] =
        "(a: 'x', b: list[int | None] = [1, -2.5, 'x\\n'], /, *c: d.e, f={'k': (1,)}, **g: Literal['a', 1]) -> str";
    pybox_functions *set = *state;
    char text[sizeof good];
    for (size_t cut = 0; cut < sizeof good - 5; cut++) {
        memcpy(text, good, sizeof good);
        text[cut] = '\0';
        if (add(set, "cut", text) == PYBOX_OK)
            assert_int_equal(good[cut], ' '); /* it ended behind the bracket */
    }
    unsigned random = 1;
    for (int i = 0; i < 20000; i++) {
        memcpy(text, good, sizeof good);
        for (int k = 0; k < 2; k++) {
            random = random * 1103515245u + 12345u;
            text[(random >> 8) % (sizeof good - 1)] = "()[]{}*/:,.='\"|->\\x1a \xe2"[(random >> 20) % 23];
        }
        char name[32];
        snprintf(name, sizeof name, "m%d", i);
        if (add(set, name, text) == PYBOX_ERROR_LIMIT)
            break; /* 10,000 were good */
    }
}

static void test_limits(void **state)
{
    pybox_functions *set = *state;
    char text[40000] = "(";
    for (int i = 0; i < 100; i++)
        sprintf(text + strlen(text), "a%d,", i);
    strcat(text, ")");
    assert_int_equal(add(set, "hundred", text), PYBOX_OK);
    strcpy(text + strlen(text) - 1, "b)");
    assert_int_equal(add(set, "more", text), PYBOX_ERROR_LIMIT);
    strcpy(text, "(a=");
    for (int i = 0; i < 60; i++)
        strcat(text, "[");
    assert_int_equal(add(set, "deep", text), PYBOX_ERROR_LIMIT);
    strcpy(text, "(a='");
    memset(text + 4, 'x', 17000);
    strcpy(text + 17000, "')");
    assert_int_equal(add(set, "long", text), PYBOX_ERROR_LIMIT);
    assert_int_equal(last_of(set).count, 1);
}

static void test_names(void **state)
{
    pybox_functions *set = *state;
    static const char *const bad_names[] = {"", "1a", "a b", "a.b", "class", "None", "__a", "\xc3\xa9", NULL};
    static const char *const bad_modules[] = {"", "1", "a..b", ".a", "a.", "a b", "json", "json.tools", "sys",
                                              "asyncio", "pybox", "_pybox_x", "a.class", "__main__", "a.__b"};
    for (size_t i = 0; i < sizeof bad_names / sizeof *bad_names; i++)
        assert_int_equal(add(set, bad_names[i], "()"), PYBOX_ERROR_ARGUMENT);
    for (size_t i = 0; i < sizeof bad_modules / sizeof *bad_modules; i++)
        assert_int_equal(pybox_functions_add(set, &(pybox_function){.name = "f",
                                                                    .module = bad_modules[i],
                                                                    .signature = "()",
                                                                    .function = nothing}),
                         PYBOX_ERROR_ARGUMENT);
    assert_int_equal(add(set, "f", "()"), PYBOX_OK);
    assert_string_equal(last_of(set).info.module, "tools");
    assert_int_equal(add(set, "f", "(a)"), PYBOX_ERROR_ARGUMENT); /* there already */
    const pybox_function elsewhere = {.name = "f", .module = "app.tools", .signature = "()", .function = nothing};
    assert_int_equal(pybox_functions_add(set, &elsewhere), PYBOX_OK);
    assert_int_equal(pybox_functions_add(set, &elsewhere), PYBOX_ERROR_ARGUMENT);
    /* One name is a function or a module. */
    assert_int_equal(pybox_functions_add(set, &(pybox_function){.name = "g", .module = "tools.f",
                                                                .signature = "()", .function = nothing}),
                     PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_functions_add(set, &(pybox_function){.name = "tools", .module = "app",
                                                                .signature = "()", .function = nothing}),
                     PYBOX_ERROR_ARGUMENT);
}

static void test_arguments(void **state)
{
    pybox_functions *set = *state;
    assert_int_equal(pybox_functions_create(NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_functions_add(NULL, &(pybox_function){0}), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_functions_add(set, NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(add(set, "neither", NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_functions_add(set, &(pybox_function){.name = "both", .signature = "()",
                                                                .schema = "{\"type\":\"object\"}",
                                                                .function = nothing}),
                     PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_functions_add(set, &(pybox_function){.name = "none", .signature = "()"}),
                     PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_functions_add(set, &(pybox_function){.name = "form", .signature = "()",
                                                                .form = (pybox_form_of_values)9, .function = nothing}),
                     PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_functions_add(set, &(pybox_function){.name = "text", .signature = "()",
                                                                .documentation = "\xff", .function = nothing}),
                     PYBOX_ERROR_ARGUMENT);
    char *long_text = malloc(70000);
    memset(long_text, 'x', 69999);
    long_text[69999] = '\0';
    assert_int_equal(pybox_functions_add(set, &(pybox_function){.name = "text", .signature = "()",
                                                                .documentation = long_text, .function = nothing}),
                     PYBOX_ERROR_LIMIT);
    free(long_text);
    assert_int_equal(last_of(set).count, 0);
    pybox_functions_destroy(NULL);
    pybox_text_free(NULL);
    pybox_functions_list(NULL, keep_last, NULL);
}

/* Everything is copied: what was given may change. */
static void test_copied(void **state)
{
    char name[] = "name", signature[] = "(a)", text[] = "text";
    assert_int_equal(pybox_functions_add(*state, &(pybox_function){.name = name, .signature = signature,
                                                                   .documentation = text, .function = nothing}),
                     PYBOX_OK);
    name[0] = signature[1] = text[0] = '?';
    const struct last last = last_of(*state);
    assert_string_equal(last.info.name, "name");
    assert_string_equal(last.info.signature, "(a)");
    assert_string_equal(last.info.documentation, "text");
    assert_int_equal(last.info.is_async, 0);
    assert_int_equal(last.info.size, sizeof last.info);
}

static void test_list(void **state)
{
    pybox_functions *set = *state;
    static const char *const names[] = {"zebra", "ant", "mouse"};
    for (int i = 0; i < 3; i++)
        assert_int_equal(add(set, names[i], "()"), PYBOX_OK);
    for (int most = 1; most <= 3; most++) { /* in the order of adding, until it is told to end */
        struct last last = {.most = most};
        pybox_functions_list(set, keep_last, &last);
        assert_int_equal(last.count, most);
        assert_string_equal(last.info.name, names[most - 1]);
    }
}

static void assert_schema(pybox_functions *set, const char *signature, const char *properties)
{
    static int number;
    char name[32], expected[2000];
    snprintf(name, sizeof name, "s%d", number++);
    assert_int_equal(add(set, name, signature), PYBOX_OK);
    snprintf(expected, sizeof expected,
             "{\"name\":\"%s\",\"description\":\"\",\"parameters\":{\"type\":\"object\",\"properties\":{%s,"
             "\"additionalProperties\":false}}",
             name, properties);
    assert_string_equal(last_of(set).info.schema, expected);
}

static void test_schema(void **state)
{
    pybox_functions *set = *state;
    assert_schema(set, "()", "},\"required\":[]");
    assert_schema(set, "(a, b: str = 'x')", "\"a\":{},\"b\":{\"type\":\"string\",\"default\":\"x\"}},\"required\":[\"a\"]");
    assert_schema(set, "(a=None)", "\"a\":{\"default\":null}},\"required\":[]");
    assert_schema(set, "(a: int | None, *, b: list[float])",
                  "\"a\":{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"null\"}]},"
                  "\"b\":{\"type\":\"array\",\"items\":{\"type\":\"number\"}}},\"required\":[\"a\",\"b\"]");
    assert_schema(set, "(a: typing.Optional[bool])",
                  "\"a\":{\"anyOf\":[{\"type\":\"boolean\"},{\"type\":\"null\"}]}},\"required\":[\"a\"]");
    assert_schema(set, "(a: Union[int, str])",
                  "\"a\":{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}},\"required\":[\"a\"]");
    assert_schema(set, "(a: Literal['x', \"y\\\"\", 'it\\'s', 1, None, True])",
                  "\"a\":{\"enum\":[\"x\",\"y\\\"\",\"it's\",1,null,true]}},\"required\":[\"a\"]");
    assert_schema(set, "(a: dict[str, list[int]])",
                  "\"a\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"array\",\"items\":"
                  "{\"type\":\"integer\"}}}},\"required\":[\"a\"]");
    assert_schema(set, "(a: tuple[int, str], b: tuple[int, ...])",
                  "\"a\":{\"type\":\"array\",\"prefixItems\":[{\"type\":\"integer\"},{\"type\":\"string\"}],"
                  "\"minItems\":2,\"maxItems\":2},\"b\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}},"
                  "\"required\":[\"a\",\"b\"]");
    assert_schema(set, "(*args: int, **more)",
                  "\"args\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}},"
                  "\"more\":{\"type\":\"object\",\"additionalProperties\":{}}},\"required\":[]");
    assert_schema(set, "(a: bytes, b: Callable[[int], str], c: 'Own', d: datetime.date)",
                  "\"a\":{\"type\":\"string\",\"contentEncoding\":\"base64\"},\"b\":{},\"c\":{},\"d\":{}},"
                  "\"required\":[\"a\",\"b\",\"c\",\"d\"]");
    assert_schema(set, "(a={'k': (1, 'it\\'s')})",
                  "\"a\":{\"default\":{\"k\":[1,\"it's\"]}}},\"required\":[]");
}

static void assert_from_schema(pybox_functions *set, const char *schema, const char *signature)
{
    static int number;
    char name[32], expected[2000];
    snprintf(name, sizeof name, "j%d", number++);
    if (pybox_functions_add(set, &(pybox_function){.name = name, .schema = schema, .function = nothing,
                                                   .documentation = "d"}) != PYBOX_OK)
        fail_msg("%s: %s", schema, pybox_error_message());
    const struct last last = last_of(set);
    assert_string_equal(last.info.signature, signature);
    snprintf(expected, sizeof expected, "{\"name\":\"%s\",\"description\":\"d\",\"parameters\":%s}", name, schema);
    assert_string_equal(last.info.schema, expected); /* as it was given */
}

static void test_from_schema(void **state)
{
    pybox_functions *set = *state;
    assert_from_schema(set, "{\"type\":\"object\"}", "()");
    assert_from_schema(set,
                       "{\"type\":\"object\",\"properties\":{\"limit\":{\"type\":\"integer\",\"default\":10},"
                       "\"query\":{\"type\":\"string\"},\"tag\":{\"type\":\"string\"}},\"required\":[\"query\"]}",
                       "(*, query: str, limit: int = 10, tag: str | None = None)");
    assert_from_schema(set,
                       "{\"type\":\"object\",\"properties\":{\"a\":{\"enum\":[\"x\",\"it's\",2,null]},"
                       "\"b\":{\"type\":[\"string\",\"null\"]},\"c\":{\"anyOf\":[{\"type\":\"number\"},{\"type\":\"boolean\"}]},"
                       "\"d\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"additionalProperties\":{}}},"
                       "\"e\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"},\"default\":{\"k\":[1,true]}},"
                       "\"f\":{},\"g\":{\"const\":1}},\"required\":[\"a\",\"b\",\"c\",\"d\",\"f\",\"g\"]}",
                       "(*, a: Literal[\"x\", \"it's\", 2, None], b: str | None, c: float | bool, "
                       "d: list[dict[str, Any]], f: Any, g: Any, e: dict[str, int] = {\"k\": [1, True]})");
    static const char *const bad[] = {
        "", "[]", "1", "{}", "{", "{\"type\":\"array\"}", "{\"type\":\"object\",\"properties\":[]}",
        "{\"type\":\"object\",\"properties\":{\"a-b\":{}}}", "{\"type\":\"object\",\"properties\":{\"class\":{}}}",
        "{\"type\":\"object\",\"required\":[\"a\"]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (pybox_functions_add(set, &(pybox_function){.name = "bad", .schema = bad[i], .function = nothing}) !=
            PYBOX_ERROR_ARGUMENT)
            fail_msg("accepted: %s", bad[i]);
}

static void test_stub(void **state)
{
    pybox_functions *set = *state;
    char *text;
    const pybox_function functions[] = {
        {.name = "search", .signature = "(query: str, limit: int | None = 10) -> list[str]", .function = nothing,
         .documentation = "Finds pages.\n\nBest \"first\"."},
        {.name = "send", .module = "mail", .signature = "(to: Literal['a'], **more: Any)", .function = nothing,
         .is_async = 1},
        {.name = "count", .signature = "() -> int", .function = nothing},
    };
    for (int i = 0; i < 3; i++)
        assert_int_equal(pybox_functions_add(set, &functions[i]), PYBOX_OK);
    assert_int_equal(pybox_functions_stub(set, "tools", &text), PYBOX_OK);
    assert_string_equal(text, "def search(query: str, limit: int | None = 10) -> list[str]:\n"
                              "    \"\"\"Finds pages.\n\n    Best \\\"first\\\".\"\"\"\n    ...\n\n"
                              "def count() -> int: ...\n");
    pybox_text_free(text);
    assert_int_equal(pybox_functions_stub(set, NULL, &text), PYBOX_OK);
    assert_string_equal(text, "from typing import Any, Literal\n\n"
                              "# module tools\n\n"
                              "def search(query: str, limit: int | None = 10) -> list[str]:\n"
                              "    \"\"\"Finds pages.\n\n    Best \\\"first\\\".\"\"\"\n    ...\n\n"
                              "def count() -> int: ...\n\n"
                              "# module mail\n\n"
                              "async def send(to: Literal['a'], **more: Any): ...\n");
    pybox_text_free(text);
    assert_int_equal(pybox_functions_stub(set, "none", &text), PYBOX_ERROR_ARGUMENT);
    assert_null(text);
    assert_int_equal(pybox_functions_stub(set, NULL, NULL), PYBOX_ERROR_ARGUMENT);
}

struct names {
    char text[1000];
    int most;
};

static int add_name(void *context, const pybox_function_info *info)
{
    struct names *names = context;
    strcat(names->text, names->text[0] != '\0' ? " " : "");
    strcat(names->text, info->name);
    return --names->most == 0;
}

static void assert_found(pybox_functions *set, const char *query, size_t most, const char *expected)
{
    struct names names = {"", 100};
    assert_int_equal(pybox_functions_search(set, query, most, add_name, &names), PYBOX_OK);
    assert_string_equal(names.text, expected);
}

static void test_search(void **state)
{
    pybox_functions *set = *state;
    static const char *const texts[][3] = {
        {"read_file", "(path: str)", "Returns what is in a file."},
        {"writeFile", "(path: str, content: str)", "Stores text.\nThe folder must exist."},
        {"send_email", "(recipient: str)", "Sends a message to somebody."},
        {"email_count", "(folder: str)", "How many messages there are."},
        {"weather", "(city: str)", "The forecast."},
    };
    for (int i = 0; i < 5; i++)
        assert_int_equal(pybox_functions_add(set, &(pybox_function){.name = texts[i][0], .signature = texts[i][1],
                                                                    .documentation = texts[i][2], .function = nothing}),
                         PYBOX_OK);
    assert_found(set, "file", 0, "read_file writeFile");
    assert_found(set, "write FILE", 0, "writeFile read_file");
    assert_found(set, "weather", 0, "weather");
    assert_found(set, "emails", 0, "send_email email_count");
    assert_found(set, "email_count", 0, "email_count send_email");
    assert_found(set, "folder", 0, "email_count writeFile"); /* a parameter, then the text */
    assert_found(set, "send messages", 0, "send_email email_count");
    assert_found(set, "file", 1, "read_file");
    assert_found(set, "zebra", 0, "");
    assert_found(set, "", 0, "");
    assert_found(set, " ,.;- ", 0, "");
    struct names names = {"", 1}; /* until it is told to end */
    assert_int_equal(pybox_functions_search(set, "file", 0, add_name, &names), PYBOX_OK);
    assert_string_equal(names.text, "read_file");
    assert_int_equal(pybox_functions_search(NULL, "x", 0, add_name, &names), PYBOX_ERROR_ARGUMENT);
}

/* Ten at most unless another number is asked for; ten thousand in all. */
static void test_many(void **state)
{
    pybox_functions *set = *state;
    char name[32];
    struct last last = {0};
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "many_%d", i * 7919 % 10000);
        assert_int_equal(add(set, name, "(a)"), PYBOX_OK);
    }
    assert_int_equal(add(set, "one_more", "()"), PYBOX_ERROR_LIMIT);
    assert_int_equal(pybox_functions_search(set, "many", 0, keep_last, &last), PYBOX_OK);
    assert_int_equal(last.count, 10);
    last.count = 0;
    assert_int_equal(pybox_functions_search(set, "many", 20000, keep_last, &last), PYBOX_OK);
    assert_int_equal(last.count, 10000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, done)
    const struct CMUnitTest tests[] = {
        TEST(test_signatures), TEST(test_signatures_refused), TEST(test_signatures_mutated), TEST(test_limits),
        TEST(test_names),      TEST(test_arguments),          TEST(test_copied),             TEST(test_list),
        TEST(test_schema),     TEST(test_from_schema),        TEST(test_stub),               TEST(test_search),
        TEST(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
