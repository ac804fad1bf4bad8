/* Values of the real module: results, variables, calls; in both forms. */
#include "python_fixture.h"

static void assert_bytes(pybox_bytes given, const char *text)
{
    if (given.length != strlen(text) || memcmp(given.bytes, text, given.length) != 0)
        fail_msg("%.300s is not %s", given.bytes, text);
}

static const pybox_result *eval_form(pybox_box *box, const char *code, pybox_form_of_values form)
{
    const pybox_result *result;
    const pybox_run run = {.mode = PYBOX_MODE_EVAL, .code = code, .form = form};
    assert_works(pybox_box_run(box, &run, &result));
    if (result->outcome != PYBOX_DONE)
        fail_msg("%s: %s", code, result->error.traceback.bytes);
    return result;
}

static pybox_status set_value(pybox_box *box, const char *name, pybox_form_of_values form, const char *json)
{
    return pybox_variable_set(box, &(pybox_variable){.name = name, .form = form},
                              &(pybox_value){.kind = PYBOX_VALUE_JSON, .bytes = json});
}

static const pybox_result *get_value(pybox_box *box, const char *name, pybox_form_of_values form)
{
    const pybox_result *result;
    assert_works(pybox_variable_get(box, &(pybox_variable){.name = name, .form = form}, &result));
    return result;
}

/* The libraries and classes that the tests below use. */
static pybox_box *make_filled(void)
{
    pybox_box *box = make_box(NULL);
    eval(box, "import dataclasses, datetime, decimal, fractions, uuid, enum, collections, math\n"
              "class Colour(enum.Enum):\n  RED = 1\n"
              "class Number(enum.IntEnum):\n  ONE = 1\n"
              "class Name(str): pass\n"
              "class Bytes(bytes): pass\n"
              "@dataclasses.dataclass\nclass P:\n  x: object\n  y: object = None\n  def __post_init__(self): print('made')\n"
              "Pair = collections.namedtuple('Pair', 'a b')\n"
              "class Evil(list):\n  def __iter__(self): raise KeyError\n  def __len__(self): raise KeyError\n"
              "class EvilDict(dict):\n  def items(self): raise KeyError\n  def __getitem__(self, k): raise KeyError\n");
    return box;
}

static void test_the_plain_form(void **state)
{
    (void)state;
    static const struct {
        const char *code, *json;
    } cases[] = {
        {"[True, False, None]", "[true,false,null]"},
        {"[0, -1, 2**62, -2**63, 2**63, 10**30]",
         "[0,-1,4611686018427387904,-9223372036854775808,9223372036854775808,1000000000000000000000000000000]"},
        {"[0.0, -0.0, 1.0, 1e22, 1e-7, 0.1]", "[0.0,-0.0,1.0,1e+22,1e-07,0.1]"},
        {"'a\"\\\\/\\x00\\n\\x7f\u00e4\u20ac\U0001f600'", "\"a\\\"\\\\/\\u0000\\n\x7f\u00e4\u20ac\U0001f600\""},
        {"'x' * 20 + '\"' + 'y' * 20", "\"xxxxxxxxxxxxxxxxxxxx\\\"yyyyyyyyyyyyyyyyyyyy\""},
        {"(1, [2, (3,)], ())", "[1,[2,[3]],[]]"},
        {"{'b': 1, 'a': {}, '$x': [1]}", "{\"b\":1,\"a\":{},\"$x\":[1]}"},
        {"[Number.ONE, Name('n'), {Name('k'): 1}, Pair(1, 2), True]", "[1,\"n\",{\"k\":1},[1,2],true]"},
        {"o = collections.OrderedDict(a=1, b=2); o.move_to_end('a'); o", "{\"b\":2,\"a\":1}"},
        {"collections.defaultdict(list, a=[1])", "{\"a\":[1]}"},
        {"[Evil([1, 2]), EvilDict(a=1)]", "[[1,2],{\"a\":1}]"},
        {"a = [1]; [a, a]", "[[1],[1]]"},
    };
    pybox_box *box = make_filled();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const pybox_result *result = eval_form(box, cases[i].code, PYBOX_VALUES_PLAIN);
        assert_bytes(result->value_error, "");
        assert_bytes(result->value, cases[i].json);
        assert_int_equal(result->value_kind, PYBOX_VALUE_JSON);
    }
    pybox_box_destroy(box);
}

