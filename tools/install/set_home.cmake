# Run at install time. A static library cannot find out where it was installed; so the path of the folder with the module and
# its image is put into the section `pybox_home` of the installed copy (1024 bytes, see runtime/pybox_module.c).
get_filename_component(prefix "${CMAKE_INSTALL_PREFIX}" ABSOLUTE)
set(pybox_library "$ENV{DESTDIR}${prefix}/@library@")
set(pybox_home "@CMAKE_CURRENT_BINARY_DIR@/home")
file(WRITE "${pybox_home}" "${prefix}/@home@")
file(SIZE "${pybox_home}" pybox_home_bytes)
if(pybox_home_bytes GREATER 1023)
    message(FATAL_ERROR "the prefix ${prefix} is too long: the library has room for 1023 bytes")
endif()
execute_process(COMMAND truncate -s 1024 "${pybox_home}" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "@OBJCOPY@" --update-section "pybox_home=${pybox_home}" "${pybox_library}"
    COMMAND_ERROR_IS_FATAL ANY)
