/* Contexts of a Python box: their names, what they inherit, and that they are part of its state. */
#include "context_fixture.h"

#include <unistd.h>

static void test_a_run_names_its_context(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_result *result;
    pybox_run run = {.mode = PYBOX_MODE_EVAL, .code = "x = 1; x", .context = "main"};
    assert_works(pybox_box_run(box, &run, &result));
    assert_string_equal(result->value_repr.bytes, "1");
    run.context = "main2";
    run.code = "x = 2; x";
    assert_int_equal(pybox_box_run(box, &run, &result), PYBOX_ERROR_ARGUMENT);
    assert_null(result);
    assert_non_null(strstr(pybox_error_message(), "main2"));
    assert_eval(box, "x", "1");
    pybox_box_destroy(box);
}

static void test_names_are_apart(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    create(box, "a", NULL);
    create(box, "b\xc3\xa9 with blanks", NULL);
    eval_in(box, "a", "x = 1");
    eval_in(box, "b\xc3\xa9 with blanks", "x = 2");
    assert_in(box, "a", "x", "1");
    assert_in(box, "b\xc3\xa9 with blanks", "x", "2");
    assert_raises(box, "main", "x", "NameError");
    assert_in(box, "a",
              "sorted(globals()) == ['__annotations__', '__builtins__', '__doc__', '__loader__', '__name__', "
              "'__package__', '__spec__', 'x']",
              "True");
    assert_in(box, "a", "__name__", "'__main__'");
    pybox_box_destroy(box);
}

static void test_a_context_is_its_own_main_module(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    create(box, "a", "main");
    create(box, "b", NULL);
    eval_in(box, "main", "class P: v = 'main'");
    eval_in(box, "a", "class P: v = 'a'");
    assert_in(box, "a", "import __main__, pickle; pickle.loads(pickle.dumps(P())).v", "'a'");
    assert_in(box, "a", "__main__.__dict__ is globals()", "True");
    assert_in(box, "main", "import __main__, sys; __main__.P.v, sys.modules['__main__'] is __main__",
              "('main', True)");
    assert_in(box, "b",
              "from __future__ import annotations; from dataclasses import dataclass\n"
              "@dataclass\nclass D:\n  x: 'int' = 3\nD()",
              "D(x=3)");
    /* What a program puts in the place of `__main__` for good stays in its own context. */
    eval_in(box, "main", "sys.modules['__main__'] = sys");
    eval_in(box, "a", "1");
    assert_in(box, "main", "sys.modules['__main__'] is sys", "True");
    pybox_box_destroy(box);
}

static void test_inheriting(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    create(box, "low", "main");
    create(box, "lower", "low");
    eval_in(box, "main", "x = 1\ndef get(): return x\ndef put(v):\n  global x\n  x = v");
    assert_in(box, "lower", "x, get()", "(1, 1)");
    assert_in(box, "lower", "def g(): return x, get()\ng()", "(1, 1)");
    /* Later changes and new names are seen. */
    eval_in(box, "main", "x = 2; y = 3");
    assert_in(box, "lower", "x, y, g()", "(2, 3, (2, 2))");
    assert_in(box, "lower", "put(4); x, g()", "(4, (4, 4))");
    /* Own names hide the parent's, and go away again. */
    assert_in(box, "lower", "x = 'mine'; x, g()", "('mine', ('mine', 4))");
    assert_in(box, "main", "x", "4");
    assert_in(box, "low", "x", "4");
    assert_in(box, "lower", "del x; x, g()", "(4, (4, 4))");
    eval_in(box, "low", "x = 'middle'");
    assert_in(box, "lower", "x, g()", "('middle', ('middle', 4))");
    eval_in(box, "main", "x = 5");
    assert_in(box, "lower", "x, g()", "('middle', ('middle', 5))");
    eval_in(box, "low", "del x");
    assert_in(box, "lower", "x, g()", "(5, (5, 5))");
    /* `x += 1` reads the parent's and binds its own. */
    assert_in(box, "lower", "def up():\n  global x\n  x += 1\nup(); up(); x", "7");
    assert_in(box, "main", "x", "5");
    assert_raises(box, "lower", "del y", "NameError");
    eval_in(box, "main", "del y");
    assert_raises(box, "lower", "y", "NameError");
    assert_raises(box, "lower", "(lambda: y)()", "NameError");
    pybox_box_destroy(box);
}

