/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <argon2.h>
#include <cmocka.h>
#include <sodium.h>

#include "array.h"
#include "hash.h"

#define CODE       "k7xp2m9qwt0v1c3hd81p"
#define DATA       "42:k7xp"
#define WRONG_CODE "k7xp2m9qwt0v1c3hd818"
#define SALT       "c29tZXNhbHRzb21lc2FsdA" /* "somesaltsomesalt" */
#define TAG        "TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTQ"

static const struct hash_policy cheap = {.memory_kib = 64, .passes = 1, .lanes = 1};

/* ---- helpers: key files in a private folder ---- */

static char folder[] = "/tmp/apppass-test-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static const char *path_of(const char *name)
{
    static char path[sizeof folder + 32];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *path, const void *bytes, size_t length, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

/* A key file of `text`, loaded; the file is removed again. */
static struct keyfile *load(const char *text, char *error, size_t error_size)
{
    struct keyfile *keys;
    const char *path = path_of("key");

    write_file(path, text, strlen(text), 0600);
    keys = keyfile_load(path, error, error_size);
    unlink(path);
    return keys;
}

static struct keyfile *load_good(const char *text)
{
    char error[256] = "";
    struct keyfile *keys = load(text, error, sizeof error);

    if (keys == NULL)
        fail_msg("%s", error);
    return keys;
}

#define HEX_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEX_B "ff0102030405060708090A0B0C0D0E0F101112131415161718191a1b1c1d1eff"

/* ---- Argon2 ---- */

static void rfc_9106_vectors(void **state)
{
    static const struct {
        const char *name;
        bool id;
        unsigned char tag[32];
    } cases[] = {
        {"5.2 Argon2i", false, {0xc8, 0x14, 0xd9, 0xd1, 0xdc, 0x7f, 0x37, 0xaa,
                                0x13, 0xf0, 0xd7, 0x7f, 0x24, 0x94, 0xbd, 0xa1,
                                0xc8, 0xde, 0x6b, 0x01, 0x6d, 0xd3, 0x88, 0xd2,
                                0x99, 0x52, 0xa4, 0xc4, 0x67, 0x2b, 0x6c, 0xe8}},
        {"5.3 Argon2id", true, {0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c,
                                0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b, 0x53, 0xc9,
                                0xd0, 0x1e, 0xf0, 0x45, 0x2d, 0x75, 0xb6, 0x5e,
                                0xb5, 0x25, 0x20, 0xe9, 0x6b, 0x01, 0xe6, 0x59}},
    };
    unsigned char password[32], salt[16], secret[8], data[12], tag[32];

    (void)state;
    memset(password, 1, sizeof password);
    memset(salt, 2, sizeof salt);
    memset(secret, 3, sizeof secret);
    memset(data, 4, sizeof data);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct hash_argon2 parameters = {.id = cases[i].id,
                                               .memory_kib = 32,
                                               .passes = 3,
                                               .lanes = 4,
                                               .salt = salt,
                                               .salt_length = sizeof salt,
                                               .secret = secret,
                                               .secret_length = sizeof secret,
                                               .data = data,
                                               .data_length = sizeof data};

        assert_int_equal(hash_argon2(&parameters, (const char *)password, sizeof password,
                                     tag, sizeof tag),
                         OUTCOME_OK);
        if (memcmp(tag, cases[i].tag, sizeof tag) != 0)
            fail_msg("%s", cases[i].name);
    }
}

static enum outcome verify(const char *hash, const char *code, const struct keyfile *keys)
{
    const char *reason = "not set";
    enum outcome outcome = hash_verify(hash, code, strlen(code), keys, &reason);

    assert_true((outcome == OUTCOME_UNAVAILABLE) == (reason != NULL));
    return outcome;
}

/* What the two libraries make is verified, whichever of them does the verifying. */
static void hashes_of_other_makers_verify(void **state)
{
    static const struct {
        const char *name;
        argon2_type type;
        uint32_t memory_kib, passes, lanes;
        size_t salt_length, tag_length;
    } cases[] = {
        {"one lane", Argon2_id, 256, 2, 1, 16, 32},
        {"four lanes", Argon2_id, 256, 2, 4, 16, 32},
        {"two lanes of huge pages", Argon2_id, 7000, 1, 2, 16, 32},
        {"Argon2i", Argon2_i, 64, 3, 1, 16, 32},
        {"Argon2i, two lanes", Argon2_i, 64, 1, 2, 16, 32},
        {"short salt", Argon2_id, 64, 1, 1, 8, 32},
        {"long salt", Argon2_id, 64, 1, 1, 48, 32},
        {"short tag", Argon2_id, 64, 1, 1, 16, 16},
        {"long tag", Argon2_id, 64, 1, 1, 16, 64},
        {"least memory", Argon2_id, 8, 1, 1, 16, 32},
        {"16 lanes, 16 passes", Argon2_id, 128, 16, 16, 16, 32},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char hash[HASH_STRING_MAX];

        assert_int_equal(argon2_hash(cases[i].passes, cases[i].memory_kib, cases[i].lanes,
                                     CODE, strlen(CODE),
                                     "0123456789abcdef0123456789abcdef0123456789abcdef",
                                     cases[i].salt_length, NULL, cases[i].tag_length,
                                     hash, sizeof hash, cases[i].type, ARGON2_VERSION_13),
                         ARGON2_OK);
        if (verify(hash, CODE, NULL) != OUTCOME_OK ||
            verify(hash, WRONG_CODE, NULL) != OUTCOME_DENIED ||
            verify(hash, "", NULL) != OUTCOME_DENIED)
            fail_msg("%s: %s", cases[i].name, hash);
    }
}