static void test_what_the_plain_form_cannot_say_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *code, *why;
    } cases[] = {
        {"{'a': [1, 2, 3, {4}]}", "at $.a[3]: a set has no plain JSON form; use the tagged form, or a list"},
        {"[{'a b': float('nan')}]", "at $[0]['a b']: the float nan has no plain JSON form; use the tagged form, or None"},
        {"float('-inf')", "at $: the float -inf has no plain JSON form; use the tagged form, or None"},
        {"{1: 2}", "at $: a dict with a key of type int has no plain JSON form; use the tagged form, or str keys"},
        {"[b'x']", "at $[0]: bytes within another value has no plain JSON form; use the tagged form, or pass it alone"},
        {"['\\ud800']", "at $[0]: a str with half a pair of surrogates has no plain JSON form; use the tagged form, or "
                        "str.encode('utf-8', 'surrogatepass')"},
        {"a = {}; a['b'] = [a]; a", "at $.b[0].b[0].b[0]....b[0].b[0].b[0]: a container that contains itself has no plain JSON form; "
                                    "use the tagged form"},
        {"10**4300", "at $: an int of more than 4,300 digits has no plain JSON form; use the tagged form, or hex()"},
        {"decimal.Decimal(1)", "at $: an object of type decimal.Decimal has no plain JSON form; use the tagged form if docs/VALUES.md "
                               "lists it, or pass its data"},
        {"Colour.RED", "at $: an object of type Colour has no plain JSON form; use the tagged form if docs/VALUES.md lists it, or "
                       "pass its data"},
        {"x = []\nfor i in range(200): x = [x]\nx",
         "at $[0][0][0][0][0][0]...[0][0][0][0][0][0]: the value is nested more than 200 deep as JSON; pass parts of it"},
        {"'x' * (64 << 20)", "the value takes more than 64 MiB as JSON; pass parts of it"},
        {"b'x' * ((64 << 20) + 1)", "at $: bytes of more than 64 MiB; pass parts of them"},
        {"[None] * 4_000_000", "at $[3999999]: the value has more than 4,000,000 items; pass parts of it"},
    };
    pybox_box *box = make_filled();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const pybox_result *result = eval_form(box, cases[i].code, PYBOX_VALUES_PLAIN);
        assert_bytes(result->value_error, cases[i].why);
        assert_bytes(result->value, "");
        assert_int_equal(result->value_kind, PYBOX_VALUE_NONE);
        assert_true(result->value_repr.length > 0);
    }
    pybox_box_destroy(box);
}

static void test_bytes_go_as_they_are(void **state)
{
    (void)state;
    static const char *const codes[] = {"b'a\\0\\xff'", "Bytes(b'a\\0\\xff')", "bytearray(b'a\\0\\xff')", "memoryview(b'xa\\0\\xff')[1:]"};
    pybox_box *box = make_filled();
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        const pybox_result *result = eval_form(box, codes[i], PYBOX_VALUES_PLAIN);
        assert_int_equal(result->value_kind, PYBOX_VALUE_BYTES);
        assert_int_equal(result->value.length, 3);
        assert_memory_equal(result->value.bytes, "a\0\xff", 4); /* and a NUL behind */
    }
    assert_int_equal(eval_form(box, "b''", PYBOX_VALUES_TAGGED)->value_kind, PYBOX_VALUE_BYTES);
    assert_bytes(eval_form(box, "bytearray(b'ab')", PYBOX_VALUES_TAGGED)->value, "{\"$bytearray\":\"YWI=\"}");

    enum { LARGE = 5000000 };
    char *large = malloc(LARGE);
    assert_non_null(large);
    for (size_t i = 0; i < LARGE; i++)
        large[i] = (char)(i * 7);
    assert_works(pybox_variable_set(box, &(pybox_variable){.name = "large"},
                                    &(pybox_value){PYBOX_VALUE_BYTES, large, LARGE}));
    assert_eval(box, "(type(large), len(large), large == bytes(i * 7 & 255 for i in range(5000000)))",
                "(<class 'bytes'>, 5000000, True)");
    const pybox_result *result = get_value(box, "large", PYBOX_VALUES_PLAIN);
    assert_int_equal(result->value_kind, PYBOX_VALUE_BYTES);
    assert_int_equal(result->value.length, LARGE);
    assert_memory_equal(result->value.bytes, large, LARGE);
    free(large);
    assert_works(pybox_variable_set(box, &(pybox_variable){.name = "none"}, &(pybox_value){PYBOX_VALUE_BYTES, NULL, 0}));
    assert_eval(box, "none", "b''");
    pybox_box_destroy(box);
}

