#include "ext.h"

#define KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS

static PyObject *dict_of(const pybox_snapshot_info *info)
{
    return Py_BuildValue("{sisssssIsssKsKsKsKsIsssssK}", "form", (int)info->form, "digest", info->digest,
                         "module_hash", info->module_hash, "metering", (unsigned)info->metering, "costs_hash",
                         info->costs_hash, "file_bytes", (unsigned long long)info->file_bytes, "memory_bytes",
                         (unsigned long long)info->memory_bytes, "stored_bytes",
                         (unsigned long long)info->stored_bytes, "tree_bytes", (unsigned long long)info->tree_bytes,
                         "globals", (unsigned)info->globals, "metadata", info->metadata, "parent", info->parent,
                         "created_ns", (unsigned long long)info->created_ns);
}

static PyObject *snapshot_describe(PyObject *ignored, PyObject *arguments, PyObject *keywords)
{
    (void)ignored;
    static char *names[] = {"path", NULL};
    struct ext_keep keep = {0};
    PyObject *given, *made = NULL;
    const char *path;
    pybox_snapshot_info *info = NULL;
    pybox_status status;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O:snapshot_describe", names, &given))
        return NULL;
    if (ext_path_of(&keep, given, &path) == 0) {
        EXT_WITHOUT_GIL(status = pybox_snapshot_describe(path, &info));
        made = status == PYBOX_OK ? dict_of(info) : ext_error_raise(status);
        pybox_snapshot_info_destroy(info);
    }
    ext_keep_free(&keep);
    return made;
}

static PyObject *snapshot_verify(PyObject *ignored, PyObject *arguments, PyObject *keywords)
{
    (void)ignored;
    static char *names[] = {"path", NULL};
    struct ext_keep keep = {0};
    PyObject *given, *made = NULL;
    const char *path;
    pybox_status status;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O:snapshot_verify", names, &given))
        return NULL;
    if (ext_path_of(&keep, given, &path) == 0) {
        EXT_WITHOUT_GIL(status = pybox_snapshot_verify(path));
        made = status == PYBOX_OK ? ext_none() : ext_error_raise(status);
    }
    ext_keep_free(&keep);
    return made;
}

static PyObject *snapshot_merge(PyObject *ignored, PyObject *arguments, PyObject *keywords)
{
    (void)ignored;
    static char *names[] = {"module", "path",  "output",   "folders", "memory_bytes", "files_bytes",
                            "form",   "level", "metadata", NULL};
    struct ext_keep keep = {0};
    struct ext_module *module;
    PyObject *given, *written, *folders = Py_None, *made = NULL;
    const char *path, *output, **folder_names;
    int form = 0;
    pybox_image_options options = {0};
    pybox_save_options save = {0};
    pybox_status status;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O!OO|$OO&O&iiz:snapshot_merge", names, ext_module_type,
                                     &module, &given, &written, &folders, ext_uint64_of, &options.memory_bytes,
                                     ext_uint64_of, &options.files_bytes, &form, &save.level, &save.metadata) ||
        ext_process_check(module->generation) != 0)
        return NULL;
    save.form = (pybox_form)form;
    if (ext_path_of(&keep, given, &path) == 0 && ext_path_of(&keep, written, &output) == 0 &&
        ext_paths_of(&keep, folders, "folders", &folder_names, &options.folder_count) == 0) {
        options.folders = folder_names;
        EXT_WITHOUT_GIL(status = pybox_snapshot_merge(module->module, path, &options, output, &save));
        made = status == PYBOX_OK ? ext_none() : ext_error_raise(status);
    }
    ext_keep_free(&keep);
    return made;
}

static PyMethodDef functions[] = {
    {"snapshot_describe", KEYWORDS(snapshot_describe), "The fields of pybox_snapshot_info."},
    {"snapshot_verify", KEYWORDS(snapshot_verify), "Reads all of a snapshot and checks every checksum."},
    {"snapshot_merge", KEYWORDS(snapshot_merge), "Writes a delta and its parents as one full snapshot."},
};

int ext_snapshot_init(PyObject *module)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        PyObject *function = PyCFunction_NewEx(&functions[i], NULL, NULL);
        if (function == NULL || PyModule_AddObject(module, functions[i].ml_name, function) != 0)
            return -1;
    }
    return 0;
}
