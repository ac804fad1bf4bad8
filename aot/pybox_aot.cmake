# pybox_add_module(NAME WASM file.wasm [OUTPUTS n] [LEVEL l] [COMPILER cc] [BRANCHES file] [PROFILE file]
#     [OUTPUT_DIRECTORY folder])
#
# Compiles a WebAssembly module ahead of time: metered, through wasm2c, to native code. The options are build-module's.
# Makes
#   folder/NAME.so                       for pybox_module_open(); folder is CMAKE_CURRENT_BINARY_DIR by default
#   folder/libpybox_module_NAME.a        to link; it declares pybox_module_NAME for pybox_module_open_linked()
# and the targets NAME-module (all of it), pybox_module_NAME (to link against), and NAME-meter, NAME-wasm2c and
# NAME-native, its steps one by one.
function(pybox_add_module name)
    cmake_parse_arguments(arg "" "WASM;OUTPUTS;LEVEL;COMPILER;BRANCHES;PROFILE;OUTPUT_DIRECTORY" "" ${ARGN})
    if(NOT arg_WASM OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "pybox_add_module(NAME WASM file.wasm [OUTPUTS n] [LEVEL l] [COMPILER cc] "
            "[BRANCHES file] [PROFILE file] [OUTPUT_DIRECTORY folder]): got ${ARGV}")
    endif()
    get_filename_component(wasm ${arg_WASM} ABSOLUTE)
    set(folder ${CMAKE_CURRENT_BINARY_DIR})
    if(arg_OUTPUT_DIRECTORY)
        get_filename_component(folder ${arg_OUTPUT_DIRECTORY} ABSOLUTE)
    endif()
    # Beside this file are the scripts; the programs are targets of this build, or installed.
    set(aot ${CMAKE_CURRENT_FUNCTION_LIST_DIR})
    file(GLOB sources CONFIGURE_DEPENDS ${aot}/*.awk ${aot}/rt/* ${aot}/toolchain/*)
    list(APPEND sources ${aot}/build-module ${wasm})
    if(TARGET pybox-glue)
        set(programs $<TARGET_FILE_DIR:pybox-glue>)
        list(APPEND sources ${aot}/../loader/module_abi.h pybox-meter pybox-glue pybox-address)
    else()
        get_filename_component(programs ${aot}/../../../libexec/pybox ABSOLUTE)
    endif()
    set(options --programs ${programs} --name ${name})
    foreach(option BRANCHES PROFILE)
        if(arg_${option})
            string(TOLOWER ${option} lower)
            get_filename_component(path ${arg_${option}} ABSOLUTE)
            list(APPEND options --${lower} ${path})
            list(APPEND sources ${path})
        endif()
    endforeach()
    foreach(option OUTPUTS LEVEL COMPILER)
        if(NOT "${arg_${option}}" STREQUAL "") # level 0 is one
            string(TOLOWER ${option} lower)
            list(APPEND options --${lower} ${arg_${option}})
        endif()
    endforeach()

    # The steps leave their output in the cache; what is made here are marks that they have run.
    set(previous)
    foreach(step meter wasm2c native)
        set(mark ${CMAKE_CURRENT_BINARY_DIR}/${name}-${step}.done)
        add_custom_command(OUTPUT ${mark}
            COMMAND ${aot}/build-module ${options} --until ${step} ${wasm}
            COMMAND ${CMAKE_COMMAND} -E touch ${mark}
            DEPENDS ${sources} ${previous}
            COMMENT "${name}: ${step}" VERBATIM)
        add_custom_target(${name}-${step} DEPENDS ${mark})
        set(previous ${mark})
    endforeach()
    set(shared ${folder}/${name}.so)
    set(archive ${folder}/libpybox_module_${name}.a)
    add_custom_command(OUTPUT ${shared} ${archive}
        COMMAND ${aot}/build-module ${options} --shared ${shared} --archive ${archive} ${wasm}
        DEPENDS ${sources} ${previous}
        COMMENT "${name}: the module" VERBATIM)
    add_custom_target(${name}-module ALL DEPENDS ${shared} ${archive})
    add_library(pybox_module_${name} STATIC IMPORTED GLOBAL)
    set_target_properties(pybox_module_${name} PROPERTIES IMPORTED_LOCATION ${archive})
    target_link_libraries(pybox_module_${name} INTERFACE m)
    add_dependencies(pybox_module_${name} ${name}-module)
endfunction()