static void test_the_tagged_form_both_ways(void **state)
{
    (void)state;
    static const struct {
        const char *code, *json;
    } cases[] = {
        {"[1, 'a', None, True, 1.5, [], {}]", "[1,\"a\",null,true,1.5,[],{}]"},
        {"(1, (), [2])", "{\"$tuple\":[1,{\"$tuple\":[]},[2]]}"},
        {"[{1}, frozenset([2]), set(), frozenset()]", "[{\"$set\":[1]},{\"$frozenset\":[2]},{\"$set\":[]},{\"$frozenset\":[]}]"},
        {"[b'abcd', bytearray(b'abc'), b'']", "[{\"$bytes\":\"YWJjZA==\"},{\"$bytearray\":\"YWJj\"},{\"$bytes\":\"\"}]"},
        {"[float('nan'), math.inf, -math.inf]", "[{\"$float\":\"nan\"},{\"$float\":\"inf\"},{\"$float\":\"-inf\"}]"},
        {"1-2j", "{\"$complex\":[1.0,-2.0]}"},
        {"{1: 2, (3,): None}", "{\"$dict\":[[1,2],[{\"$tuple\":[3]},null]]}"},
        {"{'$a': 1}", "{\"$dict\":[[\"$a\",1]]}"},
        {"'a\\ud800'", "{\"$str\":\"Ye2ggA==\"}"},
        {"{'\\udfff': 1}", "{\"$dict\":[[{\"$str\":\"7b+/\"},1]]}"},
        {"datetime.datetime(2024, 2, 29, 1, 2, 3, 4)", "{\"$datetime\":\"2024-02-29T01:02:03.000004\"}"},
        {"datetime.datetime(2024, 1, 1, fold=1, tzinfo=datetime.timezone(datetime.timedelta(hours=-1)))",
         "{\"$datetime\":\"2024-01-01T00:00:00\",\"zone\":[-1,82800,0],\"fold\":1}"},
        {"datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(0), 'Z'))",
         "{\"$datetime\":\"2024-01-01T00:00:00\",\"zone\":[0,0,0,\"Z\"]}"},
        {"import zoneinfo; datetime.datetime(2024, 1, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin'))",
         "{\"$datetime\":\"2024-01-01T00:00:00\",\"zone\":\"Europe/Berlin\"}"},
        {"datetime.date(1, 1, 1)", "{\"$date\":\"0001-01-01\"}"},
        {"datetime.time(23, 59, 59, 999999, tzinfo=datetime.timezone.utc)", "{\"$time\":\"23:59:59.999999\",\"zone\":[0,0,0]}"},
        {"datetime.timedelta(-1, 5, 6)", "{\"$timedelta\":[-1,5,6]}"},
        {"[decimal.Decimal('1.10'), decimal.Decimal('-0E+5'), decimal.Decimal('sNaN12')]",
         "[{\"$decimal\":\"1.10\"},{\"$decimal\":\"-0E+5\"},{\"$decimal\":\"sNaN12\"}]"},
        {"fractions.Fraction(-1, 3)", "{\"$fraction\":[-1,3]}"},
        {"uuid.UUID(int=1)", "{\"$uuid\":\"00000000-0000-0000-0000-000000000001\"}"},
        {"range(1, 10, 2)", "{\"$range\":[1,10,2]}"},
        {"[Colour.RED, Number.ONE]", "[{\"$enum\":\"__main__.Colour\",\"name\":\"RED\"},{\"$enum\":\"__main__.Number\",\"name\":\"ONE\"}]"},
        {"Pair(1, [2])", "{\"$namedtuple\":\"__main__.Pair\",\"items\":[1,[2]]}"},
        {"P(1, (2,))", "{\"$dataclass\":\"__main__.P\",\"fields\":{\"x\":1,\"y\":{\"$tuple\":[2]}}}"},
        {"collections.deque([1, 2], 5)", "{\"$deque\":5,\"items\":[1,2]}"},
        {"collections.OrderedDict([(2, 1), (1, 2)])", "{\"$ordereddict\":null,\"items\":[[2,1],[1,2]]}"},
        {"a = [1]; [a, a]", "[{\"$id\":1,\"$list\":[1]},{\"$ref\":1}]"},
        {"a = []; a.append(a); a", "{\"$id\":1,\"$list\":[{\"$ref\":1}]}"},
        {"d = {}; d['d'] = d; d", "{\"$id\":1,\"$dict\":[[\"d\",{\"$ref\":1}]]}"},
        {"t = ([],); t[0].append(t); t", "{\"$id\":1,\"$tuple\":[[{\"$ref\":1}]]}"},
        {"p = P(1); p.y = p; p", "{\"$id\":1,\"$dataclass\":\"__main__.P\",\"fields\":{\"x\":1,\"y\":{\"$ref\":1}}}"},
        {"q = collections.deque(); q.append(q); q", "{\"$id\":1,\"$deque\":null,\"items\":[{\"$ref\":1}]}"},
    };
    pybox_box *box = make_filled();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const pybox_result *result = eval_form(box, cases[i].code, PYBOX_VALUES_TAGGED);
        assert_bytes(result->value_error, "");
        assert_bytes(result->value, cases[i].json);
        if (set_value(box, "back", PYBOX_VALUES_TAGGED, cases[i].json) != PYBOX_OK)
            fail_msg("%s: %s", cases[i].json, pybox_error_message());
        result = get_value(box, "back", PYBOX_VALUES_TAGGED);
        assert_bytes(result->output, ""); /* no __init__, no __post_init__ */
        assert_bytes(result->value, cases[i].json);
    }
    pybox_box_destroy(box);
}

static void test_tagged_integers_of_any_size(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_result *result = eval_form(box, "-(3 ** 20000)", PYBOX_VALUES_TAGGED);
    assert_memory_equal(result->value.bytes, "{\"$int\":\"-0x", 12);
    char *json = strdup(result->value.bytes);
    assert_works(set_value(box, "n", PYBOX_VALUES_TAGGED, json));
    assert_eval(box, "n == -(3 ** 20000)", "True");
    free(json);
    /* whatever the program has set */
    assert_eval(box, "import sys\nsys.set_int_max_str_digits(640)\n10 ** 600 > 0", "True");
    result = eval_form(box, "10 ** 1000", PYBOX_VALUES_PLAIN);
    assert_int_equal(result->value.length, 1001);
    pybox_box_destroy(box);
}

static void test_what_the_tagged_form_cannot_say(void **state)
{
    (void)state;
    static const struct {
        const char *code, *why;
    } cases[] = {
        {"[object()]", "at $[0]: an object of type builtins.object has no tagged form; pass its data as a type that docs/VALUES.md lists"},
        {"{'f': len}", "at $.f: an object of type builtins.builtin_function_or_method has no tagged form; pass its data as a type that "
                       "docs/VALUES.md lists"},
        {"Name('x')", "at $: an object of type __main__.Name has no tagged form; pass its data as a type that docs/VALUES.md lists"},
        {"def f():\n  @dataclasses.dataclass\n  class L: pass\n  return L()\nf()",
         "at $: the class __main__.f.<locals>.L cannot be found by that name; define it at the top of a module"},
        {"p = P(1); p.other = 2; p", "at $: an object of type __main__.P has the attribute other, which is no field; pass its data"},
        {"{1: [memoryview(b'')]}", "at ${1}[0]: an object of type builtins.memoryview has no tagged form; pass its data as a type that "
                                   "docs/VALUES.md lists"},
    };
    pybox_box *box = make_filled();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const pybox_result *result = eval_form(box, cases[i].code, PYBOX_VALUES_TAGGED);
        assert_bytes(result->value_error, cases[i].why);
        assert_int_equal(result->value_kind, PYBOX_VALUE_NONE);
    }
    pybox_box_destroy(box);
}

