/*
 * A host with an event loop: some boxes whose programs await answers of the host, and one thread that waits by poll()
 * for whatever is ready first. A box that waits holds no thread and no stack; it could be saved to a file meanwhile.
 *
 * The answers here are timers (timerfd); they might as well be sockets.
 */
#include <pybox.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define BOXES 3
#define PENDING 64

static const char program[] = "import asyncio\n"
                              "from host import fetch\n"
                              "pages = await asyncio.gather(*(fetch(n) for n in range(4)))\n"
                              "sum(pages)\n";

struct pending {
    pybox_box *box;
    uint64_t id;
    int number, timer;
};
static struct pending pending[PENDING];
static int pending_count;

static int fail(const char *what)
{
    fprintf(stderr, "async_host: %s: %s\n", what, pybox_error_message());
    return 1;
}

/* The host function: begins the work, and answers later. */
static void fetch(void *context, const pybox_host_call *call, pybox_answer *answer)
{
    (void)context;
    const char *number = strpbrk(call->arguments.bytes, "0123456789");
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (timer < 0 || number == NULL || pending_count == PENDING) {
        pybox_answer_error(answer, "OSError", "too many at a time");
        return;
    }
    /* The later it is asked, the sooner it is answered. */
    const struct itimerspec when = {.it_value.tv_nsec = (5 - atoi(number)) * 4000000L};
    timerfd_settime(timer, 0, &when, NULL);
    pending[pending_count++] = (struct pending){call->box, call->id, atoi(number), timer};
    pybox_answer_later(answer);
}

/* Waits for one timer, answers what it stands for, and returns that box. */
static pybox_box *answer_next(void)
{
    struct pollfd fds[PENDING];
    for (int i = 0; i < pending_count; i++)
        fds[i] = (struct pollfd){.fd = pending[i].timer, .events = POLLIN};
    if (poll(fds, (nfds_t)pending_count, -1) <= 0)
        return NULL;
    for (int i = 0; i < pending_count; i++)
        if (fds[i].revents != 0) {
            const struct pending ready = pending[i];
            char value[20];
            pending[i] = pending[--pending_count];
            close(ready.timer);
            snprintf(value, sizeof value, "%d", ready.number * 10);
            if (pybox_box_answer(ready.box, ready.id, &(pybox_value){PYBOX_VALUE_JSON, value, 0}) != PYBOX_OK)
                return NULL;
            return ready.box;
        }
    return NULL;
}

int main(void)
{
    pybox_engine *engine;
    pybox_module *module;
    pybox_image *image;
    pybox_functions *functions;
    pybox_box *boxes[BOXES];
    const pybox_result *result;
    const pybox_function function = {.name = "fetch", .module = "host", .signature = "(number: int) -> int",
                                     .is_async = 1, .function = fetch};
    if (pybox_engine_create(NULL, &engine) != PYBOX_OK ||
        pybox_module_open(engine, NULL, &module) != PYBOX_OK ||
        pybox_image_open(module, NULL, &image) != PYBOX_OK ||
        pybox_functions_create(&functions) != PYBOX_OK || pybox_functions_add(functions, &function) != PYBOX_OK)
        return fail("cannot start");

    int waiting = 0;
    for (int i = 0; i < BOXES; i++) {
        const pybox_run run = {.mode = PYBOX_MODE_EVAL, .code = program};
        if (pybox_box_create(module, image, &(pybox_box_options){.functions = functions}, &boxes[i]) != PYBOX_OK ||
            pybox_box_run(boxes[i], &run, &result) != PYBOX_OK)
            return fail("a box");
        printf("box %d: %s, %zu requests\n", i, pybox_outcome_name(result->outcome), result->request_count);
        waiting += result->outcome == PYBOX_PENDING;
    }
    while (waiting > 0) {
        pybox_box *box = answer_next();
        if (box == NULL || pybox_box_resume(box, NULL, &result) != PYBOX_OK)
            return fail("going on");
        if (result->outcome == PYBOX_PENDING)
            continue;
        printf("a box is through: %s %s\n", pybox_outcome_name(result->outcome), result->value.bytes);
        waiting--;
    }
    for (int i = 0; i < BOXES; i++)
        pybox_box_destroy(boxes[i]);
    pybox_functions_destroy(functions);
    pybox_image_close(image);
    pybox_module_close(module);
    pybox_engine_destroy(engine);
    return 0;
}