static void test_inheriting_hides_builtins(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    create(box, "low", "main");
    create(box, "lower", "low");
    assert_in(box, "lower", "def n(): return len([1])\nn()", "1");
    eval_in(box, "main", "len = lambda x: 'mine'");
    assert_in(box, "lower", "n(), len([])", "('mine', 'mine')");
    eval_in(box, "main", "del len");
    assert_in(box, "lower", "n(), len([])", "(1, 0)");
    eval_in(box, "main", "import builtins; builtins.answer = 42");
    assert_in(box, "lower", "answer", "42");
    eval_in(box, "main", "builtins.answer = 43");
    assert_in(box, "lower", "answer, __builtins__['answer']", "(43, 43)");
    eval_in(box, "main", "del builtins.answer");
    assert_raises(box, "lower", "answer", "NameError");
    /* What every module has is each one's own. */
    eval_in(box, "main", "__file__ = 'f'; __doc__ = 'd'; __annotations__['a'] = 1");
    assert_raises(box, "lower", "__file__", "NameError");
    assert_in(box, "lower", "__doc__, __annotations__", "(None, {})");
    pybox_box_destroy(box);
}

static void test_inheriting_everywhere_that_names_are_looked_up(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    create(box, "low", "main");
    eval_in(box, "main", "x = 1\nclass C: pass\ndef f(): return x");
    assert_in(box, "low", "[x for _ in range(2)], (lambda: x)(), eval('x'), f()", "([1, 1], 1, 1, 1)");
    assert_in(box, "low", "class D(C):\n  y = x\n  z = [x for _ in '1']\nD.y, D.z", "(1, [1])");
    assert_in(box, "low", "exec('w = x + 1'); w", "2");
    assert_in(box, "low", "exec('q = x', globals(), d := {}); d", "{'q': 1}");
    assert_in(box, "low", "import importlib, collections; collections.namedtuple('N', 'x')(x)", "N(x=1)");
    assert_in(box, "low", "def g():\n  yield x\nlist(g()), f'{x}', [*map(lambda a: a + x, [1])]", "([1], '1', [2])");
    /* Only own names are in globals(); a namespace of its own inherits nothing. */
    assert_in(box, "low", "'x' in globals(), globals().get('x'), 'x' in dir()", "(False, None, False)");
    assert_raises(box, "low", "exec('x', {})", "NameError");
    assert_in(box, "low", "exec('n = len([1])', e := {}); e['n'], type(e['__builtins__']).__name__", "(1, 'dict')");
    assert_raises(box, "low", "no_such_name", "NameError");
    assert_raises(box, "low", "__builtins__['no_such_name']", "KeyError");
    pybox_box_destroy(box);
}

/* A parent and those below it, which all use one name in turn, and see each change at once. */
static void test_changes_are_seen_at_once(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    char name[32];
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "c%d", i);
        create(box, name, "main");
        eval_in(box, name, "def look(): return n");
    }
    eval_in(box, "main",
            "n = 0\nlooks = []\ndef bump():\n  global n\n  n += 1\n  return [look() for look in looks] == [n] * len(looks)");
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "c%d", i);
        eval_in(box, name, "looks.append(look)");
    }
    assert_in(box, "main", "all(bump() for _ in range(2000)), n", "(True, 2000)");
    assert_in(box, "c7",
              "def loop():\n  for i in range(2000):\n    bump()\n    if n != 2001 + i: return i, n\nloop()", "");
    /* Now only the parent is interested. */
    eval_in(box, "main", "looks.clear()\nfor n in range(100000): pass");
    assert_in(box, "c19", "look(), n", "(99999, 99999)");
    pybox_box_destroy(box);
}