static void test_setting_and_getting_variables(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    assert_works(set_value(box, "x", PYBOX_VALUES_PLAIN, " {\"a\": [1, -2.5e3, \"\\u00e9\\ud83d\\ude00\", null, true, {}], \"a b\": 123456789012345678901} "));
    assert_eval(box, "x", "{'a': [1, -2500.0, '\u00e9\U0001f600', None, True, {}], 'a b': 123456789012345678901}");
    assert_works(set_value(box, "x", PYBOX_VALUES_PLAIN, "{\"$tuple\": [1], \"$tuple\": [2]}")); /* the last key counts */
    assert_eval(box, "x", "{'$tuple': [2]}");
    assert_works(pybox_variable_set(box, &(pybox_variable){.name = "x"}, &(pybox_value){0}));
    assert_eval(box, "x is None", "True");
    assert_works(pybox_variable_set(box, &(pybox_variable){.name = "x", .context = "main"}, &(pybox_value){PYBOX_VALUE_JSON, "12345", 2}));
    assert_bytes(get_value(box, "x", PYBOX_VALUES_PLAIN)->value, "12");
    const pybox_result *result = get_value(box, "len", PYBOX_VALUES_PLAIN);
    assert_true(result->value_error.length > 0);
    result = get_value(box, "__name__", PYBOX_VALUES_PLAIN);
    assert_bytes(result->value, "\"__main__\"");
    assert_bytes(result->value_repr, "");
    eval(box, "n = None");
    assert_int_equal(get_value(box, "n", PYBOX_VALUES_PLAIN)->value_kind, PYBOX_VALUE_NONE);
    result = get_value(box, "nothing", PYBOX_VALUES_PLAIN);
    assert_int_equal(result->outcome, PYBOX_EXCEPTION);
    assert_bytes(result->error.type, "NameError");
    assert_bytes(result->error.message, "name 'nothing' is not defined");
    assert_works(pybox_variable_delete(box, &(pybox_variable){.name = "x"}));
    assert_int_equal(get_value(box, "x", PYBOX_VALUES_PLAIN)->outcome, PYBOX_EXCEPTION);
    assert_int_equal(pybox_variable_delete(box, &(pybox_variable){.name = "x"}), PYBOX_ERROR_ARGUMENT);
    assert_string_equal(pybox_error_message(), "the context main has no variable x of its own");
    assert_int_equal(pybox_variable_delete(box, &(pybox_variable){.name = "len"}), PYBOX_ERROR_ARGUMENT);
    pybox_box_destroy(box);
}

/* Code has names in their normal form, however they are written. */
static void test_names_are_normalised(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_result *result;
    static const char *const spellings[] = {"\xef\xac\x81x", "fix", "\xef\xac\x81\xef\xbd\x98"};
    for (size_t i = 0; i < 3; i++) {
        assert_works(set_value(box, spellings[i], PYBOX_VALUES_PLAIN, "[7]"));
        assert_eval(box, "fix, [n for n in globals() if not n.isascii()]", "([7], [])");
        for (size_t j = 0; j < 3; j++)
            assert_bytes(get_value(box, spellings[j], PYBOX_VALUES_PLAIN)->value, "[7]");
        assert_works(pybox_variable_delete(box, &(pybox_variable){.name = spellings[2 - i]}));
    }
    eval(box, "class \xef\xac\x81x:\n  caf\xc3\xa9 = lambda: 8");
    assert_works(pybox_box_call(box, &(pybox_call){.function = "\xef\xac\x81x.cafe\xcc\x81"}, &result));
    assert_bytes(result->value, "8");
    pybox_box_destroy(box);
}

static const pybox_result *call(pybox_box *box, const pybox_call *options)
{
    const pybox_result *result;
    assert_works(pybox_box_call(box, options, &result));
    return result;
}

static void test_frozen_values(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_variable x = {.name = "x", .frozen = 1}, y = {.name = "y", .frozen = 1, .form = PYBOX_VALUES_TAGGED};
    assert_works(pybox_variable_set(box, &x, &(pybox_value){PYBOX_VALUE_JSON, "{\"a\": [1, {\"b\": []}]}", 0}));
    assert_eval(box, "x", "{'a': (1, {'b': ()})}");
    const pybox_result *result = run_limited(box, "x['a'] = 2", NULL);
    assert_int_equal(result->outcome, PYBOX_EXCEPTION);
    assert_bytes(result->error.type, "TypeError");
    assert_int_equal(run_limited(box, "x['a'][1].clear()", NULL)->outcome, PYBOX_EXCEPTION);
    assert_int_equal(run_limited(box, "x |= {}; dict.__setitem__(x, 'c', 1)", NULL)->outcome, PYBOX_EXCEPTION);
    assert_eval(box, "(x, x['a'][1], isinstance(x, dict))", "({'a': (1, {'b': ()})}, {'b': ()}, True)");
    assert_works(pybox_variable_set(box, &y, &(pybox_value){PYBOX_VALUE_JSON, "[{\"$set\":[1]},{\"$bytearray\":\"YWI=\"},{\"$dict\":[[1,[2]]]}]", 0}));
    assert_eval(box, "y", "(frozenset({1}), b'ab', {1: (2,)})");
    assert_int_equal(run_limited(box, "y[2][1] = 3", NULL)->outcome, PYBOX_EXCEPTION);
    assert_bytes(get_value(box, "x", PYBOX_VALUES_PLAIN)->value, "{\"a\":[1,{\"b\":[]}]}");
    pybox_box_destroy(box);
}

