/* Host functions in boxes: what the guest sees of them, calls and answers. */
#include <pthread.h>
#include <unistd.h>

#include "python_fixture.h"

/* ------------------------------------------------------------------------------------------
 * Functions of the host
 */

static char last_arguments[100000]; /* of the last call */
static char last_function[100];
static unsigned last_blobs;
static unsigned calls;

static void note(const pybox_host_call *call)
{
    assert_int_equal(call->size, sizeof *call);
    assert_true(call->arguments.length < sizeof last_arguments);
    assert_int_equal(strlen(call->arguments.bytes), call->arguments.length);
    strcpy(last_arguments, call->arguments.bytes);
    strcpy(last_function, call->function);
    last_blobs = (unsigned)call->blob_count;
    calls++;
}

static void answer_json(pybox_answer *answer, const char *json)
{
    assert_int_equal(pybox_answer_value(answer, &(pybox_value){.kind = PYBOX_VALUE_JSON, .bytes = json}),
                     PYBOX_OK);
}

/* Answers what its context says, which is JSON; NULL: nothing. */
static void answer_text(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    note(call);
    if (context != NULL)
        answer_json(answer, context);
}

/* Answers its arguments. */
static void answer_arguments(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context;
    note(call);
    answer_json(answer, call->arguments.bytes);
}

/* Answers the first bytes object among the arguments, turned round. */
static void answer_blob(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context;
    note(call);
    assert_true(call->blob_count > 0);
    const size_t length = call->blobs[0].length;
    char *turned = malloc(length + 1);
    for (size_t i = 0; i < length; i++)
        turned[i] = call->blobs[0].bytes[length - 1 - i];
    assert_int_equal(pybox_answer_value(answer, &(pybox_value){.kind = PYBOX_VALUE_BYTES,
                                                               .bytes = turned, .length = length}),
                     PYBOX_OK);
    free(turned);
}

/* Raises: the arguments are {"type": "...", "message": "..."}, the type perhaps null. */
static void answer_error(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    char type[100] = "", message[100] = "";
    (void)context;
    note(call);
    sscanf(call->arguments.bytes, "{\"type\":\"%99[^\"]\",\"message\":\"%99[^\"]\"}", type, message);
    if (type[0] == '\0')
        sscanf(call->arguments.bytes, "{\"type\":null,\"message\":\"%99[^\"]\"}", message);
    if (pybox_answer_error(answer, type[0] != '\0' ? type : NULL, message) != PYBOX_OK)
        answer_json(answer, "\"refused\"");
}

/* Answers x's of the length that its argument says. */
static void answer_long(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    unsigned length = 0;
    (void)context;
    note(call);
    sscanf(call->arguments.bytes, "{\"length\":%u", &length);
    char *text = malloc(length + 3);
    memset(text, 'x', length + 2);
    text[0] = text[length + 1] = '"';
    text[length + 2] = '\0';
    answer_json(answer, text);
    free(text);
}

static const pybox_function all[] = {
    {.name = "search", .signature = "(query: str, limit: int = 10, *, exact: bool = False) -> list[str]",
     .documentation = "Finds pages.", .function = answer_text, .context = "[\"a\", \"b\"]"},
    {.name = "nothing", .signature = "()", .function = answer_text},
    {.name = "echo", .signature = "(a, /, b, c=None, *rest, d=(1, 2), **more)", .function = answer_arguments},
    {.name = "turn", .signature = "(data: bytes, *others) -> bytes", .function = answer_blob},
    {.name = "tagged", .signature = "(a, *rest, **more)", .form = PYBOX_VALUES_TAGGED, .function = answer_arguments},
    {.name = "fail", .signature = "(type, message)", .function = answer_error},
    {.name = "long", .signature = "(length: int) -> str", .function = answer_long},
    {.name = "later", .signature = "(x: int) -> int", .is_async = 1, .function = answer_text, .context = "7"},
    {.name = "own", .signature = "(x: Own, y: list[Own] = [], z: Literal['a'] | None = None, w: datetime.date = None)",
     .function = answer_text},
    {.name = "send", .module = "app.mail", .signature = "(to: str)", .function = answer_arguments},
    {.name = "from_schema", .schema = "{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"integer\",\"default\":1},"
                                      "\"a\":{\"type\":\"string\"}},\"required\":[\"a\"]}",
     .function = answer_arguments},
};

