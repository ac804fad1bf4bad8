/*
 * Snapshots of hostile bytes that are run: whatever memory, globals and files a box comes to, the host is
 * well, and what the box is then can be saved, loaded and rolled back. The guest is the sample guest, and
 * deltas are of a state of it.
 */
#include "fuzz_seal.h"

#include "bytes.h"
#include "handles.h"
#include "sample_run.h"
#include "snapshot_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define INPUT_LIMIT (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static pybox_module *module;
static pybox_image *base;
static char saved[64];

static void require(int condition)
{
    if (!condition) {
        fprintf(stderr, "%s\n", pybox_error_message());
        abort();
    }
}

static void finish(void)
{
    unlink(saved);
    pybox_image_close(base);
    pybox_module_close(module);
    sample_run_tear_down(NULL);
}

/* The parent is trusted and stays alive: it is found by its name. */
static void begin(void)
{
    require(sample_run_set_up(NULL) == 0);
    snprintf(saved, sizeof saved, "/dev/shm/fuzz-snapshot-run-%d", (int)getpid());
    pybox_box *box = sample_run_box(&sample_guest, NULL);
    module = module_handle_hold(box->module);
    sample_run(box, "spin 1");
    require(pybox_box_save(box, saved, NULL) == PYBOX_OK);
    pybox_box_destroy(box);
    const pybox_image_options options = {.trusted = 1};
    require(pybox_image_load(module, saved, &options, &base) == PYBOX_OK);
    atexit(finish);
}

/* It is to be of the right module. */
static void adopt(uint8_t *bytes, size_t size)
{
    if (size < SNAPSHOT_HEADER_BYTES + SNAPSHOT_ENTRY_BYTES)
        return;
    uint64_t offset = bytes_load_u64(bytes + SNAPSHOT_HEADER_BYTES + SNAPSHOT_ENTRY_OFFSET);
    if (offset <= size && size - offset >= SNAPSHOT_MODULE_BYTES)
        memcpy(bytes + offset + SNAPSHOT_MODULE_HASH, sample_guest.hash, DIGEST_BYTES);
}

static void use(pybox_box *box)
{
    const pybox_result *result;
    pybox_image *again;
    pybox_box *copy;
    const pybox_status run =
        pybox_box_run(box, &(pybox_run){.code = "spin 3 write 4 read used"}, &result);
    require(run == PYBOX_OK || run == PYBOX_ERROR_GUEST || run == PYBOX_ERROR_LIMIT);
    require(pybox_box_rollback(box) == PYBOX_OK);
    require(pybox_box_clone(box, NULL, &copy) == PYBOX_OK);
    pybox_box_destroy(copy);
    for (int delta = 0; delta < 2; delta++) {
        const pybox_save_options options = {.delta = delta};
        require(pybox_box_save(box, saved, &options) == PYBOX_OK);
        if (delta)
            continue; /* its parent has no file */
        require(pybox_image_open(module, saved, &again) == PYBOX_OK);
        require(pybox_box_create(module, again, NULL, &copy) == PYBOX_OK);
        pybox_box_destroy(copy);
        pybox_image_close(again);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (module == NULL)
        begin();
    if (size == 0 || size > INPUT_LIMIT)
        return 0;
    uint8_t *bytes = malloc(size);
    require(bytes != NULL);
    memcpy(bytes, data, size);
    adopt(bytes, size);
    fuzz_seal(bytes, size, base->image);
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    require(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    free(bytes);

    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    pybox_image *image;
    pybox_box *box;
    if (pybox_image_open(module, path, &image) == PYBOX_OK) {
        const pybox_limits limits = {.fuel = 100000, .files_bytes = 16 << 20, .output_bytes = 4096};
        const pybox_box_options options = {.limits = &limits};
        if (pybox_box_create(module, image, &options, &box) == PYBOX_OK) {
            use(box);
            pybox_box_destroy(box);
        }
        pybox_image_close(image);
    }
    close(fd);
    return 0;
}