static void test_copying(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    create(box, "a", "main");
    eval_in(box, "main", "base = 7");
    eval_in(box, "a",
            "x = 1\nl = []\ndef f(a, b=2, *, k=3):\n  'doc'\n  global x\n  x += 1\n  return x, a, b, k, base\nf.tag = 't'\n"
            "same = f\ndef outer():\n  c = 5\n  def inner(): return c, x\n  return inner\ninner = outer()");
    protect(box, "a", "p");
    assert_works(pybox_context_copy(box, "b", "a"));
    assert_in(box, "b", "f(0)", "(2, 0, 2, 3, 7)");
    assert_in(box, "a", "x, f(1, 1, k=1)", "(1, (2, 1, 1, 1, 7))");
    assert_in(box, "b", "f.__doc__, f.tag, f.__name__, f is same, inner(), f.__globals__ is globals()",
              "('doc', 't', 'f', True, (5, 2), True)");
    assert_in(box, "b", "l.append(1); base", "7");
    assert_in(box, "a", "l, f(0), inner()", "([1], (3, 0, 2, 3, 7), (5, 3))");
    assert_raises(box, "b", "p = 1", "pybox.ProtectedError");
    assert_works(pybox_context_unprotect(box, "b", NULL, 0));
    eval_in(box, "b", "p = 1");
    assert_raises(box, "a", "p = 1", "pybox.ProtectedError");
    pybox_box_destroy(box);
}

static void test_resetting(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    create(box, "low", "main");
    eval_in(box, "main", "x = 1\ndef f(): return x\nclass Loud:\n  def __del__(self): print('gone')\nl = Loud()");
    assert_in(box, "low", "y = x + f(); y", "2");
    protect(box, "main", "x");
    assert_works(pybox_context_reset(box, "main"));
    assert_in(box, "main", "len(globals())", "7");
    assert_raises(box, "low", "x", "NameError");
    assert_in(box, "low", "y", "2");
    eval_in(box, "main", "x = 'new'");
    assert_in(box, "low", "x", "'new'");
    assert_works(pybox_context_reset(box, "low"));
    assert_raises(box, "low", "y", "NameError");
    assert_in(box, "low", "x", "'new'");
    pybox_box_destroy(box);
}

static void test_destroying(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    create(box, "a", NULL);
    create(box, "b", "a");
    assert_int_equal(pybox_context_destroy(box, "a"), PYBOX_ERROR_ARGUMENT);
    assert_non_null(strstr(pybox_error_message(), "inherits"));
    assert_int_equal(pybox_context_destroy(box, "main"), PYBOX_ERROR_ARGUMENT);
    eval_in(box, "a", "base = 1\nimport builtins\nbuiltins.kept = []");
    eval_in(box, "b", "own = 2\ndef f(): return base, own, len([1])\nkept.append(f)");
    assert_works(pybox_context_destroy(box, "b"));
    assert_works(pybox_context_destroy(box, "a"));
    assert_int_equal(pybox_context_destroy(box, "a"), PYBOX_ERROR_ARGUMENT);
    /* What a function that lives on needs, lives on. */
    assert_in(box, "main", "import gc; gc.collect(); kept[0]()", "(1, 2, 1)");
    eval_in(box, "main", "import weakref, builtins\nclass C: pass\nc = C()\nkept[0].__globals__['c'] = c\nw = weakref.ref(c)\n"
                         "del c, builtins.kept");
    assert_in(box, "main", "gc.collect(); w() is None", "True");
    /* The name is free again. */
    create(box, "a", NULL);
    assert_raises(box, "a", "base", "NameError");
    pybox_box_destroy(box);
}

