/* Protected names: every way that a program has of binding one. */
#include "context_fixture.h"

#define ERROR "pybox.ProtectedError"

/* Each tries to change `secret`, or fails the test because it could. */
static const char *const attempts[] = {
    /* statements */
    "secret = 2",
    "del secret",
    "secret += []",
    "secret: int = 2",
    "a, (secret, b) = 1, (2, 3)",
    "*secret, a = 1, 2",
    "(secret := 2)",
    "[secret := i for i in range(2)]",
    "for secret in range(2): pass",
    "for i, secret in [(1, 2)]: pass",
    "import sys as secret",
    "from sys import path as secret",
    "import io, contextlib\nwith contextlib.nullcontext(2) as secret: pass",
    "try: 1 / 0\nexcept ZeroDivisionError as secret: pass",
    "match 2:\n  case secret: pass",
    "def secret(): pass",
    "class secret: pass",
    "type secret = int",
    "class C:\n  global secret\n  secret = 2",
    "def f():\n  global secret\n  secret = 2\nf()",
    "def f():\n  global secret\n  del secret\nf()",
    "def f():\n  global secret\n  import sys as secret\nf()",
    "def f():\n  global secret\n  for secret in [1]: pass\nf()",
    "async def f():\n  global secret\n  secret = 2\ntry: f().send(None)\nexcept StopIteration: pass",
    "import types, sys\nm = types.ModuleType('m'); m.secret = 2; m.__all__ = ['secret']; sys.modules['m'] = m\nfrom m import *",
    "match {'a': 1}:\n  case {'a': 1, **secret}: pass",
    "match [1, 2]:\n  case [1, *secret]: pass",
    "match 5:\n  case int() as secret: pass",
    "type secret[T] = list[T]",
    "def secret[T](): pass",
    "class secret[T]: pass",
    "try: raise ExceptionGroup('', [ValueError()])\nexcept* ValueError as secret: pass",
    "async def g(): yield 5\nasync for secret in g(): pass",
    "class X:\n  async def __aenter__(s): return 5\n  async def __aexit__(s, *a): pass\nasync with X() as secret: pass",
    "def f():\n  global secret\n  def secret(): pass\nf()",
    "def f():\n  global secret\n  class secret: pass\nf()",
    "def f():\n  global secret\n  try: 1 / 0\n  except ZeroDivisionError as secret: pass\nf()",
    "def f():\n  global secret\n  [secret := 1 for _ in [1]]\nf()",
    "def g():\n  global secret\n  secret = yield\ng = g(); g.send(None); g.send(5)",
    /* the dictionary */
    "globals()['secret'] = 2",
    "del globals()['secret']",
    "vars()['secret'] = 2",
    "locals()['secret'] = 2",
    "globals().update(secret=2)",
    "globals().update({'a': 1, 'secret': 2})",
    "globals().update([('secret', 2)])",
    "globals().__ior__({'secret': 2})",
    "g = globals(); g |= {'secret': 2}",
    "globals().__init__(secret=2)",
    "globals().__setitem__('secret', 2)",
    "globals().__delitem__('secret')",
    "globals().pop('secret')",
    "globals().pop('secret', None)",
    "globals().clear()",
    "dict.__setitem__(globals(), 'secret', 2)",
    "dict.__delitem__(globals(), 'secret')",
    "dict.update(globals(), secret=2)",
    "dict.pop(globals(), 'secret')",
    "dict.clear(globals())",
    "dict.__init__(globals(), secret=2)",
    "import operator; operator.setitem(globals(), 'secret', 2)",
    "import operator; operator.delitem(globals(), 'secret')",
    "import operator; operator.ior(globals(), {'secret': 2})",
    "def f(g):\n  while g: g.popitem()\nf(globals())",
    "class D(dict):\n  def __new__(c): return globals()\nD.fromkeys(['secret'])",
    "class D(dict):\n  def __new__(c): return globals()\nD.fromkeys({'secret': 1}, 2)",
    "class D(dict):\n  def __new__(c): return globals()\nD.fromkeys({'secret'}, 2)",
    "import collections; collections.ChainMap(globals())['secret'] = 2",
    /* keys that are not what they seem */
    "class S(str): pass\nglobals()[S('secret')] = 2",
    "class S(str): pass\nglobals().pop(S('secret'))",
    "globals()[''.join(['sec', 'ret'])] = 2",
    "class E:\n  def __hash__(s): return hash('secret')\n  def __eq__(s, o): return o == 'secret'\nglobals()[E()] = 2",
    "class E:\n  def __hash__(s): return hash('secret')\n  def __eq__(s, o): return o == 'secret'\ndel globals()[E()]",
    "class E(str):\n  def __hash__(s): return hash('secret')\n  def __eq__(s, o): return False\nglobals()[E('x')] = 2",
    /* code run there */
    "exec('secret = 2')",
    "exec('secret = 2', globals())",
    "exec('del secret', globals())",
    "exec('global secret; secret = 2', globals(), {})",
    "eval('(secret := 2)')",
    "eval('(secret := 2)', globals())",
    "exec(compile('secret = 2', 'f', 'exec'))",
    "import types; types.FunctionType(compile('global secret; secret = 2', 'f', 'exec'), globals())()",
    "import code; code.InteractiveInterpreter(globals()).runcode(compile('try: secret = 2\\nexcept NameError as e: "
    "error = e', 'f', 'exec')); raise error",
    "def f(): pass\nf.__globals__['secret'] = 2",
    "import sys; sys._getframe().f_globals['secret'] = 2",
    "import sys; sys._getframe().f_locals['secret'] = 2",
    "def f():\n  import sys; sys._getframe(1).f_globals['secret'] = 2\nf()",
    "try: 1 / 0\nexcept ZeroDivisionError as e: e.__traceback__.tb_frame.f_globals['secret'] = 2",
    "def g(): yield\ng().gi_frame.f_globals['secret'] = 2",
    "class M(type):\n  def __prepare__(*a): return globals()\nclass C(metaclass=M): secret = 2",
    /* the module */
    "import __main__; __main__.secret = 2",
    "import __main__; del __main__.secret",
    "import __main__; setattr(__main__, 'secret', 2)",
    "import __main__; delattr(__main__, 'secret')",
    "import __main__; __main__.__dict__['secret'] = 2",
    "import __main__; object.__setattr__(__main__, 'secret', 2)",
    "import sys; sys.modules['__main__'].__dict__.update(secret=2)",
    "import __main__, types\nclass M(types.ModuleType): pass\n__main__.__class__ = M\n__main__.secret = 2",
    /* an object that the dictionary is given to */
    "class A: pass\na = A(); a.__dict__ = globals(); a.secret = 2",
    "class A: pass\na = A(); a.__dict__ = globals(); del a.secret",
    "class A: pass\na = A(); a.__dict__ = globals()\ndef f(a, n):\n  for i in range(n): a.ok = i\n"
    "f(a, 1000)\ndef f(a, n):\n  for i in range(n): a.secret = i\nf(a, 1000)",
    /* A place of the program is trained with another name and dictionary first. */
    "class A: pass\na = A(); a.secret = 1\nb = A(); b.__dict__ = dict(globals())\nc = A(); c.__dict__ = globals()\n"
    "def f(a, n):\n  for i in range(n): a.secret = i\nf(a, 1000); f(b, 1000); f(c, 1)",
    "class A:\n  def __init__(s): s.__dict__ = {'x': 1, 'secret': 2}\ndef f(a):\n  a.secret = 3\nfor _ in range(1000): f(A())\n"
    "a = A(); a.__dict__ = globals(); f(a)",
    "import functools; p = functools.partial(print); p.__setstate__((print, (), {}, globals())); p.secret = 2",
    /* the library */
    "import runpy; runpy._run_code(compile('pass', 'x', 'exec'), globals(), {'secret': 6})",
    "import bdb; bdb.Bdb().run('secret = 5', globals(), globals())",
    "import timeit; timeit.timeit('global secret; secret = 5', number=1, globals=globals())",
    "import trace; trace.Trace(count=0, trace=0).runctx('secret = 5', globals(), globals())",
    "import importlib.util, __main__\nopen('/tmp/m.py', 'w').write('secret = 5\\n')\n"
    "s = importlib.util.spec_from_file_location('__main__', '/tmp/m.py'); s.loader.exec_module(__main__)",
    "import unittest.mock\nwith unittest.mock.patch.dict(globals(), secret=5): pass",
    "import unittest.mock\nwith unittest.mock.patch('__main__.secret', 5): pass",
    "import json; json.loads('{\"secret\": 5}', object_pairs_hook=globals().update)",
    "import pickle\nclass R:\n  def __reduce__(s): return globals, (), None, None, iter([('secret', 5)])\npickle.loads(pickle.dumps(R()))",
    "import copy\nclass R:\n  def __deepcopy__(s, m): return globals()\ncopy.deepcopy(R()).update(secret=5)",
    "import operator; operator.methodcaller('update', secret=5)(globals())",
    "import sys\ndef tracer(frame, e, a): frame.f_globals['secret'] = 5\nsys.settrace(tracer)\n(lambda: 0)()",
    "import builtins; builtins.__import__ = lambda *a: type('m', (), {'secret': 5, '__all__': ['secret']})\nfrom x import *",
    "class A: pass\na = A(); a.__dict__ = globals(); object.__setattr__(a, 'secret', 5)",
    "class A(Exception): pass\na = A(); a.__dict__ = globals(); a.__setstate__({'secret': 5})",
    "def f(): pass\nf.__dict__ = globals(); f.secret = 5",
    "import dataclasses\n@dataclasses.dataclass\nclass A: secret: int = 5\na = A.__new__(A); a.__dict__ = globals(); a.__init__()",
    "import gc\n[d for d in gc.get_referrers(marker) if type(d) is dict and 'secret' in d and '__name__' in d][0]['secret'] = 2",
    "import gc\nfor d in gc.get_objects():\n  if type(d) is dict and d.get('secret') is marker: d['secret'] = 2",
};

