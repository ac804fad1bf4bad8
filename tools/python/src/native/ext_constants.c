#include "ext.h"

static const struct {
    const char *name;
    int value;
} numbers[] = {
#define NUMBER(name) {#name, PYBOX_##name}
    NUMBER(DONE), NUMBER(EXCEPTION), NUMBER(EXIT), NUMBER(PENDING), NUMBER(OUT_OF_FUEL), NUMBER(DEADLINE),
    NUMBER(INTERRUPTED), NUMBER(OUT_OF_MEMORY), NUMBER(OUTPUT_FULL), NUMBER(LIMIT), NUMBER(TRAP),
    NUMBER(MODE_EXEC), NUMBER(MODE_EVAL), NUMBER(MODE_SINGLE),
    NUMBER(VALUES_PLAIN), NUMBER(VALUES_TAGGED),
    NUMBER(STDOUT), NUMBER(STDERR),
    NUMBER(ROLLBACK_NEVER), NUMBER(ROLLBACK_STOPPED), NUMBER(ROLLBACK_RUN), NUMBER(ROLLBACK_ALWAYS),
    NUMBER(INTERRUPT_STOP), NUMBER(INTERRUPT_KEYBOARD), NUMBER(INTERRUPT_CUT),
    NUMBER(WAIT_NONE), NUMBER(WAIT_FUEL), NUMBER(WAIT_HOST), NUMBER(WAIT_STACK),
    NUMBER(TRACE_CALL), NUMBER(TRACE_LINE), NUMBER(TRACE_RETURN), NUMBER(TRACE_RAISE),
    NUMBER(FORM_COMPRESSED), NUMBER(FORM_MAPPED),
    NUMBER(MOUNT_HOST), NUMBER(MOUNT_OVERLAY), NUMBER(MOUNT_MEMORY), NUMBER(MOUNT_BYTES), NUMBER(MOUNT_ARCHIVE),
    NUMBER(PRESET_NORMAL), NUMBER(PRESET_STRICT), NUMBER(PRESET_PERMISSIVE),
    NUMBER(FILE_REGULAR), NUMBER(FILE_DIRECTORY), NUMBER(FILE_LINK), NUMBER(FILE_OTHER),
    NUMBER(SINCE_RUN), NUMBER(SINCE_CHECKPOINT), NUMBER(SINCE_IMAGE), NUMBER(SINCE_HOST),
    {"CREATED", PYBOX_CHANGE_CREATED}, {"MODIFIED", PYBOX_CHANGE_MODIFIED}, {"REMOVED", PYBOX_CHANGE_REMOVED},
#undef NUMBER
};

static PyObject *outcome_names(void)
{
    PyObject *names = PyTuple_New(PYBOX_TRAP + 1);
    for (int i = 0; i <= PYBOX_TRAP && names != NULL; i++) {
        PyObject *name = ext_string(pybox_outcome_name((pybox_outcome)i));
        if (name == NULL || PyTuple_SetItem(names, i, name) != 0)
            Py_CLEAR(names);
    }
    return names;
}

int ext_constants_init(PyObject *module)
{
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (PyModule_AddIntConstant(module, numbers[i].name, numbers[i].value) != 0)
            return -1;
    if (PyModule_AddStringConstant(module, "__version__", pybox_version()) != 0 ||
        PyModule_AddObject(module, "UNLIMITED", PyLong_FromUnsignedLongLong(PYBOX_UNLIMITED)) != 0 ||
        PyModule_AddObject(module, "REFILL_YIELD", PyLong_FromUnsignedLongLong(PYBOX_REFILL_YIELD)) != 0 ||
        PyModule_AddObject(module, "OUTCOMES", outcome_names()) != 0)
        return -1;
    return 0;
}
