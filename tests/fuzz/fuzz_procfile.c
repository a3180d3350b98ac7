/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <arpa/inet.h>
#include <string.h>

#include "fuzz.h"
#include "procfile.h"

/* Whatever is taken for an address is one, and stood in the second field in brackets. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data, *tab;
    struct procfile record;
    unsigned char address[16];

    if (!procfile_parse(bytes, size, &record)) {
        FUZZ_CHECK(*record.service == '\0' && *record.client == '\0' &&
                   *record.user == '\0');
        return 0;
    }
    FUZZ_CHECK(*record.service != '\0' && strchr(record.service, '\t') == NULL);
    FUZZ_CHECK(strpbrk(record.user, "\t\n") == NULL);
    tab = memchr(bytes, '\t', size);
    FUZZ_CHECK(tab != NULL && (size_t)(tab - bytes) == strlen(record.service));
    if (*record.client != '\0')
        FUZZ_CHECK(inet_pton(AF_INET, record.client, address) == 1 ||
                   inet_pton(AF_INET6, record.client, address) == 1);
    return 0;
}
