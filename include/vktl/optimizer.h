// How gradients become weights, and what the loss is.
#ifndef VKTL_OPTIMIZER_H
#define VKTL_OPTIMIZER_H

#include <stdbool.h>

// As in Keras. With g the gradient, lr the learning rate and t the number of the update from 1:
//
//     all      w -= w * weight_decay * lr, first (decoupled: Loshchilov, Hutter 2019)
//     SGD      v = momentum * v - lr * g; w += v, or with nesterov w += momentum * v - lr * g
//     ADAM     m += (g - m) * (1 - beta_1); v += (g^2 - v) * (1 - beta_2);
//              w -= lr * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)
//     ADAMW    Adam, with weight decay by default
//
// A zeroed member asks for its default, which stands in brackets; a negative number stands for 0
// where the default is another.
struct vktl_optimizer {
    enum vktl_optimizer_kind { VKTL_SGD, VKTL_ADAM, VKTL_ADAMW } kind;
    double momentum;       // SGD, below 1; negative: 0 [0.9]
    bool nesterov;         // SGD
    double beta_1;         // Adam, below 1; negative: 0 [0.9]
    double beta_2;         // Adam, below 1; negative: 0 [0.999]
    double epsilon;        // Adam [1e-7]
    double weight_decay;   // negative: 0 [0; ADAMW: 0.004]
    double clip_norm;      // the norm of all gradients together is at most this [0: not clipped]
    double base_lr_factor; // layers of the base learn at so many times the rate; negative: 0 [1]

    // Share of each target that is spread evenly over all classes, below 1 [0]. Part of the loss,
    // of validation's too, as in Keras.
    double label_smoothing;
    // What an image of each class counts in training: "balanced" (images / (classes * images of the
    // class)), or a number a class in their order, "1,2.5,1". The loss of a batch is the weighted
    // sum divided by its images, as with Keras's class_weight; validation is not weighted.
    // NULL: 1 each.
    const char *class_weights;
};

#endif
