// Adam, for the two operators that differ in their defaults.
#ifndef OPS_ADAM_H
#define OPS_ADAM_H

#include "ops/op.h"

struct adam_params {
    float beta_1, beta_2, epsilon, weight_decay, learning_rate_factor, clip_norm;
    uint32_t loss_scaled;
};

// Rows of the field table, `decay` being the initial weight decay.
#define ADAM_FIELDS(decay)                                                                         \
    {"beta_1", offsetof(struct adam_params, beta_1),       FIELD_F32, 0.9, 0, 0.999999,            \
     "",       "how much of the mean of gradients is kept"},                                       \
        {"beta_2",  offsetof(struct adam_params, beta_2),                                          \
         FIELD_F32, 0.999,                                                                         \
         0,         0.999999,                                                                      \
         "",        "how much of the mean of squared gradients is kept"},                          \
        {"epsilon", offsetof(struct adam_params, epsilon),                                         \
         FIELD_F32, 1e-7,                                                                          \
         1e-30,     1,                                                                             \
         "",        "added to the root of the mean of squared gradients"},                         \
        {"weight_decay",                                                                           \
         offsetof(struct adam_params, weight_decay),                                               \
         FIELD_F32,                                                                                \
         decay,                                                                                    \
         0,                                                                                        \
         1,                                                                                        \
         "",                                                                                       \
         "fraction of each weight lost a step, times the learning rate"},                          \
        {"learning_rate_factor",                                                                   \
         offsetof(struct adam_params, learning_rate_factor),                                       \
         FIELD_F32,                                                                                \
         1,                                                                                        \
         0,                                                                                        \
         1e6,                                                                                      \
         "",                                                                                       \
         "what the learning rate is multiplied by"},                                               \
        {"clip_norm", offsetof(struct adam_params, clip_norm), FIELD_F32, 0, 0, 1e30, "",          \
         "largest norm of all gradients together; 0 does not clip"},                               \
    {                                                                                              \
        "loss_scaled", offsetof(struct adam_params, loss_scaled), FIELD_BOOL, 0, 0, 1, "",         \
            "gradients are those of the loss times a scale"                                        \
    }

extern const struct kernel *const adam_kernels[];
extern const char *const adam_state_names[];

vktl_status adam_infer(const struct vktl_log *log, const void *params, struct op_io *io);
void adam_forward(struct recorder *recorder, const struct op_call *call);
double adam_bias_correction(const void *params, uint64_t t);

#endif