static pybox_functions *make_set(const pybox_function *list, size_t count)
{
    pybox_functions *set;
    assert_works(pybox_functions_create(&set));
    for (size_t i = 0; i < count; i++)
        assert_works(pybox_functions_add(set, &list[i]));
    return set;
}

static pybox_box *make_box_with(pybox_functions *set, pybox_rollback policy)
{
    return make_box(&(pybox_box_options){.functions = set, .rollback = policy});
}

static pybox_box *make_all(void)
{
    pybox_functions *set = make_set(all, sizeof all / sizeof *all);
    pybox_box *box = make_box_with(set, PYBOX_ROLLBACK_NEVER);
    pybox_functions_destroy(set); /* the box holds it */
    eval(box, "from tools import *");
    return box;
}

/* Code that raises must do so, with that type and message. */
static void assert_raises(pybox_box *box, const char *code, const char *type, const char *message)
{
    const pybox_result *result = run_limited(box, code, NULL);
    if (result->outcome != PYBOX_EXCEPTION)
        fail_msg("%s: %s", code, pybox_outcome_name(result->outcome));
    assert_string_equal(result->error.type.bytes, type);
    assert_string_equal(result->error.message.bytes, message);
}

/* ------------------------------------------------------------------------------------------ */

static void test_calls(void **state)
{
    (void)state;
    pybox_box *box = make_all();
    assert_eval(box, "search('x')", "['a', 'b']");
    assert_string_equal(last_function, "tools.search");
    assert_string_equal(last_arguments, "{\"query\":\"x\",\"limit\":10,\"exact\":false}");
    assert_eval(box, "search(limit=3, query='\\u20ac\"', exact=True)", "['a', 'b']");
    assert_true(strcmp(last_arguments, "{\"query\":\"\\u20ac\\\"\",\"limit\":3,\"exact\":true}") == 0 ||
                strcmp(last_arguments, "{\"query\":\"\xe2\x82\xac\\\"\",\"limit\":3,\"exact\":true}") == 0);
    assert_eval(box, "nothing()", "");
    assert_string_equal(last_arguments, "{}");
    assert_eval(box, "repr(nothing())", "'None'");
    assert_eval(box, "echo(1, 2.5, [None, {'k': True}], 'r', ['s'], d='d', e=1, f='g')",
                "{'a': 1, 'b': 2.5, 'c': [None, {'k': True}], 'rest': ['r', ['s']], 'd': 'd', 'more': {'e': 1, 'f': 'g'}}");
    assert_eval(box, "echo(0, 0)", "{'a': 0, 'b': 0, 'c': None, 'rest': [], 'd': [1, 2], 'more': {}}");
    assert_eval(box, "from_schema(a='x')", "{'a': 'x', 'b': 1}");
    assert_eval(box, "import app.mail; app.mail.send('y')", "{'to': 'y'}");
    assert_string_equal(last_function, "app.mail.send");
    pybox_box_destroy(box);
}

/* Importable in every form, and as any module. */
static void test_modules(void **state)
{
    (void)state;
    pybox_box *box = make_all();
    assert_eval(box, "import tools; tools.search.__module__, tools.search.__qualname__, tools.__name__, tools.__all__[:2]",
                "('tools', 'search', 'tools', ['search', 'nothing'])");
    assert_eval(box, "from app import mail; import app; app.mail is mail", "True");
    assert_eval(box, "import importlib; importlib.import_module('app.mail').send is mail.send", "True");
    assert_eval(box, "sorted(n for n in dir(tools) if not n.startswith('__'))",
                "['echo', 'fail', 'from_schema', 'later', 'long', 'nothing', 'own', 'search', 'tagged', 'turn']");
    assert_eval(box, "import pickle, copy; pickle.loads(pickle.dumps(search)) is search and copy.deepcopy(search) is search",
                "True");
    assert_eval(box, "import sys; del sys.modules['tools']; import tools; tools.search is search", "True");
    assert_eval(box, "importlib.reload(tools) is tools and tools.search is search", "True");
    assert_raises(box, "import tools.search", "ModuleNotFoundError",
                  "No module named 'tools.search'; 'tools' is not a package");
    assert_raises(box, "from tools import nobody", "ImportError",
                  "cannot import name 'nobody' from 'tools' (unknown location)");
    pybox_box_destroy(box);
    box = make_box(NULL); /* and not there without them */
    assert_raises(box, "import tools", "ModuleNotFoundError", "No module named 'tools'");
    pybox_box_destroy(box);
}

