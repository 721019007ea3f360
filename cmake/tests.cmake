# ctest: one program a file of tests/<module>/*.c. Programs that need a Vulkan device run once for
# each driver that tools/drivers.sh finds; status 77 is "skipped".
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
file(GLOB harness_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/harness/*.c)
# Objects, not an archive, and visible: the sanitizers look for hooks that nobody else calls.
add_library(vktl_harness OBJECT ${harness_sources})
set_target_properties(vktl_harness PROPERTIES C_VISIBILITY_PRESET default)
target_include_directories(vktl_harness PUBLIC ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(vktl_harness PUBLIC vktl_static PkgConfig::CMOCKA)

set(VKTL_DRIVERS) # names; the ICD file of NAME is in VKTL_ICD_NAME
execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/drivers.sh OUTPUT_VARIABLE driver_lines
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
string(REPLACE "\n" ";" driver_lines "${driver_lines}")
foreach(line IN LISTS driver_lines)
    if(line MATCHES "^([a-z-]+) (.+)$")
        list(APPEND VKTL_DRIVERS ${CMAKE_MATCH_1})
        set(VKTL_ICD_${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
    endif()
endforeach()
message(STATUS "Vulkan drivers for tests: ${VKTL_DRIVERS}")

function(driver_environment test driver)
    set_tests_properties(${test} PROPERTIES SKIP_RETURN_CODE 77 ENVIRONMENT
        "VK_ICD_FILENAMES=${VKTL_ICD_${driver}};VK_DRIVER_FILES=${VKTL_ICD_${driver}};VKTL_TEST_DRIVER=${driver};XDG_CACHE_HOME=${CMAKE_BINARY_DIR}/cache;VKTL_TEST_SOURCE=${CMAKE_SOURCE_DIR};VKTL_TEST_BINARY=${CMAKE_BINARY_DIR}")
endfunction()

set(host_modules base reference data formats cli)
if(VKTL_CAIRO)
    list(APPEND host_modules view)
endif()
set(device_modules gpu ops check nn tune train)
foreach(module IN LISTS host_modules device_modules)
    file(GLOB test_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${module}/*.c)
    foreach(source IN LISTS test_sources)
        get_filename_component(name ${source} NAME_WE)
        set(target test_${module}_${name})
        add_executable(${target} ${source})
        target_link_libraries(${target} PRIVATE vktl_harness)
        target_link_options(${target} PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free)
        if(module STREQUAL cli)
            target_link_libraries(${target} PRIVATE vktl_cli)
        endif()
        if(module IN_LIST host_modules)
            add_test(NAME ${module}.${name} COMMAND ${target})
            set_tests_properties(${module}.${name} PROPERTIES SKIP_RETURN_CODE 77 ENVIRONMENT
                "VKTL_TEST_SOURCE=${CMAKE_SOURCE_DIR};VKTL_TEST_BINARY=${CMAKE_BINARY_DIR}")
        else()
            foreach(driver lavapipe swiftshader)
                if(driver IN_LIST VKTL_DRIVERS)
                    add_test(NAME ${module}.${name}.${driver} COMMAND ${target})
                    driver_environment(${module}.${name}.${driver} ${driver})
                endif()
            endforeach()
        endif()
    endforeach()
endforeach()

# Resizing against Pillow; skipped where the system's Python has none.
add_test(NAME data.resize_oracle COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/data/resize_oracle.py
         $<TARGET_FILE:test_data_resize> ${CMAKE_SOURCE_DIR}/../shared/data/celeb5)
set_tests_properties(data.resize_oracle PROPERTIES SKIP_RETURN_CODE 77)
# Augmentation against SciPy and Pillow; skipped where the system's Python has none.
foreach(driver lavapipe swiftshader)
    if(driver IN_LIST VKTL_DRIVERS)
        add_test(NAME data.augment_oracle.${driver} COMMAND /usr/bin/python3
                 ${CMAKE_SOURCE_DIR}/tests/data/augment_oracle.py $<TARGET_FILE:test_train_augment>)
        driver_environment(data.augment_oracle.${driver} ${driver})
    endif()
endforeach()
if(VKTL_CAIRO) # pictures read by Pillow and by an XML parser; skipped likewise
    add_test(NAME view.readers COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tests/view/readers.py
             $<TARGET_FILE:test_view_photos> $<TARGET_FILE:test_view_lr_find>)
    set_tests_properties(view.readers PROPERTIES SKIP_RETURN_CODE 77
                         ENVIRONMENT "VKTL_TEST_SOURCE=${CMAKE_SOURCE_DIR}")
endif()
add_test(NAME tidy COMMAND ${CMAKE_SOURCE_DIR}/tools/tidy)
add_test(NAME tidy.self-test COMMAND ${CMAKE_SOURCE_DIR}/tools/tidy --self-test)
if(EXISTS ${CMAKE_SOURCE_DIR}/tests/CMakeLists.txt)
    add_subdirectory(tests)
endif()
