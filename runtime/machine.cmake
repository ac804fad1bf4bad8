# The machine-level part of the runtime: entering and leaving guest code, native stacks, traps.
find_package(Threads REQUIRED)
add_library(machine STATIC enter.S host_check.c stack.c trap.c)
target_include_directories(machine PUBLIC ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(machine PUBLIC loader pybox_api PRIVATE base Threads::Threads)