/* Cycles of a parent's names and of functions of a context below it, which keeps its parent. */
static void test_cycles_are_collected(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    eval_in(box, "main", "import gc, weakref\nclass C: pass\nrefs = []\ngc.collect()");
    for (int i = 0; i < 50; i++) {
        create(box, "up", NULL);
        create(box, "low", "up");
        eval_in(box, "up", "import __main__, gc\nf = None\nclass C: pass\nbig = C()");
        eval_in(box, "low", "def g(): return big\nimport weakref\nw = weakref.ref(big)\ng()");
        eval_in(box, "low", "g.__globals__['__builtins__']; C.g = g");
        eval_in(box, "low", "import builtins\nif not hasattr(builtins, 'ws'): builtins.ws = []\nws.append(w)");
        assert_works(pybox_context_destroy(box, "low"));
        assert_works(pybox_context_destroy(box, "up"));
    }
    assert_in(box, "main", "gc.collect(); len(ws), [w() for w in ws if w() is not None]", "(50, [])");
    pybox_box_destroy(box);
}

struct listed {
    char text[400];
    int stop_at;
};

static int append(void *context, const char *name, const char *parent)
{
    struct listed *listed = context;
    size_t used = strlen(listed->text);
    snprintf(listed->text + used, sizeof listed->text - used, "%s<%s ", name, parent != NULL ? parent : "");
    return --listed->stop_at == 0;
}

static void assert_listed(pybox_box *box, const char *expected)
{
    struct listed listed = {.stop_at = 0};
    assert_works(pybox_context_list(box, append, &listed));
    assert_string_equal(listed.text, expected);
}

static void test_listing(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    assert_listed(box, "main< ");
    create(box, "z", NULL);
    create(box, "a", "z");
    create(box, "m", "main");
    assert_listed(box, "main< z< a<z m<main ");
    assert_works(pybox_context_destroy(box, "a"));
    assert_works(pybox_context_copy(box, "a", "m"));
    assert_listed(box, "main< z< m<main a<main ");
    struct listed listed = {.stop_at = 2};
    assert_works(pybox_context_list(box, append, &listed));
    assert_string_equal(listed.text, "main< z< ");
    pybox_box_destroy(box);
}

static void assert_argument(pybox_status status, const char *what)
{
    assert_int_equal(status, PYBOX_ERROR_ARGUMENT);
    if (strstr(pybox_error_message(), what) == NULL)
        fail_msg("%s; expected %s", pybox_error_message(), what);
}

static void test_bad_calls(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    char longest[202];
    memset(longest, 'n', sizeof longest - 1);
    longest[201] = '\0';
    const char *bad[] = {"", "a\nb", "\x7f", "\xff", "\xc2\x85", longest, NULL};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(pybox_context_create(box, bad[i], NULL), PYBOX_ERROR_ARGUMENT);
        assert_int_equal(pybox_context_reset(box, bad[i]), PYBOX_ERROR_ARGUMENT);
    }
    longest[200] = '\0';
    create(box, longest, NULL);
    assert_argument(pybox_context_create(box, longest, NULL), "already");
    assert_argument(pybox_context_create(box, "main", NULL), "already");
    assert_argument(pybox_context_create(box, "x", "no parent"), "no parent");
    assert_argument(pybox_context_copy(box, "x", "no source"), "no source");
    assert_argument(pybox_context_reset(box, "x"), "no context x");
    assert_argument(pybox_context_protect(box, "x", (const char *[]){"a"}, 1), "no context x");
    assert_argument(pybox_context_protect(box, "main", NULL, 1), "NULL");
    assert_argument(pybox_context_protect(box, "main", (const char *[]){""}, 1), "empty");
    assert_argument(pybox_context_list(box, NULL, NULL), "each");
    assert_argument(pybox_context_create(NULL, "x", NULL), "box");
    struct listed listed = {.stop_at = 2};
    assert_works(pybox_context_list(box, append, &listed));
    pybox_box_destroy(box);
}

static void test_depth_has_a_limit(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    char name[16], parent[16] = "main";
    for (int i = 2; i <= 64; i++) {
        snprintf(name, sizeof name, "d%d", i);
        create(box, name, parent);
        strcpy(parent, name);
    }
    assert_int_equal(pybox_context_create(box, "d65", parent), PYBOX_ERROR_LIMIT);
    eval_in(box, "main", "x = 'top'");
    assert_in(box, "d64", "x", "'top'");
    pybox_box_destroy(box);
}

