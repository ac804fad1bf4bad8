# sample_module: a native module written by hand. Not instrumented: it runs on the guest's stack.
add_library(sample_module MODULE
    ${CMAKE_CURRENT_LIST_DIR}/sample_module.c
    ${CMAKE_CURRENT_LIST_DIR}/sample_code.S
    ${CMAKE_CURRENT_LIST_DIR}/../../../aot/rt/host_call.S)
target_include_directories(sample_module PRIVATE
    ${CMAKE_CURRENT_LIST_DIR} ${CMAKE_CURRENT_LIST_DIR}/../../../loader)
target_compile_options(sample_module PRIVATE
    -Wall -Wextra -Werror -O2 -fno-sanitize=all
    $<$<COMPILE_LANGUAGE:C>:-fstack-clash-protection>)
set_target_properties(sample_module PROPERTIES PREFIX "")

# A box in miniature around it.
add_library(sample_box STATIC ${CMAKE_CURRENT_LIST_DIR}/sample_box.c)
target_include_directories(sample_box PUBLIC ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(sample_box PUBLIC machine loader base pybox_api)
add_dependencies(sample_box sample_module)

# Boxes around a metered guest that is written by hand. It is not instrumented: it runs on the guest's stack.
add_library(sample_guest OBJECT
    ${CMAKE_CURRENT_LIST_DIR}/sample_guest.c
    ${CMAKE_CURRENT_LIST_DIR}/../../../aot/rt/host_call.S)
target_include_directories(sample_guest PRIVATE
    ${CMAKE_CURRENT_LIST_DIR} ${CMAKE_CURRENT_LIST_DIR}/../../../loader
    ${CMAKE_CURRENT_LIST_DIR}/../../../aot/guest/python)
target_compile_options(sample_guest PRIVATE
    -Wall -Wextra -Werror -O2 -fno-sanitize=all
    $<$<COMPILE_LANGUAGE:C>:-fstack-clash-protection>)

add_library(sample_run STATIC
    ${CMAKE_CURRENT_LIST_DIR}/sample_run.c
    ${CMAKE_CURRENT_LIST_DIR}/../zip_fixture.c
    $<TARGET_OBJECTS:sample_guest>)
target_include_directories(sample_run PUBLIC
    ${CMAKE_CURRENT_LIST_DIR} ${CMAKE_CURRENT_LIST_DIR}/../../../loader
    ${CMAKE_CURRENT_LIST_DIR}/../../../aot/guest/python)
target_link_libraries(sample_run PUBLIC runtime PkgConfig::CMOCKA PRIVATE pybox_flags)
