// A C++ program around the library: exceptions, threads, and its own handlers of SIGSEGV and SIGALRM. Says "good" at the end.
#include <pybox.h>

#include <atomic>
#include <chrono>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <sys/time.h>
#include <thread>
#include <vector>

namespace {

void need(bool condition, const char *what)
{
    if (condition)
        return;
    std::fprintf(stderr, "host.cc: %s: %s\n", what, pybox_error_message());
    std::exit(1);
}

sigjmp_buf after_fault;
volatile char *nowhere;
std::atomic<int> alarms;

void on_fault(int)
{
    siglongjmp(after_fault, 1);
}

void on_alarm(int)
{
    alarms++;
}

void fault_of_the_host()
{
    volatile bool came_back = false;
    if (sigsetjmp(after_fault, 1) == 0)
        *nowhere = 1;
    else
        came_back = true;
    need(came_back, "the host's own handler was not called");
}

// Throws inside the host's callback, and catches there.
int output(void *context, pybox_stream, const void *bytes, size_t length)
{
    try {
        throw std::runtime_error(std::string(static_cast<const char *>(bytes), length));
    } catch (const std::exception &thrown) {
        *static_cast<std::string *>(context) += thrown.what();
    }
    return 0;
}

class Box {
  public:
    Box(pybox_module *module, pybox_image *image, const pybox_box_options &options)
    {
        if (pybox_box_create(module, image, &options, &box) != PYBOX_OK)
            throw std::runtime_error(pybox_error_message());
    }
    ~Box()
    {
        pybox_box_destroy(box);
    }
    Box(const Box &) = delete;
    Box &operator=(const Box &) = delete;

    const pybox_result &run(const char *code)
    {
        pybox_run run = {};
        run.code = code;
        const pybox_result *result;
        if (pybox_box_run(box, &run, &result) != PYBOX_OK)
            throw std::runtime_error(pybox_error_message());
        return *result;
    }

    pybox_box *box = nullptr;
};

void work(pybox_module *module, pybox_image *image)
{
    std::string written;
    pybox_box_options options = {};
    options.output = output;
    options.output_context = &written;
    for (int i = 0; i < 20; i++) {
        Box box(module, image, options);
        written.clear();
        need(box.run("def f(n): return n and 1 + f(n - 1)\nprint(f(500), 0.1 + 0.2)").outcome == PYBOX_DONE,
             "a run failed");
        need(written == "500 0.30000000000000004\n", "the output is wrong");
        need(box.run("def g(): g()\ng()").outcome == PYBOX_EXCEPTION, "recursion without end");
    }
}

// Another thread ends a run that would not end; the box works afterwards.
void interrupt(pybox_module *module, pybox_image *image)
{
    pybox_limits limits = {};
    limits.grace_ns = PYBOX_UNLIMITED; // the usual one is short on a busy machine
    pybox_box_options options = {};
    options.limits = &limits;
    Box box(module, image, options);
    std::atomic<bool> over{false};
    std::thread stopper([&] {
        while (!over) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            pybox_box_interrupt(box.box, PYBOX_INTERRUPT_STOP);
        }
    });
    const pybox_result &result = box.run("while True: pass");
    over = true;
    stopper.join();
    need(result.outcome == PYBOX_INTERRUPTED, "the run was not interrupted");
    need(!result.cut, "the run was cut");
    need(box.run("1").outcome == PYBOX_DONE, "the box does not work after an interrupt");
}

} // namespace

int main()
{
    need(std::string(pybox_version()) == PYBOX_VERSION, "header and library differ");
    std::signal(SIGSEGV, on_fault);
    std::signal(SIGALRM, on_alarm);
    fault_of_the_host();

    pybox_engine *engine;
    pybox_module *module;
    pybox_image *image;
    need(pybox_engine_create(nullptr, &engine) == PYBOX_OK, "no engine");
    need(pybox_module_open(engine, nullptr, &module) == PYBOX_OK, "no module");
    need(pybox_image_open(module, nullptr, &image) == PYBOX_OK, "no image");
    fault_of_the_host();

    const struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &often, nullptr);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back(work, module, image);
    for (std::thread &thread : threads)
        thread.join();
    interrupt(module, image);
    setitimer(ITIMER_REAL, &never, nullptr);
    need(alarms > 0, "no alarm came");
    fault_of_the_host();

    bool caught = false;
    try {
        Box box(module, nullptr, {sizeof(pybox_box_options), nullptr, 1});
    } catch (const std::runtime_error &) {
        caught = true;
    }
    need(caught, "arguments without an array were accepted");
    pybox_image_close(image);
    pybox_module_close(module);
    pybox_engine_destroy(engine);
    std::puts("good");
}