static void test_many(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    char name[16];
    eval_in(box, "main", "x = 0");
    for (int i = 0; i < 3000; i++) {
        snprintf(name, sizeof name, "n%d", i);
        create(box, name, "main");
    }
    assert_in(box, "n2999", "x, len('ab')", "(0, 2)");
    eval_in(box, "main", "x = 1");
    assert_in(box, "n2999", "x", "1");
    for (int i = 0; i < 3000; i++) {
        snprintf(name, sizeof name, "n%d", i);
        assert_works(pybox_context_destroy(box, name));
    }
    assert_listed(box, "main< ");
    pybox_box_destroy(box);
}

static void test_as_many_as_there_may_be(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    char name[16];
    for (int i = 1; i < 65536; i++) {
        snprintf(name, sizeof name, "n%d", i);
        create(box, name, i > 1 ? "n1" : NULL);
    }
    assert_int_equal(pybox_context_create(box, "one more", NULL), PYBOX_ERROR_LIMIT);
    assert_int_equal(pybox_context_copy(box, "one more", "n1"), PYBOX_ERROR_LIMIT);
    eval_in(box, "n1", "x = 1");
    assert_in(box, "n65535", "x", "1");
    pybox_box *clone = clone_box(box);
    assert_works(pybox_context_destroy(clone, "n2"));
    create(clone, "one more", "n1");
    assert_in(clone, "one more", "x", "1");
    pybox_box_destroy(clone);
    pybox_box_destroy(box);
}

static void test_as_many_names_as_one_call_may_protect(void **state)
{
    (void)state;
    enum { MOST = 100000 };
    pybox_box *box = make_box(NULL);
    char (*texts)[16] = malloc(sizeof *texts * (MOST + 1));
    const char **names = malloc(sizeof *names * (MOST + 1));
    assert_non_null(texts);
    assert_non_null(names);
    for (int i = 0; i <= MOST; i++) {
        snprintf(texts[i], sizeof texts[i], "name%d", i);
        names[i] = texts[i];
    }
    assert_int_equal(pybox_context_protect(box, "main", names, MOST + 1), PYBOX_ERROR_LIMIT);
    eval_in(box, "main", "name0 = 1");
    assert_works(pybox_context_protect(box, "main", names, MOST));
    assert_raises(box, "main", "name0 = 2", "pybox.ProtectedError");
    assert_raises(box, "main", "name99999 = 2", "pybox.ProtectedError");
    assert_int_equal(pybox_context_unprotect(box, "main", names, MOST + 1), PYBOX_ERROR_LIMIT);
    assert_works(pybox_context_unprotect(box, "main", names, MOST));
    eval_in(box, "main", "name0 = name99999 = 2");
    free(names);
    free(texts);
    pybox_box_destroy(box);
}

static void test_interactive_state_is_its_own(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    create(box, "a", NULL);
    run_in(box, "main", PYBOX_MODE_SINGLE, "'of main'");
    run_in(box, "a", PYBOX_MODE_SINGLE, "'of a'");
    assert_in(box, "main", "_", "'of main'");
    assert_in(box, "a", "_", "'of a'");
    run_in(box, "a", PYBOX_MODE_SINGLE, "from __future__ import annotations");
    run_in(box, "a", PYBOX_MODE_SINGLE, "def f(x: nobody): pass\n");
    assert_in(box, "a", "f.__annotations__", "{'x': 'nobody'}");
    assert_int_equal(run_in(box, "main", PYBOX_MODE_SINGLE, "def f(x: nobody): pass\n")->outcome, PYBOX_EXCEPTION);
    create(box, "b", NULL);
    assert_raises(box, "b", "_", "NameError");
    const pybox_result *result;
    assert_works(pybox_box_run(box, &(pybox_run){.code = "1", .filename = "/work/x.py", .context = "a"}, &result));
    assert_in(box, "a", "__file__", "'/work/x.py'");
    assert_raises(box, "main", "__file__", "NameError");
    pybox_box_destroy(box);
}