static void test_values_in_contexts(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_result *result;
    const pybox_value one = {PYBOX_VALUE_JSON, "1", 1};
    assert_works(pybox_context_create(box, "lib", NULL));
    assert_works(pybox_context_create(box, "ann", "lib"));
    assert_works(pybox_variable_set(box, &(pybox_variable){.context = "lib", .name = "x"}, &one));
    assert_works(pybox_variable_get(box, &(pybox_variable){.context = "ann", .name = "x"}, &result));
    assert_bytes(result->value, "1");
    assert_int_equal(get_value(box, "x", PYBOX_VALUES_PLAIN)->outcome, PYBOX_EXCEPTION);
    assert_int_equal(pybox_variable_delete(box, &(pybox_variable){.context = "ann", .name = "x"}), PYBOX_ERROR_ARGUMENT);
    const char *const names[] = {"x"};
    assert_works(pybox_context_protect(box, "lib", names, 1));
    assert_works(pybox_variable_set(box, &(pybox_variable){.context = "lib", .name = "x"}, &(pybox_value){PYBOX_VALUE_JSON, "2", 1}));
    assert_works(pybox_box_run(box, &(pybox_run){.context = "ann", .code = "def f(): return [__name__, x, here]\nhere = 'ann'\n"
                                                                          "import dataclasses\n@dataclasses.dataclass\nclass P:\n  x: int"}, &result));
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_bytes(call(box, &(pybox_call){.context = "ann", .function = "f"})->value, "[\"__main__\",2,\"ann\"]");
    const pybox_variable p = {.context = "ann", .name = "p", .form = PYBOX_VALUES_TAGGED};
    const pybox_value point = {PYBOX_VALUE_JSON, "{\"$dataclass\":\"__main__.P\",\"fields\":{\"x\":1}}", 0};
    assert_works(pybox_variable_set(box, &p, &point));
    assert_works(pybox_variable_get(box, &p, &result));
    assert_bytes(result->value, point.bytes);
    assert_works(pybox_context_create(box, "below", "ann")); /* finds the class that it inherits */
    assert_works(pybox_variable_set(box, &(pybox_variable){.context = "below", .name = "p", .form = PYBOX_VALUES_TAGGED}, &point));
    assert_int_equal(set_value(box, "p", PYBOX_VALUES_TAGGED, point.bytes), PYBOX_ERROR_ARGUMENT);
    assert_works(pybox_variable_delete(box, &(pybox_variable){.context = "lib", .name = "x"}));
    assert_works(pybox_variable_get(box, &(pybox_variable){.context = "ann", .name = "x"}, &result));
    assert_int_equal(result->outcome, PYBOX_EXCEPTION);
    pybox_box_destroy(box);
}

static void test_a_call_of_a_coroutine_function(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    eval(box, "import asyncio\nasync def later(x):\n  await asyncio.sleep(0)\n  return [x]\nasync def bad(): return 1 / 0\n");
    const pybox_value one = {PYBOX_VALUE_JSON, "1", 1};
    assert_bytes(call(box, &(pybox_call){.function = "later", .arguments = &one, .argument_count = 1})->value, "[1]");
    assert_bytes(call(box, &(pybox_call){.function = "bad"})->error.type, "ZeroDivisionError");
    pybox_box_destroy(box);
}

/* A host function that uses the values of the box that calls it. */
static void use_values(void *context, const pybox_host_call *host_call, pybox_answer *answer)
{
    (void)context;
    const pybox_result *result;
    const pybox_value two = {PYBOX_VALUE_JSON, "2", 1};
    assert_works(pybox_variable_set(host_call->box, &(pybox_variable){.name = "given"}, &(pybox_value){PYBOX_VALUE_JSON, "[7]", 0}));
    assert_works(pybox_variable_get(host_call->box, &(pybox_variable){.name = "x", .form = PYBOX_VALUES_TAGGED}, &result));
    assert_bytes(result->value, "{\"$set\":[1]}");
    assert_works(pybox_box_call(host_call->box, &(pybox_call){.function = "twice", .arguments = &two, .argument_count = 1}, &result));
    assert_bytes(result->value, "4");
    assert_works(pybox_answer_value(answer, &(pybox_value){PYBOX_VALUE_JSON, "true", 0}));
}

static void test_values_in_host_functions(void **state)
{
    (void)state;
    pybox_functions *functions;
    assert_works(pybox_functions_create(&functions));
    assert_works(pybox_functions_add(functions, &(pybox_function){.name = "use", .signature = "() -> bool", .function = use_values}));
    pybox_box *box = make_box(&(pybox_box_options){.functions = functions});
    pybox_functions_destroy(functions);
    eval(box, "from tools import use\nx = {1}\ndef twice(n): return 2 * n");
    assert_eval(box, "(use(), given)", "(True, [7])");
    /* in the middle of an answer: code that the value's description, its repr() and its end run */
    eval(box, "import dataclasses\n@dataclasses.dataclass\nclass P:\n  y: int\n"
              "  def __repr__(self): return str(use())\n  def __del__(self): use()\n"
              "class D:\n  def __get__(self, o, t): return [use(), 'long enough'] if o is not None else self\n  def __set__(self, o, v): pass\n"
              "P.y = D()");
    const pybox_result *result = eval_form(box, "P(1)", PYBOX_VALUES_TAGGED);
    assert_bytes(result->value_error, "");
    assert_bytes(result->value, "{\"$dataclass\":\"__main__.P\",\"fields\":{\"y\":[true,\"long enough\"]}}");
    assert_bytes(result->value_repr, "True");
    result = eval_form(box, "class L(bytes):\n  def __repr__(self): return str(use())\n  def __del__(self): use()\nL(b'abc')", PYBOX_VALUES_PLAIN);
    assert_bytes(result->value, "abc");
    assert_bytes(result->value_repr, "True");
    pybox_box_destroy(box);
}

