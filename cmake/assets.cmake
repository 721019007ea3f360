# Embeds files of assets/ into the library: the model architectures, the backbone of the demo, and the
# golden run of the selftest.
#
# Each becomes bytes in the table `embedded_files` of src/base/embedded.h.
file(GLOB asset_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/assets/models/*.json
                                        ${CMAKE_SOURCE_DIR}/assets/backbones/*.safetensors
                                        ${CMAKE_SOURCE_DIR}/assets/selftest/*.*
                                        ${CMAKE_SOURCE_DIR}/assets/selftest/images/*/*.png)
set(asset_table "// Generated: files of assets/.\n#include \"base/embedded.h\"\n\n#include <stddef.h>\n\n")
set(asset_rows "")
set(asset_index 0)
foreach(file IN LISTS asset_files)
    file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR}/assets ${file})
    set(object ${GENERATED}/assets/${name}.inc)
    get_filename_component(folder ${object} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(OUTPUT ${object} COMMAND ${CMAKE_COMMAND} -DFROM=${file} -DTO=${object}
                       -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake DEPENDS ${file} cmake/embed.cmake
                       VERBATIM COMMENT "Embedding ${name}")
    list(APPEND asset_outputs ${object})
    string(APPEND asset_table "static const unsigned char asset_${asset_index}[] = {\n#include \"assets/${name}.inc\"\n};\n")
    string(APPEND asset_rows "    {\"${name}\", asset_${asset_index}, sizeof asset_${asset_index}},\n")
    math(EXPR asset_index "${asset_index} + 1")
endforeach()
string(APPEND asset_table "\nconst struct embedded_file embedded_files[] = {\n${asset_rows}    {NULL, NULL, 0},\n};\n")
file(CONFIGURE OUTPUT ${GENERATED}/embedded.c CONTENT "${asset_table}" @ONLY)
set_source_files_properties(${GENERATED}/embedded.c PROPERTIES OBJECT_DEPENDS "${asset_outputs}")

add_library(vktl_embedded OBJECT ${GENERATED}/shaders.c ${GENERATED}/embedded.c)
target_include_directories(vktl_embedded PRIVATE include src shaders ${GENERATED})
