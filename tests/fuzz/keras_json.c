// Fuzz target: Keras Sequential JSON, opened as a model.
#include "fuzz/fuzz.h"
#include "fuzz/use_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_use_model(fuzz_file("input.json", data, size));
    return 0;
}
