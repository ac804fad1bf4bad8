/*
 * Contexts against a model: names are bound and unbound at random in a tree of contexts, and looked up by functions
 * that have done so before, so that they have learnt where the names were.
 */
#include "context_fixture.h"

enum { CONTEXTS = 9, NAMES = 5, STEPS = 1500, UNBOUND = -1 };

static const char *const names[NAMES] = {"a", "b", "c", "len", "abs"};
static const char *const otherwise[NAMES] = {"'none'", "'none'", "'none'", "<built-in function len>", "<built-in function abs>"};

struct model {
    uint32_t random;
    int parents[CONTEXTS]; /* UNBOUND: none */
    int values[CONTEXTS][NAMES];
};

static uint32_t pick(struct model *model, uint32_t below)
{
    model->random = model->random * 1664525u + 1013904223u;
    return (model->random >> 8) % below;
}

static const char *name_of(int context)
{
    static char text[16];
    snprintf(text, sizeof text, context == 0 ? "main" : "c%d", context);
    return text;
}

/* Functions that look each name up. */
static void begin(pybox_box *box, struct model *model, int context)
{
    char code[128];
    for (int i = 0; i < NAMES; i++) {
        model->values[context][i] = UNBOUND;
        snprintf(code, sizeof code, "def get_%s():\n  try: return %s\n  except NameError: return 'none'", names[i], names[i]);
        eval_in(box, name_of(context), code);
    }
}

static void bind(pybox_box *box, struct model *model, int context, int name, int value)
{
    static const char *const ways[] = {"%s = %d", "globals()['%s'] = %d", "import __main__; __main__.%s = %d"};
    char code[128];
    snprintf(code, sizeof code, ways[pick(model, 3)], names[name], value);
    eval_in(box, name_of(context), code);
    model->values[context][name] = value;
}

static void unbind(pybox_box *box, struct model *model, int context, int name)
{
    char code[128];
    snprintf(code, sizeof code, pick(model, 2) ? "del %s" : "globals().pop('%s')", names[name]);
    eval_in(box, name_of(context), code);
    model->values[context][name] = UNBOUND;
}

static void look_up(pybox_box *box, const struct model *model, int context, int name)
{
    char code[128], expected[32];
    int at = context;
    while (at != UNBOUND && model->values[at][name] == UNBOUND)
        at = model->parents[at];
    if (at == UNBOUND)
        snprintf(expected, sizeof expected, "%s", otherwise[name]);
    else
        snprintf(expected, sizeof expected, "%d", model->values[at][name]);
    snprintf(code, sizeof code, "get_%s()", names[name]);
    assert_in(box, name_of(context), code, expected);
}

static void test_contexts_do_what_the_model_does(void **state)
{
    struct model model = {.random = *(const uint32_t *)*state, .parents = {UNBOUND}};
    pybox_box *box = make_box(NULL);
    begin(box, &model, 0);
    for (int i = 1; i < CONTEXTS; i++) {
        char parent[16];
        model.parents[i] = (int)pick(&model, (uint32_t)i);
        snprintf(parent, sizeof parent, "%s", name_of(model.parents[i]));
        create(box, name_of(i), parent);
        begin(box, &model, i);
    }
    for (int step = 0; step < STEPS; step++) {
        const int context = (int)pick(&model, CONTEXTS), name = (int)pick(&model, NAMES);
        const uint32_t what = pick(&model, 100);
        if (what < 35) {
            bind(box, &model, context, name, step);
        } else if (what < 50) {
            if (model.values[context][name] != UNBOUND)
                unbind(box, &model, context, name);
        } else if (what < 52) {
            assert_works(pybox_context_reset(box, name_of(context)));
            begin(box, &model, context);
        } else {
            look_up(box, &model, context, name);
        }
    }
    pybox_box_destroy(box);
}

int main(void)
{
    static uint32_t seeds[] = {1, 2, 3};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_contexts_do_what_the_model_does, &seeds[0]),
        cmocka_unit_test_prestate(test_contexts_do_what_the_model_does, &seeds[1]),
        cmocka_unit_test_prestate(test_contexts_do_what_the_model_does, &seeds[2]),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
