# cmake --install: program, shared library, public headers, pkg-config file.
if(TARGET vktl)
    install(TARGETS vktl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(TARGETS vktl_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/vktl DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
configure_file(cmake/vktl.pc.in ${CMAKE_BINARY_DIR}/vktl.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/vktl.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES README.md LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
