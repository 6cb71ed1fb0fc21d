/*
 * A PKCS #11 module that misbehaves: SoftHSM, with signatures that go wrong as the file in SANAD_TEST_MODE says.
 *
 *   f  flips a bit of each signature        d  answers CKR_DEVICE_REMOVED
 *   w  signs when it says w no more         s  answers CKR_SESSION_HANDLE_INVALID
 *   x  flips a bit of the signature of each document (an array of 4, RFC 9052), not of other texts
 *
 * A capital letter does so once. Anything else: as SoftHSM does. SANAD_TEST_MODULE names SoftHSM.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef unsigned long ck;
typedef ck (*sign_call)(ck session, unsigned char *data, ck length, unsigned char *signature, ck *signature_length);

/* CK_FUNCTION_LIST of PKCS #11 2.40: a version, then 68 functions in the order of the standard; C_Sign is the 44th. */
struct functions {
    unsigned char version[2];
    void *calls[68];
};

enum { SIGN = 43, DEVICE_REMOVED = 0x32, SESSION_HANDLE_INVALID = 0xB3, FAILED = 6 };

static struct functions ours;
static sign_call softhsm_sign;

static int mode(void) {
    const char *path = getenv("SANAD_TEST_MODE");
    FILE *file = path ? fopen(path, "r+") : NULL;
    if (!file) return 0;
    int found = fgetc(file);
    if (found >= 'A' && found <= 'Z') {
        rewind(file);
        fputc('-', file);
        found += 'a' - 'A';
    }
    fclose(file);
    return found;
}

static ck sign(ck session, unsigned char *data, ck length, unsigned char *signature, ck *signature_length) {
    /* The first call of two asks for the length only. */
    int fault = signature ? mode() : 0;
    if (fault == 'd') return DEVICE_REMOVED;
    if (fault == 's') return SESSION_HANDLE_INVALID;
    while (fault == 'w' && mode() == 'w') usleep(10000);
    ck answer = softhsm_sign(session, data, length, signature, signature_length);
    if (answer == 0 && (fault == 'f' || (fault == 'x' && length && data[0] == 0x84))) signature[3] ^= 1;
    return answer;
}

ck C_GetFunctionList(struct functions **list) {
    const char *path = getenv("SANAD_TEST_MODULE");
    void *module = path ? dlopen(path, RTLD_NOW) : NULL;
    if (!module) return FAILED;
    ck (*get)(struct functions **) = (ck (*)(struct functions **))dlsym(module, "C_GetFunctionList");
    struct functions *theirs = NULL;
    if (!get || get(&theirs) != 0) return FAILED;
    ours = *theirs;
    softhsm_sign = (sign_call)theirs->calls[SIGN];
    ours.calls[SIGN] = (void *)sign;
    *list = &ours;
    return 0;
}