/* What must not work either, but need not raise. */
static const char *const vain[] = {
    "globals().setdefault('secret', 2)",
    "def f(): secret = 2; return secret\nassert f() == 2",
    "class C: secret = 2",
    "lambda secret: secret",
    "assert [secret for secret in [1, 2]] == [1, 2]",
    "def f(secret): del secret\nf(2)",
    "exec('secret = 2', {})",
    "exec('secret = 2', dict(globals()))",
    "exec('secret = 2', globals(), {})",
    "dict(globals())['secret'] = 2",
    "d = globals().copy(); d['secret'] = 2",
    "d = globals() | {'secret': 2}",
    "import builtins; builtins.secret = 2; del builtins.secret",
    "import warnings; warnings.simplefilter('ignore'); warnings.warn_explicit('w', UserWarning, 'f', 1, registry=globals())",
    "import sys, types; sys.modules['__main__'] = types.ModuleType('__main__')",
    "globals().update(globals())",
    "globals().update({})",
    "globals()['other'] = 2; del other",
    "import copy, pickle\nassert 'secret' in copy.copy(globals())",
    "__secret = secret_ = Secret = 2",
};

/* The program's names that the attempts make go; it is what it was. */
static void assert_unchanged(pybox_box *box, const char *context, const char *after)
{
    const pybox_result *result = run_in(box, context, PYBOX_MODE_EVAL, "type(secret).__name__, len(secret)");
    if (result->outcome != PYBOX_DONE || strcmp(result->value_repr.bytes, "('Marker', 1)") != 0)
        fail_msg("after %s: %s %s", after, result->value_repr.bytes, result->error.traceback.bytes);
}

