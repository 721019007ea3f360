# cmake --install: program with its manual pages and completions, which it prints itself; shared
# library, public headers, pkg-config file.
if(TARGET vktl)
    install(TARGETS vktl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    set(manual ${CMAKE_BINARY_DIR}/manual)
    add_custom_command(OUTPUT ${manual}/vktl.bash ${manual}/_vktl ${manual}/man1/vktl.1
        COMMAND vktl man --out ${manual}/man1
        COMMAND vktl completion bash > ${manual}/vktl.bash
        COMMAND vktl completion zsh > ${manual}/_vktl
        DEPENDS vktl COMMENT "Manual pages and completions" VERBATIM)
    add_custom_target(manual ALL DEPENDS ${manual}/vktl.bash ${manual}/_vktl ${manual}/man1/vktl.1)
    install(DIRECTORY ${manual}/man1/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    install(FILES ${manual}/vktl.bash RENAME vktl
            DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
    install(FILES ${manual}/_vktl DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
endif()
install(TARGETS vktl_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/vktl DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
configure_file(cmake/vktl.pc.in ${CMAKE_BINARY_DIR}/vktl.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/vktl.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES README.md LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
