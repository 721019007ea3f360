// HDF5 prints its errors unless told otherwise, for the whole process: quiet only while we are in
// it.
#ifndef FORMATS_KERAS_H5_SILENCE_H
#define FORMATS_KERAS_H5_SILENCE_H

#include <hdf5.h>

struct silence {
    H5E_auto2_t report;
    void *data;
};

static inline void silence_begin(struct silence *silence)
{
    H5Eget_auto2(H5E_DEFAULT, &silence->report, &silence->data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

static inline void silence_end(const struct silence *silence)
{
    H5Eset_auto2(H5E_DEFAULT, silence->report, silence->data);
}

#endif
