# The machine-level part of the runtime: entering and leaving guest code, native stacks, traps.
find_package(Threads REQUIRED)
add_library(machine STATIC
    ${CMAKE_CURRENT_LIST_DIR}/enter.S
    ${CMAKE_CURRENT_LIST_DIR}/host_check.c
    ${CMAKE_CURRENT_LIST_DIR}/stack.c
    ${CMAKE_CURRENT_LIST_DIR}/trap.c)
target_include_directories(machine PUBLIC ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(machine PUBLIC loader pybox_api PRIVATE base Threads::Threads)