static void test_they_are_part_of_the_state(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    create(box, "up", NULL);
    create(box, "low", "up");
    eval_in(box, "up", "x = 1");
    eval_in(box, "low", "def f(): return x\nf()");
    protect(box, "up", "x");
    checkpoint(box);
    create(box, "later", "low");
    assert_works(pybox_context_unprotect(box, "up", NULL, 0));
    eval_in(box, "up", "x = 2");
    rollback(box);
    assert_listed(box, "main< up< low<up ");
    assert_in(box, "low", "f()", "1");
    assert_raises(box, "up", "x = 3", "pybox.ProtectedError");
    pybox_box *clone = clone_box(box);
    eval_in(clone, "low", "own = 1");
    assert_raises(box, "low", "own", "NameError");
    assert_raises(clone, "low", "x = 3", "pybox.ProtectedError");
    pybox_box_destroy(clone);
    char path[] = "/tmp/test_contexts.XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    assert_works(pybox_box_save(box, path, NULL));
    pybox_image *saved;
    assert_works(pybox_image_open(module, path, &saved));
    unlink(path);
    pybox_box *loaded;
    assert_works(pybox_box_create(module, saved, NULL, &loaded));
    assert_listed(loaded, "main< up< low<up ");
    assert_in(loaded, "low", "f()", "1");
    assert_raises(loaded, "low", "x = 3", "pybox.ProtectedError");
    pybox_box_destroy(loaded);
    pybox_image_close(saved);
    pybox_box_destroy(box);
}

static void test_the_end_empties_all(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    const pybox_result *result;
    create(box, "a", "main");
    eval_in(box, "main", "class Loud:\n  def __init__(self, n): self.n = n\n  def __del__(self): print('end of', self.n)\n"
                         "x = Loud('main')");
    eval_in(box, "a", "y = Loud('a')\ndef f(): return y");
    protect(box, "a", "y");
    assert_works(pybox_box_finish(box, &result));
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_string_equal(result->output.bytes, "end of a\nend of main\n");
    assert_int_equal(pybox_context_create(box, "b", NULL), PYBOX_ERROR_DIRTY);
    pybox_box_destroy(box);
}

static void test_finalisers_may_run(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    create(box, "a", NULL);
    eval_in(box, "a", "class Back:\n  def __del__(self): globals()['back'] = Back()\nx = Back()");
    assert_works(pybox_context_reset(box, "a"));
    assert_works(pybox_context_destroy(box, "a"));
    assert_in(box, "main", "6 * 7", "42");
    pybox_box_destroy(box);
}

/* A box whose program has taken all memory. */
static void test_no_memory(void **state)
{
    (void)state;
    pybox_box *box = make_box(&(pybox_box_options){.limits = &(pybox_limits){.memory_bytes = 40 << 20}});
    create(box, "hog", NULL);
    eval_in(box, "hog", "l = []\nfor size in [1 << 20, 1 << 12, 1 << 6, 1]:\n  try:\n    while True: l.append(bytes(size))\n"
                         "  except MemoryError: pass");
    char name[16];
    pybox_status status = PYBOX_OK;
    int made = 0;
    for (; made < 20000 && status == PYBOX_OK; made++) {
        snprintf(name, sizeof name, "n%d", made);
        status = pybox_context_create(box, name, made > 0 ? "n0" : NULL);
    }
    assert_int_equal(status, PYBOX_ERROR_LIMIT);
    assert_works(pybox_context_reset(box, "hog"));
    assert_works(pybox_context_create(box, name, NULL));
    for (int i = made - 1; i >= 0; i--) {
        snprintf(name, sizeof name, "n%d", i);
        assert_works(pybox_context_destroy(box, name));
    }
    assert_listed(box, "main< hog< ");
    pybox_box_destroy(box);
}

