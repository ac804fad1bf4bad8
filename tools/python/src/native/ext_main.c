#include "ext.h"

/* State is static, and PyEval_RestoreThread() is used in callbacks: for the one interpreter of the process. */
static int refuse_subinterpreter(void)
{
    if (PyInterpreterState_GetID(PyInterpreterState_Get()) == 0)
        return 0;
    PyErr_SetString(PyExc_ImportError, "pybox cannot be used in a subinterpreter; import it in the main one");
    return -1;
}

static int execute(PyObject *module)
{
    static int (*const parts[])(PyObject *) = {
        ext_error_init,  ext_constants_init, ext_module_init, ext_image_init, ext_limits_init,   ext_functions_init,
        ext_result_init, ext_box_init,       ext_pool_init,   ext_store_init, ext_snapshot_init, ext_files_init,
        ext_package_init, ext_preset_init,
        ext_frame_init,
    };
    if (refuse_subinterpreter() != 0 || ext_process_init() != 0)
        return -1;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i](module) != 0)
            return -1;
    return 0;
}

PyMODINIT_FUNC PyInit__native(void);

PyMODINIT_FUNC PyInit__native(void)
{
    static PyModuleDef_Slot slots[] = {
        {Py_mod_exec, (void *)execute},
        {0, NULL},
    };
    static PyModuleDef definition = {
        PyModuleDef_HEAD_INIT, "pybox._native", "The C extension: pybox.h for Python, thin and complete.", 0, NULL,
        slots, NULL, NULL, NULL,
    };
    return PyModuleDef_Init(&definition);
}
