/* pybox-glue: the files around wasm2c, for one module (glue.h). */
#include "digest.h"
#include "error.h"
#include "glue.h"
#include "wasm_file.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: pybox-glue --name NAME --wasm2c VERSION --compiler TEXT [--source FILE.wasm] "
    "METERED.wasm FOLDER\n"
    "Writes to FOLDER, for the module that pybox-meter wrote: code.wasm for wasm2c; glue.c,\n"
    "data.S with data.bin, and note.S for the C compiler. Messages name FILE.wasm.\n";

/* Text is printed to memory first, so that a file is written whole or not at all. */
struct text {
    FILE *stream;
    char *bytes;
    size_t length;
};

static pybox_status text_open(struct text *text)
{
    *text = (struct text){0};
    text->stream = open_memstream(&text->bytes, &text->length);
    return text->stream != NULL ? PYBOX_OK : error_set_memory("a file's text", 0);
}

static pybox_status write_file(const char *folder, const char *name, const void *bytes,
                               size_t length)
{
    char *path;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return error_set_memory("a file name", 0);
    pybox_status status = wasm_file_write(path, bytes, length);
    free(path);
    return status;
}

static pybox_status text_close(struct text *text, const char *folder, const char *name)
{
    int failed = ferror(text->stream);
    pybox_status status;
    if (fclose(text->stream) != 0 || failed)
        status = error_set_memory("a file's text", text->length);
    else
        status = write_file(folder, name, text->bytes, text->length);
    free(text->bytes);
    return status;
}

typedef pybox_status wasm_part(const struct glue *glue, struct wasm_writer *writer);

static pybox_status write_binary(const struct glue *glue, const char *folder, const char *name,
                                 wasm_part *part)
{
    struct wasm_writer writer = {0};
    pybox_status status = part(glue, &writer);
    if (status == PYBOX_OK)
        status = write_file(folder, name, writer.bytes, writer.length);
    free(writer.bytes);
    return status;
}

enum text_part { HEADER, SOURCE, NOTE, DATA };

static pybox_status write_text(const struct glue *glue, const char *folder, const char *name,
                               enum text_part part)
{
    struct text text;
    pybox_status status = text_open(&text);
    if (status != PYBOX_OK)
        return status;
    if (part == HEADER)
        glue_print_header(glue, text.stream);
    else if (part == SOURCE)
        glue_print_source(glue, text.stream);
    else if (part == NOTE)
        note_print(glue, text.stream);
    else
        glue_print_data(text.stream);
    return text_close(&text, folder, name);
}

static pybox_status write_all(const struct glue *glue, const char *folder)
{
    pybox_status status = write_binary(glue, folder, "code.wasm", glue_write_code);
    if (status == PYBOX_OK)
        status = write_binary(glue, folder, "data.bin", glue_write_data);
    if (status == PYBOX_OK)
        status = write_text(glue, folder, "instance.h", HEADER);
    if (status == PYBOX_OK)
        status = write_text(glue, folder, "glue.c", SOURCE);
    if (status == PYBOX_OK)
        status = write_text(glue, folder, "data.S", DATA);
    if (status == PYBOX_OK)
        status = write_text(glue, folder, "note.S", NOTE);
    return status;
}

static int is_identifier(const char *name)
{
    size_t letters =
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return letters > 0 && letters <= 64 && name[letters] == 0 &&
           !(name[0] >= '0' && name[0] <= '9');
}

static int glue_file(struct glue *glue, const char *from, const char *source, const char *folder)
{
    uint8_t *bytes;
    size_t length;
    struct wasm_module module = {0};
    pybox_status status = wasm_file_read(from, &bytes, &length);
    if (status != PYBOX_OK) {
        fprintf(stderr, "pybox-glue: %s\n", error_message());
        return 1;
    }
    digest_bytes(bytes, length, glue->hash);
    glue->module = &module;
    status = wasm_read(bytes, length, &module);
    if (status == PYBOX_OK)
        status = glue_plan(glue);
    if (status != PYBOX_OK) {
        fprintf(stderr, "pybox-glue: %s: %s\n", source, error_message());
    } else {
        status = write_all(glue, folder);
        if (status != PYBOX_OK)
            fprintf(stderr, "pybox-glue: %s\n", error_message());
    }
    wasm_free(&module);
    free(bytes);
    return status == PYBOX_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"name", required_argument, NULL, 'n'},     {"wasm2c", required_argument, NULL, 'w'},
        {"compiler", required_argument, NULL, 'c'}, {"source", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},           {0}};
    struct glue glue = {0};
    const char *source = NULL;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'n':
            glue.name = optarg;
            break;
        case 'w':
            glue.wasm2c = optarg;
            break;
        case 'c':
            glue.compiler = optarg;
            break;
        case 's':
            source = optarg;
            break;
        default:
            fputs(usage, option == 'h' ? stdout : stderr);
            return option == 'h' ? 0 : 2;
        }
    }
    if (argc - optind != 2 || glue.name == NULL || glue.wasm2c == NULL || glue.compiler == NULL) {
        fputs(usage, stderr);
        return 2;
    }
    if (!is_identifier(glue.name) || strlen(glue.wasm2c) > 200 || strlen(glue.compiler) > 200) {
        fprintf(stderr,
                "pybox-glue: --name \"%s\": expected a C identifier of at most 64 letters, and "
                "versions of at most 200\n",
                glue.name);
        return 2;
    }
    return glue_file(&glue, argv[optind], source != NULL ? source : argv[optind], argv[optind + 1]);
}
