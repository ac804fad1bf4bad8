# What the steps of the guest's build share. Source it with the step's folder as the working directory.

toolchain=$(dirname "${BASH_SOURCE[0]}")/../../toolchain
toolchain=$(cd "$toolchain" && pwd)
jobs=${PYBOX_JOBS:-$(nproc)}

# No time and no path of the build may get into what is built: the same sources give the same bytes.
export SOURCE_DATE_EPOCH=1749600000 # 2025-06-11, the day of CPython 3.13.5
export LC_ALL=C TZ=UTC
unset CFLAGS CPPFLAGS LDFLAGS CC MAKEFLAGS PYTHONPATH PYTHONHOME CONFIG_SITE

guest_flags="-O2 -DNDEBUG -ffile-prefix-map=$PWD=/build"

# For steps that compile wasm: $wasm_cc and $wasm_ar.
use_wasm_tools() {
    wasm_cc=$("$toolchain/toolchain" clang-wasm)
    wasm_ar=$("$toolchain/toolchain" wasm-ar)
    wasm_ranlib=${wasm_ar/llvm-ar/llvm-ranlib}
}

# unpack ARCHIVE FOLDER: the archive's only top-level folder becomes FOLDER.
unpack() {
    mkdir "$2"
    tar -xf "$1" -C "$2" --strip-components=1
}
