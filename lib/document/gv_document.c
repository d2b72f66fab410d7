#include "document/gv_document.h"

#include "kernel/gv_glove.h"
#include <math.h>

double gv_document_weight(enum gv_document_weights weights, uint64_t count, uint64_t total)
{
    switch (weights) {
    case GV_DOCUMENT_SIF:
        return gv_document_sif(count, total);
    case GV_DOCUMENT_IDF:
        return gv_glove_log((double)total / (double)count);
    case GV_DOCUMENT_MEAN:
        break;
    }
    return 1.0;
}

void gv_document_component_add(double *component, const float *vector, size_t dim, uint64_t count,
                               uint64_t total)
{
    const double by = gv_document_sif(count, total) * (double)count / (double)total;
    for (size_t k = 0; k < dim; k++)
        component[k] += by * (double)vector[k];
}

void gv_document_component_end(double *component, size_t dim)
{
    double squares = 0.0;
    for (size_t k = 0; k < dim; k++)
        squares += component[k] * component[k];
    for (size_t k = 0; k < dim && squares > 0.0; k++)
        component[k] /= sqrt(squares);
}

void gv_document_complete(double *sum, size_t dim, double by, const double *component)
{
    double along = 0.0;
    if (!(by > 0.0)) /* no word, or only words whose idf is 0 */
        return;
    for (size_t k = 0; k < dim; k++)
        sum[k] /= by;
    if (!component)
        return;
    for (size_t k = 0; k < dim; k++)
        along += component[k] * sum[k];
    for (size_t k = 0; k < dim; k++)
        sum[k] -= along * component[k];
}
