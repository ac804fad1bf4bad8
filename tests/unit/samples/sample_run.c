#include "sample_run.h"

#include <stddef.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../zip_fixture.h"

static pybox_engine *engine;
static char folder[] = "/tmp/sample_run.XXXXXX", archive[64];
static struct sigaction library_actions[2];

static int write_archive(void)
{
    static struct zip_fixture zip;
    zip_fixture_start(&zip);
    zip_fixture_add(&zip, "nothing.py", "");
    zip_fixture_end(&zip);
    FILE *file = fopen(archive, "w");
    int good = file != NULL && fwrite(zip.bytes, 1, zip.length, file) == zip.length;
    if (file != NULL)
        good = fclose(file) == 0 && good;
    zip_fixture_free(&zip);
    return good;
}

int sample_run_set_up(void **state)
{
    (void)state;
    const pybox_engine_options options = {.stack_bytes = 1 << 20};
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(archive, sizeof archive, "%s/python313.zip", folder);
    if (!write_archive() || setenv("PYBOX_HOME", folder, 1) != 0 ||
        pybox_engine_create(&options, &engine) != PYBOX_OK) {
        print_error("set-up: %s\n", pybox_error_message());
        return -1;
    }
    sigaction(SIGSEGV, NULL, &library_actions[0]);
    sigaction(SIGBUS, NULL, &library_actions[1]);
    return 0;
}

int sample_run_tear_down(void **state)
{
    (void)state;
    pybox_engine_destroy(engine);
    unlink(archive);
    return rmdir(folder);
}

pybox_box *sample_run_box(const struct module_descriptor *guest, const pybox_box_options *options)
{
    const pybox_box_options none = {0};
    pybox_limits limits = {0};
    pybox_module *module;
    pybox_box *box = NULL;
    if (options == NULL)
        options = &none;
    if (options->limits != NULL)
        limits = *options->limits;
    if (limits.grace_ns == 0)
        limits.grace_ns = PYBOX_UNLIMITED;
    pybox_box_options patient = *options;
    patient.limits = &limits;
    sigaction(SIGSEGV, &library_actions[0], NULL);
    sigaction(SIGBUS, &library_actions[1], NULL);
    if (pybox_module_open_linked(engine, guest, &module) != PYBOX_OK ||
        pybox_box_create(module, NULL, &patient, &box) != PYBOX_OK)
        fail_msg("%s", pybox_error_message());
    pybox_module_close(module);
    return box;
}

pybox_box *sample_run_limited(const pybox_limits *limits)
{
    return sample_run_box(&sample_guest, &(pybox_box_options){.limits = limits});
}

const pybox_result *sample_run(pybox_box *box, const char *code)
{
    const pybox_result *result;
    if (pybox_box_run(box, &(pybox_run){.code = code}, &result) != PYBOX_OK)
        fail_msg("%s: %s", code, pybox_error_message());
    return result;
}

void sample_run_is(pybox_bytes bytes, const char *text)
{
    assert_string_equal(bytes.bytes, text);
    assert_int_equal(bytes.length, strlen(text));
}