static void answer_later(void *context, const pybox_host_call *host_call, pybox_answer *answer)
{
    (void)context;
    (void)host_call;
    pybox_answer_later(answer);
}

static void test_a_call_may_wait_for_the_host(void **state)
{
    (void)state;
    pybox_functions *functions;
    const pybox_result *result;
    assert_works(pybox_functions_create(&functions));
    assert_works(pybox_functions_add(functions, &(pybox_function){.name = "later", .signature = "()", .is_async = 1, .function = answer_later}));
    pybox_box *box = make_box(&(pybox_box_options){.functions = functions});
    pybox_functions_destroy(functions);
    eval(box, "from tools import later\nasync def f(x): return (x, await later())");
    const pybox_value one = {PYBOX_VALUE_JSON, "1", 1};
    result = call(box, &(pybox_call){.function = "f", .arguments = &one, .argument_count = 1, .form = PYBOX_VALUES_TAGGED});
    if (result->outcome != PYBOX_PENDING)
        fail_msg("%s", result->error.traceback.bytes);
    assert_int_equal(result->wait, PYBOX_WAIT_HOST);
    assert_int_equal(result->request_count, 1);
    const uint64_t id = result->requests[0].id;
    assert_int_equal(set_value(box, "x", PYBOX_VALUES_PLAIN, "1"), PYBOX_ERROR_BUSY);
    assert_int_equal(pybox_variable_get(box, &(pybox_variable){.name = "x"}, &result), PYBOX_ERROR_BUSY);
    assert_works(pybox_box_answer(box, id, &(pybox_value){PYBOX_VALUE_JSON, "[2]", 0}));
    assert_works(pybox_box_resume(box, NULL, &result));
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_bytes(result->value, "{\"$tuple\":[1,[2]]}");
    assert_bytes(result->value_repr, "");
    pybox_box_destroy(box);
}

