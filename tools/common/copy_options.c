#include "copy_options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "json_text.h"
#include "printable.h"

/* FROM:TO; the one that is the host's may have colons. */
static int copy_options_add(struct copy_pair **pairs, size_t *count, char *value, int in)
{
    char *colon = in ? strrchr(value, ':') : strchr(value, ':');
    if (colon == NULL || colon == value || colon[1] == '\0')
        return complain(in ? "--copy-in wants HOST:GUEST, as in --copy-in data.csv:/work/data.csv"
                           : "--copy-out wants GUEST:HOST, as in --copy-out /work/report.html:report.html");
    struct copy_pair *grown = reallocarray(*pairs, *count + 1, sizeof *grown);
    if (grown == NULL)
        return complain("out of memory");
    *colon = '\0';
    grown[(*count)++] = (struct copy_pair){value, colon + 1};
    *pairs = grown;
    return 0;
}

int copy_options_take(struct copy_options *options, int option, char *value)
{
    switch (option) {
    case COPY_OPTION_IN:
        return copy_options_add(&options->in, &options->in_count, value, 1);
    case COPY_OPTION_OUT:
        return copy_options_add(&options->out, &options->out_count, value, 0);
    default:
        options->changes = 1;
        return 0;
    }
}

void copy_options_free(struct copy_options *options)
{
    free(options->in);
    free(options->out);
    *options = (struct copy_options){0};
}

pybox_status copy_options_do_in(const struct copy_options *options, pybox_box *box)
{
    pybox_status status = PYBOX_OK;
    for (size_t i = 0; i < options->in_count && status == PYBOX_OK; i++)
        status = pybox_box_file_import(box, options->in[i].from, options->in[i].to, NULL);
    return status;
}

pybox_status copy_options_do_out(const struct copy_options *options, pybox_box *box)
{
    const pybox_export_options how = {.size = sizeof how, .replace = 1};
    pybox_status status = PYBOX_OK;
    for (size_t i = 0; i < options->out_count && status == PYBOX_OK; i++)
        status = pybox_box_file_export(box, options->out[i].from, options->out[i].to, &how, NULL);
    return status;
}

static const char marks[] = " +~-";
static const char *const kinds[] = {"", "created", "modified", "removed"};
static const char *const types[] = {"", "file", "folder", "link", "other"};

static int copy_options_print_one(void *context, const pybox_change *change)
{
    char path[4100];
    return fprintf(context, "%c %s%s\n", marks[change->kind],
                   printable_copy(path, sizeof path, change->file.path, strlen(change->file.path)),
                   change->file.type == PYBOX_FILE_DIRECTORY ? "/" : "") < 0;
}

pybox_status copy_options_print(pybox_box *box, const char *path, pybox_since since, FILE *file)
{
    return pybox_box_file_changes(box, path, since, copy_options_print_one, file);
}

static int copy_options_add_one(void *context, const pybox_change *change)
{
    cJSON *object = cJSON_CreateObject();
    int added = object != NULL && cJSON_AddItemToObject(object, "change", cJSON_CreateString(kinds[change->kind])) &&
                cJSON_AddItemToObject(object, "path", json_text_string(change->file.path, strlen(change->file.path)));
    if (added && change->kind != PYBOX_CHANGE_REMOVED)
        added = cJSON_AddItemToObject(object, "type", cJSON_CreateString(types[change->file.type])) &&
                cJSON_AddItemToObject(object, "bytes", json_text_number(change->file.bytes));
    if (!added || !cJSON_AddItemToArray(context, object)) {
        cJSON_Delete(object);
        return 1;
    }
    return 0;
}

pybox_status copy_options_json(pybox_box *box, const char *path, pybox_since since, cJSON **array)
{
    *array = cJSON_CreateArray();
    pybox_status status = *array == NULL ? PYBOX_ERROR_NO_MEMORY
                                         : pybox_box_file_changes(box, path, since, copy_options_add_one, *array);
    if (status != PYBOX_OK) {
        cJSON_Delete(*array);
        *array = NULL;
    }
    return status;
}
