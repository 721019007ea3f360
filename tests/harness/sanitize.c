// Responsible for leak reports that are about us: drivers and layers keep memory for the life of
// the process. They stay loaded to the end, so that their frames have names to suppress by.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KEEPS_LIBRARIES 1
#elif defined(__clang__)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KEEPS_LIBRARIES 1
#endif
#endif

// Visible, also in the program itself: the sanitizer looks for it by name.
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libVkLayer_khronos_validation\n"
           "leak:libvulkan_lvp\n"
           "leak:libvulkan_radeon\n"
           "leak:libLLVM\n"
           "leak:libvk_swiftshader\n"
           "leak:libvulkan.so\n"
           "leak:libfontconfig\n" // caches of fonts, and what Cairo keeps for them
           "leak:libcairo\n"
           "leak:libhdf5\n"; // over damaged files, on its own
}

// What was suppressed is no news: a quiet program stays quiet.
__attribute__((visibility("default"))) const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}

#ifdef KEEPS_LIBRARIES
__attribute__((visibility("default"))) int dlclose(void *library); // for the loader to see
int dlclose(void *library)
{
    (void)library;
    return 0;
}
#endif