static void test_introspection(void **state)
{
    (void)state;
    pybox_box *box = make_all();
    assert_eval(box, "import inspect; str(inspect.signature(search))",
                "'(query: str, limit: int = 10, *, exact: bool = False) -> list[str]'");
    assert_eval(box, "str(inspect.signature(echo))", "'(a, /, b, c=None, *rest, d=(1, 2), **more)'");
    assert_eval(box, "search.__doc__, nothing.__doc__, search.__annotations__['query'] is str, search.__defaults__",
                "('Finds pages.', None, True, (10,))");
    assert_eval(box, "import typing; typing.get_type_hints(search)['return']", "list[str]");
    assert_eval(box, "own.__annotations__['x'], own.__annotations__['y'], own.__annotations__['z'], "
                     "own.__annotations__['w'].__name__",
                "('Own', 'list[Own]', typing.Optional[typing.Literal['a']], 'date')");
    assert_eval(box, "inspect.iscoroutinefunction(later), inspect.isfunction(search), callable(search)",
                "(True, True, True)");
    const pybox_result *result = run_limited(box, "help(search)", NULL);
    assert_string_equal(result->output.bytes,
                        "Help on function search in module tools:\n\n"
                        "search(query: str, limit: int = 10, *, exact: bool = False) -> list[str]\n"
                        "    Finds pages.\n\n");
    result = run_limited(box, "help('tools')", NULL);
    assert_non_null(strstr(result->output.bytes, "Finds pages."));
    assert_eval(box, "import rlcompleter, tools; c = rlcompleter.Completer({'tools': tools}); "
                     "[c.complete('tools.sea', 0), c.complete('tools.no', 0)]",
                "['tools.search(', 'tools.nothing()']");
    pybox_box_destroy(box);
}

/* Wrong arguments are refused with the words of Python itself for the same definition. */
static void test_wrong_arguments(void **state)
{
    static const char *const bad[] = {
        "f()",          "f(1, 2, 3)",       "f('x', q=1)",       "f('x', query='y')",  "f('x', 1, True)",
        "g()",          "g(1)",             "g(a=1, b=2)",       "g(1, 2, b=3)",       "f(*[1, 2, 3, 4])",
        "f(**{'quer': 1})", "g(1, 2, **{1: 2})", "h(1)",          "h(a=1)",
    };
    (void)state;
    pybox_box *box = make_all();
    eval(box, "import tools\n"
              "def search(query: str, limit: int = 10, *, exact: bool = False) -> list[str]: pass\n"
              "def echo(a, /, b, c=None, *rest, d=(1, 2), **more): pass\n"
              "def nothing(): pass\n"
              "native = dict(f=search, g=echo, h=nothing)\n"
              "host = dict(f=tools.search, g=tools.echo, h=tools.nothing)\n"
              "def said(code, functions):\n"
              "    try:\n"
              "        eval(code, dict(functions))\n"
              "    except TypeError as error:\n"
              "        return str(error)\n");
    calls = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char code[200];
        snprintf(code, sizeof code, "said(r\"%s\", native), said(r\"%s\", host)", bad[i], bad[i]);
        char *both = strdup(eval(box, code));
        snprintf(code, sizeof code, "(lambda a, b: bool(a) and a == b)(said(r\"%s\", native), said(r\"%s\", host))",
                 bad[i], bad[i]);
        if (strcmp(eval(box, code), "True") != 0)
            fail_msg("%s: %s", bad[i], both);
        free(both);
    }
    assert_int_equal(calls, 0);
    pybox_box_destroy(box);
}

static void test_bytes(void **state)
{
    (void)state;
    pybox_box *box = make_all();
    assert_eval(box, "turn(b'abc')", "b'cba'");
    assert_string_equal(last_arguments, "{\"data\":{\"$blob\":0},\"others\":[]}");
    assert_int_equal(last_blobs, 1);
    assert_eval(box, "turn(b'')", "b''");
    assert_eval(box, "turn(bytes(range(256)) * 4000) == (bytes(range(256)) * 4000)[::-1]", "True");
    pybox_box_destroy(box);
}

