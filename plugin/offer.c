/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "offer.h"

int offer_unavailable(const sasl_server_params_t *params, sasl_out_params_t *oparams)
{
    oparams->user = oparams->authid = "?";
    oparams->ulen = oparams->alen = 1;
    params->utils->seterror(params->utils->conn, SASL_NOLOG, "try again later");
    return SASL_UNAVAIL;
}