static void hashes_of_libsodium_verify(void **state)
{
    char hash[crypto_pwhash_STRBYTES];

    (void)state;
    assert_int_equal(crypto_pwhash_str_alg(hash, CODE, strlen(CODE), 1, 65536,
                                           crypto_pwhash_ALG_ARGON2ID13),
                     0);
    assert_int_equal(verify(hash, CODE, NULL), OUTCOME_OK);
    assert_int_equal(verify(hash, WRONG_CODE, NULL), OUTCOME_DENIED);
}

static void made_hashes_verify_everywhere(void **state)
{
    static const struct hash_policy policies[] = {
        {64, 1, 1}, {19456, 2, 1}, {128, 3, 4}, {7168, 5, 1}};

    (void)state;
    for (size_t i = 0; i < COUNT(policies); i++) {
        char hash[HASH_STRING_MAX], other[HASH_STRING_MAX];

        assert_int_equal(hash_make(CODE, strlen(CODE), &policies[i], NULL, NULL, hash),
                         OUTCOME_OK);
        assert_int_equal(hash_make(CODE, strlen(CODE), &policies[i], NULL, NULL, other),
                         OUTCOME_OK);
        assert_string_not_equal(hash, other);
        assert_int_equal(argon2id_verify(hash, CODE, strlen(CODE)), ARGON2_OK);
        assert_int_equal(verify(hash, CODE, NULL), OUTCOME_OK);
        assert_int_equal(verify(hash, WRONG_CODE, NULL), OUTCOME_DENIED);
        assert_false(hash_needs_upgrade(hash, &policies[i], NULL));
        assert_false(hash_is_keyed(hash));
    }
}

