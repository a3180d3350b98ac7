/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/message.h"
#include "session/mint.h"

enum status mint_load_keys(const char *path, struct keyfile **keys_r)
{
    char error[256];

    *keys_r = NULL;
    if (path == NULL)
        return STATUS_DONE;
    *keys_r = keyfile_load(path, error, sizeof error);
    if (*keys_r != NULL)
        return STATUS_DONE;
    message_error("%s", error);
    return STATUS_REFUSED;
}

void mint_read_policy(struct mint_policy *policy_r, const struct rows *rows, size_t row)
{
    policy_r->account_id = rows_integer(rows, row, "account_id");
    policy_r->code_length = (size_t)rows_integer(rows, row, "code_length");
    policy_r->hash.memory_kib = (uint32_t)rows_integer(rows, row, "memory_kib");
    policy_r->hash.passes = (uint32_t)rows_integer(rows, row, "passes");
    policy_r->hash.lanes = (uint32_t)rows_integer(rows, row, "lanes");
}

enum status mint_code(const struct mint_policy *policy, const struct keyfile *keys,
                      struct code *code, char hash[HASH_STRING_MAX])
{
    char data[HASH_DATA_SIZE];

    if (!code_make(policy->code_length, code)) {
        message_error("the tenant's code length, %zu, is none that this tool knows",
                      policy->code_length);
        return STATUS_REFUSED;
    }
    hash_data_of(policy->account_id, code->selector, data);
    if (hash_make(code->symbols, code->length, &policy->hash, keys, data, hash) !=
        OUTCOME_OK) {
        message_error(
            "could not hash the code with the tenant's parameters (m=%u t=%u p=%u)",
            policy->hash.memory_kib, policy->hash.passes, policy->hash.lanes);
        return STATUS_REFUSED;
    }
    return STATUS_DONE;
}
