#include "guest_value_place.h"

/* So many steps are shown at each end of a long way. */
#define STEPS 6
#define KEY_CHARACTERS 40

int value_place_repeats(const struct value_place *place, PyObject *container)
{
    for (; place != NULL; place = place->outer)
        if (place->container == container)
            return 1;
    return 0;
}

/* "." and a name, or "[...]"; a new reference. */
static PyObject *step_text(const struct value_place *place)
{
    PyObject *const key = place->key;
    if (key == NULL)
        return PyUnicode_FromFormat("[%zd]", place->index);
    if (PyUnicode_CheckExact(key) && PyUnicode_GET_LENGTH(key) <= KEY_CHARACTERS)
        return PyUnicode_IsIdentifier(key) ? PyUnicode_FromFormat(".%U", key) : PyUnicode_FromFormat("[%R]", key);
    if (PyLong_CheckExact(key) || key == Py_None || PyBool_Check(key) || PyFloat_CheckExact(key))
        return PyUnicode_FromFormat("{%R}", key);
    return PyUnicode_FromFormat(place->is_key ? "{key %zd}" : "{value %zd}", place->index);
}

/* `before` is taken. */
static PyObject *path_text(PyObject *before, const struct value_place *place, int left)
{
    if (before == NULL || place == NULL)
        return before;
    if (left > 0)
        before = path_text(before, place->outer, left - 1);
    if (before == NULL)
        return NULL;
    PyObject *step = step_text(place);
    PyObject *path = step != NULL ? PyUnicode_Concat(before, step) : NULL;
    Py_XDECREF(step);
    Py_DECREF(before);
    return path;
}

static int depth_of(const struct value_place *place)
{
    int depth = 0;
    for (; place != NULL; place = place->outer)
        depth++;
    return depth;
}

int value_place_raise(PyObject *kind, const struct value_place *place, const char *what)
{
    const int depth = depth_of(place);
    PyObject *path = PyUnicode_FromString("$");
    if (depth <= 2 * STEPS) {
        path = path_text(path, place, depth);
    } else {
        const struct value_place *head = place;
        for (int i = depth; i > STEPS; i--)
            head = head->outer;
        path = path_text(path, head, STEPS);
        if (path != NULL)
            PyUnicode_AppendAndDel(&path, PyUnicode_FromString("..."));
        path = path_text(path, place, STEPS - 1);
    }
    if (path == NULL) /* a key may hold surrogates, or there is no memory */
        return -1;
    PyErr_Format(kind, "at %U: %s", path, what);
    Py_DECREF(path);
    return -1;
}
