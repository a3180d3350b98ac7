/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * checkpass SOCKET SERVICE: ask a saslauthd through the installed libsasl2, as Cyrus
 * IMAP does.  Standard input holds lines "user<TAB>password"; for each, the result of
 * sasl_checkpass is printed as its number.
 */

#include <stdio.h>
#include <string.h>

#include <sasl/sasl.h>

static int get_option(void *context, const char *plugin, const char *option,
                      const char **result, unsigned *length)
{
    const char *value = NULL;

    if (plugin != NULL)
        return SASL_FAIL;
    if (strcmp(option, "pwcheck_method") == 0)
        value = "saslauthd";
    else if (strcmp(option, "saslauthd_path") == 0)
        value = context;
    else if (strcmp(option, "mech_list") == 0)
        value = "PLAIN";
    if (value == NULL)
        return SASL_FAIL;
    *result = value;
    if (length != NULL)
        *length = (unsigned)strlen(value);
    return SASL_OK;
}

static int check(const char *service, char *line)
{
    char *user = strsep(&line, "\t\n"), *password = strsep(&line, "\n");
    sasl_conn_t *conn = NULL;
    int result = SASL_BADPARAM;

    if (password == NULL)
        return result;
    result = sasl_server_new(service, "localhost", NULL, NULL, "192.0.2.1;4711", NULL, 0,
                             &conn);
    if (result == SASL_OK)
        result = sasl_checkpass(conn, user, (unsigned)strlen(user), password,
                                (unsigned)strlen(password));
    sasl_dispose(&conn);
    return result;
}

int main(int argc, char **argv)
{
    char line[4096];
    sasl_callback_t callbacks[] = {
        {SASL_CB_GETOPT, (int (*)(void))(void (*)(void))get_option, NULL},
        {SASL_CB_LIST_END, NULL, NULL},
    };

    if (argc != 3)
        return 2;
    callbacks[0].context = argv[1];
    if (sasl_server_init(callbacks, "checkpass") != SASL_OK)
        return 1;
    while (fgets(line, sizeof(line), stdin) != NULL) {
        printf("%d\n", check(argv[2], line));
        fflush(stdout);
    }
    sasl_done();
    return 0;
}