static void test_long(void **state)
{
    (void)state;
    pybox_box *box = make_all();
    static const char *const lengths[] = {"0", "1", "1021", "1022", "1023", "1024", "1025", "3000", "5000000"};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char code[100];
        snprintf(code, sizeof code, "long(%s) == 'x' * %s", lengths[i], lengths[i]);
        assert_eval(box, code, "True");
    }
    assert_eval(box, "r = echo('x' * 50000, ['y'] * 3000); r['a'] == 'x' * 50000 and r['b'] == ['y'] * 3000", "True");
    pybox_box_destroy(box);
}

static void test_errors(void **state)
{
    (void)state;
    pybox_box *box = make_all();
    assert_raises(box, "fail(None, 'it failed')", "pybox.HostError", "it failed");
    assert_raises(box, "fail('ValueError', 'bad value')", "ValueError", "bad value");
    assert_raises(box, "fail('FileNotFoundError', 'no file')", "FileNotFoundError", "no file");
    assert_eval(box, "import pybox\ntry:\n    fail(None, 'x')\nexcept pybox.HostError as error:\n    r = str(error)\nr", "'x'");
    assert_eval(box, "issubclass(pybox.HostError, Exception)", "True");
    static const char *const refused[] = {"BaseException", "SystemExit", "KeyboardInterrupt", "GeneratorExit", "int",
                                          "NoSuchError", "UnicodeDecodeError", "pybox.OutOfFuel", "valueerror"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char code[100];
        snprintf(code, sizeof code, "fail('%s', 'm')", refused[i]);
        assert_eval(box, code, "'refused'");
    }
    /* The traceback shows the call and the function, and nothing of the library. */
    const pybox_result *result = run_limited(box, "def f():\n    fail('ValueError', 'x')\nf()", NULL);
    assert_null(strstr(result->error.traceback.bytes, "_pybox"));
    assert_non_null(strstr(result->error.traceback.bytes, "File \"<run>\", line 2, in f\n    fail('ValueError', 'x')"));
    assert_non_null(strstr(result->error.traceback.bytes, "ValueError: x"));
    assert_int_equal(result->error.line, 2);
    pybox_box_destroy(box);
}

/* What cannot go as JSON is an error before the host is called. */
static void test_unsuitable_arguments(void **state)
{
    (void)state;
    pybox_box *box = make_all();
    calls = 0;
    static const char *const bad[] = {"object()", "{1, 2}", "1j", "print", "[[object()]]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char code[200];
        snprintf(code, sizeof code, "try:\n    echo(%s, 1)\n    r = 0\nexcept (TypeError, ValueError):\n    r = 1\nr", bad[i]);
        assert_eval(box, code, "1");
    }
    const pybox_result *result = run_limited(box, "echo(1, [{'k': {1}}])", NULL);
    assert_string_equal(result->error.type.bytes, "TypeError");
    if (strncmp(result->error.message.bytes, "argument b of tools.echo cannot go to the host: at $[0].k: ", 59) != 0)
        fail_msg("%s", result->error.message.bytes);
    assert_int_equal(run_limited(box, "l = []\nl.append(l)\necho(l, 1)", NULL)->outcome, PYBOX_EXCEPTION);
    assert_int_equal(run_limited(box, "echo(1, float('nan'))", NULL)->outcome, PYBOX_EXCEPTION);
    assert_int_equal(run_limited(box, "echo(1, [b'x'])", NULL)->outcome, PYBOX_EXCEPTION);
    assert_int_equal(calls, 0);
    pybox_box_destroy(box);
}

/* Each by itself is within the caps of values, but not all in the object of the arguments. */
static void test_arguments_over_the_caps(void **state)
{
    (void)state;
    pybox_box *box = make_all();
    calls = 0;
    eval(box, "def deep(n):\n    v = 1\n    for i in range(n): v = [v]\n    return v\n"
              "items = [0] * 2500000; text = 'x' * (40 << 20); data = b'x' * (40 << 20)");
    static const char *const bad[] = {"deep(200), 1", "items, items", "text, text", "data, data"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char code[100];
        snprintf(code, sizeof code, "echo(%s)", bad[i]);
        assert_raises(box, code, "ValueError",
                      "the arguments of tools.echo are over a cap of values in all: 64 MiB, 4,000,000 items, 199 "
                      "levels; pass parts of them");
    }
    assert_int_equal(calls, 0);
    eval(box, "echo(deep(199), 1); echo(data, 1)");
    assert_int_equal(calls, 2);
    pybox_box_destroy(box);
}

