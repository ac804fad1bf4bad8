#include "ext.h"

void ext_options_start(struct ext_options *o)
{
    *o = (struct ext_options){
        .arguments = Py_None, .environment = Py_None, .mounts = Py_None, .packages = Py_None,
        .directory = Py_None, .input = Py_None,       .output = Py_None, .display = Py_None,
        .limits = Py_None,    .seed = Py_None,        .clock_ns = Py_None, .functions = Py_None,
        .preopens = Py_None,
    };
}

/* (guest path, kind, source, read only) */
static int fill_mount(PyObject *given, struct ext_keep *keep, pybox_mount *mount)
{
    PyObject *guest, *source;
    int kind;
    if (!PyTuple_Check(given)) {
        PyErr_SetString(PyExc_TypeError, "a mount is (guest path, kind, source, read only)");
        return -1;
    }
    if (!PyArg_ParseTuple(given, "OiOp:mount", &guest, &kind, &source, &mount->read_only) ||
        ext_text_of(guest, "the guest path of a mount", &mount->guest, NULL) != 0)
        return -1;
    mount->kind = (pybox_mount_kind)kind;
    if (source == Py_None)
        return 0;
    /* Bytes are what is in a file, or in an archive; a host path of bytes is decoded by os.fsdecode() before. */
    if (kind == PYBOX_MOUNT_BYTES || (kind == PYBOX_MOUNT_ARCHIVE && !PyUnicode_Check(source))) {
        Py_ssize_t length;
        const char *bytes;
        if (ext_bytes_of(keep, source, "the content of a mount", &bytes, &length) != 0)
            return -1;
        mount->bytes = bytes;
        mount->length = (size_t)length;
        return 0;
    }
    return ext_path_of(keep, source, &mount->host);
}

static int fill_mounts(struct ext_options *o, struct ext_keep *keep)
{
    PyObject *sequence;
    Py_ssize_t count;
    if (ext_sequence_of(keep, o->mounts, "mounts", &sequence, &count) != 0)
        return -1;
    if (sequence == NULL)
        return 0;
    pybox_mount *mounts = ext_keep_array(keep, count, sizeof *mounts);
    for (Py_ssize_t i = 0; mounts != NULL && i < count; i++)
        if (fill_mount(PyTuple_GetItem(sequence, i), keep, &mounts[i]) != 0)
            return -1;
    o->options.mounts = mounts;
    o->options.mount_count = (size_t)count;
    return mounts != NULL ? 0 : -1;
}

static int fill_texts(struct ext_options *o, struct ext_keep *keep)
{
    const char **texts;
    if (ext_texts_of(keep, o->arguments, "arguments", &texts, &o->options.argument_count) != 0)
        return -1;
    o->options.arguments = texts;
    if (ext_texts_of(keep, o->environment, "environment", &texts, &o->options.environment_count) != 0)
        return -1;
    o->options.environment = texts;
    if (ext_texts_of(keep, o->preopens, "preopens", &texts, &o->options.preopen_count) != 0)
        return -1;
    o->options.preopens = texts;
    return o->directory == Py_None ? 0 : ext_text_of(o->directory, "directory", &o->options.directory, NULL);
}

/* Bytes, or a callable. */
static int fill_input(struct ext_options *o, struct ext_keep *keep)
{
    const char *bytes;
    Py_ssize_t length;
    if (o->input == Py_None)
        return 0;
    if (PyCallable_Check(o->input)) {
        o->options.input_callback = ext_callback_input;
        return 0;
    }
    if (ext_bytes_of(keep, o->input, "input", &bytes, &length) != 0)
        return -1;
    o->options.input = bytes;
    o->options.input_length = (size_t)length;
    return 0;
}

static int fill_callbacks(struct ext_options *o)
{
    PyObject *callable;
    if (ext_callable_of(o->output, "output", &callable) != 0)
        return -1;
    o->options.output = callable != NULL ? ext_callback_output : NULL;
    if (ext_callable_of(o->display, "display", &callable) != 0)
        return -1;
    o->options.display = callable != NULL ? ext_callback_display : NULL;
    if (o->functions == Py_None)
        return 0;
    if (!PyObject_TypeCheck(o->functions, ext_functions_type)) {
        PyErr_SetString(PyExc_TypeError, "functions is no Functions");
        return -1;
    }
    o->options.functions = ((struct ext_functions *)o->functions)->functions;
    return ext_process_check(((struct ext_functions *)o->functions)->generation);
}

static int fill_numbers(struct ext_options *o)
{
    if (o->seed != Py_None) {
        if (!ext_uint64_of(o->seed, &o->seed_number))
            return -1;
        o->options.seed = &o->seed_number;
    }
    if (o->clock_ns != Py_None) {
        if (!ext_uint64_of(o->clock_ns, &o->clock_number))
            return -1;
        o->options.clock_ns = &o->clock_number;
    }
    o->options.terminal = o->terminal;
    o->options.rollback = (pybox_rollback)o->rollback;
    return ext_limits_of(o->limits, &o->options.limits);
}

int ext_options_fill(struct ext_options *o, struct ext_keep *keep)
{
    o->options.preset = (pybox_preset)o->preset;
    if (ext_package_array(o->packages, keep, &o->options.packages, &o->options.package_count) != 0)
        return -1;
    return fill_texts(o, keep) == 0 && fill_mounts(o, keep) == 0 && fill_input(o, keep) == 0 &&
                   fill_callbacks(o) == 0 && fill_numbers(o) == 0
               ? 0
               : -1;
}

static void count_user(const struct ext_options *o, unsigned change)
{
    if (o->functions != Py_None)
        ((struct ext_functions *)o->functions)->users += change;
}

void ext_options_use(const struct ext_options *o)
{
    count_user(o, 1);
}

void ext_options_used(const struct ext_options *o)
{
    count_user(o, -1u);
}

static void hold(PyObject **place, PyObject *given)
{
    if (given == Py_None)
        return;
    Py_INCREF(given);
    *place = given;
}

void ext_options_hold(const struct ext_options *o, struct ext_box *box)
{
    hold(&box->output, o->output);
    hold(&box->display, o->display);
    if (o->options.input_callback != NULL)
        hold(&box->input, o->input);
    hold((PyObject **)&box->functions, o->functions);
}