static void a_policy_out_of_range_makes_no_hash(void **state)
{
    static const struct hash_policy policies[] = {
        {0, 1, 1},
        {7, 1, 1},
        {15, 1, 2},
        {64, 0, 1},
        {64, 17, 1},
        {64, 1, 0},
        {1024, 1, 17},
        {PHC_MEMORY_MAX_KIB + 1, 1, 1},
        {UINT32_MAX, UINT32_MAX, UINT32_MAX},
        {PHC_MEMORY_MAX_KIB, 2, 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(policies); i++) {
        char hash[HASH_STRING_MAX] = "untouched";
        uint64_t before = hash_computed();

        assert_int_equal(hash_make(CODE, strlen(CODE), &policies[i], NULL, NULL, hash),
                         OUTCOME_UNAVAILABLE);
        assert_string_equal(hash, "");
        assert_int_equal(hash_computed(), before);
    }
}

/* The sanitizers reserve terabytes and can't live under a limit. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MEMORY_CAN_BE_LIMITED 1
#endif
#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef MEMORY_CAN_BE_LIMITED
#endif
#endif

#ifdef MEMORY_CAN_BE_LIMITED
/* Both libraries, asked for more than the process may have. */
static int compute_without_memory(const char *const hashes[])
{
    const struct rlimit limit = {256 * 1024 * 1024, 256 * 1024 * 1024};
    const struct hash_policy policy = {PHC_MEMORY_MAX_KIB, 1, 2};
    char made[HASH_STRING_MAX];

    if (setrlimit(RLIMIT_AS, &limit) != 0)
        return 2;
    for (size_t i = 0; hashes[i] != NULL; i++) {
        const char *reason = NULL;

        if (hash_verify(hashes[i], CODE, strlen(CODE), NULL, &reason) !=
                OUTCOME_UNAVAILABLE ||
            reason == NULL || strstr(reason, "memory") == NULL)
            return 3;
    }
    return hash_make(CODE, strlen(CODE), &policy, NULL, NULL, made) ==
                       OUTCOME_UNAVAILABLE &&
                   made[0] == '\0'
               ? 0
               : 4;
}

static void no_memory_is_temporary(void **state)
{
    static const char *const hashes[] = {
        "$argon2id$v=19$m=1048576,t=1,p=1$" SALT "$" TAG,
        "$argon2id$v=19$m=1048576,t=1,p=2$" SALT "$" TAG,
        "$y$jDT$k2XAnEHBqQ1Ct2aMXFKNa/$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8",
        NULL};
    pid_t child = fork();
    int status;

    (void)state;
    assert_true(child >= 0);
    if (child == 0)
        _exit(compute_without_memory(hashes));
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("the child ended with status 0x%x", (unsigned)status);
}
#endif

/* ---- crypt(3) ---- */

static void crypt_vectors(void **state)
{
    static const struct {
        const char *name, *hash, *text;
    } cases[] = {
        {"bcrypt 2a", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
         "U*U"},
        {"bcrypt 2b", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
         "U*U"},
        {"bcrypt 2y", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
         "U*U"},
        {"sha256-crypt", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
         "Hello world!"},
        {"sha512-crypt",
         "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLi"
         "BFdcbYEdFCoEOfaS35inz1",
         "Hello world!"},
        {"sha512-crypt with rounds",
         "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM"
         "/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
         "Hello world!"},
        {"yescrypt",
         "$y$j75$k2XAnEHBqQ1Ct2aMXFKNa/$yU.7YNr/RxkltBiWoqpiKNNKRKmv06nB3.Qt5mluDO7",
         CODE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (verify(cases[i].hash, cases[i].text, NULL) != OUTCOME_OK ||
            verify(cases[i].hash, WRONG_CODE, NULL) != OUTCOME_DENIED)
            fail_msg("%s", cases[i].name);
        assert_true(hash_needs_upgrade(cases[i].hash, &cheap, NULL));
        assert_false(hash_is_keyed(cases[i].hash));
    }
}

static void crypt_takes_no_nul_and_nothing_overlong(void **state)
{
    static const char hash[] =
        "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    static char overlong[2000];
    const char *reason;

    (void)state;
    memset(overlong, 'x', sizeof overlong);
    assert_int_equal(hash_verify(hash, "U*U", 3, NULL, &reason), OUTCOME_OK);
    assert_int_equal(hash_verify(hash, "U*U\0", 4, NULL, &reason), OUTCOME_DENIED);
    assert_int_equal(hash_verify(hash, "U*U\0x", 5, NULL, &reason), OUTCOME_DENIED);
    assert_int_equal(hash_verify(hash, overlong, sizeof overlong, NULL, &reason),
                     OUTCOME_DENIED);
    assert_int_equal(hash_verify(hash, NULL, 0, NULL, &reason), OUTCOME_DENIED);
}

/* ---- what a hostile or broken row may hold ---- */

#define ID     "$argon2id$v=19$"
#define TAIL   "$" SALT "$" TAG
#define BCTAIL "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
#define TAG43  "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8"

static void strange_hashes_cost_nothing(void **state)
{
    static const struct {
        const char *name, *hash;
    } cases[] = {
        {"empty", ""},
        {"star", "*"},
        {"clear text", CODE},
        {"DES crypt", "abJnggxhB/yWI"},
        {"MD5 crypt", "$1$abcdefgh$irWbblnpmw.5z7wgBnprh0"},
        {"scrypt",
         "$7$CU..../....abcdefgh$abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqr."},
        {"gost-yescrypt", "$gy$j75$k2XAnEHBqQ1Ct2aMXFKNa/$" TAG43},
        {"Argon2d", "$argon2d$v=19$m=64,t=1,p=1" TAIL},
        {"unknown Argon2", "$argon2ix$v=19$m=64,t=1,p=1" TAIL},
        {"no version", "$argon2id$m=64,t=1,p=1" TAIL},
        {"old version", "$argon2id$v=16$m=64,t=1,p=1" TAIL},
        {"future version", "$argon2id$v=20$m=64,t=1,p=1" TAIL},
        {"no memory", ID "m=0,t=1,p=1" TAIL},
        {"too little memory for the lanes", ID "m=15,t=1,p=2" TAIL},
        {"1 GiB and a bit", ID "m=1048577,t=1,p=1" TAIL},
        {"4 TiB", ID "m=4294967295,t=1,p=1" TAIL},
        {"memory overflows 32 bits", ID "m=4294967360,t=1,p=1" TAIL},
        {"memory overflows 64 bits", ID "m=18446744073709551680,t=1,p=1" TAIL},
        {"leading zero", ID "m=064,t=1,p=1" TAIL},
        {"negative", ID "m=-64,t=1,p=1" TAIL},
        {"plus", ID "m=+64,t=1,p=1" TAIL},
        {"blank", ID "m= 64,t=1,p=1" TAIL},
        {"no passes", ID "m=64,t=0,p=1" TAIL},
        {"17 passes", ID "m=64,t=17,p=1" TAIL},
        {"passes without end", ID "m=64,t=999999999,p=1" TAIL},
        {"no lanes", ID "m=64,t=1,p=0" TAIL},
        {"17 lanes", ID "m=1024,t=1,p=17" TAIL},
        {"1 GiB twice", ID "m=1048576,t=2,p=1" TAIL},
        {"parameters in another order", ID "t=1,m=64,p=1" TAIL},
        {"associated data without a key", ID "m=64,t=1,p=1,data=AAAA" TAIL},
        {"associated data before the key", ID "m=64,t=1,p=1,data=AAAA,keyid=YQ" TAIL},
        {"empty data", ID "m=64,t=1,p=1,keyid=YQ,data=" TAIL},
        {"data of 33 bytes",
         ID "m=64,t=1,p=1,keyid=YQ,data=YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"
            "YWFhYWFhYWFh" TAIL},
        {"data twice", ID "m=64,t=1,p=1,keyid=YQ,data=AAAA,data=AAAA" TAIL},
        {"padded data", ID "m=64,t=1,p=1,keyid=YQ,data=NQ==" TAIL},
        {"empty keyid", ID "m=64,t=1,p=1,keyid=" TAIL},
        {"keyid of nine bytes", ID "m=64,t=1,p=1,keyid=YWJjZGVmZ2hp" TAIL},
        {"keyid before p", ID "m=64,t=1,keyid=YWJj,p=1" TAIL},
        {"no salt", ID "m=64,t=1,p=1$$" TAG},
        {"salt of seven bytes", ID "m=64,t=1,p=1$c29tZXNhbA$" TAG},
        {"salt of 49 bytes", ID "m=64,t=1,p=1$YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF"
                                "hYWFhYWFhYWFhYWFhYWFhYWE$" TAG},
        {"no tag", ID "m=64,t=1,p=1$" SALT "$"},
        {"nothing behind the salt", ID "m=64,t=1,p=1$" SALT},
        {"tag of four bytes", ID "m=64,t=1,p=1$" SALT "$AAAAAA"},
        {"tag of 65 bytes", ID "m=64,t=1,p=1$" SALT "$" TAG
                               "TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTQ"},
        {"padding", ID "m=64,t=1,p=1$" SALT "==$" TAG "="},
        {"not base64", ID "m=64,t=1,p=1$c29tZXNhbHRzb21lc2Fs!A$" TAG},
        {"stray bits", ID "m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdB$" TAG},
        {"something behind", ID "m=64,t=1,p=1" TAIL "$"},
        {"newline behind", ID "m=64,t=1,p=1" TAIL "\n"},
        {"bcrypt cost 3", "$2b$03$" BCTAIL},
        {"bcrypt cost 15", "$2b$15$" BCTAIL},
        {"bcrypt cost 31", "$2b$31$" BCTAIL},
        {"bcrypt without a cost", "$2b$$" BCTAIL},
        {"bcrypt cut off", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe"},
        {"bcrypt setting alone", "$2b$05$CCCCCCCCCCCCCCCCCCCCC."},
        {"bcrypt 2x", "$2x$05$" BCTAIL},
        {"sha rounds beyond", "$5$rounds=1000001$saltstring$" TAG43},
        {"sha rounds far beyond", "$5$rounds=999999999$saltstring$" TAG43},
        {"sha rounds below", "$5$rounds=999$saltstring$" TAG43},
        {"sha rounds without a number", "$5$rounds=$saltstring$" TAG43},
        {"sha salt too long", "$5$saltstringsaltstr$" TAG43},
        {"sha tag of the other kind", "$6$saltstring$" TAG43},
        {"sha setting alone", "$5$saltstring"},
        {"yescrypt of 512 MiB", "$y$jET$k2XAnEHBqQ1Ct2aMXFKNa/$" TAG43},
        {"yescrypt of 1 GiB", "$y$jFT$k2XAnEHBqQ1Ct2aMXFKNa/$" TAG43},
        {"yescrypt N of 2^48", "$y$jj5$k2XAnEHBqQ1Ct2aMXFKNa/$" TAG43},
        {"yescrypt with a long N", "$y$jzz5$k2XAnEHBqQ1Ct2aMXFKNa/$" TAG43},
        {"yescrypt with a long r", "$y$j7z$k2XAnEHBqQ1Ct2aMXFKNa/$" TAG43},
        {"yescrypt with p", "$y$j75..$k2XAnEHBqQ1Ct2aMXFKNa/$" TAG43},
        {"yescrypt with t", "$y$j750F$k2XAnEHBqQ1Ct2aMXFKNa/$" TAG43},
        {"classic scrypt inside yescrypt", "$y$.75$k2XAnEHBqQ1Ct2aMXFKNa/$" TAG43},
        {"yescrypt without parameters", "$y$$k2XAnEHBqQ1Ct2aMXFKNa/$" TAG43},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t before = hash_computed();
        const char *reason = NULL;

        if (verify(cases[i].hash, CODE, NULL) != OUTCOME_UNAVAILABLE ||
            hash_acceptable(cases[i].hash, NULL, &reason) || reason == NULL)
            fail_msg("%s: not refused", cases[i].name);
        assert_false(hash_needs_upgrade(cases[i].hash, &cheap, NULL));
        assert_false(hash_is_keyed(cases[i].hash));
        if (hash_computed() != before)
            fail_msg("%s: something was computed", cases[i].name);
    }
}

static void limits_themselves_are_accepted(void **state)
{
    static const char *const hashes[] = {
        ID "m=1048576,t=1,p=1" TAIL,
        ID "m=65536,t=16,p=16" TAIL,
        "$2b$14$" BCTAIL,
        "$5$rounds=1000000$saltstring$" TAG43,
        "$5$rounds=1000$$" TAG43,
        "$y$jDT$k2XAnEHBqQ1Ct2aMXFKNa/$" TAG43,
    };

    (void)state;
    for (size_t i = 0; i < COUNT(hashes); i++) {
        const char *reason;

        if (!hash_acceptable(hashes[i], NULL, &reason))
            fail_msg("%s: %s", hashes[i], reason);
    }
}

static void overlong_hashes_are_refused(void **state)
{
    char hash[4 * HASH_STRING_MAX];
    const char *reason;

    (void)state;
    memset(hash, 'A', sizeof hash);
    memcpy(hash, "$6$saltstring$", 14);
    hash[sizeof hash - 1] = '\0';
    assert_false(hash_acceptable(hash, NULL, &reason));
}

/* ---- upgrade ---- */

static void weaker_hashes_need_an_upgrade(void **state)
{
    static const struct hash_policy policy = {1024, 2, 1};
    static const struct {
        const char *name, *hash;
        bool upgrade;
    } cases[] = {
        {"equal", ID "m=1024,t=2,p=1" TAIL, false},
        {"stronger", ID "m=2048,t=3,p=2" TAIL, false},
        {"less memory", ID "m=1023,t=2,p=1" TAIL, true},
        {"fewer passes", ID "m=1024,t=1,p=1" TAIL, true},
        {"Argon2i", "$argon2i$v=19$m=1024,t=2,p=1" TAIL, true},
        {"short salt", ID "m=1024,t=2,p=1$c29tZXNhbHQ$" TAG, true},
        {"short tag", ID "m=1024,t=2,p=1$" SALT "$AAAAAAAAAAAAAAAAAAAAAA", true},
        {"bcrypt", "$2b$14$" BCTAIL, true},
        {"unknown", "$9$what", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (hash_needs_upgrade(cases[i].hash, &policy, NULL) != cases[i].upgrade)
            fail_msg("%s", cases[i].name);
}

/* An upgrade takes nothing away. */
static void upgrades_raise_each_parameter(void **state)
{
    static const struct {
        const char *name, *hash;
        struct hash_policy policy, made;
    } cases[] = {
        {"more memory, fewer passes",
         ID "m=65536,t=2,p=1" TAIL,
         {19456, 3, 1},
         {65536, 3, 1}},
        {"more passes, less memory",
         ID "m=8192,t=4,p=1" TAIL,
         {19456, 2, 1},
         {19456, 4, 1}},
        {"more lanes", ID "m=1024,t=1,p=4" TAIL, {19456, 2, 1}, {19456, 2, 4}},
        {"weaker in all", ID "m=64,t=1,p=1" TAIL, {19456, 2, 2}, {19456, 2, 2}},
        {"Argon2i", "$argon2i$v=19$m=32768,t=3,p=1" TAIL, {19456, 2, 1}, {32768, 3, 1}},
        {"1 GiB of work", ID "m=262144,t=1,p=1" TAIL, {19456, 4, 1}, {262144, 4, 1}},
        {"beyond it", ID "m=262144,t=1,p=1" TAIL, {19456, 5, 1}, {19456, 5, 1}},
        {"bcrypt", "$2b$14$" BCTAIL, {19456, 2, 1}, {19456, 2, 1}},
        {"no hash", "*", {19456, 2, 1}, {19456, 2, 1}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct hash_policy made = hash_upgrade_policy(cases[i].hash, &cases[i].policy);

        if (memcmp(&made, &cases[i].made, sizeof made) != 0)
            fail_msg("%s: m=%u,t=%u,p=%u", cases[i].name, made.memory_kib, made.passes,
                     made.lanes);
    }
}

/* ---- keys ---- */

static void keyed_hashes_need_their_key(void **state)
{
    struct keyfile *a = load_good("a " HEX_A "\n"), *b = load_good("b " HEX_B);
    struct keyfile *twin = load_good("a " HEX_B "\n");
    char hash[HASH_STRING_MAX];

    (void)state;
    assert_int_equal(hash_make(CODE, strlen(CODE), &cheap, a, NULL, hash), OUTCOME_OK);
    assert_true(hash_is_keyed(hash));
    assert_non_null(strstr(hash, ",p=1,keyid=YQ$"));
    assert_int_equal(verify(hash, CODE, a), OUTCOME_OK);
    assert_int_equal(verify(hash, WRONG_CODE, a), OUTCOME_DENIED);
    assert_int_equal(verify(hash, CODE, NULL), OUTCOME_UNAVAILABLE);
    assert_int_equal(verify(hash, CODE, b), OUTCOME_UNAVAILABLE);
    /* Another key under the same id computes, and does not match. */
    assert_int_equal(verify(hash, CODE, twin), OUTCOME_DENIED);
    keyfile_free(&a);
    assert_null(a);
    keyfile_free(&a);
    keyfile_free(&b);
    keyfile_free(&twin);
}

/* The stored tag is Argon2id's over the documented inputs, whoever computes it. */
static void keyed_hashes_are_plain_rfc_9106(void **state)
{
    struct keyfile *keys = load_good("2026-11 " HEX_A "\n");
    char hash[HASH_STRING_MAX], *salt64, *tag64;
    unsigned char key[32], salt[16], tag[32], stored[32];
    const char start[] = ID "m=256,t=2,p=2,keyid=MjAyNi0xMQ,data=NDI6azd4cA$";
    char code[] = CODE, data[] = "42:k7xp";
    size_t length;
    argon2_context context = {.out = tag,
                              .outlen = 32,
                              .pwd = (uint8_t *)code,
                              .pwdlen = sizeof code - 1,
                              .salt = salt,
                              .saltlen = 16,
                              .secret = key,
                              .secretlen = 32,
                              .ad = (uint8_t *)data,
                              .adlen = sizeof data - 1,
                              .t_cost = 2,
                              .m_cost = 256,
                              .lanes = 2,
                              .threads = 2,
                              .version = ARGON2_VERSION_13};

    (void)state;
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (unsigned char)i;
    assert_int_equal(
        hash_make(CODE, strlen(CODE), &(struct hash_policy){256, 2, 2}, keys, data, hash),
        OUTCOME_OK);
    assert_memory_equal(hash, start, sizeof start - 1);
    tag64 = strrchr(hash, '$');
    *tag64++ = '\0';
    salt64 = strrchr(hash, '$') + 1;
    assert_int_equal(sodium_base642bin(salt, 16, salt64, strlen(salt64), NULL, &length,
                                       NULL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING),
                     0);
    assert_int_equal(sodium_base642bin(stored, 32, tag64, strlen(tag64), NULL, &length,
                                       NULL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING),
                     0);
    assert_int_equal(argon2id_ctx(&context), ARGON2_OK);
    assert_memory_equal(tag, stored, 32);
    keyfile_free(&keys);
}

static void keyed_hashes_are_bound(void **state)
{
    struct keyfile *keys = load_good("a " HEX_A "\n");
    char hash[HASH_STRING_MAX], moved[HASH_STRING_MAX], data[HASH_DATA_SIZE];
    char *at;

    (void)state;
    hash_data_of(42, "k7xp", data);
    assert_string_equal(data, "42:k7xp");
    assert_int_equal(hash_make(CODE, strlen(CODE), &cheap, keys, data, hash), OUTCOME_OK);
    assert_non_null(strstr(hash, ",keyid=YQ,data=NDI6azd4cA$"));
    assert_true(hash_is_keyed(hash));
    assert_int_equal(verify(hash, CODE, keys), OUTCOME_OK);
    assert_false(hash_needs_upgrade(hash, &cheap, keys));
    assert_int_equal(hash_bound_to(hash, data), HASH_BINDING_SAME);
    assert_int_equal(hash_bound_to(hash, "42:k7x"), HASH_BINDING_OTHER);
    assert_int_equal(hash_bound_to(hash, "42:k7xpp"), HASH_BINDING_OTHER);
    assert_int_equal(hash_bound_to(hash, "43:k7xp"), HASH_BINDING_OTHER);
    assert_int_equal(hash_bound_to(hash, ""), HASH_BINDING_OTHER);
    /* Other data written into the string: nobody but the owner of the key gets a tag. */
    memcpy(moved, hash, sizeof moved);
    at = strstr(moved, "NDI6azd4cA");
    memcpy(at, "NDM6azd4cA", 10); /* 43:k7xp */
    assert_int_equal(hash_bound_to(moved, "43:k7xp"), HASH_BINDING_SAME);
    assert_int_equal(verify(moved, CODE, keys), OUTCOME_DENIED);
    /* Nor by leaving them out. */
    at = strstr(hash, ",data=");
    snprintf(moved, sizeof moved, "%.*s%s", (int)(at - hash), hash, strchr(at, '$'));
    assert_int_equal(hash_bound_to(moved, "43:k7xp"), HASH_BINDING_NONE);
    assert_int_equal(verify(moved, CODE, keys), OUTCOME_DENIED);
    keyfile_free(&keys);
}

static void keyed_hashes_without_data_are_replaced(void **state)
{
    struct keyfile *keys = load_good("a " HEX_A "\n");
    char hash[HASH_STRING_MAX];

    (void)state;
    assert_int_equal(hash_make(CODE, strlen(CODE), &cheap, keys, NULL, hash), OUTCOME_OK);
    assert_non_null(strstr(hash, ",keyid=YQ$"));
    assert_int_equal(hash_bound_to(hash, "42:k7xp"), HASH_BINDING_NONE);
    assert_int_equal(verify(hash, CODE, keys), OUTCOME_OK);
    assert_true(hash_needs_upgrade(hash, &cheap, keys));
    /* Without a key data bind nothing, so none are written. */
    assert_int_equal(hash_make(CODE, strlen(CODE), &cheap, NULL, "42:k7xp", hash),
                     OUTCOME_OK);
    assert_null(strstr(hash, "data="));
    assert_int_equal(hash_bound_to(hash, "42:k7xp"), HASH_BINDING_NONE);
    assert_false(hash_needs_upgrade(hash, &cheap, NULL));
    assert_int_equal(hash_bound_to("*", "42:k7xp"), HASH_BINDING_NONE);
    keyfile_free(&keys);
}

/* The longest of everything that is made or read fits the column and the buffer. */
static void the_longest_keyed_hash_fits(void **state)
{
    struct keyfile *keys = load_good("keyidof8 " HEX_A "\n");
    const struct hash_policy policy = {65536, 16, 16};
    char hash[HASH_STRING_MAX], data[HASH_DATA_SIZE];
    const char *reason;

    (void)state;
    hash_data_of(INT64_MIN, "zzzz", data);
    assert_string_equal(data, "-9223372036854775808:zzzz");
    assert_int_equal(hash_make(CODE, strlen(CODE), &cheap, keys,
                               "12345678901234567890123456789012", hash),
                     OUTCOME_OK);
    assert_true(hash_acceptable(hash, keys, &reason));
    assert_int_equal(hash_bound_to(hash, "12345678901234567890123456789012"),
                     HASH_BINDING_SAME);
    assert_int_equal(verify(hash, CODE, keys), OUTCOME_OK);
    assert_true(strlen(hash) < 200);
    assert_int_equal(hash_make(CODE, strlen(CODE), &policy, keys,
                               "123456789012345678901234567890123", hash),
                     OUTCOME_UNAVAILABLE);
    keyfile_free(&keys);
}

static void keys_are_rotated_by_adding_one(void **state)
{
    struct keyfile *before = load_good("old " HEX_A "\n");
    struct keyfile *after = load_good("# two keys\n\nold " HEX_A "\nnew " HEX_B "\n");
    char plain[HASH_STRING_MAX], old[HASH_STRING_MAX], new[HASH_STRING_MAX];

    (void)state;
    assert_string_equal(keyfile_newest(before), "old");
    assert_string_equal(keyfile_newest(after), "new");
    assert_int_equal(hash_make(CODE, strlen(CODE), &cheap, NULL, NULL, plain),
                     OUTCOME_OK);
    assert_int_equal(hash_make(CODE, strlen(CODE), &cheap, before, DATA, old),
                     OUTCOME_OK);
    assert_int_equal(hash_make(CODE, strlen(CODE), &cheap, after, DATA, new), OUTCOME_OK);
    assert_int_equal(verify(plain, CODE, after), OUTCOME_OK);
    assert_int_equal(verify(old, CODE, after), OUTCOME_OK);
    assert_int_equal(verify(new, CODE, after), OUTCOME_OK);
    assert_true(hash_needs_upgrade(plain, &cheap, before));
    assert_false(hash_needs_upgrade(old, &cheap, before));
    assert_true(hash_needs_upgrade(plain, &cheap, after));
    assert_true(hash_needs_upgrade(old, &cheap, after));
    assert_false(hash_needs_upgrade(new, &cheap, after));
    /* What can't be verified can't be upgraded either. */
    assert_false(hash_needs_upgrade(new, &cheap, before));
    assert_false(hash_needs_upgrade(old, &cheap, NULL));
    keyfile_free(&before);
    keyfile_free(&after);
}

static void a_key_to_come_is_known_and_not_used(void **state)
{
    struct keyfile *waiting = load_good("old " HEX_A "\nnew " HEX_B " next\n");
    struct keyfile *after = load_good("old " HEX_A "\nnew " HEX_B "     \n");
    struct keyfile *first = load_good("new " HEX_B " next\n");
    char plain[HASH_STRING_MAX], old[HASH_STRING_MAX], new[HASH_STRING_MAX];

    (void)state;
    assert_string_equal(keyfile_newest(waiting), "old");
    assert_null(keyfile_newest(first));
    assert_int_equal(hash_make(CODE, strlen(CODE), &cheap, first, DATA, plain),
                     OUTCOME_OK);
    assert_false(hash_is_keyed(plain));
    assert_null(strstr(plain, "data="));
    assert_int_equal(hash_make(CODE, strlen(CODE), &cheap, waiting, DATA, old),
                     OUTCOME_OK);
    assert_int_equal(hash_make(CODE, strlen(CODE), &cheap, after, DATA, new), OUTCOME_OK);
    assert_int_equal(verify(old, CODE, after), OUTCOME_OK);
    assert_int_equal(verify(new, CODE, waiting), OUTCOME_OK);
    assert_int_equal(verify(new, CODE, first), OUTCOME_OK);
    /* Who knows the key leaves the hash to who uses it. */
    assert_false(hash_needs_upgrade(new, &cheap, waiting));
    assert_false(hash_needs_upgrade(new, &cheap, first));
    assert_false(hash_needs_upgrade(plain, &cheap, first));
    assert_false(hash_needs_upgrade(old, &cheap, waiting));
    assert_true(hash_needs_upgrade(plain, &cheap, waiting));
    assert_true(hash_needs_upgrade(old, &cheap, after));
    keyfile_free(&waiting);
    keyfile_free(&after);
    keyfile_free(&first);
}

static void key_files_are_read_strictly(void **state)
{
    static const struct {
        const char *name, *text, *error; /* NULL: fine */
    } cases[] = {
        {"one key", "a " HEX_A "\n", NULL},
        {"no newline at the end", "a " HEX_A, NULL},
        {"line ends of Windows", "# x\r\n\r\na " HEX_A "\r\n", NULL},
        {"tabs and blanks", "\t a \t" HEX_A " \n", NULL},
        {"eight characters", "A-b_c.12 " HEX_A, NULL},
        {"empty", "", "holds no key"},
        {"comments alone", "# none\n\n", "holds no key"},
        {"nine characters", "123456789 " HEX_A, "line 1 should start with a key id"},
        {"no id", HEX_A "\n", "line 1 should start with a key id"},
        {"strange id", "a/b " HEX_A, "line 1 should start with a key id"},
        {"id alone", "a\n", "line 1 should start with a key id"},
        {"id and blank", "a \n", "line 1 should hold 64 hexadecimal digits"},
        {"a digit short",
         "a 00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1"
         "e1f\n",
         "line 1 should hold 64 hexadecimal digits"},
        {"a digit more", "a 0" HEX_A, "line 1 should hold 64 hexadecimal digits"},
        {"no hexadecimal", "# x\na x" HEX_A, "line 2 should hold 64 hexadecimal digits"},
        {"something behind", "a " HEX_A " b", "line 1 should hold 64 hexadecimal digits"},
        {"one to come", "a " HEX_A "\nb " HEX_B " next\n", NULL},
        {"to come, with blanks", "a " HEX_A "\t next \r\n", NULL},
        {"to come, and more", "a " HEX_A " next b", "line 1 should hold 64 hexadecimal"},
        {"to come, at once", "a " HEX_A "next", "line 1 should hold 64 hexadecimal"},
        {"same id twice", "a " HEX_A "\na " HEX_B, "line 2 repeats a key id"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char error[256] = "";
        struct keyfile *keys = load(cases[i].text, error, sizeof error);

        if ((keys != NULL) != (cases[i].error == NULL) ||
            (keys == NULL && strstr(error, cases[i].error) == NULL))
            fail_msg("%s: %s", cases[i].name, error);
        assert_null(strstr(error, "0c0d0e"));
        keyfile_free(&keys);
    }
}

static void too_many_keys_are_refused(void **state)
{
    char text[128 * 80] = "", error[256];
    struct keyfile *keys;
    size_t used = 0;

    (void)state;
    for (int i = 0; i < KEYFILE_KEYS_MAX; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d %s\n", i, HEX_A);
    keys = load_good(text);
    assert_string_equal(keyfile_newest(keys), "63");
    keyfile_free(&keys);
    snprintf(text + used, sizeof text - used, "more %s\n", HEX_A);
    assert_null(load(text, error, sizeof error));
    assert_non_null(strstr(error, "line 65 is one key too many"));
}

/* A file that somebody else may read or has made is not used. */
static void key_files_must_be_private(void **state)
{
    static const struct {
        mode_t mode;
        bool good;
    } cases[] = {{0600, true},  {0400, true},  {0640, true},  {0440, true},
                 {0644, false}, {0660, false}, {0604, false}, {0602, false},
                 {0601, false}, {0610, false}, {0777, false}};
    const char text[] = "a " HEX_A "\n";
    char error[256];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *path = path_of("key");
        struct keyfile *keys;

        write_file(path, text, sizeof text - 1, cases[i].mode);
        keys = keyfile_load(path, error, sizeof error);
        unlink(path);
        if ((keys != NULL) != cases[i].good)
            fail_msg("%o: %s", (unsigned)cases[i].mode, error);
        keyfile_free(&keys);
    }
}

static void expect_unusable(const char *path, const char *why)
{
    char error[256] = "";

    assert_null(keyfile_load(path, error, sizeof error));
    if (strstr(error, why) == NULL || strstr(error, path) == NULL)
        fail_msg("expected \"%s\", got \"%s\"", why, error);
}

static void key_files_must_be_files(void **state)
{
    char target[64], path[64];
    static char large[70000];

    (void)state;
    snprintf(target, sizeof target, "%s", path_of("target"));
    snprintf(path, sizeof path, "%s", path_of("key"));
    expect_unusable(path, "No such file");
    expect_unusable(folder, "is not a regular file");
    assert_int_equal(mkfifo(path, 0600), 0);
    expect_unusable(path, "is not a regular file");
    unlink(path);
    write_file(target, "a " HEX_A "\n", 67, 0600);
    assert_int_equal(symlink(target, path), 0);
    expect_unusable(path, "is a symbolic link");
    unlink(path);
    unlink(target);
    memset(large, '#', sizeof large);
    write_file(path, large, sizeof large, 0600);
    expect_unusable(path, "is too long for a key file");
    write_file(path, large, 64 * 1024, 0600);
    expect_unusable(path, "holds no key");
    write_file(path, "a\0b", 3, 0600);
    expect_unusable(path, "holds a NUL byte");
    unlink(path);
}

/* As root only: nobody's file is not root's, and root's is good for everybody. */
static void key_files_must_belong_to_root_or_us(void **state)
{
    char path[64], error[256];
    struct keyfile *keys;
    pid_t child;
    int status;

    (void)state;
    if (geteuid() != 0)
        return;
    snprintf(path, sizeof path, "%s", path_of("key"));
    write_file(path, "a " HEX_A "\n", 67, 0600);
    assert_int_equal(chown(path, 65534, 65534), 0);
    expect_unusable(path, "is owned neither by root nor by");
    assert_int_equal(chmod(folder, 0711), 0);
    assert_int_equal(chown(path, 0, 65534), 0);
    assert_int_equal(chmod(path, 0640), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (setgid(65534) != 0 || setuid(65534) != 0)
            _exit(2);
        keys = keyfile_load(path, error, sizeof error);
        _exit(keys == NULL ? 1 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    unlink(path);
}

static void computations_are_counted(void **state)
{
    char hash[HASH_STRING_MAX];
    uint64_t before = hash_computed();

    (void)state;
    assert_int_equal(hash_make(CODE, strlen(CODE), &cheap, NULL, NULL, hash), OUTCOME_OK);
    assert_int_equal(hash_computed(), before + 1);
    assert_int_equal(verify(hash, CODE, NULL), OUTCOME_OK);
    assert_int_equal(hash_computed(), before + 2);
    assert_false(hash_needs_upgrade(hash, &cheap, NULL));
    assert_int_equal(hash_computed(), before + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_9106_vectors),
        cmocka_unit_test(hashes_of_other_makers_verify),
        cmocka_unit_test(hashes_of_libsodium_verify),
        cmocka_unit_test(made_hashes_verify_everywhere),
        cmocka_unit_test(a_policy_out_of_range_makes_no_hash),
#ifdef MEMORY_CAN_BE_LIMITED
        cmocka_unit_test(no_memory_is_temporary),
#endif
        cmocka_unit_test(crypt_vectors),
        cmocka_unit_test(crypt_takes_no_nul_and_nothing_overlong),
        cmocka_unit_test(strange_hashes_cost_nothing),
        cmocka_unit_test(limits_themselves_are_accepted),
        cmocka_unit_test(overlong_hashes_are_refused),
        cmocka_unit_test(weaker_hashes_need_an_upgrade),
        cmocka_unit_test(upgrades_raise_each_parameter),
        cmocka_unit_test(keyed_hashes_need_their_key),
        cmocka_unit_test(keyed_hashes_are_plain_rfc_9106),
        cmocka_unit_test(keyed_hashes_are_bound),
        cmocka_unit_test(keyed_hashes_without_data_are_replaced),
        cmocka_unit_test(the_longest_keyed_hash_fits),
        cmocka_unit_test(keys_are_rotated_by_adding_one),
        cmocka_unit_test(a_key_to_come_is_known_and_not_used),
        cmocka_unit_test(key_files_are_read_strictly),
        cmocka_unit_test(too_many_keys_are_refused),
        cmocka_unit_test(key_files_must_be_private),
        cmocka_unit_test(key_files_must_be_files),
        cmocka_unit_test(key_files_must_belong_to_root_or_us),
        cmocka_unit_test(computations_are_counted),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
