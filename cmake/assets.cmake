# Puts the web pages into the program: an assembler-included byte array for each file of web/dist (and openapi.json), its type, SHA-256 and,
# where that is smaller, its gzip form. usage: cmake -D OUT=assets.c -D WORK=directory -D FILES="name=path;..." -P assets.cmake
set(table "")
set(data "")
set(n 0)
foreach(entry ${FILES})
  string(REGEX REPLACE "=.*" "" name "${entry}")
  string(REGEX REPLACE "^[^=]*=" "" path "${entry}")
  string(REGEX REPLACE ".*\\." "" extension "${name}")
  set(type_html "text/html; charset=utf-8")
  set(type_js "text/javascript; charset=utf-8")
  set(type_css "text/css; charset=utf-8")
  set(type_json "application/json; charset=utf-8")
  set(type_svg "image/svg+xml")
  set(type_webp "image/webp")
  set(type_png "image/png")
  set(type_ico "image/x-icon")
  set(type_woff2 "font/woff2")
  set(type_txt "text/plain; charset=utf-8")
  set(type_webmanifest "application/manifest+json")
  if(NOT DEFINED type_${extension})
    message(FATAL_ERROR "assets.cmake: no media type is known for ${name}")
  endif()
  file(SHA256 ${path} hash)
  string(SUBSTRING ${hash} 0 32 hash)
  file(SIZE ${path} size)
  string(APPEND data "BYTES(asset_${n}, \"${path}\")\n")
  set(gzip "NULL")
  set(gzip_size "0")
  if(NOT extension MATCHES "webp|png|woff2")
    set(packed ${WORK}/${hash}.gz)
    file(ARCHIVE_CREATE OUTPUT ${packed} PATHS ${path} FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9)
    file(SIZE ${packed} packed_size)
    if(packed_size LESS size)
      string(APPEND data "BYTES(asset_${n}_gz, \"${packed}\")\n")
      set(gzip "asset_${n}_gz")
      set(gzip_size "${packed_size}")
    endif()
  endif()
  string(APPEND table "    {\"${name}\", \"${type_${extension}}\", \"${hash}\", asset_${n}, ${gzip}, ${size}, ${gzip_size}},\n")
  math(EXPR n "${n} + 1")
endforeach()
file(WRITE ${OUT} "/* Made by cmake/assets.cmake. */
#include \"server/assets.h\"

#define BYTES(name, path) \\
    extern const uint8_t name[]; \\
    __asm__(\".section .rodata\\n.global \" #name \"\\n\" #name \":\\n.incbin \\\"\" path \"\\\"\\n.byte 0\\n.previous\\n\");

${data}
const struct http_asset assets[] = {
${table}};
const size_t asset_count = sizeof assets / sizeof assets[0];
")
