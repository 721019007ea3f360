// What is done with models from strangers before a device is there.
#ifndef FUZZ_USE_MODEL_H
#define FUZZ_USE_MODEL_H

// Opens a model, as it is, without its top and with a new head, and makes its summary, JSON and
// files of it.
void fuzz_use_model(const char *path);

#endif
