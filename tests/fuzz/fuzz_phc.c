/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "fuzz.h"
#include "hash.h"

/* Cheap enough to compute in a fuzzer: less than 1,000 KiB and ten passes. */
static bool cheap(const char *hash)
{
    const char *memory = strstr(hash, "$m="), *passes = strstr(hash, ",t=");

    if (memory == NULL || passes == NULL)
        return false;
    return strspn(memory + 3, "0123456789") <= 3 && strspn(passes + 3, "0123456789") == 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct hash_policy policy = HASH_POLICY_DEFAULT;
    uint64_t before = hash_computed();
    const char *reason = NULL;
    char *hash = malloc(size + 1);
    struct hash_policy made;
    bool acceptable, keyed;
    enum outcome outcome;

    if (hash == NULL)
        return 0;
    memcpy(hash, data, size);
    hash[size] = '\0';
    acceptable = hash_acceptable(hash, NULL, &reason);
    keyed = hash_is_keyed(hash);
    FUZZ_CHECK(acceptable == (reason == NULL));
    FUZZ_CHECK(!acceptable || strlen(hash) < HASH_STRING_MAX);
    FUZZ_CHECK(!acceptable || !keyed);
    FUZZ_CHECK(keyed || hash_bound_to(hash, "42:k7xp") == HASH_BINDING_NONE);
    made = hash_upgrade_policy(hash, &policy);
    FUZZ_CHECK(made.memory_kib >= policy.memory_kib && made.passes >= policy.passes &&
               made.lanes >= policy.lanes &&
               (uint64_t)made.memory_kib * made.passes <= PHC_WORK_MAX_KIB);
    FUZZ_CHECK(!hash_needs_upgrade(hash, &policy, NULL) || acceptable);
    FUZZ_CHECK(hash_computed() == before);
    if (!acceptable || (cheap(hash) && strncmp(hash, "$argon2", 7) == 0)) {
        outcome = hash_verify(hash, "k7xp2m9qwt0v1c3hd81p", 20, NULL, &reason);
        /* A match would be a broken parser: nobody guesses a tag. */
        FUZZ_CHECK(outcome == (acceptable ? OUTCOME_DENIED : OUTCOME_UNAVAILABLE));
        FUZZ_CHECK(hash_computed() == before + (acceptable ? 1 : 0));
    }
    free(hash);
    return 0;
}