static const char made[] = "class Marker(list): pass\nmarker = secret = Marker(['s'])";

static void test_no_way_changes_a_protected_name(void **state)
{
    const char *const context = *state;
    pybox_box *box = make_box(NULL);
    if (strcmp(context, "main") != 0)
        create(box, context, NULL);
    eval_in(box, context, made);
    protect(box, context, "secret");
    checkpoint(box);
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        /* The collector does not show what is part of the image. */
        if (strcmp(context, "main") == 0 && strstr(attempts[i], "gc.") != NULL)
            continue;
        const pybox_result *result = assert_raises(box, context, attempts[i], ERROR);
        if (strstr(result->error.message.bytes, "'secret' is protected") == NULL)
            fail_msg("%s: %s", attempts[i], result->error.message.bytes);
        assert_unchanged(box, context, attempts[i]);
        rollback(box);
    }
    for (size_t i = 0; i < sizeof vain / sizeof *vain; i++) {
        eval_in(box, context, vain[i]);
        assert_unchanged(box, context, vain[i]);
        rollback(box);
    }
    pybox_box_destroy(box);
}

static void test_nor_does_code_that_inherits_it(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    create(box, "low", "main");
    create(box, "lower", "low");
    eval_in(box, "main", made);
    protect(box, "main", "secret");
    checkpoint(box);
    static const char *const more[] = {
        "__builtins__ = {}",
        "del __builtins__",
        "globals()['__builtins__'] = {'secret': 2}",
        "globals().clear()",
        "globals().setdefault('secret', 2)",
        "class S(str): pass\nglobals().setdefault(S('secret'), 2)",
    };
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        assert_raises(box, "lower", more[i], ERROR);
        assert_unchanged(box, "lower", more[i]);
    }
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        const pybox_result *result = run_in(box, "lower", PYBOX_MODE_EXEC, attempts[i]);
        if (result->outcome == PYBOX_DONE && strstr(attempts[i], "popitem") == NULL &&
            strstr(attempts[i], "pop('secret', None)") == NULL && strstr(attempts[i], "gc.") == NULL)
            fail_msg("%s: it came to its end", attempts[i]);
        assert_unchanged(box, "lower", attempts[i]);
        assert_unchanged(box, "main", attempts[i]);
        rollback(box);
    }
    /* What it inherits is kept by the library, and says so. */
    assert_raises(box, "lower", "__builtins__['secret'] = 2", "TypeError");
    assert_raises(box, "lower", "(lambda: 0).__builtins__.clear()", "TypeError");
    assert_raises(box, "lower", "secret; __builtins__.pop('secret')", "TypeError");
    assert_raises(box, "lower", "secret; del __builtins__['secret']", "TypeError");
    assert_unchanged(box, "lower", "changes of the built-ins");
    pybox_box_destroy(box);
}

