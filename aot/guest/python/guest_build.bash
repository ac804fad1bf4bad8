# What the steps of the guest's build share. Source it with the step's folder as the working directory.

toolchain=$(dirname "${BASH_SOURCE[0]}")/../../toolchain
toolchain=$(cd "$toolchain" && pwd)
jobs=${PYBOX_JOBS:-$(nproc)}

# No time and no path of the build may get into what is built: the same sources give the same bytes.
export SOURCE_DATE_EPOCH=1749600000 # 2025-06-11, the day of CPython 3.13.5
export LC_ALL=C TZ=UTC
unset CFLAGS CPPFLAGS LDFLAGS CC MAKEFLAGS PYTHONPATH PYTHONHOME CONFIG_SITE

guest_flags="-O2 -DNDEBUG -mbulk-memory -mnontrapping-fptoint -ffile-prefix-map=$PWD=/build"

# use_profile PROFILE: sets $profile_flags, for what is compiled in this step, and $link_flags. PROFILE is a file of
# train-guest's, which says how often things are done; `count`: the guest is to count them; `-`: neither.
# Without the limits, clang calls hot what makes up 99 % of all, and takes hardly any function for too large to be
# copied to where it is called often: the guest is a third larger, its hot part three times as large, and slower.
use_profile() {
    profile_flags='' link_flags=''
    case $1 in
    -) ;;
    count) profile_flags="-fprofile-generate -mllvm -enable-name-compression=false" ;;
    *)
        xz -dc "$1" >guest.proftext
        "$("$toolchain/toolchain" profdata)" merge -o guest.profdata guest.proftext
        local limits="-mllvm -profile-summary-cutoff-hot=950000 -mllvm -hot-callsite-threshold=500"
        profile_flags="-flto -fprofile-use=$PWD/guest.profdata $limits"
        link_flags="-Wl,--lto-O2 $limits -mllvm -inline-threshold=50"
        link_flags=${link_flags//-mllvm /-Wl,-mllvm,}
        ;;
    esac
}

# check_profile LOG: clang tells in it of functions that are not what the profile is of, and how much was counted in
# them. A few may be; with more than a hundredth of all, the guest would be slower than anybody knows.
check_profile() {
    [ -f guest.proftext ] || return 0
    local all changed
    all=$(sed -n 's/^# all: //p' guest.proftext)
    changed=$(sed -n 's/.*hash mismatch.* up to \([0-9]*\) count.*/\1/p' "$1" | awk '{ sum += $1 } END { print sum + 0 }')
    echo "the profile does not fit for $changed of $all"
    [ "$((changed * 100))" -le "$all" ] || {
        echo "the guest's profile is not of these sources:"
        grep 'hash mismatch' "$1" | head -n 20
        echo "to do: aot/guest/python/train-guest BUILD, which makes it anew;" \
            "or configure with -DPYBOX_MODULE_PROFILE=OFF"
        return 1
    }
}

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
