/* Python's start-up, once in the life of an image. */
#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE 1
#include <Python.h>

#include "internal/pycore_pymem.h" /* _PyErr_NoMemoryHook */

#include "guest_abi.h"
#include "guest_async.h"
#include "guest_context.h"
#include "guest_display.h"
#include "guest_host.h"
#include "guest_main.h"
#include "guest_reply.h"
#include "guest_stop.h"
#include "guest_value.h"

#define WIDE(text) L##text
#define WIDEN(text) WIDE(text)

PyObject *guest_bridge;

static PyStatus configure_interpreter(PyConfig *config)
{
    config->install_signal_handlers = 0;
    config->site_import = 1; /* exit, quit, help */
    config->write_bytecode = 0;
    config->parse_argv = 0;
    config->pathconfig_warnings = 0;
    /* Part of the base image, so it is the same in every box; randomising it would gain nothing. */
    config->use_hash_seed = 1;
    config->hash_seed = 0;
    config->module_search_paths_set = 1;
    const struct {
        wchar_t **field;
        const wchar_t *value;
    } strings[] = {
        {&config->home, L"/usr"},          {&config->prefix, L"/usr"},
        {&config->exec_prefix, L"/usr"},   {&config->base_prefix, L"/usr"},
        {&config->base_exec_prefix, L"/usr"}, {&config->stdlib_dir, WIDEN(GUEST_STDLIB_PATH)},
        {&config->executable, L""},        {&config->program_name, L"python3"},
        {&config->stdio_encoding, L"utf-8"}, {&config->stdio_errors, L"strict"},
    };
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        PyStatus status = PyConfig_SetString(config, strings[i].field, strings[i].value);
        if (PyStatus_Exception(status))
            return status;
    }
    return PyWideStringList_Append(&config->module_search_paths, WIDEN(GUEST_STDLIB_PATH));
}

static PyStatus initialise(void)
{
    PyPreConfig preconfig;
    PyPreConfig_InitIsolatedConfig(&preconfig);
    preconfig.utf8_mode = 1;
    PyStatus status = Py_PreInitialize(&preconfig);
    if (!PyStatus_Exception(status))
        status = host_register();
    if (PyStatus_Exception(status))
        return status;
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    status = configure_interpreter(&config);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    return status;
}

GUEST_EXPORT(GUEST_EXPORT_START) int32_t pybox_start(void)
{
    PyStatus status = initialise();
    if (PyStatus_Exception(status)) {
        fprintf(stderr, "Python's start-up failed: %s\n",
                status.err_msg != NULL ? status.err_msg : "no message");
        return -1;
    }
    guest_bridge = PyImport_ImportModule("_pybox");
    if (guest_bridge == NULL || context_start() < 0 || stop_start() < 0 || async_start() < 0 || host_start() < 0 ||
        value_start() < 0 || display_start() < 0) {
        PyErr_Print();
        return -1;
    }
    _PyErr_NoMemoryHook = reply_on_no_memory;
    return 0;
}
