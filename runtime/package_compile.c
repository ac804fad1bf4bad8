/* Compiling packages, in a box. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "error.h"
#include "handles.h"
#include "package_build.h"
#include "package_handle.h"
#include "package_join.h"
#include "package_name.h"
#include "zip.h"

#define COMPILED_MOST (UINT64_C(10) * 60 * 1000000000) /* of CPU time */
#define FILES_BESIDE (UINT64_C(16) << 20) /* what the box may have of files beside the package */
#define PYC_SUFFIX ".cpython-313.pyc"

/* For each module: the length of its name, that of its compiled form, the name, the compiled form. Compiled files are
 * of the kind that is never compared with the source: an archive cannot change. Warnings are for who wrote it. */
static const char compile_code[] =
    "def compile_all(root):\n"
    "    import _imp, os, warnings\n"
    "    from importlib._bootstrap_external import _RAW_MAGIC_NUMBER, _code_to_hash_pyc\n"
    "    warnings.simplefilter('ignore')\n"
    "    out = bytearray()\n"
    "    for folder, folders, files in os.walk(root):\n"
    "        folders[:] = [name for name in folders if name not in ('tests', 'test')]\n"
    "        for name in files:\n"
    "            if not name.endswith('.py'):\n"
    "                continue\n"
    "            path = os.path.join(folder, name)\n"
    "            if os.path.exists(os.path.join(folder, '__pycache__', name[:-3] + '" PYC_SUFFIX "')):\n"
    "                continue\n" /* the image's, that are compiled already */
    "            try:\n"
    "                with open(path, 'rb') as file:\n"
    "                    source = file.read()\n"
    "                code = compile(source, path, 'exec', dont_inherit=True, optimize=0)\n"
    "                data = _code_to_hash_pyc(code, _imp.source_hash(_RAW_MAGIC_NUMBER, source), False)\n"
    "            except Exception:\n"
    "                continue\n"
    "            name = os.fsencode(os.path.relpath(path, root))\n"
    "            out += len(name).to_bytes(4, 'little') + len(data).to_bytes(4, 'little') + name + data\n"
    "    return bytes(out)\n"
    "compile_all('" PACKAGE_FOLDER "')\n";

/* The compiled form of the module `name` goes beside it, if it is one of the package's. */
static pybox_status compile_add(struct package_builder *builder, const struct vfs_archive *archive, const char *name,
                                size_t length, const char *compiled, size_t size,
                                struct package_contents *contents)
{
    char path[PACKAGE_NAME_BYTES + 64];
    uint32_t at = ZIP_ROOT;
    size_t base = 0;
    if (length > PACKAGE_NAME_BYTES || !package_name_ends(name, length, ".py"))
        return error_set(PYBOX_ERROR_GUEST, "compiling a package: the box named what is no module");
    for (size_t start = 0; start <= length && at != ZIP_NONE; start++) {
        const char *slash = memchr(name + start, '/', length - start);
        size_t part = (slash == NULL ? length : (size_t)(slash - name)) - start;
        at = zip_find(archive, at, name + start, part);
        base = start;
        start += part;
    }
    if (at == ZIP_NONE || archive->entries[at].type != VFS_REGULAR)
        return PYBOX_OK;
    contents->bytes += size;
    contents->files++;
    int written = snprintf(path, sizeof path, "%.*s__pycache__/%.*s" PYC_SUFFIX, (int)base, name,
                           (int)(length - base - strlen(".py")), name + base);
    return package_builder_put(builder, path, (size_t)written, compiled, size);
}

/* Goes through what the box has said, which may be anything. */
static pybox_status compile_take(struct package_builder *builder, const struct vfs_archive *archive,
                                 const pybox_bytes *value, struct package_contents *contents)
{
    pybox_status status = PYBOX_OK;
    for (size_t at = 0; at < value->length && status == PYBOX_OK;) {
        size_t left = value->length - at;
        const uint8_t *head = (const uint8_t *)value->bytes + at;
        uint64_t name = left >= 8 ? bytes_load_u32(head) : 0, size = left >= 8 ? bytes_load_u32(head + 4) : 0;
        if (left < 8 || name + size > left - 8)
            return error_set(PYBOX_ERROR_GUEST, "compiling a package: the box's answer is cut off");
        status = compile_add(builder, archive, (const char *)head + 8, (size_t)name, (const char *)head + 8 + name,
                             (size_t)size, contents);
        at += 8 + (size_t)(name + size);
    }
    return status;
}

