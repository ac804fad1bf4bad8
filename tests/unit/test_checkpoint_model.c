/* Random runs, checkpoints, rollbacks, drops and clones, against boxes that did nothing but the runs that survived. */
#include "python_fixture.h"

#define STEPS 120
#define MAX_DEPTH 5
#define MAX_RUNS 4096

/* What a run may do, with a number of its own. */
static const char *const actions[] = {
    "items.append(%u)",
    "items[%u %% len(items)] = bytes([%u %% 251]) * 5000",
    "table[%u %% 50] = 'v' * (%u %% 3000)",
    "table.pop(%u %% 50, None)",
    "open('/work/f%d' %% (%u %% 6), 'a').write('line %u\\n')",
    "f.write('%u,'); f.flush()",
    "f.seek(%u %% 50)",
    "big = bytearray(%u %% 5000 * 1000); big[-1:] = b'x'",
    "exec('class C%u:\\n n = %u') if %u %% 5 == 0 else None",
    "os.rename('/work/f1', '/work/f2') if os.path.exists('/work/f1') else None",
    "os.remove('/work/f3') if os.path.exists('/work/f3') else os.makedirs('/work/d/e%u', exist_ok=True)",
    "items.sort(key=repr); del items[%u %% 7 + 5:]",
    "text = str(%u) * 100; json.loads(json.dumps(table))",
};
#define ACTIONS (sizeof actions / sizeof *actions)

static const char beginning[] = "import os, json; items = [0]; table = {}; big = b''; f = open('/work/log', 'w+')";

/* Everything that the actions can change. */
static const char whole[] =
    "(items, sorted(table.items()), len(big), bytes(big[-1:]), f.tell(), sorted(n for n in globals() if n[0] == 'C'),"
    " [(d, sorted(s), [(n, open(d + '/' + n).read()) for n in sorted(fs)]) for d, s, fs in sorted(os.walk('/work'))])";

struct history {
    uint32_t runs[MAX_RUNS];
    size_t count;
    size_t kept[MAX_DEPTH]; /* where the checkpoints are */
    uint32_t depth;
};

static uint32_t random_state;

static uint32_t any(uint32_t below)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % below;
}

static void do_run(pybox_box *box, uint32_t number)
{
    char code[512];
    const pybox_result *result;
    const char *action = actions[number % ACTIONS];
    snprintf(code, sizeof code, "n = %u\n", number);
    /* The format's numbers are all the run's. */
    size_t at = strlen(code);
    for (const char *c = action; *c != '\0' && at < sizeof code - 16; c++) {
        if (c[0] == '%' && c[1] == 'u') {
            at += (size_t)snprintf(code + at, sizeof code - at, "%u", number);
            c++;
        } else if (c[0] == '%' && c[1] == '%') {
            code[at++] = '%';
            c++;
        } else {
            code[at++] = *c;
        }
    }
    code[at] = '\0';
    assert_works(pybox_box_run(box, &(pybox_run){.code = code}, &result));
    if (result->outcome != PYBOX_DONE && result->outcome != PYBOX_EXCEPTION)
        fail_msg("%s: %s", code, pybox_outcome_name(result->outcome));
}

static void compare(pybox_box *box, const struct history *history, uint32_t seed, int step)
{
    pybox_box *other = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(other, beginning);
    for (size_t i = 0; i < history->count; i++)
        do_run(other, history->runs[i]);
    char *expected = strdup(eval(other, whole));
    if (strcmp(eval(box, whole), expected) != 0)
        fail_msg("seed %u, step %d, %zu runs, %u checkpoints: not the same state", seed, step, history->count, history->depth);
    free(expected);
    pybox_box_destroy(other);
}

/* A run that does not survive: it is stopped, and undone by the box's option or by hand. */
static void do_stopped_run(pybox_box *box, pybox_rollback policy, struct history *history)
{
    const pybox_limits limits = {.fuel = 30000 + any(200000), .grace_fuel = 1 + any(2) * 100000};
    const pybox_result *result =
        run_limited(box, "items.append(None); f.write('z' * 9000); big = bytearray(3 << 20); table.clear()\n"
                         "open('/work/f0', 'w').close()\nwhile True: items.append(len(items))", &limits);
    assert_int_equal(result->outcome, PYBOX_OUT_OF_FUEL);
    if (policy == PYBOX_ROLLBACK_RUN)
        return;
    rollback(box);
    history->count = history->depth > 0 ? history->kept[history->depth - 1] : 0;
}

static void walk(uint32_t seed, pybox_rollback policy)
{
    static struct history history;
    random_state = seed;
    history.count = history.depth = 0;
    pybox_box *box = make_policy(policy);
    eval(box, beginning);
    checkpoint(box);
    history.kept[history.depth++] = 0;
    for (int step = 0; step < STEPS; step++) {
        uint32_t what = any(20);
        if (what < 11) {
            uint32_t number = any(1000000);
            do_run(box, number);
            history.runs[history.count++] = number;
        } else if (what < 13 && history.depth < MAX_DEPTH) {
            checkpoint(box);
            history.kept[history.depth++] = history.count;
        } else if (what < 16) {
            rollback(box);
            history.count = history.kept[history.depth - 1];
        } else if (what == 16 && history.depth > 1) {
            drop(box);
            history.depth--;
        } else if (what == 17) {
            do_stopped_run(box, policy, &history);
        } else if (what == 18) {
            pybox_box *clone = clone_box(box);
            compare(clone, &history, seed, step);
            if (any(2)) { /* go on in it */
                pybox_box_destroy(box);
                box = clone;
                checkpoint(box);
                history.depth = 1;
                history.kept[0] = history.count;
            } else {
                do_run(clone, any(1000000));
                pybox_box_destroy(clone);
            }
        } else {
            compare(box, &history, seed, step);
        }
        assert_int_equal(pybox_box_checkpoints(box), history.depth);
    }
    compare(box, &history, seed, STEPS);
    pybox_box_destroy(box);
}

static void test_sessions_by_hand(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 12; seed++)
        walk(seed, PYBOX_ROLLBACK_NEVER);
}

static void test_sessions_by_option(void **state)
{
    (void)state;
    for (uint32_t seed = 101; seed <= 112; seed++)
        walk(seed, PYBOX_ROLLBACK_RUN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sessions_by_hand),
        cmocka_unit_test(test_sessions_by_option),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