static void answer_badly(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    const pybox_value *value = context;
    note(call);
    assert_int_equal(pybox_answer_value(answer, &(pybox_value){.kind = PYBOX_VALUE_JSON, .bytes = "1"}), PYBOX_OK);
    assert_int_equal(pybox_answer_value(answer, value), PYBOX_ERROR_ARGUMENT);
}

/* The tagged form goes both ways without a loss. */
static void test_tagged(void **state)
{
    static const char *const values[] = {"{1, 2}", "(1, (2,), [3])", "[b'x', bytearray(b'y')]", "2 + 3j", "{1: 'a', None: 'b'}",
                                         "datetime.datetime(2026, 11, 21, 15)", "float('inf')", "10 ** 30", "Own(5)"};
    (void)state;
    pybox_box *box = make_all();
    eval(box, "import datetime, dataclasses\n@dataclasses.dataclass\nclass Own:\n    x: int");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char code[200];
        snprintf(code, sizeof code, "v = %s; r = tagged(v, v); (r['a'] == v, type(r['a']) is type(v), list(r['rest']) == [v])",
                 values[i]);
        assert_eval(box, code, "(True, True, True)");
    }
    assert_eval(box, "v = []; v.append(v); r = tagged(v)['a']; r[0] is r", "True");
    pybox_box_destroy(box);
}

/* What a host answers that is no JSON: an error of the guest's that says so. */
static void test_bad_answers(void **state)
{
    static pybox_value values[] = {{PYBOX_VALUE_JSON, "", 0},        {PYBOX_VALUE_JSON, "{", 0},
                                   {PYBOX_VALUE_JSON, "1 2", 0},     {PYBOX_VALUE_JSON, "\"\xff\"", 0},
                                   {PYBOX_VALUE_JSON, "1\0", 2}};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        pybox_functions *set = make_set(
            &(pybox_function){.name = "bad", .signature = "()", .function = answer_badly, .context = &values[i]}, 1);
        pybox_box *box = make_box_with(set, PYBOX_ROLLBACK_NEVER);
        const pybox_result *result = run_limited(box, "import tools; tools.bad()", NULL);
        assert_int_equal(result->outcome, PYBOX_EXCEPTION);
        assert_string_equal(result->error.type.bytes, "pybox.HostError");
        assert_non_null(strstr(result->error.message.bytes, "tools.bad is no JSON"));
        pybox_box_destroy(box);
        pybox_functions_destroy(set);
    }
    assert_int_equal(pybox_answer_value(NULL, &values[0]), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_answer_error(NULL, NULL, NULL), PYBOX_ERROR_ARGUMENT);
}

