// Fuzz target: reports of `vktl selftest` that --merge reads, one or several with "\n====\n"
// between them, and what is made of them in every format.
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <vktl/conformance.h>

static void write_all(const struct vktl_conformance *conformance)
{
    for (int format = VKTL_CONFORMANCE_TEXT; format <= VKTL_CONFORMANCE_JSON; format++) {
        char *text = NULL;
        if (vktl_conformance_text(&fuzz_log, conformance, (enum vktl_conformance_format)format,
                                  &text) != VKTL_OK)
            continue;
        if (format == VKTL_CONFORMANCE_TEXT)
            fuzz_check_printable(text);
        // What is in the files is text to the page: the dictionary has "<fuzz" in it.
        if (format == VKTL_CONFORMANCE_HTML && strstr(text, "<fuzz"))
            abort();
        free(text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vktl_conformance *conformance;
    struct vktl_selftest_counts counts;
    if (vktl_conformance_create(&fuzz_log, &conformance) != VKTL_OK)
        return 0;
    do {
        const struct fuzz_part part = fuzz_next_part(&data, &size);
        (void)vktl_conformance_read(&fuzz_log, conformance,
                                    fuzz_file("report.json", part.data, part.size));
    } while (size > 0);
    vktl_conformance_counts(conformance, &counts);
    if (vktl_conformance_device_count(conformance))
        write_all(conformance);
    vktl_conformance_destroy(&conformance);
    return 0;
}
