/* Images that are made of a running box: what boxes over them have, and that they are independent of it. */
#include "python_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static pybox_box *make_over(pybox_image *over, const pybox_box_options *options)
{
    pybox_box *box;
    assert_works(pybox_box_create(module, over, options, &box));
    return box;
}

static pybox_image *make_image(pybox_box *box)
{
    pybox_image *made;
    assert_works(pybox_image_create(box, &made));
    return made;
}

static void test_boxes_over_an_image_of_a_box(void **state)
{
    (void)state;
    static const char *const arguments[] = {"one"};
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, "import os, sys; n = [1]; f = open('/work/f', 'w+'); f.write('abcdef'); f.flush(); f.seek(3); os.mkdir('/work/d');"
              "big = bytearray(40 << 20); big[33 << 20] = 7");
    pybox_image *made = make_image(box);
    pybox_box *over[2];
    for (int i = 0; i < 2; i++)
        over[i] = make_over(made, &(pybox_box_options){.arguments = arguments, .argument_count = (size_t)i,
                                                       .rollback = PYBOX_ROLLBACK_ALWAYS});
    eval(box, "n.append(2); f.write('x'); del big");
    pybox_box_destroy(box);
    pybox_image_close(made); /* its boxes hold it */
    for (int times = 0; times < 3; times++)
        for (int i = 0; i < 2; i++)
            assert_eval(over[i], "v = (n[:], f.tell(), f.read(), sorted(os.listdir('/work')), sum(big), sys.argv[:]);"
                                 "n.append(3); big[5] = 1; f.write('y'); os.rmdir('/work/d'); v",
                        i == 0 ? "([1], 3, 'def', ['d', 'f'], 7, [''])" : "([1], 3, 'def', ['d', 'f'], 7, ['one'])");
    made = make_image(over[0]); /* an image over an image */
    pybox_box *second = make_over(made, NULL);
    assert_eval(second, "(n, sum(big))", "([1], 7)");
    pybox_box_destroy(second);
    pybox_image_close(made);
    pybox_box_destroy(over[0]);
    pybox_box_destroy(over[1]);
}

static void test_an_image_of_a_box_from_nothing(void **state)
{
    (void)state;
    pybox_box *box;
    assert_works(pybox_box_create(module, NULL, NULL, &box));
    eval(box, "n = 1");
    pybox_image *made = make_image(box);
    pybox_box_destroy(box);
    box = make_over(made, NULL);
    assert_eval(box, "import json; json.dumps(n)", "'1'");
    rollback(box);
    assert_eval(box, "n", "1");
    pybox_box_destroy(box);
    pybox_image_close(made);
}

static void test_a_box_that_is_not_at_rest_makes_no_image(void **state)
{
    (void)state;
    pybox_image *made = (pybox_image *)1;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    const pybox_limits limits = {.fuel = 1000, .grace_fuel = 1};
    assert_int_equal(pybox_image_create(NULL, &made), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_image_create(box, NULL), PYBOX_ERROR_ARGUMENT);
    run_limited(box, "while True: pass", &limits);
    assert_int_equal(pybox_image_create(box, &made), PYBOX_ERROR_DIRTY);
    assert_null(made);
    rollback(box);
    assert_works(pybox_image_create(box, &made));
    pybox_image_close(made);
    pybox_box_destroy(box);
}

static void *use_image(void *context)
{
    for (int i = 0; i < 20; i++) {
        pybox_box *box = make_over(context, &(pybox_box_options){.rollback = PYBOX_ROLLBACK_ALWAYS});
        for (int j = 0; j < 3; j++)
            assert_eval(box, "n += 1; s[n * 1000] = 1; (n, sum(s))", "(1, 1)");
        pybox_box_destroy(box);
    }
    return NULL;
}

static void test_threads_share_an_image(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, "n = 0; s = bytearray(3 << 20)");
    pybox_image *made = make_image(box);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_image, made), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pybox_image_close(made);
    pybox_box_destroy(box);
}

/* ---- sharing ---- */

static void send_descriptor(int socket, int descriptor)
{
    char byte = 0;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof descriptor)] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    assert_int_equal(sendmsg(socket, &message, 0), 1);
}

static int receive_descriptor(int socket)
{
    char byte;
    int descriptor = -1;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof descriptor)];
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(socket, &message, 0) == 1 && CMSG_FIRSTHDR(&message) != NULL)
        memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof descriptor);
    return descriptor;
}

/* A process that was made before the image was: 0 if all is well. */
static int be_receiver(int socket)
{
    pybox_image *received;
    pybox_box *box;
    const pybox_result *result;
    int descriptor = receive_descriptor(socket), again;
    if (pybox_image_receive(module, descriptor, &received) != PYBOX_OK)
        return 1;
    close(descriptor);
    if (pybox_image_share(received, &again) != PYBOX_OK || (fcntl(again, F_GET_SEALS) & SEALS) != SEALS ||
        pybox_box_create(module, received, NULL, &box) != PYBOX_OK)
        return 2;
    pybox_image_close(received);
    const pybox_run run = {.mode = PYBOX_MODE_EVAL, .code = "n.append(3); (n, open('/work/f').read(), sum(big))"};
    if (pybox_box_run(box, &run, &result) != PYBOX_OK)
        return 3;
    int good = strcmp(result->value_repr.bytes, "([1, 2, 3], 'abc', 7)") == 0;
    pybox_box_destroy(box);
    return good ? 0 : 4;
}

