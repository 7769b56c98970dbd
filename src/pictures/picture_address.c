/* Addresses of the public internet: all but those that IANA's registries of special purposes name (RFC 6890), and those that carry one of
 * them inside (RFC 4291 mapped, RFC 6052 translated, RFC 3056 6to4). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "pictures_int.h"

static bool is_public_4(uint32_t a)
{
    static const struct {
        uint32_t net;
        int bits;
    } special[] = {
        {0x00000000, 8}, {0x0A000000, 8}, {0x64400000, 10}, {0x7F000000, 8}, {0xA9FE0000, 16}, {0xAC100000, 12}, {0xC0000000, 24},
        {0xC0000200, 24}, {0xC0586300, 24}, {0xC0A80000, 16}, {0xC6120000, 15}, {0xC6336400, 24}, {0xCB007100, 24}, {0xE0000000, 4}, {0xF0000000, 4},
    };
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        if ((a ^ special[i].net) >> (32 - special[i].bits) == 0) return false;
    return true;
}

static uint32_t four(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool is_public_6(const uint8_t a[16])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, translated[12] = {0, 0x64, 0xFF, 0x9B};
    if (memcmp(a, mapped, 12) == 0 || memcmp(a, translated, 12) == 0) return is_public_4(four(a + 12));
    if (a[0] == 0x20 && a[1] == 0x02) return is_public_4(four(a + 2));
    if (a[0] == 0x20 && a[1] == 0x01 && (a[2] & 0xFE) == 0) return false;            /* 2001::/23: Teredo and the like */
    if (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0D && a[3] == 0xB8) return false;
    return (a[0] & 0xE0) == 0x20;                                                   /* 2000::/3: all that is global today */
}

bool address_is_public(const struct sockaddr *a)
{
    if (a->sa_family == AF_INET) return is_public_4(ntohl(((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr));
    if (a->sa_family == AF_INET6) return is_public_6(((const struct sockaddr_in6 *)(const void *)a)->sin6_addr.s6_addr);
    return false;
}
