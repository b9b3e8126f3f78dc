/* tensor/kernels/table.c -- the table of one compilation of the folder. */
#include "tensor/kernels/isa.h"

#define STRING2(x) #x
#define STRING(x) STRING2(x)

extern const struct eg_kernels EG_CAT(eg_kernels, EG_ISA);

const struct eg_kernels EG_CAT(eg_kernels, EG_ISA) = {
    .name = STRING(EG_ISA),
    .add = EG_K(add),
    .axpy = EG_K(axpy),
    .dot = EG_K(dot),
    .exp = EG_K(exp),
    .log = EG_K(log),
    .sigmoid = EG_K(sigmoid),
    .tanh = EG_K(tanh),
    .lstm = EG_K(lstm),
    .lstm_back = EG_K(lstm_back),
    .bag = EG_K(bag),
    .bag_back = EG_K(bag_back),
    .inverse_norms = EG_K(inverse_norms),
    .address = EG_K(address),
    .address_back = EG_K(address_back),
    .content = EG_K(content),
    .content_back = EG_K(content_back),
    .links = EG_K(links),
    .links_back = EG_K(links_back),
    .read = EG_K(read),
    .read_back = EG_K(read_back),
    .write = EG_K(write),
    .write_back = EG_K(write_back),
    .writes = EG_K(writes),
    .writes_back = EG_K(writes_back),
    .bits_sum = EG_K(bits_sum),
    .bits_add = EG_K(bits_add),
    .bits_count = EG_K(bits_count),
    .rmsprop_graves = EG_K(rmsprop_graves),
    .rmsprop = EG_K(rmsprop),
    .adam = EG_K(adam),
    .sgd = EG_K(sgd),
    .sum_of_squares = EG_K(sum_of_squares),
    .clip = EG_K(clip),
};