static void test_a_program_may_catch_the_error_and_go_on(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    protect(box, "main", "secret");
    assert_in(box, "main",
              "import pybox\ntry:\n  secret = 1\nexcept NameError as e:\n  error = e\n"
              "type(error) is pybox.ProtectedError, issubclass(pybox.ProtectedError, NameError), 'secret' in globals()",
              "(True, True, False)");
    pybox_box_destroy(box);
}

static void test_protection_is_given_and_taken_back(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    create(box, "low", "main");
    assert_works(pybox_context_protect(box, "main", (const char *[]){"a", "b", "c\xc3\xa9"}, 3));
    assert_works(pybox_context_protect(box, "main", (const char *[]){"a"}, 1));
    assert_works(pybox_context_protect(box, "main", NULL, 0));
    assert_raises(box, "main", "a = 1", ERROR);
    assert_raises(box, "low", "c\xc3\xa9 = 1", ERROR);
    assert_works(pybox_context_unprotect(box, "main", (const char *[]){"a", "unknown"}, 2));
    eval_in(box, "main", "a = 1");
    eval_in(box, "low", "a = 2");
    assert_raises(box, "low", "b = 1", ERROR);
    assert_works(pybox_context_unprotect(box, "main", (const char *[]){"x"}, 0));
    assert_raises(box, "main", "b = 1", ERROR);
    assert_works(pybox_context_unprotect(box, "main", NULL, 0));
    eval_in(box, "main", "b = 1");
    eval_in(box, "low", "b = 2");
    assert_in(box, "main", "a, b", "(1, 1)");
    /* Its own protection does not reach up. */
    protect(box, "low", "d");
    eval_in(box, "main", "d = 1");
    assert_raises(box, "low", "d = 2", ERROR);
    assert_in(box, "low", "d", "1");
    pybox_box_destroy(box);
}