/* A host function that makes a context for the program that calls it, and uses it. */
static void use_contexts(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    const pybox_result *result;
    *(int *)context += 1;
    assert_string_equal(call->context, "caller");
    create(call->box, "made", "caller");
    assert_in(call->box, "made", "y = x + 1; y", "2");
    protect(call->box, "caller", "x");
    assert_int_equal(pybox_context_destroy(call->box, "caller"), PYBOX_ERROR_ARGUMENT);
    assert_non_null(strstr(pybox_error_message(), "runs code"));
    assert_works(pybox_box_run(call->box, &(pybox_run){.code = "import __main__; __main__.z = 5", .context = "made"},
                               &result));
    struct listed listed = {.stop_at = 0};
    assert_works(pybox_context_list(call->box, append, &listed));
    assert_string_equal(listed.text, "main< caller< made<caller ");
    assert_works(pybox_answer_value(answer, &(pybox_value){.kind = PYBOX_VALUE_JSON, .bytes = "7"}));
}

static void test_in_host_functions(void **state)
{
    (void)state;
    pybox_functions *functions;
    int calls = 0;
    assert_works(pybox_functions_create(&functions));
    assert_works(pybox_functions_add(functions, &(pybox_function){.name = "use", .signature = "()", .function = use_contexts,
                                                                  .context = &calls}));
    pybox_box *box = make_box(&(pybox_box_options){.functions = functions});
    pybox_functions_destroy(functions);
    create(box, "caller", NULL);
    assert_in(box, "caller", "import tools, __main__\nx = 1\nn = tools.use()\nn, __main__.__dict__ is globals()", "(7, True)");
    assert_int_equal(calls, 1);
    assert_raises(box, "caller", "x = 2", "pybox.ProtectedError");
    assert_in(box, "made", "x, y, z", "(1, 2, 5)");
    assert_works(pybox_context_destroy(box, "made"));
    assert_works(pybox_context_destroy(box, "caller"));
    pybox_box_destroy(box);
}

static void test_snapshots_tell_of_them(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    char path[] = "/tmp/test_contexts.XXXXXX";
    pybox_snapshot_info *info;
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    assert_works(pybox_box_save(box, path, NULL));
    assert_works(pybox_snapshot_describe(path, &info));
    assert_string_equal(info->metadata, "{}");
    pybox_snapshot_info_destroy(info);
    create(box, "\"a\"", NULL);
    create(box, "b", "main");
    static const struct {
        const char *given, *kept;
    } cases[] = {
        {NULL, "{\"contexts\":{\"count\":3,\"names\":[\"main\",\"\\\"a\\\"\",\"b\"]}}"},
        {"{ \"n\": 1.50 } ", "{ \"n\": 1.50 ,\"contexts\":{\"count\":3,\"names\":[\"main\",\"\\\"a\\\"\",\"b\"]}}"},
        {"{\"contexts\": 0}", "{\"contexts\": 0}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_works(pybox_box_save(box, path, &(pybox_save_options){.metadata = cases[i].given}));
        assert_works(pybox_snapshot_describe(path, &info));
        assert_string_equal(info->metadata, cases[i].kept);
        pybox_snapshot_info_destroy(info);
    }
    unlink(path);
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_run_names_its_context),
        cmocka_unit_test(test_names_are_apart),
        cmocka_unit_test(test_a_context_is_its_own_main_module),
        cmocka_unit_test(test_inheriting),
        cmocka_unit_test(test_inheriting_hides_builtins),
        cmocka_unit_test(test_inheriting_everywhere_that_names_are_looked_up),
        cmocka_unit_test(test_changes_are_seen_at_once),
        cmocka_unit_test(test_copying),
        cmocka_unit_test(test_resetting),
        cmocka_unit_test(test_destroying),
        cmocka_unit_test(test_cycles_are_collected),
        cmocka_unit_test(test_listing),
        cmocka_unit_test(test_bad_calls),
        cmocka_unit_test(test_depth_has_a_limit),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_as_many_as_there_may_be),
        cmocka_unit_test(test_as_many_names_as_one_call_may_protect),
        cmocka_unit_test(test_interactive_state_is_its_own),
        cmocka_unit_test(test_they_are_part_of_the_state),
        cmocka_unit_test(test_the_end_empties_all),
        cmocka_unit_test(test_finalisers_may_run),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_in_host_functions),
        cmocka_unit_test(test_snapshots_tell_of_them),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
