/* core/real.h -- the number type of the engine.
 *
 * The product is built with float.  The same sources are built a second time with
 * -DEG_DOUBLE for gradient checks and golden values.  <tgmath.h> makes exp() the
 * function of the type at hand. */
#ifndef EG_CORE_REAL_H
#define EG_CORE_REAL_H

#include <float.h>

#ifdef EG_DOUBLE
typedef double real;
#define EG_EPS DBL_EPSILON
#define EG_REAL_NAME "float64"
#else
typedef float real;
#define EG_EPS FLT_EPSILON
#define EG_REAL_NAME "float32"
#endif

#endif
