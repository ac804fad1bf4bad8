/* pybox-address IN OUT: makes addresses, and sums that loops carry, cheap in LLVM's intermediate form (address.h). A
 * step of build-module, between LLVM's optimiser and its code generator. */
#include "address.h"

#include <getopt.h>
#include <llvm-c/Analysis.h>
#include <llvm-c/BitWriter.h>
#include <llvm-c/Core.h>
#include <llvm-c/IRReader.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "Usage: pybox-address [--verbose] IN OUT\n"
    "       pybox-address --llvm\n"
    "Reads a C file's optimised intermediate form (clang -emit-llvm, text or bitcode), makes the guest's addresses,\n"
    "and sums that loops carry from turn to turn, cheap in it (aot/address/address.h), and writes it as bitcode for\n"
    "clang to generate code from.\n"
    "  --llvm     print the version of LLVM whose form it reads and writes: clang's has to be the same\n"
    "  --verbose  say how much has changed\n";

static int fail(const char *file, const char *reason)
{
    fprintf(stderr, "pybox-address: %s: %s\n", file, reason);
    return 1;
}

static int fail_with(const char *file, char *reason)
{
    int result = fail(file, reason != NULL ? reason : "unknown error");
    LLVMDisposeMessage(reason);
    return result;
}

static int change(LLVMModuleRef module, const char *from, bool verbose)
{
    LLVMContextRef context = LLVMGetModuleContext(module);
    const struct address_types types = {LLVMInt32TypeInContext(context), LLVMInt64TypeInContext(context)};
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(context);
    size_t carried = 0, folded = 0, widened = 0;
    for (LLVMValueRef function = LLVMGetFirstFunction(module); function != NULL;
         function = LLVMGetNextFunction(function)) {
        if (LLVMIsDeclaration(function))
            continue;
        carried += address_carry(function, builder);
        folded += address_fold(function, &types, builder);
        size_t count = address_widen(function, &types, builder);
        if (count == SIZE_MAX) {
            LLVMDisposeBuilder(builder);
            return fail(from, "out of memory");
        }
        widened += count;
    }
    LLVMDisposeBuilder(builder);
    if (verbose)
        printf("%s: %zu addresses folded, %zu values wide, %zu carried sums shortened\n", from, folded, widened,
               carried);
    return 0;
}

static int write_checked(LLVMModuleRef module, const char *from, const char *to)
{
    char *reason = NULL;
    if (LLVMVerifyModule(module, LLVMReturnStatusAction, &reason) != 0)
        return fail_with(from, reason);
    LLVMDisposeMessage(reason); /* an empty one */
    return LLVMWriteBitcodeToFile(module, to) == 0 ? 0 : fail(to, "cannot be written");
}

static int change_file(const char *from, const char *to, bool verbose)
{
    LLVMContextRef context = LLVMContextCreate();
    LLVMMemoryBufferRef text;
    LLVMModuleRef module = NULL;
    char *reason = NULL;
    int result;
    if (LLVMCreateMemoryBufferWithContentsOfFile(from, &text, &reason) != 0 ||
        LLVMParseIRInContext(context, text, &module, &reason) != 0) {
        result = fail_with(from, reason);
    } else {
        result = change(module, from, verbose);
        if (result == 0)
            result = write_checked(module, from, to);
    }
    if (module != NULL)
        LLVMDisposeModule(module);
    LLVMContextDispose(context);
    return result;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"llvm", no_argument, NULL, 'l'},
                                            {"verbose", no_argument, NULL, 'v'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    bool verbose = false;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        unsigned major, minor, patch;
        switch (option) {
        case 'l':
            LLVMGetVersion(&major, &minor, &patch);
            printf("%u.%u.%u\n", major, minor, patch);
            return 0;
        case 'v':
            verbose = true;
            break;
        default:
            fputs(usage, option == 'h' ? stdout : stderr);
            return option == 'h' ? 0 : 2;
        }
    }
    if (argc - optind != 2) {
        fputs(usage, stderr);
        return 2;
    }
    return change_file(argv[optind], argv[optind + 1], verbose);
}