static void answer_twice(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context;
    note(call);
    assert_int_equal(pybox_answer_value(answer, NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_answer_value(answer, &(pybox_value){.kind = PYBOX_VALUE_JSON}), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_answer_value(answer, &(pybox_value){.kind = (pybox_value_kind)7, .bytes = "1"}),
                     PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_answer_error(answer, "ValueError", "not this"), PYBOX_OK);
    answer_json(answer, "1");
    if (strstr(call->arguments.bytes, "none") != NULL)
        assert_int_equal(pybox_answer_value(answer, &(pybox_value){.kind = PYBOX_VALUE_NONE}), PYBOX_OK);
}

/* The last answer counts. */
static void test_last_answer(void **state)
{
    (void)state;
    pybox_functions *set = make_set(&(pybox_function){.name = "f", .signature = "(a)", .function = answer_twice}, 1);
    pybox_box *box = make_box_with(set, PYBOX_ROLLBACK_NEVER);
    assert_eval(box, "import tools; tools.f(2)", "1");
    assert_eval(box, "repr(tools.f('none'))", "'None'");
    pybox_box_destroy(box);
    pybox_functions_destroy(set);
}

static void test_async(void **state)
{
    (void)state;
    pybox_box *box = make_all();
    assert_eval(box, "import asyncio; asyncio.run(later(3))", "7");
    assert_eval(box, "async def both(): return await asyncio.gather(later(1), later(x=2))\nasyncio.run(both())", "[7, 7]");
    assert_raises(box, "later()", "TypeError", "later() missing 1 required positional argument: 'x'");
    pybox_box_destroy(box);
}

/* They count as host calls, and a run that has made all of its own is cut. */
static void test_counted(void **state)
{
    (void)state;
    pybox_functions *set = make_set(all, 2);
    pybox_box *box = make_box_with(set, PYBOX_ROLLBACK_STOPPED);
    eval(box, "from tools import nothing");
    assert_true(run_limited(box, "for _ in range(100): nothing()", NULL)->host_calls >= 100);
    const pybox_result *result = run_limited(box, "from tools import nothing\nwhile True: nothing()",
                                             &(pybox_limits){.host_calls = 50});
    assert_int_equal(result->outcome, PYBOX_LIMIT);
    assert_string_equal(result->limit.bytes, "host_calls");
    pybox_box_destroy(box);
    pybox_functions_destroy(set);
}

/* Fuel does not depend on what the host does meanwhile, but for lengths. */
static void test_fuel(void **state)
{
    uint64_t fuel[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        pybox_box *box = make_all();
        fuel[i] = run_limited(box, "for i in range(100): search(str(i))", NULL)->fuel_used;
        pybox_box_destroy(box);
    }
    assert_int_equal(fuel[0], fuel[1]);
}

/* ------------------------------------------------------------------------------------------
 * Images, clones, sets
 */

/* The set that an image has is not made again; and a run costs the same fuel over it. */
static void test_image(void **state)
{
    (void)state;
    pybox_functions *set = make_set(all, sizeof all / sizeof *all);
    pybox_box *box = make_box_with(set, PYBOX_ROLLBACK_NEVER);
    pybox_image *made, *base = image;
    eval(box, "from tools import search; import app.mail");
    assert_works(pybox_image_create(box, &made));
    image = made;
    pybox_box *second = make_box_with(set, PYBOX_ROLLBACK_NEVER);
    assert_eval(second, "search('x')", "['a', 'b']");
    /* With another set: what they have in common goes on, under another number; what is gone cannot be called. */
    const pybox_function other[] = {
        {.name = "new", .signature = "()", .function = answer_text, .context = "\"new\""},
        all[0],
        {.name = "send", .module = "app.mail", .signature = "(to: str, cc: str = '')", .function = answer_arguments},
    };
    pybox_functions *others = make_set(other, 3);
    pybox_box *third = make_box_with(others, PYBOX_ROLLBACK_NEVER);
    eval(third, "old = app.mail.send");
    assert_eval(third, "search('x')", "['a', 'b']");
    assert_eval(third, "import tools; tools.new(), tools.search is search, hasattr(tools, 'nothing')", "('new', True, False)");
    assert_eval(third, "app.mail.send('x')", "{'to': 'x', 'cc': ''}");
    pybox_box *fourth = make_box(NULL); /* and without any */
    assert_raises(fourth, "search('x')", "pybox.HostError", "the host has no function tools.search");
    pybox_box_destroy(fourth);
    pybox_box_destroy(third);
    pybox_box_destroy(second);
    pybox_box_destroy(box);
    image = base;
    pybox_image_close(made);
    pybox_functions_destroy(others);
    pybox_functions_destroy(set);
}

static void test_gone(void **state)
{
    (void)state;
    pybox_functions *set = make_set(all, 2), *less = make_set(all + 1, 1);
    pybox_box *box = make_box_with(set, PYBOX_ROLLBACK_NEVER);
    pybox_image *made, *base = image;
    eval(box, "from tools import search");
    assert_works(pybox_image_create(box, &made));
    image = made;
    pybox_box *second = make_box_with(less, PYBOX_ROLLBACK_NEVER);
    calls = 0;
    assert_raises(second, "search('x')", "pybox.HostError", "the host has no function tools.search");
    assert_raises(second, "from tools import search", "ImportError", "cannot import name 'search' from 'tools' (unknown location)");
    assert_int_equal(calls, 0);
    image = base;
    pybox_box_destroy(second);
    pybox_box_destroy(box);
    pybox_image_close(made);
    pybox_functions_destroy(less);
    pybox_functions_destroy(set);
}

/* The same through a file, and in a pool. */
static void test_saved(void **state)
{
    (void)state;
    char path[] = "/tmp/pybox-functions-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    pybox_functions *set = make_set(all, sizeof all / sizeof *all);
    pybox_box *box = make_box_with(set, PYBOX_ROLLBACK_NEVER);
    eval(box, "from tools import search");
    assert_works(pybox_box_save(box, path, NULL));
    pybox_box_destroy(box);
    pybox_image *opened, *base = image;
    assert_works(pybox_image_open(module, path, &opened));
    image = opened;
    box = make_box_with(set, PYBOX_ROLLBACK_NEVER);
    assert_eval(box, "search('x')", "['a', 'b']");
    pybox_box_destroy(box);
    image = base;
    const pybox_box_options options = {.functions = set};
    pybox_pool *pool;
    assert_works(pybox_pool_create(module, opened, &options, NULL, &pool));
    pybox_functions_destroy(set); /* the pool's boxes hold it */
    for (int i = 0; i < 3; i++) {
        assert_works(pybox_pool_take(pool, 0, &box));
        assert_eval(box, "import tools; search('x'), tools.search is search", "(['a', 'b'], True)");
        pybox_pool_give(pool, box);
    }
    pybox_pool_destroy(pool);
    pybox_image_close(opened);
    unlink(path);
}

static void test_clone(void **state)
{
    (void)state;
    pybox_box *box = make_all();
    pybox_box *before = clone_box(box);
    assert_eval(box, "search('x')", "['a', 'b']");
    pybox_box *after = clone_box(box);
    pybox_box_destroy(box);
    assert_eval(before, "search('x')", "['a', 'b']");
    assert_eval(after, "search('x')", "['a', 'b']");
    pybox_box_destroy(before);
    pybox_box_destroy(after);
}

/* A rollback to before the first run, and to others. */
static void test_rollback(void **state)
{
    static const pybox_rollback policies[] = {PYBOX_ROLLBACK_NEVER, PYBOX_ROLLBACK_STOPPED, PYBOX_ROLLBACK_RUN,
                                              PYBOX_ROLLBACK_ALWAYS};
    (void)state;
    for (int i = 0; i < 4; i++) {
        pybox_functions *set = make_set(all, 3);
        pybox_box *box = make_box_with(set, policies[i]);
        for (int k = 0; k < 3; k++) {
            assert_eval(box, "import tools; tools.search('x')", "['a', 'b']");
            run_limited(box, "while True: tools.nothing()", &(pybox_limits){.host_calls = 1000});
            rollback(box);
        }
        pybox_box_destroy(box);
        pybox_functions_destroy(set);
    }
}

/* A set that a box has does not change. */
static void test_in_use(void **state)
{
    (void)state;
    pybox_functions *set = make_set(all, 2);
    pybox_box *box = make_box_with(set, PYBOX_ROLLBACK_NEVER);
    assert_int_equal(pybox_functions_add(set, &all[2]), PYBOX_ERROR_ARGUMENT);
    pybox_box_destroy(box);
    assert_int_equal(pybox_functions_add(set, &all[2]), PYBOX_ERROR_ARGUMENT);
    pybox_functions_destroy(set);
}

static void *use_set(void *context)
{
    for (int i = 0; i < 20; i++) {
        pybox_box *box;
        const pybox_result *result;
        const pybox_box_options options = {.functions = context};
        if (pybox_box_create(module, image, &options, &box) != PYBOX_OK)
            return "create";
        const pybox_run run = {.mode = PYBOX_MODE_EVAL, .code = "from tools import f; f() + f()"};
        if (pybox_box_run(box, &run, &result) != PYBOX_OK || strcmp(result->value_repr.bytes, "14") != 0)
            return "run";
        pybox_box_destroy(box);
    }
    return NULL;
}

static void answer_seven(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context;
    (void)call;
    pybox_answer_value(answer, &(pybox_value){.kind = PYBOX_VALUE_JSON, .bytes = "7"});
}

static void test_threads(void **state)
{
    pthread_t threads[4];
    (void)state;
    pybox_functions *set = make_set(&(pybox_function){.name = "f", .signature = "()", .function = answer_seven}, 1);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_set, set), 0);
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        if (failed != NULL)
            fail_msg("%s", (const char *)failed);
    }
    pybox_functions_destroy(set);
}