static void test_another_process_opens_a_shared_image(void **state)
{
    (void)state;
    int sockets[2], descriptor, status;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(be_receiver(sockets[1]));
    assert_true(child > 0);
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, "n = [1, 2]; open('/work/f', 'w').write('abc'); big = bytearray(5 << 20); big[9] = 7");
    pybox_image *made = make_image(box);
    assert_works(pybox_image_share(made, &descriptor));
    send_descriptor(sockets[0], descriptor);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(sockets[0]);
    close(sockets[1]);
    pybox_image_close(made);
    pybox_box_destroy(box);
}

/* One that was decoded from a file is copied, once; one that is a mapped file needs no sharing. */
static void test_images_of_files(void **state)
{
    (void)state;
    char path[] = "/tmp/test_clone_image.XXXXXX";
    int file = mkstemp(path), descriptor, again;
    assert_true(file >= 0);
    close(file);
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    pybox_image *opened, *received;
    eval(box, "n = 5");
    for (int delta = 0; delta < 2; delta++) {
        const pybox_save_options options = {.delta = delta};
        assert_works(pybox_box_save(box, path, &options));
        assert_works(pybox_image_open(module, path, &opened));
        assert_works(pybox_image_share(opened, &descriptor));
        assert_works(pybox_image_share(opened, &again));
        assert_int_equal(descriptor, again);
        assert_works(pybox_image_receive(module, descriptor, &received));
        assert_string_equal(pybox_image_digest(opened), pybox_image_digest(received));
        pybox_image_close(opened);
        pybox_box *over = make_over(received, NULL);
        assert_eval(over, "n", "5");
        pybox_box_destroy(over);
        pybox_image_close(received);
    }
    unlink(path);
    if (pybox_image_share(image, &descriptor) != PYBOX_OK) { /* the base image may be a mapped file */
        assert_int_equal(pybox_image_share(image, &descriptor), PYBOX_ERROR_UNSUPPORTED);
        assert_int_equal(descriptor, -1);
    }
    pybox_box_destroy(box);
}

/* A sealed copy of what a descriptor holds, with the first byte from `at` on that is not zero changed if that is not
 * negative, and `cut` bytes less. */
static int copy_memory(int descriptor, off_t at, off_t cut, unsigned seals)
{
    off_t length = lseek(descriptor, 0, SEEK_END) - cut;
    int copy = memfd_create("copy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(copy >= 0);
    assert_int_equal(ftruncate(copy, length), 0);
    uint8_t *from = mmap(NULL, (size_t)length, PROT_READ, MAP_SHARED, descriptor, 0);
    uint8_t *to = mmap(NULL, (size_t)length, PROT_READ | PROT_WRITE, MAP_SHARED, copy, 0);
    assert_true(from != MAP_FAILED && to != MAP_FAILED);
    memcpy(to, from, (size_t)length);
    while (at >= 0 && to[at] == 0)
        at++;
    if (at >= 0)
        to[at] ^= 1;
    munmap(from, (size_t)length);
    munmap(to, (size_t)length);
    assert_int_equal(fcntl(copy, F_ADD_SEALS, seals), 0);
    return copy;
}

static void assert_refused(int descriptor, pybox_status status)
{
    pybox_image *received = (pybox_image *)1;
    assert_int_equal(pybox_image_receive(module, descriptor, &received), status);
    assert_null(received);
    assert_int_not_equal(strlen(pybox_error_message()), 0);
    close(descriptor);
}

static void test_what_is_shared_is_checked(void **state)
{
    (void)state;
    int descriptor, pipes[2];
    pybox_image *received;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    pybox_image *made = make_image(box);
    assert_works(pybox_image_share(made, &descriptor));
    off_t end = lseek(descriptor, 0, SEEK_END);
    for (unsigned seal = 1; seal <= F_SEAL_WRITE; seal <<= 1)
        assert_refused(copy_memory(descriptor, -1, 0, SEALS & ~seal), PYBOX_ERROR_ARGUMENT);
    assert_refused(copy_memory(descriptor, 0, 0, SEALS), PYBOX_ERROR_SNAPSHOT_FORMAT);
    assert_refused(copy_memory(descriptor, end / 2, 0, SEALS), PYBOX_ERROR_SNAPSHOT_CORRUPT);
    assert_refused(copy_memory(descriptor, -1, 1, SEALS), PYBOX_ERROR_SNAPSHOT_FORMAT);
    assert_refused(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pipe(pipes), 0);
    close(pipes[1]);
    assert_refused(pipes[0], PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_image_receive(module, -1, &received), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_image_receive(NULL, descriptor, &received), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_image_receive(module, descriptor, NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_image_share(NULL, &descriptor), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_image_share(made, NULL), PYBOX_ERROR_ARGUMENT);
    pybox_image_close(made);
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boxes_over_an_image_of_a_box),
        cmocka_unit_test(test_an_image_of_a_box_from_nothing),
        cmocka_unit_test(test_a_box_that_is_not_at_rest_makes_no_image),
        cmocka_unit_test(test_threads_share_an_image),
        cmocka_unit_test(test_another_process_opens_a_shared_image),
        cmocka_unit_test(test_images_of_files),
        cmocka_unit_test(test_what_is_shared_is_checked),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