static pybox_status compile_copy(struct package_builder *builder, const struct vfs_archive *archive)
{
    pybox_status status = PYBOX_OK;
    for (uint32_t i = 0; i < archive->count && status == PYBOX_OK; i++) {
        const uint8_t *bytes = archive->entries[i].type == VFS_REGULAR ? zip_data(archive, i) : NULL;
        if (bytes != NULL)
            status = package_builder_put(builder, (const char *)archive->bytes + archive->entries[i].name,
                                         archive->entries[i].name_length, bytes, archive->entries[i].size);
    }
    return status;
}

/* Runs the compiler in a box that has the package. The result is the box's. */
static pybox_status compile_run(const pybox_package *package, pybox_image *image, pybox_box **box,
                                const pybox_result **result)
{
    size_t length;
    vfs_archive_bytes(package->contents.archive, &length);
    const pybox_limits limits = {.size = sizeof limits, .cpu_ns = COMPILED_MOST, .files_bytes = length + FILES_BESIDE};
    const pybox_box_options options = {
        .size = sizeof options, .limits = &limits, .packages = &package, .package_count = 1};
    const pybox_run run = {.size = sizeof run, .mode = PYBOX_MODE_EVAL, .code = compile_code, .filename = "<compile>"};
    pybox_status status = pybox_box_create(image->module, image, &options, box);
    if (status == PYBOX_OK)
        status = pybox_box_run(*box, &run, result);
    if (status != PYBOX_OK)
        return status;
    const pybox_result *ran = *result;
    if (ran->outcome == PYBOX_DONE && ran->value_kind == PYBOX_VALUE_BYTES)
        return PYBOX_OK;
    int limited = ran->outcome == PYBOX_DONE || ran->outcome == PYBOX_DEADLINE || ran->outcome == PYBOX_OUT_OF_MEMORY;
    return error_set(limited ? PYBOX_ERROR_LIMIT : PYBOX_ERROR_GUEST, "package %s cannot be compiled: %s: %s",
                     package->info.name, pybox_outcome_name(ran->outcome),
                     ran->outcome == PYBOX_DONE ? ran->value_error.bytes : ran->error.message.bytes);
}

static pybox_status compile_facts(const pybox_package *package, struct package_facts *facts)
{
    char *text = NULL;
    const struct package_facts *from = &package->contents.facts;
    *facts = (struct package_facts){
        .name = strdup(from->name),
        .version = strdup(from->version),
        .summary = strdup(from->summary),
        .requires_python = strdup(from->requires_python),
        .requires = calloc(from->require_count + 1, sizeof *facts->requires),
    };
    int made = facts->name != NULL && facts->version != NULL && facts->summary != NULL &&
               facts->requires_python != NULL && facts->requires != NULL;
    for (size_t i = 0; made && i < from->require_count; i++) {
        made = (text = strdup(from->requires[i])) != NULL;
        if (made)
            facts->requires[facts->require_count++] = text;
    }
    return made ? PYBOX_OK : error_set_memory("a package's metadata", 0);
}

pybox_status pybox_package_compile(const pybox_package *package, pybox_image *image, pybox_package **compiled)
{
    if (compiled != NULL)
        *compiled = NULL;
    if (package == NULL || image == NULL || compiled == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "package, image or compiled is NULL; expected all");
    struct package_builder builder = {0};
    struct package_contents contents = {.bytes = package->contents.bytes, .files = package->contents.files};
    pybox_box *box = NULL;
    const pybox_result *result;
    pybox_status status = compile_run(package, image, &box, &result);
    if (status == PYBOX_OK)
        status = compile_facts(package, &contents.facts);
    if (status == PYBOX_OK)
        status = compile_copy(&builder, package->contents.archive);
    if (status == PYBOX_OK)
        status = compile_take(&builder, package->contents.archive, &result->value, &contents);
    if (status == PYBOX_OK)
        status = package_builder_finish(&builder, package->info.name, &contents.archive);
    package_builder_free(&builder);
    pybox_box_destroy(box);
    if (status == PYBOX_OK)
        return package_handle_make(&contents, 1, compiled);
    package_contents_free(&contents);
    return status;
}