static void test_bad_arguments_change_nothing(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    static const struct {
        const char *json;
        pybox_status status;
        const char *why;
    } cases[] = {
        {"{\"a\":1,}", PYBOX_ERROR_ARGUMENT, "value: no JSON at byte 7: a key in quotes is expected"},
        {"", PYBOX_ERROR_ARGUMENT, "value: no JSON at byte 0: a value is expected"},
        {"NaN", PYBOX_ERROR_ARGUMENT, "value: no JSON at byte 0: a value is expected"},
        {"\"\\ud800\"", PYBOX_ERROR_ARGUMENT, "value: no JSON at byte 1: half a pair of surrogates is no character"},
        {"1e999", PYBOX_ERROR_ARGUMENT, "the value cannot be made: at byte 0: a number beyond the range of a float"},
    };
    static const char *const tagged[][2] = {
        {"{\"$x\":1}", "there is no tag $x; a dict with that key is {\"$dict\": [[\"$x\", ...]]}"},
        {"{\"$set\":[[]]}", "unhashable type: 'list'"},
        {"{\"$bytes\":\"a\"}", "this is no base64"},
        {"{\"$bytes\":1}", "expected a string of ASCII"},
        {"{\"$tuple\":1}", "no JSON"},
        {"{\"$ref\":7}", "no object with that $id comes before (or contains) this"},
        {"{\"$id\":1,\"a\":2}", "no tag a"},
        {"{\"$dict\":[[1]]}", "expected pairs of key and value"},
        {"{\"$decimal\":\"x\"}", "ConversionSyntax"},
        {"{\"$dataclass\":\"__main__.None\",\"fields\":{}}", "there is no class __main__.None; define or import it before"},
        {"{\"$dataclass\":\"os.system\",\"fields\":{}}", "there is no class os.system"},
        {"{\"$dataclass\":\"builtins.dict\",\"fields\":{}}", "builtins.dict is no dataclass"},
        {"{\"$enum\":\"builtins.dict\",\"name\":\"x\"}", "is no enumeration"},
        {"{\"$float\":\"1\"}", "expected nan, inf or -inf"},
        {"{\"$int\":\"12\"}", "expected an integer in hexadecimal digits"},
        {"{\"$tuple\":[1],\"more\":2}", "no JSON"},
    };
    eval(box, "x = 'as it was'");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const pybox_status status = pybox_variable_set(
            box, &(pybox_variable){.name = "x"}, &(pybox_value){PYBOX_VALUE_JSON, cases[i].json, strlen(cases[i].json)});
        assert_int_equal(status, cases[i].status);
        assert_string_equal(pybox_error_message(), cases[i].why);
    }
    for (size_t i = 0; i < sizeof tagged / sizeof *tagged; i++) {
        assert_int_equal(set_value(box, "x", PYBOX_VALUES_TAGGED, tagged[i][0]), PYBOX_ERROR_ARGUMENT);
        if (strstr(pybox_error_message(), tagged[i][1]) == NULL)
            fail_msg("%s: %s", tagged[i][0], pybox_error_message());
    }
    const pybox_value one = {PYBOX_VALUE_JSON, "1", 1};
    assert_int_equal(pybox_variable_set(NULL, &(pybox_variable){.name = "x"}, &one), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_variable_set(box, NULL, &one), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_variable_set(box, &(pybox_variable){0}, &one), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_variable_set(box, &(pybox_variable){.name = "x"}, NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_variable_set(box, &(pybox_variable){.name = "1x"}, &one), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_variable_set(box, &(pybox_variable){.name = ""}, &one), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_variable_set(box, &(pybox_variable){.name = "x", .context = "no"}, &one), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_variable_set(box, &(pybox_variable){.name = "x", .form = 7}, &one), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_variable_set(box, &(pybox_variable){.name = "x"}, &(pybox_value){7, "1", 1}), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_variable_set(box, &(pybox_variable){.name = "x"}, &(pybox_value){PYBOX_VALUE_JSON, NULL, 0}),
                     PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_variable_set(box, &(pybox_variable){.name = "x"},
                                        &(pybox_value){PYBOX_VALUE_BYTES, "x", PYBOX_VALUE_BYTES_MOST + 1}),
                     PYBOX_ERROR_LIMIT);
    const pybox_result *result;
    assert_int_equal(pybox_variable_get(box, &(pybox_variable){.name = "x"}, NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_variable_get(box, NULL, &result), PYBOX_ERROR_ARGUMENT);
    assert_null(result);
    assert_eval(box, "x", "'as it was'");
    pybox_box_destroy(box);
}

static void test_a_value_without_room_is_a_limit(void **state)
{
    (void)state;
    pybox_box *box = make_box(&(pybox_box_options){.limits = &(pybox_limits){.memory_bytes = 64 << 20}});
    char *large = calloc(1, 60 << 20);
    assert_non_null(large);
    assert_int_equal(pybox_variable_set(box, &(pybox_variable){.name = "x"}, &(pybox_value){PYBOX_VALUE_BYTES, large, 60 << 20}),
                     PYBOX_ERROR_LIMIT);
    free(large);
    assert_eval(box, "1", "1"); /* the box still works */
    pybox_box_destroy(box);
}

static void test_calls(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    eval(box, "import math, types\n"
              "def show(*args, **kwargs): print(args, kwargs); return [list(args), kwargs]\n"
              "def fail(): return 1 / 0\n"
              "helpers = types.SimpleNamespace(inner=types.SimpleNamespace(show=show))\n");
    const pybox_value arguments[] = {{PYBOX_VALUE_JSON, "[1, 2]", 0}, {PYBOX_VALUE_NONE, NULL, 0}, {PYBOX_VALUE_JSON, "\"x\"", 3}};
    const pybox_result *result =
        call(box, &(pybox_call){.function = "helpers.inner.show", .arguments = arguments, .argument_count = 3, .keywords = "{\"k\": {\"a\": 1}}"});
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_bytes(result->output, "([1, 2], None, 'x') {'k': {'a': 1}}\n");
    assert_bytes(result->value, "[[[1,2],null,\"x\"],{\"k\":{\"a\":1}}]");
    assert_true(result->fuel_used > 0);
    const pybox_value two = {PYBOX_VALUE_JSON, "2", 1};
    assert_bytes(call(box, &(pybox_call){.function = "math.sqrt", .arguments = &two, .argument_count = 1})->value, "1.4142135623730951");
    const pybox_value bytes = {PYBOX_VALUE_BYTES, "a\0b", 3};
    assert_bytes(call(box, &(pybox_call){.function = "len", .arguments = &bytes, .argument_count = 1})->value, "3");
    const pybox_value pair[] = {bytes, two};
    assert_int_equal(call(box, &(pybox_call){.function = "show", .arguments = pair, .argument_count = 2})->output.length, strlen("(b'a\\x00b', 2) {}\n"));
    const pybox_value tuple = {PYBOX_VALUE_JSON, "{\"$tuple\":[1]}", 0};
    assert_bytes(call(box, &(pybox_call){.function = "show", .arguments = &tuple, .argument_count = 1, .form = PYBOX_VALUES_TAGGED})->output,
                 "((1,),) {}\n");

    result = call(box, &(pybox_call){.function = "fail"});
    assert_int_equal(result->outcome, PYBOX_EXCEPTION);
    assert_bytes(result->error.type, "ZeroDivisionError");
    assert_bytes(result->error.traceback, "Traceback (most recent call last):\n  File \"<run>\", line 3, in fail\n    def fail(): return 1 / 0\n"
                                          "                       ~~^~~\nZeroDivisionError: division by zero\n");
    assert_int_equal(result->error.line, 3);
    assert_bytes(call(box, &(pybox_call){.function = "nobody"})->error.type, "NameError");
    assert_bytes(call(box, &(pybox_call){.function = "math.nobody"})->error.type, "AttributeError");
    assert_bytes(call(box, &(pybox_call){.function = "math"})->error.type, "TypeError");
    assert_bytes(call(box, &(pybox_call){.function = ""})->error.type, "NameError");

    assert_int_equal(pybox_box_call(box, &(pybox_call){.function = "show", .keywords = "[1]"}, &result), PYBOX_ERROR_ARGUMENT);
    assert_string_equal(pybox_error_message(), "keywords are no JSON object with names as keys");
    assert_null(result);
    assert_int_equal(pybox_box_call(box, &(pybox_call){.function = "show", .keywords = "{"}, &result), PYBOX_ERROR_ARGUMENT);
    const pybox_value bad[] = {two, {PYBOX_VALUE_JSON, "1e999", 0}};
    assert_int_equal(pybox_box_call(box, &(pybox_call){.function = "show", .arguments = bad, .argument_count = 2}, &result), PYBOX_ERROR_ARGUMENT);
    assert_string_equal(pybox_error_message(), "arguments[1] cannot be made: at byte 0: a number beyond the range of a float");
    assert_int_equal(pybox_box_call(box, &(pybox_call){.function = "show", .argument_count = 2}, &result), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_call(box, &(pybox_call){0}, &result), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_call(box, NULL, &result), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_box_call(NULL, &(pybox_call){.function = "show"}, &result), PYBOX_ERROR_ARGUMENT);
    pybox_box_destroy(box);
}

static void test_calls_have_limits(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    eval(box, "def spin():\n  while True: pass\n"
              "class Slow:\n  def __del__(self):\n    while True: pass\n"
              "slow = Slow()");
    const pybox_result *result = call(box, &(pybox_call){.function = "spin", .limits = &(pybox_limits){.fuel = 1000000}});
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    assert_false(result->cut);
    assert_eval(box, "1 + 1", "2");
    pybox_box_destroy(box);
    /* What setting a variable frees may run code of the program's. */
    box = make_box(&(pybox_box_options){.limits = &(pybox_limits){.fuel = 3000000}});
    eval(box, "class Slow:\n  def __del__(self):\n    while True: pass\nslow = Slow()");
    assert_int_equal(set_value(box, "slow", PYBOX_VALUES_PLAIN, "1"), PYBOX_ERROR_LIMIT);
    assert_non_null(strstr(pybox_error_message(), "out_of_fuel"));
    pybox_box_destroy(box);
}

static void test_variables_and_rollback(void **state)
{
    (void)state;
    /* Each run is undone, and what the host had set before it. */
    pybox_box *box = make_policy(PYBOX_ROLLBACK_ALWAYS);
    assert_works(set_value(box, "x", PYBOX_VALUES_PLAIN, "41"));
    assert_eval(box, "x + 1", "42");
    assert_int_equal(get_value(box, "x", PYBOX_VALUES_PLAIN)->outcome, PYBOX_EXCEPTION);
    assert_works(set_value(box, "x", PYBOX_VALUES_PLAIN, "1"));
    assert_bytes(get_value(box, "x", PYBOX_VALUES_PLAIN)->value, "1"); /* a look changes nothing */
    assert_eval(box, "x", "1");
    pybox_box_destroy(box);
    box = make_box(NULL);
    checkpoint(box);
    assert_works(set_value(box, "x", PYBOX_VALUES_PLAIN, "[1]"));
    rollback(box);
    assert_int_equal(get_value(box, "x", PYBOX_VALUES_PLAIN)->outcome, PYBOX_EXCEPTION);
    pybox_box_destroy(box);
}

static void test_programs_cannot_get_between(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    eval(box, "import json, sys, builtins, dataclasses\n"
              "json.dumps = json.loads = lambda *a, **k: 1 / 0\n"
              "@dataclasses.dataclass\nclass P:\n  x: int\n"
              "import _pybox_values\n"
              "for name in list(vars(_pybox_values)):\n  if name[:2] != '__': delattr(_pybox_values, name)\n");
    assert_bytes(eval_form(box, "[1, (2,)]", PYBOX_VALUES_TAGGED)->value, "[1,{\"$tuple\":[2]}]");
    assert_works(set_value(box, "x", PYBOX_VALUES_PLAIN, "[1]"));
    const pybox_result *result = eval_form(box, "P(1)", PYBOX_VALUES_TAGGED); /* whose names the helper has lost */
    assert_non_null(strstr(result->value_error.bytes, "NameError"));
    /* Code of a field: an exception, output, a stop. */
    eval(box, "class D:\n  x = 1\n  def __get__(self, o, t): print('looked'); raise LookupError('no')\n  def __set__(self, o, v): pass\n"
              "P.x = D()");
    pybox_box_destroy(box);
    box = make_box(NULL);
    eval(box, "import dataclasses\n@dataclasses.dataclass\nclass P:\n  x: int\nq = P(1)\n"
              "class D:\n  def __get__(self, o, t): print('looked'); raise LookupError('no')\n  def __set__(self, o, v): pass\n"
              "P.x = D()");
    result = eval_form(box, "q", PYBOX_VALUES_TAGGED);
    assert_bytes(result->value_error, "taking the value apart raised LookupError: no");
    assert_non_null(strstr(result->output.bytes, "looked\n"));
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_plain_form),
        cmocka_unit_test(test_what_the_plain_form_cannot_say_is_said),
        cmocka_unit_test(test_bytes_go_as_they_are),
        cmocka_unit_test(test_the_tagged_form_both_ways),
        cmocka_unit_test(test_tagged_integers_of_any_size),
        cmocka_unit_test(test_what_the_tagged_form_cannot_say),
        cmocka_unit_test(test_setting_and_getting_variables),
        cmocka_unit_test(test_names_are_normalised),
        cmocka_unit_test(test_frozen_values),
        cmocka_unit_test(test_values_in_contexts),
        cmocka_unit_test(test_a_call_of_a_coroutine_function),
        cmocka_unit_test(test_values_in_host_functions),
        cmocka_unit_test(test_a_call_may_wait_for_the_host),
        cmocka_unit_test(test_bad_arguments_change_nothing),
        cmocka_unit_test(test_a_value_without_room_is_a_limit),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_calls_have_limits),
        cmocka_unit_test(test_variables_and_rollback),
        cmocka_unit_test(test_programs_cannot_get_between),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