static void test_many(void **state)
{
    pybox_functions *set;
    (void)state;
    assert_works(pybox_functions_create(&set));
    for (int i = 0; i < 500; i++) {
        char name[32];
        snprintf(name, sizeof name, "tool_%d", i);
        assert_works(pybox_functions_add(set, &(pybox_function){.name = name, .signature = "(a: int = 1, *, b: str = 'x') -> int",
                                                                .documentation = "Text.", .function = answer_arguments}));
    }
    pybox_box *box = make_box_with(set, PYBOX_ROLLBACK_NEVER);
    assert_eval(box, "import tools; [getattr(tools, f'tool_{i}')(i)['a'] for i in range(500)] == list(range(500))", "True");
    assert_string_equal(last_function, "tools.tool_499");
    pybox_box_destroy(box);
    /* Each is made when it is first used; which cannot be told. */
    box = make_box_with(set, PYBOX_ROLLBACK_NEVER);
    assert_eval(box, "import tools; 'tool_7' in vars(tools), len([n for n in dir(tools) if n.startswith('tool_')])",
                "(False, 500)");
    assert_eval(box, "from tools import tool_7; tool_7 is tools.tool_7, tool_7(3)['a']", "(True, 3)");
    assert_raises(box, "tools.tool_500", "AttributeError", "module 'tools' has no attribute 'tool_500'");
    assert_raises(box, "from tools import tool_500", "ImportError",
                  "cannot import name 'tool_500' from 'tools' (unknown location)");
    assert_eval(box, "import inspect; len(inspect.getmembers(tools, inspect.isfunction))", "500");
    assert_eval(box, "import rlcompleter; c = rlcompleter.Completer({'tools': tools}); c.complete('tools.tool_49', 0); len(c.matches)", "11");
    pybox_box_destroy(box);
    box = make_box_with(set, PYBOX_ROLLBACK_NEVER);
    assert_eval(box, "from tools import *; tool_499(1)['a']", "1");
    pybox_box_destroy(box);
    pybox_functions_destroy(set);
}

