/*
 * The ELF note that says what a native module is. Written by aot (as assembly), read by loader/note.c
 * before any of the module's code is mapped.
 *
 * Section .note.pybox (SHT_NOTE, SHF_ALLOC, 4-byte aligned), one note: name "pybox", type NOTE_TYPE.
 * Its descriptor, little-endian, no padding:
 *
 *   u32 layout            NOTE_LAYOUT
 *   u32 abi               MODULE_ABI of module_abi.h
 *   u32 metering          version of the metering pass; 0: not metered
 *   u32 flags             MODULE_FLAG_* of module_abi.h
 *   u8  hash[32]          SHA-256 of the metered wasm
 *   u8  costs_hash[32]    SHA-256 of the cost table; zeroes: not metered
 *   u32 import_count      at most NOTE_MAX_IMPORTS
 *   u32 export_count      at most NOTE_MAX_EXPORTS
 *   then strings, each u16 length (at most NOTE_MAX_STRING) and that many bytes, no NUL among them:
 *   module name, wasm2c version, compiler version,
 *   import_count times: module, name, type; export_count times: name, type (types as in module_abi.h)
 *
 * and nothing behind them but up to 3 bytes of zero padding.
 */
#ifndef NOTE_LAYOUT_H
#define NOTE_LAYOUT_H

#define NOTE_SECTION ".note.pybox"
#define NOTE_NAME "pybox"
#define NOTE_TYPE 1
#define NOTE_LAYOUT 1
#define NOTE_MAX_IMPORTS 1024
#define NOTE_MAX_EXPORTS 1024
#define NOTE_MAX_STRING 1024

#endif
