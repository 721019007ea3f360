// What the host and the shaders agree on of linear dispatches; see shaders/lib/index.glsl.
#ifndef ABI_LINEAR_H
#define ABI_LINEAR_H

#define LINEAR_FOLD 32768u // groups along x
#define LINEAR_RUN  4u     // elements of an invocation, where what they share is dear

#endif