/* Programs that take the modules of the bridge apart do not harm the host; and what they cannot be without still
 * works. */
static void test_tampering(void **state)
{
    static const char *const programs[] = {
        "import json; json.dumps = json.loads = None",
        "import sys; sys.modules.clear()",
        "import _pybox_tools as t\nfor n in list(vars(t)): delattr(t, n)",
        "import builtins; builtins.__import__ = None",
        "import sys; sys.meta_path.clear()",
        "import _pybox_host as h\nfor n in list(vars(h)): delattr(h, n)",
        "import gc\nfor o in gc.get_objects():\n    if type(o) is dict and 'search' in o: o.clear()",
    };
    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        pybox_box *box = make_all();
        const pybox_result *result;
        eval(box, "f = search");
        pybox_box_run(box, &(pybox_run){.code = programs[i]}, &result);
        pybox_box_run(box, &(pybox_run){.code = "f('x'); import tools; tools.search('x')"}, &result);
        pybox_box_destroy(box);
    }
    /* Made-up functions reach those of the host, with what arguments they like, and nothing else. */
    pybox_box *box = make_all();
    assert_raises(box, "import _pybox_host as h; h.make(12345, 'x.y', (), -1, False, False)()", "pybox.HostError",
                  "the host has no function x.y");
    assert_raises(box, "h.make(0, 'x.y', (b'[1', ), -1, False, False)(1)", "pybox.HostError",
                  "the host's answer to x.y is of an unknown kind");
    assert_raises(box, "h.make(0, 'x.y', (b'{\"a\":\\xff', ), -1, False, False)(1)", "pybox.HostError",
                  "the host's answer to x.y is of an unknown kind");
    assert_raises(box, "h.make(0, 'x.y', (b'{', b'', b''), -1, False, False)(1)", "TypeError",
                  "a host function is called by its Python function");
    assert_raises(box, "h.make(0, 'x.y', ('a',), -1, False, False)", "TypeError", "keys: expected at most 100 bytes objects");
    assert_eval(box, "h.make(0, 'x.y', (b'{\"a\":',), -1, False, False)('q')", "['a', 'b']");
    assert_string_equal(last_arguments, "{\"a\":\"q\"}");
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_modules),
        cmocka_unit_test(test_introspection),
        cmocka_unit_test(test_wrong_arguments),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_unsuitable_arguments),
        cmocka_unit_test(test_arguments_over_the_caps),
        cmocka_unit_test(test_tagged),
        cmocka_unit_test(test_bad_answers),
        cmocka_unit_test(test_last_answer),
        cmocka_unit_test(test_async),
        cmocka_unit_test(test_counted),
        cmocka_unit_test(test_fuel),
        cmocka_unit_test(test_image),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_saved),
        cmocka_unit_test(test_clone),
        cmocka_unit_test(test_rollback),
        cmocka_unit_test(test_in_use),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_tampering),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
