# Compiles every shader of shaders/ops twice, over storage buffers and over buffer addresses, and
# embeds the SPIR-V.
#
# A shader may name variants in lines such as
#     // variants: lanes4 LANES=4, lanes8 LANES=8
# and is then compiled once a variant, with that macro; its symbols are spirv_<file>_<variant>. A
# line that begins with "// also: " names variants beside the plain shader.
#
# Variants with COOPERATIVE=1 need a compiler that knows cooperative matrices: the system's, or the
# newer one that tools/setup.sh unpacks. Without any, their symbols have no code, and VKTL_MATRICES
# of the generated header is 0.
find_program(GLSLC glslc REQUIRED)

set(VKTL_DATA $ENV{XDG_DATA_HOME})
if(NOT VKTL_DATA)
    set(VKTL_DATA $ENV{HOME}/.local/share)
endif()

function(knows_matrices result compiler)
    execute_process(COMMAND ${compiler} --target-env=vulkan1.2 -fshader-stage=compute -o /dev/null
                            ${CMAKE_SOURCE_DIR}/cmake/matrices.comp
                    RESULT_VARIABLE failure OUTPUT_QUIET ERROR_QUIET)
    if(failure)
        set(${result} FALSE PARENT_SCOPE)
    else()
        set(${result} TRUE PARENT_SCOPE)
    endif()
endfunction()

if(NOT VKTL_MATRIX_GLSLC)
    foreach(compiler ${GLSLC} ${VKTL_DATA}/vktl/glslc/glslc)
        knows_matrices(is_able ${compiler})
        if(is_able)
            set(VKTL_MATRIX_GLSLC ${compiler} CACHE FILEPATH "glslc that knows cooperative matrices"
                FORCE)
            break()
        endif()
    endforeach()
endif()
set(has_matrices 0)
if(VKTL_MATRIX_GLSLC)
    set(has_matrices 1)
    message(STATUS "Cooperative matrices: compiled by ${VKTL_MATRIX_GLSLC}")
else()
    message(STATUS "Cooperative matrices: left out, this glslc does not know them")
endif()

set(SHADER_FOLDER ${CMAKE_SOURCE_DIR}/shaders)
set(GENERATED ${CMAKE_BINARY_DIR}/generated)
file(GLOB shader_sources CONFIGURE_DEPENDS ${SHADER_FOLDER}/ops/*.comp)
set(shader_header "// Generated: every embedded shader.\n#include \"gpu/record.h\"\n\n#define VKTL_MATRICES ${has_matrices}\n\n")
set(shader_table "// Generated: every embedded shader.\n#include \"shaders.h\"\n\n#include <stddef.h>\n\n")
set(shader_list "")
set(shader_outputs)

function(add_shader source symbol)
    set(compiler ${GLSLC})
    if("-DCOOPERATIVE=1" IN_LIST ARGN)
        set(compiler ${VKTL_MATRIX_GLSLC})
    endif()
    set(shader_header "${shader_header}extern const struct spirv spirv_${symbol};\n" PARENT_SCOPE)
    if(NOT compiler)
        set(shader_table "${shader_table}const struct spirv spirv_${symbol} = {\"${symbol}\", {NULL, NULL}, {0, 0}};\n\n" PARENT_SCOPE)
        return()
    endif()
    set(words "")
    foreach(form storage address)
        string(TOUPPER ${form} form_macro)
        set(output ${GENERATED}/spirv/${symbol}.${form}.spv)
        add_custom_command(
            OUTPUT ${output} ${output}.inc
            COMMAND ${compiler} --target-env=vulkan1.2 -O -fshader-stage=compute -DVKTL_${form_macro}=1
                    ${ARGN} -MD -MF ${output}.d -o ${output} ${source}
            COMMAND sh -c "od -An -v -tx4 '${output}' | sed 's/ *\\([0-9a-f]*\\)/0x\\1,/g' > '${output}.inc'"
            DEPENDS ${source} DEPFILE ${output}.d VERBATIM
            COMMENT "Shader ${symbol} (${form})")
        set(shader_outputs ${shader_outputs} ${output}.inc)
        set(words "${words}static const uint32_t ${symbol}_${form}[] = {\n#include \"spirv/${symbol}.${form}.spv.inc\"\n};\n")
    endforeach()
    set(shader_table "${shader_table}${words}const struct spirv spirv_${symbol} = {\"${symbol}\", {${symbol}_storage, ${symbol}_address}, {sizeof ${symbol}_storage, sizeof ${symbol}_address}};\n\n" PARENT_SCOPE)
    set(shader_list "${shader_list}    &spirv_${symbol},\n" PARENT_SCOPE)
    set(shader_outputs ${shader_outputs} PARENT_SCOPE)
endfunction()

file(MAKE_DIRECTORY ${GENERATED}/spirv)
foreach(source IN LISTS shader_sources)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    get_filename_component(symbol ${source} NAME_WE)
    file(STRINGS ${source} variants REGEX "^// (variants|also): ")
    if(NOT variants MATCHES "^// variants: ")
        add_shader(${source} ${symbol})
    endif()
    if(variants)
        list(TRANSFORM variants REPLACE "^// (variants|also): " "")
        string(REPLACE ", " ";" variants "${variants}")
        foreach(variant IN LISTS variants)
            string(REPLACE " " ";" words "${variant}")
            list(POP_FRONT words name)
            list(TRANSFORM words PREPEND "-D")
            add_shader(${source} ${symbol}_${name} ${words})
        endforeach()
    endif()
endforeach()

string(APPEND shader_header "\n// All of them, NULL at the end: for tests that look at every shader.\nextern const struct spirv *const spirv_all[];\n")
string(APPEND shader_table "const struct spirv *const spirv_all[] = {\n${shader_list}    NULL,\n};\n")
file(CONFIGURE OUTPUT ${GENERATED}/shaders.h CONTENT "${shader_header}" @ONLY)
file(CONFIGURE OUTPUT ${GENERATED}/shaders.c CONTENT "${shader_table}" @ONLY)
set_source_files_properties(${GENERATED}/shaders.c PROPERTIES OBJECT_DEPENDS "${shader_outputs}")
add_custom_target(vktl_shader_header DEPENDS ${GENERATED}/shaders.h)