/* Code has names in their normal form, however they are written. */
static void test_names_are_normalised(void **state)
{
    (void)state;
    static const char *const names[] = {"cafe\xcc\x81", "\xef\xac\x81x", "\xe2\x84\x8c"}; /* decomposed, a ligature, a letterlike symbol */
    static const char *const uses[] = {"caf\xc3\xa9 = 1", "fix = 1", "H = 1"};
    pybox_box *box = make_box(NULL);
    assert_works(pybox_context_protect(box, "main", names, 3));
    for (int i = 0; i < 3; i++)
        assert_raises(box, "main", uses[i], ERROR);
    assert_raises(box, "main", "\xef\xac\x81x = 1", ERROR);
    assert_works(pybox_context_unprotect(box, "main", names, 3));
    for (int i = 0; i < 3; i++)
        eval_in(box, "main", uses[i]);
    pybox_box_destroy(box);
}

static void test_many_protected_names(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    pybox_box *box = make_box(NULL);
    char texts[COUNT][16];
    const char *names[COUNT];
    for (int i = 0; i < COUNT; i++) {
        snprintf(texts[i], sizeof texts[i], "name%d", i);
        names[i] = texts[i];
    }
    assert_works(pybox_context_protect(box, "main", names, COUNT));
    assert_works(pybox_context_unprotect(box, "main", names, COUNT / 2));
    assert_in(box, "main",
              "g = globals()\ndef able(n):\n  try: g[n] = 1\n  except NameError: return False\n  return True\n"
              "[able(f'name{i}') for i in range(500)] == [True] * 250 + [False] * 250",
              "True");
    pybox_box_destroy(box);
}

/* What an error on the way leaves behind. */
static void test_a_refusal_changes_nothing(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    eval_in(box, "main", "import sys\nclass V: pass\nv = V()\nsecret = 1\nn = sys.getrefcount(v)");
    protect(box, "main", "secret");
    assert_in(box, "main",
              "for _ in range(1000):\n"
              "  for change in (lambda: globals().update(secret=v), lambda: globals().setdefault('secret', v),\n"
              "                 lambda: globals().pop('secret'), lambda: dict.__setitem__(globals(), 'secret', v)):\n"
              "    try: change()\n"
              "    except NameError: pass\n"
              "sys.getrefcount(v) - n, secret",
              "(0, 1)");
    assert_in(box, "main", "len(globals()) == len(list(globals())) == len(dict(globals()))", "True");
    create(box, "empty", "main");
    assert_raises(box, "empty", "globals().popitem()\nglobals().popitem()\nglobals().popitem()\n[globals().popitem() for _ in range(9)]",
                  ERROR);
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_no_way_changes_a_protected_name, "main"),
        cmocka_unit_test_prestate(test_no_way_changes_a_protected_name, "fresh"),
        cmocka_unit_test(test_nor_does_code_that_inherits_it),
        cmocka_unit_test(test_a_program_may_catch_the_error_and_go_on),
        cmocka_unit_test(test_protection_is_given_and_taken_back),
        cmocka_unit_test(test_names_are_normalised),
        cmocka_unit_test(test_many_protected_names),
        cmocka_unit_test(test_a_refusal_changes_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
