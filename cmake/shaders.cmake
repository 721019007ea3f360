# Compiles every shader of shaders/ops twice, over storage buffers and over buffer addresses, and
# embeds the SPIR-V.
#
# A shader may name variants in lines such as
#     // variants: lanes4 LANES=4, lanes8 LANES=8
# and is then compiled once a variant, with that macro; its symbols are spirv_<file>_<variant>.
find_program(GLSLC glslc REQUIRED)

set(SHADER_FOLDER ${CMAKE_SOURCE_DIR}/shaders)
set(GENERATED ${CMAKE_BINARY_DIR}/generated)
file(GLOB shader_sources CONFIGURE_DEPENDS ${SHADER_FOLDER}/ops/*.comp)
set(shader_header "// Generated: every embedded shader.\n#include \"gpu/record.h\"\n")
set(shader_table "// Generated: every embedded shader.\n#include \"shaders.h\"\n\n#include <stddef.h>\n\n")
set(shader_list "")
set(shader_outputs)

function(add_shader source symbol)
    set(words "")
    foreach(form storage address)
        string(TOUPPER ${form} form_macro)
        set(output ${GENERATED}/spirv/${symbol}.${form}.spv)
        add_custom_command(
            OUTPUT ${output} ${output}.inc
            COMMAND ${GLSLC} --target-env=vulkan1.2 -O -fshader-stage=compute -DVKTL_${form_macro}=1
                    ${ARGN} -MD -MF ${output}.d -o ${output} ${source}
            COMMAND sh -c "od -An -v -tx4 '${output}' | sed 's/ *\\([0-9a-f]*\\)/0x\\1,/g' > '${output}.inc'"
            DEPENDS ${source} DEPFILE ${output}.d VERBATIM
            COMMENT "Shader ${symbol} (${form})")
        set(shader_outputs ${shader_outputs} ${output}.inc)
        set(words "${words}static const uint32_t ${symbol}_${form}[] = {\n#include \"spirv/${symbol}.${form}.spv.inc\"\n};\n")
    endforeach()
    set(shader_header "${shader_header}extern const struct spirv spirv_${symbol};\n" PARENT_SCOPE)
    set(shader_table "${shader_table}${words}const struct spirv spirv_${symbol} = {\"${symbol}\", {${symbol}_storage, ${symbol}_address}, {sizeof ${symbol}_storage, sizeof ${symbol}_address}};\n\n" PARENT_SCOPE)
    set(shader_list "${shader_list}    &spirv_${symbol},\n" PARENT_SCOPE)
    set(shader_outputs ${shader_outputs} PARENT_SCOPE)
endfunction()

file(MAKE_DIRECTORY ${GENERATED}/spirv)
foreach(source IN LISTS shader_sources)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    get_filename_component(symbol ${source} NAME_WE)
    file(STRINGS ${source} variants REGEX "^// variants: ")
    if(variants)
        list(TRANSFORM variants REPLACE "^// variants: " "")
        string(REPLACE ", " ";" variants "${variants}")
        foreach(variant IN LISTS variants)
            string(REPLACE " " ";" words "${variant}")
            list(POP_FRONT words name)
            list(TRANSFORM words PREPEND "-D")
            add_shader(${source} ${symbol}_${name} ${words})
        endforeach()
    else()
        add_shader(${source} ${symbol})
    endif()
endforeach()

string(APPEND shader_header "\n// All of them, NULL at the end: for tests that look at every shader.\nextern const struct spirv *const spirv_all[];\n")
string(APPEND shader_table "const struct spirv *const spirv_all[] = {\n${shader_list}    NULL,\n};\n")
file(CONFIGURE OUTPUT ${GENERATED}/shaders.h CONTENT "${shader_header}" @ONLY)
file(CONFIGURE OUTPUT ${GENERATED}/shaders.c CONTENT "${shader_table}" @ONLY)
set_source_files_properties(${GENERATED}/shaders.c PROPERTIES OBJECT_DEPENDS "${shader_outputs}")
add_custom_target(vktl_shader_header DEPENDS ${GENERATED}/shaders.h)
